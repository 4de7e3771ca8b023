//! The cost of a decision, beside other limiters, in one run: `cargo bench -p ratebook-limiter --bench decide`.

use std::hint::black_box;
use std::num::NonZeroU32;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main, measurement::WallTime};
use governor::clock::DefaultClock;
use governor::state::{InMemoryState, NotKeyed};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use ratebook::{Metric, Period, Provider};
use ratebook_limiter::{Account, AccountBuilder, Cost, Keyed, Model, Usage};

const MANY: u64 = 1 << 50;

/// An account whose limits are never reached, or reached at once.
fn account(provider: Provider, amount: u64) -> AccountBuilder {
    let minute = Some(Period::Minute);
    Account::builder(provider).negotiated("*", Metric::Requests, minute, amount).negotiated(
        "*",
        Metric::Tokens,
        minute,
        amount,
    )
}

/// Requests per minute.
fn one_limit(amount: u64) -> Model {
    let account =
        Account::builder(Provider::Cloudflare).negotiated("*", Metric::Requests, Some(Period::Minute), amount);
    account.build().unwrap().model("@cf/microsoft/phi-2").unwrap()
}

/// Requests per second.
fn one_limit_of_a_second(amount: u64) -> Model {
    let account =
        Account::builder(Provider::Cloudflare).negotiated("*", Metric::Requests, Some(Period::Second), amount);
    account.build().unwrap().model("@cf/microsoft/phi-2").unwrap()
}

/// Requests and tokens per minute.
fn two_limits(amount: u64) -> Model {
    account(Provider::Castai, amount).plan("growth").build().unwrap().model("Llama 3.3 70B").unwrap()
}

/// Requests and tokens per minute, and a sixtieth of each per second.
fn four_limits(amount: u64) -> Model {
    account(Provider::Alibaba, amount).region("international").build().unwrap().model("qwen-plus").unwrap()
}

type Governor = RateLimiter<NotKeyed, InMemoryState, DefaultClock>;

fn quota() -> Quota {
    Quota::per_second(NonZeroU32::MAX)
}

fn governor() -> Governor {
    RateLimiter::direct(quota())
}

fn grants(c: &mut Criterion) {
    let mut group = c.benchmark_group("a call is admitted");
    let peer = governor();
    group.bench_function("governor, 1 limit", |b| b.iter(|| peer.check().is_ok()));
    let (requests, tokens) = (governor(), governor());
    let some = NonZeroU32::new(100).unwrap();
    group.bench_function("two governors in a row", |b| {
        b.iter(|| requests.check().is_ok() && tokens.check_n(black_box(some)).is_ok());
    });
    let models = [
        ("1 limit", one_limit(MANY)),
        ("1 limit, of a second", one_limit_of_a_second(MANY)),
        ("2 limits", two_limits(MANY)),
        ("4 limits", four_limits(MANY)),
    ];
    for (name, model) in models {
        assert!(model.try_acquire(Cost::tokens(100)).is_ok());
        group.bench_function(format!("ratebook, {name}"), |b| {
            b.iter(|| model.try_acquire(Cost::tokens(black_box(100))).is_ok());
        });
    }
    let model = four_limits(MANY);
    group.bench_function("ratebook, 4 limits, and settled", |b| {
        b.iter(|| {
            let permit = model.try_acquire(Cost::tokens(black_box(100))).unwrap();
            permit.settle(Usage::new().input(black_box(30)).output(40));
        });
    });
}

fn refusals(c: &mut Criterion) {
    let mut group = c.benchmark_group("a call is refused");
    let peer: Governor = RateLimiter::direct(Quota::with_period(Duration::from_secs(3_600)).unwrap());
    let _ = peer.check();
    group.bench_function("governor, 1 limit", |b| b.iter(|| peer.check().is_ok()));
    let model = four_limits(60);
    let _ = model.try_acquire(Cost::tokens(1));
    assert!(model.try_acquire(Cost::tokens(1)).is_err());
    group.bench_function("ratebook, 4 limits", |b| {
        b.iter(|| model.try_acquire(Cost::tokens(black_box(50))).is_ok());
    });
}

/// Measures one decision while two threads decide on the same state.
fn contended<T: Sync>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, state: &T, decide: impl Fn(&T) + Sync) {
    group.bench_function(name, |b| {
        b.iter_custom(|iterations| {
            let barrier = Barrier::new(2);
            let run = || {
                barrier.wait();
                let begin = Instant::now();
                for _ in 0..iterations / 2 {
                    decide(state);
                }
                begin.elapsed()
            };
            std::thread::scope(|scope| {
                let other = scope.spawn(run);
                run().max(other.join().unwrap())
            })
        });
    });
}

fn two_threads(c: &mut Criterion) {
    let mut group = c.benchmark_group("two threads, one account");
    contended(&mut group, "governor, 1 limit", &governor(), |peer| drop(black_box(peer.check())));
    contended(&mut group, "two governors in a row", &(governor(), governor()), |(a, b)| {
        black_box(a.check().is_ok() && b.check().is_ok());
    });
    contended(&mut group, "ratebook, 4 limits", &four_limits(MANY), |model| {
        black_box(model.try_acquire(Cost::tokens(100)).is_ok());
    });
}

fn keyed(c: &mut Criterion) {
    let mut group = c.benchmark_group("1,000 keyed accounts");
    let keys: Vec<String> = (0..1_000).map(|number| format!("tenant-{number:04}")).collect();
    let peer: DefaultKeyedRateLimiter<String> = RateLimiter::keyed(quota());
    keys.iter().for_each(|key| assert!(peer.check_key(key).is_ok()));
    let mut next = keys.iter().cycle();
    group.bench_function("governor, 1 limit", |b| b.iter(|| peer.check_key(next.next().unwrap()).is_ok()));
    let ours: Keyed<String> = Keyed::new(account(Provider::Castai, MANY).plan("growth"), "Llama 3.3 70B").unwrap();
    keys.iter().for_each(|key| assert!(ours.try_charge(key.as_str(), Cost::tokens(100)).is_ok()));
    let mut next = keys.iter().cycle();
    group.bench_function("ratebook, 2 limits", |b| {
        b.iter(|| ours.try_charge(next.next().unwrap().as_str(), Cost::tokens(100)).is_ok());
    });
}

criterion_group!(benches, grants, refusals, two_threads, keyed);
criterion_main!(benches);
