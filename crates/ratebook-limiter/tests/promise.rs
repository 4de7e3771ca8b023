//! The promise: for every limit of L per W, the cost admitted within any interval of length W never exceeds L. A
//! brute-force oracle keeps every event.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use ratebook::{Metric, Period};
use ratebook_limiter::{
    Account, Admission, Burst, Cost, ManualClock, Model, OwnedPermit, Priority, Quota, Refused, Ticket, Usage,
};

const LIMITS: [(Metric, Period); 5] = [
    (Metric::Requests, Period::Second),
    (Metric::Requests, Period::Minute),
    (Metric::Tokens, Period::Minute),
    (Metric::Tokens, Period::Day),
    (Metric::InputTokens, Period::Minute),
];

fn nanos(period: Period) -> u64 {
    match period {
        Period::Second => 1_000_000_000,
        Period::Minute => 60_000_000_000,
        _ => 86_400_000_000_000,
    }
}

/// The amounts of a call: requests, tokens, input tokens.
type Amounts = [u64; 3];

/// The amount that counts against each limit, in their order.
type Counted = Vec<u64>;

fn amounts(input: u64, output: u64) -> Amounts {
    [1, input + output, input]
}

fn cost(input: u64, output: u64) -> Cost {
    Cost::request().input(input).output(output)
}

fn of(amounts: Amounts, metric: Metric) -> u64 {
    match metric {
        Metric::Requests => amounts[0],
        Metric::Tokens => amounts[1],
        _ => amounts[2],
    }
}

/// Everything that was admitted and not refunded, with its time.
#[derive(Default)]
struct Oracle {
    limits: Vec<(Metric, Period, u64)>,
    events: Vec<(u64, Counted)>,
    /// Debts: usage above estimates.
    owed: Vec<(u64, Counted)>,
}

impl Oracle {
    /// The part of some events that counts against a limit at `at`.
    fn sum(&self, events: &[(u64, Counted)], number: usize, at: u64) -> u64 {
        let (_, per, _) = self.limits[number];
        let within = events.iter().filter(|(then, _)| then + nanos(per) > at);
        within.map(|(_, counted)| counted[number]).sum()
    }

    fn counted(&self, call: Amounts) -> Counted {
        self.limits.iter().map(|(metric, ..)| of(call, *metric)).collect()
    }

    fn fits(&self, at: u64, call: Amounts) -> bool {
        self.limits.iter().enumerate().all(|(number, (metric, _, limit))| {
            of(call, *metric) == 0
                || self.sum(&self.events, number, at) + self.sum(&self.owed, number, at) + of(call, *metric) <= *limit
        })
    }

    /// Records an admission, which must fit.
    fn admit(&mut self, at: u64, call: Amounts) -> usize {
        assert!(self.fits(at, call), "{call:?} at {at} breaks the promise: {:?} {:?}", self.limits, self.events);
        self.events.push((at, self.counted(call)));
        self.events.len() - 1
    }

    /// Usage below the charge reduces it as of then. Usage above it is a debt from now on, up to one window's worth.
    fn settle(&mut self, number: usize, now: u64, real: Amounts) {
        let real = self.counted(real);
        let mut more = vec![0; real.len()];
        for (limit, real) in real.into_iter().enumerate() {
            let charged = &mut self.events[number].1[limit];
            let above = real.saturating_sub(*charged);
            *charged = real.min(*charged);
            more[limit] = above.min(self.limits[limit].2 - self.sum(&self.owed, limit, now));
        }
        self.owed.push((now, more));
    }
}

#[derive(Clone, Debug)]
enum Step {
    Advance(u64),
    Try { input: u64, output: u64 },
    Wait { input: u64, output: u64, batch: bool },
    Leave(prop::sample::Index),
    Settle { which: prop::sample::Index, input: u64, output: u64 },
    Cancel(prop::sample::Index),
}

fn step() -> impl Strategy<Value = Step> {
    let tokens = || 0u64..12;
    prop_oneof![
        4 => prop_oneof![0u64..2_000_000_000, 0u64..70_000_000_000].prop_map(Step::Advance),
        6 => (tokens(), tokens()).prop_map(|(input, output)| Step::Try { input, output }),
        3 => (tokens(), tokens(), any::<bool>()).prop_map(|(input, output, batch)| Step::Wait { input, output, batch }),
        1 => any::<prop::sample::Index>().prop_map(Step::Leave),
        3 => (any::<prop::sample::Index>(), 0u64..16, 0u64..16)
            .prop_map(|(which, input, output)| Step::Settle { which, input, output }),
        1 => any::<prop::sample::Index>().prop_map(Step::Cancel),
    ]
}

fn limits() -> impl Strategy<Value = Vec<(Metric, Period, u64)>> {
    prop::collection::vec(prop::option::of(1u64..60), LIMITS.len()).prop_map(|amounts| {
        let limits = LIMITS.iter().zip(amounts);
        limits.filter_map(|((metric, per), amount)| Some((*metric, *per, amount?))).collect()
    })
}

/// Returns a model that the catalog does not know, under the given limits.
fn model(clock: &ManualClock, limits: &[(Metric, Period, u64)], burst: Burst, resolution: usize) -> Model {
    let mut account = Account::custom("ours").clock(clock.clock()).burst(burst).resolution(resolution);
    // An account needs a limit. No call here draws from this one.
    account = account.limit(Quota::new(Metric::SpendUsd, 1).per_month().of_model("ours"));
    for (metric, per, amount) in limits {
        account = account.limit(Quota::new(*metric, *amount).per_period(*per).of_model("ours"));
    }
    account.build().unwrap().model("ours").unwrap()
}

fn run(limits: Vec<(Metric, Period, u64)>, steps: Vec<Step>, burst: Burst, resolution: usize) {
    let clock = ManualClock::new();
    let urgent = model(&clock, &limits, burst, resolution);
    let batch = urgent.account().model_builder("ours").priority(Priority::Batch).build().unwrap();
    let mut oracle = Oracle { limits, ..Oracle::default() };
    let mut permits: Vec<(OwnedPermit, usize)> = Vec::new();
    let mut tickets: Vec<(Ticket<Model>, u64, u64)> = Vec::new();
    let exact = burst == Burst::Full && resolution >= 60;
    for step in steps {
        let now = clock.elapsed().as_nanos() as u64;
        match step {
            Step::Advance(by) => clock.advance(Duration::from_nanos(by)),
            Step::Try { input, output } => {
                let (call, is_idle) = (amounts(input, output), tickets.is_empty());
                match urgent.try_acquire_owned(cost(input, output)) {
                    Ok(permit) => permits.push((permit, oracle.admit(now, call))),
                    Err(_) if !exact || !is_idle => {}
                    // No call that fits is refused, and the wait is exact.
                    Err(Refused::Wait(wait)) => {
                        let at = now + wait.delay().unwrap().as_nanos() as u64;
                        assert!(!oracle.fits(now, call), "a call that fits is refused: {wait:?}");
                        assert!(oracle.fits(at, call), "the wait is too short: {wait:?}");
                        assert!(!oracle.fits(at - 1, call), "the wait is too long: {wait:?}");
                    }
                    Err(Refused::Never(_)) => {
                        assert!(oracle.limits.iter().any(|(metric, _, limit)| of(call, *metric) > *limit));
                    }
                }
            }
            Step::Wait { input, output, batch: is_batch } => {
                let model = if is_batch { &batch } else { &urgent };
                tickets.extend(model.enqueue_owned(cost(input, output)).ok().map(|ticket| (ticket, input, output)));
            }
            Step::Leave(which) => {
                if !tickets.is_empty() {
                    drop(tickets.remove(which.index(tickets.len())));
                }
            }
            Step::Settle { which, input, output } => {
                if !permits.is_empty() {
                    let (permit, number) = permits.swap_remove(which.index(permits.len()));
                    permit.settle(Usage::new().input(input).output(output));
                    oracle.settle(number, now, amounts(input, output));
                }
            }
            Step::Cancel(which) => {
                if !permits.is_empty() {
                    let (permit, number) = permits.swap_remove(which.index(permits.len()));
                    permit.cancel_unsent();
                    oracle.settle(number, now, [0; 3]);
                }
            }
        }
        // Calls that the step admits are recorded at its time.
        let now = clock.elapsed().as_nanos() as u64;
        for (ticket, input, output) in std::mem::take(&mut tickets) {
            match ticket.poll_admission(None) {
                Admission::Granted(permit) => permits.push((permit, oracle.admit(now, amounts(input, output)))),
                Admission::Wait(_, ticket) => tickets.push((ticket, input, output)),
                Admission::Never(never) => panic!("{never:?}"),
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_window_of_any_limit_holds_more_than_the_limit(
        limits in limits(),
        steps in prop::collection::vec(step(), 1..150),
    ) {
        run(limits, steps, Burst::Full, 128);
    }

    #[test]
    fn no_window_holds_more_where_charges_share_slots(
        limits in limits(),
        steps in prop::collection::vec(step(), 1..150),
        resolution in 2usize..8,
    ) {
        run(limits, steps, Burst::Full, resolution);
    }

    #[test]
    fn no_window_holds_more_at_an_even_pace(limits in limits(), steps in prop::collection::vec(step(), 1..150)) {
        run(limits, steps, Burst::Smooth, 128);
    }
}

/// Four threads on one account, with waits, settlements and cancellations on the system's clock. Each admission is
/// recorded with a time before and one after it. A thread may be descheduled between the two, so the oracle gets only
/// admissions that certainly lie within one window.
#[test]
fn no_window_holds_more_than_the_limit_under_threads() {
    let (requests, tokens) = (200, 5_000);
    let limits = vec![(Metric::Requests, Period::Second, requests), (Metric::Tokens, Period::Second, tokens)];
    let account = Account::custom("ours")
        .limit(Quota::requests(requests).per_second().of_model("ours"))
        .limit(Quota::tokens(tokens).per_second().of_model("ours"))
        .build()
        .unwrap();
    let begin = Instant::now();
    let recorded: Mutex<Vec<(Duration, Duration, u64)>> = Mutex::default();
    std::thread::scope(|scope| {
        for thread in 0..4u64 {
            let model = account.model("ours").unwrap();
            let recorded = &recorded;
            scope.spawn(move || {
                let mut random = 0x9e37_79b9_7f4a_7c15u64.wrapping_mul(thread + 1);
                while begin.elapsed() < Duration::from_millis(2_600) {
                    random ^= random << 13;
                    random ^= random >> 7;
                    random ^= random << 17;
                    let amount = random % 60;
                    let before = begin.elapsed();
                    let admitted = if random.is_multiple_of(5) {
                        match model.enqueue(Cost::tokens(amount)).unwrap().poll_admission(None) {
                            Admission::Granted(permit) => Some(permit),
                            _ => None,
                        }
                    } else {
                        model.try_acquire(Cost::tokens(amount)).ok()
                    };
                    let Some(permit) = admitted else {
                        std::thread::yield_now();
                        continue;
                    };
                    let after = begin.elapsed();
                    match random % 7 {
                        0 => permit.cancel_unsent(),
                        1 => permit.settle(Usage::new().tokens(amount)),
                        _ => {
                            drop(permit);
                            recorded.lock().unwrap().push((before, after, amount));
                        }
                    }
                }
            });
        }
    });
    let mut recorded = recorded.into_inner().unwrap();
    recorded.sort_unstable_by_key(|(before, ..)| *before);
    assert!(recorded.len() as u64 > requests, "{} admissions", recorded.len());
    for (at, (begun, ..)) in recorded.iter().enumerate() {
        let end = *begun + Duration::from_secs(1);
        let mut oracle = Oracle { limits: limits.clone(), ..Oracle::default() };
        for (before, _, amount) in recorded[at..].iter().filter(|(_, after, _)| *after < end) {
            oracle.admit(before.as_nanos() as u64, [1, *amount, 0]);
        }
    }
}
