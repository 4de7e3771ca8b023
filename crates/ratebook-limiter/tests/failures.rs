//! Known failures of other limiters, one test each, limited to those within one process.

use std::thread;
use std::time::Duration;

use ratebook::{Metric, Period, Provider};
use ratebook_limiter::{Account, Admission, Cost, Keyed, ManualClock, Model, Quota, Refused, StartLevel, Usage};

fn quota(metric: Metric, per: Option<Period>, amount: u64) -> Quota<'static> {
    let quota = Quota::new(metric, amount);
    per.map_or(quota, |per| quota.per_period(per))
}

fn model(clock: &ManualClock, limits: &[(Metric, Option<Period>, u64)]) -> Model {
    let account = Account::custom("ours").clock(clock.clock());
    let account = limits
        .iter()
        .fold(account, |account, (metric, per, amount)| account.limit(quota(*metric, *per, *amount).of_model("ours")));
    account.build().unwrap().model("ours").unwrap()
}

const MINUTE: Option<Period> = Some(Period::Minute);

fn wait(model: &Model, cost: Cost) -> Duration {
    match model.try_acquire(cost) {
        Err(Refused::Wait(wait)) => wait.delay().unwrap(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn clock_goes_back() {
    let clock = ManualClock::new();
    clock.set(Duration::from_secs(1_000));
    let model = model(&clock, &[(Metric::Requests, MINUTE, 1)]);
    assert!(model.try_acquire(Cost::request()).is_ok());
    clock.set(Duration::from_secs(10));
    // The clock stands still: no wait is longer than a window, and nothing is wrongly admitted.
    assert!(wait(&model, Cost::request()) <= Duration::from_secs(60));
    clock.set(Duration::from_secs(1_059));
    assert!(model.try_acquire(Cost::request()).is_err());
    clock.set(Duration::from_secs(1_060));
    assert!(model.try_acquire(Cost::request()).is_ok());
}

#[test]
fn clock_read_by_several_threads_out_of_order() {
    let account = Account::custom("ours").limit(Quota::requests(1_000).per_second().of_model("ours"));
    let model = account.build().unwrap().model("ours").unwrap();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..50_000 {
                    if let Err(Refused::Wait(wait)) = model.try_acquire(Cost::request()) {
                        assert!(wait.delay().unwrap() <= Duration::from_millis(1_100), "{wait}");
                    }
                }
            });
        }
    });
}

#[test]
fn wall_clock_steps_do_not_move_rates() {
    // Only the monotonic clock counts: an account that starts in 1970 decides like one that starts in 2026.
    let (early, late) = (ManualClock::beginning_at(0), ManualClock::beginning_at(1_795_000_000));
    let models = [&early, &late].map(|clock| model(clock, &[(Metric::Requests, MINUTE, 2)]));
    for _ in 0..5 {
        let decided = models.each_ref().map(|model| model.try_acquire(Cost::request()).map(drop));
        assert_eq!(decided[0], decided[1]);
        early.advance(Duration::from_secs(13));
        late.advance(Duration::from_secs(13));
    }
}

#[test]
fn suspend_and_resume_caps_the_burst() {
    let clock = ManualClock::new();
    let model = model(&clock, &[(Metric::Requests, MINUTE, 3)]);
    clock.advance(Duration::from_secs(86_400 * 30));
    assert_eq!((0..100).filter(|_| model.try_acquire(Cost::request()).is_ok()).count(), 3);
}

#[test]
fn restart_with_empty_memory_is_no_fresh_quota() {
    let clock = ManualClock::new();
    let account = Account::builder(Provider::Castai).plan("growth").clock(clock.clock()).start_level(StartLevel::Empty);
    let model = account.build().unwrap().model("Qwen 3 32B").unwrap();
    assert_eq!(wait(&model, Cost::tokens(1)), Duration::from_secs(60));
}

#[test]
fn future_dropped_while_waiting_or_after_the_grant() {
    let clock = ManualClock::new();
    let model = model(&clock, &[(Metric::Requests, MINUTE, 1), (Metric::ConcurrentTasks, None, 1)]);
    drop(model.try_acquire(Cost::request()).unwrap());
    let (first, second) = (model.enqueue(Cost::request()).unwrap(), model.enqueue(Cost::request()).unwrap());
    clock.advance(Duration::from_secs(60));
    // Polling the second ticket admits the first, whose caller does not poll. Dropping it refunds everything.
    let Admission::Wait(_, second) = second.poll_admission(None) else { panic!() };
    drop(first);
    assert!(matches!(second.poll_admission(None), Admission::Granted(_)));
    assert_eq!(model.account().waiting(), 0);
}

#[test]
fn request_ends_without_a_report() {
    let clock = ManualClock::new();
    let model = model(&clock, &[(Metric::Tokens, MINUTE, 100), (Metric::ConcurrentTasks, None, 1)]);
    let failed = thread::scope(|scope| {
        scope
            .spawn(|| {
                let _permit = model.try_acquire(Cost::tokens(60)).unwrap();
                panic!("the connection was lost");
            })
            .join()
    });
    assert!(failed.is_err());
    // Its slot is free, but its tokens stay charged: the vendor may have counted them.
    assert!(model.try_acquire(Cost::tokens(40)).is_ok());
    assert!(model.try_acquire(Cost::tokens(1)).is_err());
}

#[test]
fn cost_above_the_limit_is_refused_at_once() {
    let clock = ManualClock::new();
    let model = model(&clock, &[(Metric::Tokens, MINUTE, 100)]);
    assert!(matches!(model.try_acquire(Cost::tokens(101)), Err(Refused::Never(_))));
    assert!(model.enqueue(Cost::tokens(101)).is_err());
    // Also if a limit is set below the cost of a waiting call.
    drop(model.try_acquire(Cost::tokens(100)).unwrap());
    let waiting = model.enqueue(Cost::tokens(90)).unwrap();
    model.account().set_limit(Metric::Tokens, MINUTE, 50);
    assert!(matches!(waiting.poll_admission(None), Admission::Never(_)));
}

#[test]
fn actual_above_reserved_is_a_debt_that_is_not_forgotten() {
    let clock = ManualClock::new();
    let model = model(&clock, &[(Metric::Tokens, MINUTE, 100)]);
    model.try_acquire(Cost::tokens(50)).unwrap().settle(Usage::new().tokens(250));
    clock.advance(Duration::from_secs(59));
    assert!(model.try_acquire(Cost::tokens(1)).is_err());
    clock.advance(Duration::from_secs(1));
    assert!(model.try_acquire(Cost::tokens(100)).is_ok());
}

#[test]
fn worst_case_estimates_do_not_block_everyone() {
    let clock = ManualClock::new();
    let account = Account::builder(Provider::Castai).plan("growth").clock(clock.clock()).class("careful", 50).build();
    let account = account.unwrap();
    let careful = account.model_builder("Qwen 3 32B").class("careful").build().unwrap();
    let others = account.model("Qwen 3 32B").unwrap();
    let worst: Vec<_> = (0..10).filter_map(|_| careful.try_acquire(Cost::request().output(50_000)).ok()).collect();
    assert_eq!(worst.len(), 2);
    assert!(others.try_acquire(Cost::tokens(100_000)).is_ok());
    // The estimate approaches the real usage.
    clock.advance(Duration::from_secs(60));
    for _ in 0..30 {
        let permit = careful.try_acquire(Cost::request().output(1_000)).unwrap();
        permit.settle(Usage::new().output(200));
    }
    assert_eq!(careful.expected_output(50_000), 200);
}

#[test]
fn partial_consumption_on_denial() {
    let clock = ManualClock::new();
    let model = model(&clock, &[(Metric::Requests, Some(Period::Day), 1_000), (Metric::Tokens, MINUTE, 100)]);
    drop(model.try_acquire(Cost::tokens(100)).unwrap());
    for _ in 0..5_000 {
        assert!(model.try_acquire(Cost::tokens(1)).is_err());
    }
    let snapshot = model.account().snapshot();
    let requests = snapshot.iter().find(|pool| pool.limit.metric == Metric::Requests).unwrap();
    assert_eq!(requests.used, 1, "a call refused on tokens takes no request");
}

#[test]
fn thundering_herd() {
    // One release admits one of a thousand waiting calls. Its caller is woken, and two guards, which pass it over if it
    // does not poll.
    let clock = ManualClock::new();
    let model = model(&clock, &[(Metric::ConcurrentTasks, None, 1)]);
    let permit = model.try_acquire(Cost::request()).unwrap();
    let woken: Vec<_> = (0..1_000).map(|_| std::sync::Arc::new(Woken::default())).collect();
    let tickets: Vec<_> = woken
        .iter()
        .map(|woken| {
            let ticket = model.enqueue(Cost::request()).unwrap();
            match ticket.poll_admission(Some(&std::sync::Arc::clone(woken).into())) {
                Admission::Wait(_, ticket) => ticket,
                other => panic!("{other:?}"),
            }
        })
        .collect();
    drop(permit);
    let count = |woken: &std::sync::Arc<Woken>| woken.0.load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!(woken.iter().map(count).sum::<u64>(), 3);
    assert_eq!(count(&woken[0]), 1);
    drop(tickets);
}

#[test]
fn no_overtaking() {
    let clock = ManualClock::new();
    let model = model(&clock, &[(Metric::Tokens, MINUTE, 100)]);
    drop(model.try_acquire(Cost::tokens(60)).unwrap());
    clock.advance(Duration::from_secs(30));
    let waiting = model.enqueue(Cost::tokens(50)).unwrap();
    // Forty are free, and the call would delay none, but an older call waits for this limit.
    assert_eq!(wait(&model, Cost::tokens(10)), Duration::from_secs(30));
    drop(waiting);
    assert!(model.try_acquire(Cost::tokens(10)).is_ok());
}

#[derive(Default)]
struct Woken(std::sync::atomic::AtomicU64);

impl std::task::Wake for Woken {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }
}

#[test]
fn busy_spin_on_a_wait_of_nothing() {
    let clock = ManualClock::new();
    let model = model(&clock, &[(Metric::Tokens, Some(Period::Second), 1_000_000_000)]);
    drop(model.try_acquire(Cost::tokens(1_000_000_000)).unwrap());
    for _ in 0..1_000 {
        match model.try_acquire(Cost::tokens(999_999_999)) {
            Err(Refused::Wait(wait)) => {
                assert!(wait.delay().unwrap() > Duration::ZERO);
                clock.advance(wait.delay().unwrap());
            }
            Ok(_) => {}
            Err(never) => panic!("{never}"),
        }
    }
    assert!(clock.elapsed() >= Duration::from_secs(499));
}

#[test]
fn streams_counted_late_stay_reserved_until_they_are_settled() {
    let clock = ManualClock::new();
    let model = model(&clock, &[(Metric::Tokens, MINUTE, 100), (Metric::OutputTokens, MINUTE, 80)]);
    let stream = model.try_acquire(Cost::request().input(10).output(80)).unwrap();
    assert!(model.try_acquire(Cost::request().output(1)).is_err());
    stream.settle(Usage::new().input(10).output(30));
    assert!(model.try_acquire(Cost::request().output(50)).is_ok());
}

#[test]
fn unbounded_key_map() {
    let clock = ManualClock::new();
    let account = Account::builder(Provider::Cloudflare).clock(clock.clock()).resolution(2);
    let tenants: Keyed<u64> = Keyed::new(account, "@cf/microsoft/phi-2").unwrap();
    for key in 0..20_000u64 {
        assert!(tenants.try_charge(&key, Cost::request()).is_ok());
        if key % 1_000 == 0 {
            clock.advance(Duration::from_secs(61));
            tenants.drop_idle();
        }
    }
    assert!(tenants.len() < 1_100, "{}", tenants.len());
}

#[test]
fn rounding_overflow_and_units() {
    let clock = ManualClock::new();
    let most = model(&clock, &[(Metric::Tokens, MINUTE, u64::MAX), (Metric::SpendUsd, Some(Period::Month), u64::MAX)]);
    for _ in 0..4 {
        let permit = most.try_acquire(Cost::tokens(u64::MAX / 2).micro_usd(u64::MAX / 2));
        permit.map(|permit| permit.settle(Usage::new().tokens(u64::MAX).micro_usd(u64::MAX))).unwrap_or_default();
        clock.advance(Duration::from_nanos(u64::MAX / 8));
    }
    // Polled far more often than its rate, a slow limit still admits all of its amount.
    let slow = model(&clock, &[(Metric::Requests, MINUTE, 1)]);
    let begin = clock.elapsed();
    let mut calls = 0;
    while clock.elapsed() - begin < Duration::from_secs(600) {
        calls += u64::from(slow.try_acquire(Cost::request()).is_ok());
        clock.advance(Duration::from_micros(1_190));
    }
    assert_eq!(calls, 10);
}

#[test]
fn provider_enforces_on_shorter_windows() {
    let clock = ManualClock::new();
    let account = Account::builder(Provider::Alibaba).region("international").clock(clock.clock()).build().unwrap();
    let qwen = account.model("qwen-plus").unwrap();
    assert_eq!((0..600).filter(|_| qwen.try_acquire(Cost::tokens(1)).is_ok()).count(), 10);
}
