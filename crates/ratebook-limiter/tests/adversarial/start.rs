//! K15 to K17: how full an account starts, how its rate rises, and how long its calls wait.

use ratebook::Provider;
use ratebook_limiter::{Refused, StartLevel};

use super::*;

const NO_HEADERS: &[(&str, &str)] = &[];

/// Admits five calls at once, of which the fifth is refused half a second later. Returns how many calls are then
/// admitted in each second.
fn after_a_steep_rise(level: StartLevel) -> Vec<usize> {
    let clock = ManualClock::new();
    let model = alibaba(&clock).start_level(level).build().unwrap().model("qwen-plus").unwrap();
    let mut permits: Vec<_> = (0..5).map(|_| model.try_acquire(Cost::tokens(200)).unwrap()).collect();
    clock.advance(ms(500));
    let body = br#"{"code":"limit_burst_rate","message":"Request rate increased too quickly."}"#;
    permits.pop().unwrap().observe(429, NO_HEADERS, body);
    permits.into_iter().for_each(|permit| {
        permit.observe(200, NO_HEADERS, b"");
    });
    (0..20)
        .map(|_| {
            clock.advance(s(1));
            admitted(&model, Cost::tokens(200))
        })
        .collect()
}

#[test]
fn start_level_undoes_slow_rise() {
    let from_full = after_a_steep_rise(StartLevel::Full);
    assert!(from_full[0] <= 4, "what was served: {from_full:?}");
    assert!(from_full.windows(2).all(|pair| pair[1] <= pair[0] + 1), "a step at most: {from_full:?}");
    assert!(from_full[19] > from_full[0], "the rate rises: {from_full:?}");
    for percent in [50, 75, 90] {
        let level = StartLevel::Percent(percent);
        let first: Vec<_> = after_a_steep_rise(level).into_iter().take(10).collect();
        assert_eq!(first, from_full[..10], "{percent} %");
    }
}

/// 5,000,000 tokens and 30,000 requests per minute, enforced by the second. Steep rises are refused.
fn mainland(clock: &ManualClock) -> AccountBuilder {
    Account::builder(Provider::Alibaba).region("china-mainland").clock(clock.clock())
}

/// Returns how many calls of 200 tokens are admitted in each second.
fn admitted_per_second(clock: &ManualClock, model: &Model, seconds: usize) -> Vec<usize> {
    let each = |_| {
        let count = (0..100).map(|_| {
            let count = admitted(model, Cost::tokens(200));
            clock.advance(ms(10));
            count
        });
        count.sum()
    };
    (0..seconds).map(each).collect()
}

#[test]
fn cold_start_runs_into_acceleration_limit() {
    assert!(Provider::Alibaba.policy().acceleration_limit);
    let clock = ManualClock::new();
    let model = mainland(&clock).build().unwrap().model("qwen-plus").unwrap();
    let rising = admitted_per_second(&clock, &model, 90);
    // 500 per second are allowed: 12 % at once, and the rest over a minute.
    assert!(rising[0] <= 70, "{rising:?}");
    for (second, count) in rising[..60].iter().enumerate() {
        assert!(*count <= 70 + 8 * (second + 1), "second {second}: {rising:?}");
    }
    assert!(rising[70..].iter().all(|count| *count >= 410), "then all that the tokens allow: {rising:?}");
    // An account is cold after five idle minutes, and not before.
    clock.advance(s(240));
    assert!(admitted_per_second(&clock, &model, 1)[0] > 400);
    clock.advance(s(301));
    assert!(admitted_per_second(&clock, &model, 1)[0] <= 70);
    // The first step and the time can be configured.
    let quicker = mainland(&clock).slow_start(40, s(10)).build().unwrap().model("qwen-plus").unwrap();
    let quicker = admitted_per_second(&clock, &quicker, 12);
    assert!((200..=240).contains(&quicker[0]) && quicker[11] > 400, "{quicker:?}");
    let at_once = mainland(&clock).slow_start(100, Duration::ZERO).build().unwrap().model("qwen-plus").unwrap();
    assert_eq!(admitted_per_second(&clock, &at_once, 1), [416]);
}

#[test]
fn start_empty_locks_out_for_a_day() {
    let clock = ManualClock::new();
    let fireworks = || {
        let account = Account::builder(Provider::Fireworks).plan("tier-2").clock(clock.clock());
        account.start_level(StartLevel::Empty)
    };
    let model = |account: AccountBuilder| {
        account.build().unwrap().model("accounts/fireworks/models/llama-v3p1-8b-instruct").unwrap()
    };
    let wait = |model: &Model| match model.try_acquire(Cost::tokens(1_000)) {
        Err(Refused::Wait(wait)) => wait.delay().unwrap(),
        other => panic!("{other:?}"),
    };
    let minutes = model(fireworks());
    assert!(wait(&minutes) <= s(60), "{:?}", wait(&minutes));
    // Longer windows are filled only on request.
    let periods: Vec<_> =
        minutes.limits().filter_map(|limit| limit.window()).filter(|window| *window > s(60)).collect();
    assert!(!periods.is_empty(), "expected a long limit in the catalog");
    let longest = periods.into_iter().max().unwrap();
    let asked = [Period::Day, Period::Month]
        .into_iter()
        .fold(fireworks(), |account, per| account.start_level_of(per, StartLevel::Empty));
    // A call draws from a spend limit only if its cost states an amount.
    let asked = model(asked);
    let cost = Cost::tokens(1_000).micro_usd(10);
    let Err(Refused::Wait(wait)) = asked.try_acquire(cost) else { panic!() };
    assert_eq!(wait.delay(), Some(longest));
    clock.advance(s(60));
    assert!(minutes.try_acquire(cost).is_ok());
}

#[cfg(feature = "tokio")]
mod long_waits {
    use ratebook_limiter::feedback::Dialect;
    use tokio::time::{Instant, sleep};

    use super::*;

    const ASKS: &[u8] = br#"{"error":{"message":"Rate limit reached for gpt-4o-mini in organization org-x on tokens per min (TPM): Limit 100000, Used 96749, Requested 19126. Please try again in 114h18m0s.","type":"tokens","param":null,"code":"rate_limit_exceeded"}}"#;

    const HOURS_114: Duration = s(114 * 3_600 + 18 * 60);

    /// 100,000 tokens per minute, and one call that the vendor has refused.
    fn refused(build: impl Fn(AccountBuilder) -> AccountBuilder) -> Model {
        let account = Account::custom("openai").dialect(Dialect::of(Provider::Openai)).clock(Clock::tokio());
        let account = build(account).limit(Quota::tokens(100_000).per_minute()).build().unwrap();
        let model = account.model("gpt-4o-mini").unwrap();
        let permit = model.try_acquire_owned(Cost::tokens(19_126)).unwrap();
        permit.observe(429, NO_HEADERS, ASKS);
        model
    }

    fn is_about_114_hours(wait: Option<Duration>) -> bool {
        wait.is_some_and(|wait| wait >= HOURS_114 - s(1) && wait <= HOURS_114 + s(60))
    }

    #[tokio::test(start_paused = true)]
    async fn wait_of_114_hours() {
        let model = refused(|account| account.longest_wait(s(300)));
        let begin = Instant::now();
        let Err(Refused::Wait(wait)) = model.acquire(Cost::tokens(100)).await else { panic!() };
        assert!(is_about_114_hours(wait.foreseen()), "{wait}");
        let Err(Refused::Wait(wait)) = model.acquire_owned(Cost::tokens(100)).await else { panic!() };
        assert!(is_about_114_hours(wait.foreseen()), "{wait}");
        assert_eq!(begin.elapsed(), Duration::ZERO, "at once");
        assert_eq!(model.account().waiting(), 0);
        // A short wait is waited for.
        model.account().forget();
        drop(model.acquire(Cost::tokens(80_874)).await.unwrap());
        assert!(model.acquire(Cost::tokens(100)).await.is_ok());
        assert_eq!(begin.elapsed(), s(60));
    }

    #[tokio::test(start_paused = true)]
    async fn wait_of_114_hours_as_the_vendor_states() {
        let model = refused(|account| account);
        let begin = Instant::now();
        assert!(model.acquire(Cost::tokens(100)).await.is_ok());
        assert!(is_about_114_hours(Some(begin.elapsed())), "{:?}", begin.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn wait_of_114_hours_is_lifted_by_resume() {
        let model = refused(|account| account);
        let begin = Instant::now();
        let waiting = tokio::spawn({
            let model = model.clone();
            async move { model.acquire_owned(Cost::tokens(100)).await.map(|_| begin.elapsed()).unwrap() }
        });
        sleep(s(3_600)).await;
        assert!(!waiting.is_finished());
        assert!(model.account().resume() > 0);
        assert_eq!(waiting.await.unwrap(), s(3_600));
    }
}
