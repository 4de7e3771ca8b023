//! Limits that grow by a share while enough of them is used, and limits on spend.

use std::time::Duration;

use fastrand::Rng;
use ratebook::{Mode, Provider};
use ratebook_limiter::{Account, ManualClock, Model};
use ratebook_sim::{Algorithm, Amounts, ModelKey, SECOND, Server, SimCall};

use crate::client::cost;
use crate::scenario::{MINUTE, SERVERS, Scenario};

/// assemblyai, faq-concurrency-limits_glued.txt: 100 new sessions a minute, and 10 % more after each minute in which
/// 70 % of them were used.
const STREAMING: ModelKey<'static> = ModelKey::new("listener").with_mode(Mode::Streaming);

fn session() -> Amounts {
    Amounts::none().with_sessions(1)
}

#[test]
fn new_sessions_are_used_within_their_growth_wherever_the_vendors_intervals_begin() {
    let rule_allows = [100, 110, 121, 133, 146, 160, 176, 193, 212, 233];
    for begins in [0, 13, 30, 47, 59] {
        for algorithm in SERVERS {
            let mut scenario = Scenario::new(&[STREAMING], session());
            scenario.workload = scenario.workload.with_service(SECOND / 100);
            (scenario.warm_up, scenario.duration) = (0, begins * SECOND + 10 * MINUTE);
            let client = scenario.ours(|account| account).beginning(begins * SECOND);
            let run = scenario.run_against(scenario.sim_account(algorithm, 0).server(), client);
            assert_eq!(run.report.refused, 0, "from second {begins}, {algorithm:?}");
            let minute_of = |at: u64| ((at - begins * SECOND) / MINUTE) as usize;
            let mut by_minute = [0; 10];
            run.sent
                .iter()
                .filter(|sent| sent.at < scenario.duration)
                .for_each(|sent| by_minute[minute_of(sent.at)] += 1);
            let used: u64 = by_minute.iter().sum();
            let allowed: u64 = rule_allows.iter().sum();
            assert!(100 * used >= 95 * allowed, "from second {begins}, {algorithm:?}: {by_minute:?}");
        }
    }
}

/// An account of each side, on one clock.
struct Pair {
    clock: ManualClock,
    model: Model,
    server: Server,
}

impl Pair {
    fn new(algorithm: Algorithm) -> Self {
        let clock = ManualClock::new();
        let account = Account::builder(Provider::Acme).clock(clock.clock()).build().unwrap();
        let model = account.model_builder("listener").mode("streaming").build().unwrap();
        let server = Scenario::new(&[STREAMING], session()).sim_account(algorithm, 0).server_without_penalties();
        Self { clock, model, server }
    }

    /// Opens up to `most` sessions, until our client admits no more. Returns the numbers of admitted and of refused
    /// sessions.
    fn open(&mut self, now: u64, most: usize) -> (usize, usize) {
        self.clock.set(Duration::from_nanos(now));
        let call = SimCall::of(session());
        let admitted = (0..most).take_while(|_| self.model.try_acquire(cost(&session())).is_ok()).count();
        let mut is_refused = || {
            let is_served = self.server.serve(now, &call);
            if is_served {
                self.server.end(&call);
            }
            !is_served
        };
        (admitted, (0..admitted).filter(|_| is_refused()).count())
    }
}

#[test]
fn use_that_lies_across_the_vendors_intervals_is_not_counted_as_enough() {
    for algorithm in [Algorithm::SlidingLog, Algorithm::FixedWindow { offset: 30 * SECOND }] {
        let mut pair = Pair::new(algorithm);
        // 35 in each half of our interval, which are in two of the vendor's.
        assert_eq!([30, 60].map(|second| pair.open(second * SECOND, 35)), [(35, 0), (35, 0)]);
        // 65 beside the last 35: the limit has not grown.
        assert_eq!(pair.open(91 * SECOND, 1_000), (65, 0), "{algorithm:?}");
        assert!((2..12).all(|minute| pair.open(minute * MINUTE, 1_000).1 == 0), "{algorithm:?}");
    }
}

#[test]
fn sessions_opened_at_random_times_are_not_refused() {
    for seed in 0..200 {
        let mut rng = Rng::with_seed(seed);
        let mut pair = Pair::new(SERVERS[seed as usize % 2]);
        // From a few sessions to more than the limit allows, from any time of the vendor's first interval on.
        let (pause, most) = (rng.u64(1..=30), rng.usize(1..=60));
        let mut now = rng.u64(0..MINUTE);
        while now < 20 * MINUTE {
            let (_, refused) = pair.open(now, rng.usize(1..=most));
            assert_eq!(refused, 0, "seed {seed}, {} s", now / SECOND);
            now += rng.u64(0..=pause * SECOND);
        }
    }
}

#[test]
fn spend_is_used_in_each_ten_minutes() {
    // gemini, rate limits: 5 dollars, which is 80 calls of 6.25 cents
    let models = ["meteor", "comet-4-5", "painter"].map(ModelKey::new);
    let mut scenario = Scenario::new(&models, Amounts::none().with_micro_usd(62_500));
    (scenario.warm_up, scenario.duration) = (10 * MINUTE, 110 * MINUTE);
    for algorithm in SERVERS {
        let used = scenario.run(algorithm).share(&[0, 1, 2], 80, 10 * MINUTE);
        assert!((0.99..=1.0).contains(&used), "{algorithm:?}: {used}");
    }
}
