//! Custom accounts: providers that the catalog does not have.

use std::time::Duration;

use ratebook::{Bound, Calendar, Invocation, Metric, Period, Provider};
use ratebook_limiter::{
    Account, AccountBuilder, Cost, Error, InvalidLimit, Keyed, LimitsBy, ManualClock, Model, Part, Quota, Refused,
};

const MINUTE: Duration = Duration::from_secs(60);

fn gateway(clock: &ManualClock) -> AccountBuilder {
    Account::custom("my-gateway").clock(clock.clock())
}

/// The number of calls that are admitted now.
fn admitted(model: &Model, cost: Cost) -> u64 {
    (0..1_000_000).take_while(|_| model.try_acquire(cost).is_ok()).count() as u64
}

fn invalid(quota: Quota<'_>) -> InvalidLimit {
    match Account::custom("my-gateway").limit(quota).build() {
        Err(Error::InvalidLimit { why, .. }) => why,
        other => panic!("{quota:?}: {other:?}"),
    }
}

#[test]
fn a_custom_account_enforces_its_quotas() {
    let clock = ManualClock::new();
    let account = gateway(&clock).limit(Quota::requests(500).per_minute()).limit(Quota::tokens(30_000).per_minute());
    let account = account.build().unwrap();
    assert_eq!((account.provider(), account.provider_name()), (None, "my-gateway"));
    let gpt = account.model("gpt-4o").unwrap();
    assert_eq!(admitted(&gpt, Cost::tokens(10)), 500);
    let mini = account.model("anything").unwrap();
    assert_eq!(admitted(&mini, Cost::tokens(10)), 0, "the account's limits are shared");
    clock.advance(MINUTE);
    assert_eq!(admitted(&mini, Cost::tokens(1_000)), 30);
}

#[test]
fn refusals_cite_the_configured_limit() {
    let clock = ManualClock::new();
    let account = gateway(&clock)
        .limit(Quota::requests(500).per_minute())
        .limit(Quota::tokens(900).per(Duration::from_secs(300)).of_model("large"))
        .limit(Quota::new(Metric::InputTokens, 90).per_hour().shared_by("small", &["mini", "nano"]))
        .build()
        .unwrap();
    let message = |model: &str, cost: Cost| account.model(model).unwrap().try_acquire(cost).unwrap_err().to_string();
    let never = message("x", Cost::request().requests(501));
    assert!(never.contains("500 requests per 60s (my-gateway, as configured)"), "{never}");
    let never = message("large", Cost::tokens(901));
    assert!(never.contains("900 tokens per 300s (my-gateway, large, as configured)"), "{never}");
    let never = message("nano", Cost::tokens(91));
    assert!(never.contains("90 input_tokens per 3600s (my-gateway, small, as configured)"), "{never}");
    let limit = account.model("x").unwrap().limits().next().unwrap();
    assert!(limit.stated().is_none() && !limit.is_negotiated());
    let copied = limit;
    assert_eq!(copied, limit, "a limit is Copy");
}

#[test]
fn a_quota_is_shared_by_the_account_a_group_or_a_model() {
    let clock = ManualClock::new();
    let account = gateway(&clock)
        .limit(Quota::requests(100).per_minute())
        .limit(Quota::requests(40).per_minute().shared_by("small", &["mini", "nano"]))
        .limit(Quota::requests(10).per_minute().of_model("large"))
        .build()
        .unwrap();
    let model = |name: &str| account.model(name).unwrap();
    assert_eq!(admitted(&model("large"), Cost::request()), 10);
    assert_eq!(admitted(&model("mini"), Cost::request()), 40);
    assert_eq!(admitted(&model("nano"), Cost::request()), 0, "mini used the group's limit");
    assert_eq!(admitted(&model("other"), Cost::request()), 50, "the rest of the account's limit");
    assert_eq!(model("mini").found_by(), LimitsBy::Configured);
    assert_eq!(model("other").found_by(), LimitsBy::ConfiguredDefault);
    assert!(model("other").found_by().is_default() && !model("large").found_by().is_default());
}

#[test]
fn a_group_may_have_the_name_of_an_account_or_a_model() {
    let clock = ManualClock::new();
    let account = gateway(&clock)
        .limit(Quota::requests(100).per_minute())
        .limit(Quota::requests(7).per_minute().shared_by("account", &["a"]))
        .limit(Quota::requests(5).per_minute().of_model("account"))
        .limit(Quota::requests(3).per_minute().shared_by("model:account", &["b"]))
        .build()
        .unwrap();
    let requests = |name: &str| admitted(&account.model(name).unwrap(), Cost::request());
    assert_eq!((requests("a"), requests("account"), requests("b"), requests("c")), (7, 5, 3, 85));
}

#[test]
fn a_window_may_have_any_length() {
    let clock = ManualClock::new();
    for window in [Duration::from_millis(1_500), Duration::from_secs(300), Duration::from_secs(5 * 3_600)] {
        let account = gateway(&clock).limit(Quota::requests(3).per(window)).build().unwrap();
        let model = account.model("x").unwrap();
        assert_eq!(model.limits().next().unwrap().window(), Some(window));
        assert_eq!(admitted(&model, Cost::request()), 3);
        clock.advance(window - Duration::from_millis(1));
        assert_eq!(admitted(&model, Cost::request()), 0);
        clock.advance(Duration::from_millis(1));
        assert_eq!(admitted(&model, Cost::request()), 3);
    }
}

#[test]
fn a_day_may_follow_the_calendar_but_24_hours_never_do() {
    // 2027-02-27T18:00:00Z.
    let clock = ManualClock::beginning_at(1_803_751_200);
    let day = Duration::from_secs(86_400);
    let model = |quota: Quota<'_>, calendar: Calendar| {
        let account = gateway(&clock).limit(quota).calendar(calendar).build().unwrap();
        account.model("x").unwrap()
    };
    let calendar = model(Quota::requests(10).per_day(), Calendar::Utc);
    let hours = model(Quota::requests(10).per(day), Calendar::Utc);
    let sliding = model(Quota::requests(10).per_day(), Calendar::Sliding);
    for model in [&calendar, &hours, &sliding] {
        assert_eq!(admitted(model, Cost::request()), 10);
    }
    clock.advance(Duration::from_secs(6 * 3_600));
    let now = [&calendar, &hours, &sliding].map(|model| admitted(model, Cost::request()));
    assert_eq!(now, [10, 0, 0]);
}

#[test]
fn permits_hold_concurrency_slots() {
    let clock = ManualClock::new();
    let account = gateway(&clock).limit(Quota::concurrent(3)).build().unwrap();
    let model = account.model("x").unwrap();
    let held: Vec<_> = (0..3).map(|_| model.try_acquire(Cost::request()).unwrap()).collect();
    let Err(Refused::Wait(wait)) = model.try_acquire(Cost::request()) else { panic!() };
    assert_eq!(wait.delay(), None);
    drop(held);
    assert!(model.try_acquire(Cost::request()).is_ok());
}

#[test]
fn a_quota_may_be_guaranteed_or_for_one_form_of_the_api() {
    let clock = ManualClock::new();
    let account = gateway(&clock)
        .limit(Quota::requests(2).per_minute().guaranteed())
        .limit(Quota::requests(5).per_minute())
        .limit(Quota::requests(1).per_minute().of_calls(Invocation::Async).of_model("video"))
        .build()
        .unwrap();
    let under = account.model("x").unwrap();
    assert_eq!(admitted(&under, Cost::request()), 2);
    let beyond = account.model_builder("x").exceed_guarantees().build().unwrap();
    assert!(beyond.try_acquire(Cost::request()).unwrap().is_beyond_guarantee());
    clock.advance(MINUTE);
    let video = |builder: ratebook_limiter::ModelBuilder| builder.exceed_guarantees().build().unwrap();
    assert_eq!(admitted(&video(account.model_builder("video").asynchronous()), Cost::request()), 1);
    assert_eq!(admitted(&video(account.model_builder("video").synchronous()), Cost::request()), 4);
    let bounds: Vec<Bound> = under.limits().map(|limit| limit.bound).collect();
    assert_eq!(bounds, [Bound::Guaranteed, Bound::Hard]);
}

#[test]
fn a_sub_window_can_be_configured() {
    let clock = ManualClock::new();
    let tenths = gateway(&clock).limit(Quota::requests(600).per_minute()).sub_window(Duration::from_secs(6));
    let model = tenths.build().unwrap().model("x").unwrap();
    for _ in 0..10 {
        assert_eq!(admitted(&model, Cost::request()), 60, "a tenth of the minute's limit");
        clock.advance(Duration::from_secs(6));
    }
    assert!(model.limits().any(|limit| limit.part == Part::SubWindow && limit.window() == Some(MINUTE / 10)));
    for window in [Duration::ZERO, MINUTE, Duration::from_secs(7)] {
        let error = gateway(&clock).limit(Quota::requests(9).per_minute()).sub_window(window).build().unwrap_err();
        assert_eq!(error, Error::SubWindow(window));
    }
}

#[cfg(feature = "feedback")]
#[test]
fn the_account_sets_the_dialect_and_the_longest_backoff() {
    use ratebook_limiter::feedback::{Dialect, Signal};
    let clock = ManualClock::new();
    let refused = |account: AccountBuilder, headers: &[(&str, &str)]| {
        let account = account.limit(Quota::requests(600).per_minute()).backoff_seed(7).build().unwrap();
        let model = account.model("x").unwrap();
        let mut longest = Duration::ZERO;
        let mut limits = 0;
        for _ in 0..12 {
            let Ok(permit) = model.try_acquire(Cost::request()) else { panic!() };
            let signals = permit.observe(429, headers, b"");
            limits += signals.iter().filter(|signal| matches!(signal, Signal::Limit { .. })).count();
            if let Err(Refused::Wait(wait)) = model.try_acquire(Cost::request()) {
                longest = longest.max(wait.delay().unwrap());
                clock.advance(wait.delay().unwrap());
            }
        }
        (longest, limits)
    };
    let (plain, _) = refused(gateway(&clock), &[]);
    let (inline, _) = refused(gateway(&clock).recovery_seconds(2), &[]);
    assert!(inline <= Duration::from_secs(3) && plain > Duration::from_secs(5), "{inline:?} {plain:?}");
    let header = [("x-ratelimit-limit-requests", "500")];
    assert_eq!(refused(gateway(&clock), &header).1, 0);
    assert_eq!(refused(gateway(&clock).dialect(Dialect::of(Provider::Openai)), &header).1, 12);
}

#[test]
fn a_custom_account_has_classes_shares_and_keys() {
    let clock = ManualClock::new();
    let builder = gateway(&clock).limit(Quota::requests(100).per_minute()).class("batch", 25).share(80);
    let account = builder.clone().build().unwrap();
    let batch = account.model_builder("x").class("batch").build().unwrap();
    assert_eq!(admitted(&batch, Cost::request()), 20);
    let tenants: Keyed<String> = Keyed::new(builder, "x").unwrap();
    assert!(tenants.try_charge("one", Cost::request()).is_ok());
    let account = gateway(&clock).limit(Quota::requests(9).per(Duration::from_secs(86_400))).build().unwrap();
    let model = account.model("x").unwrap();
    assert_eq!(account.set_limit(Metric::Requests, Some(Period::Minute), 4), 0);
    assert_eq!(account.set_limit(Metric::Requests, Some(Period::Day), 4), 0, "a day is not 24 hours");
    assert_eq!(account.set_limit(Metric::Requests, Period::from_seconds(86_400), 4), 1, "exactly that window");
    assert_eq!(admitted(&model, Cost::request()), 4);
}

#[test]
fn build_refuses_invalid_quotas() {
    use InvalidLimit::*;
    let day = Duration::from_secs(86_400);
    assert_eq!(invalid(Quota::requests(3)), NeedsWindow);
    assert_eq!(invalid(Quota::requests(3).per_minute().at_once()), NeedsWindow);
    assert_eq!(invalid(Quota::new(Metric::SpendUsd, 3)), NeedsWindow);
    assert_eq!(invalid(Quota::concurrent(3).per_minute()), NeedsNoWindow);
    assert_eq!(invalid(Quota::requests(3).per(Duration::ZERO)), ZeroWindow);
    assert_eq!(invalid(Quota::requests(3).per(31 * day + Duration::from_nanos(1))), LongWindow);
    assert_eq!(invalid(Quota::requests(3).per(Duration::MAX)), LongWindow);
    assert_eq!(invalid(Quota::new(Metric::Gpus, 3)), NotCounted);
    assert_eq!(invalid(Quota::requests(3).per_minute().of_model(" ")), EmptyName);
    assert_eq!(invalid(Quota::requests(3).per_minute().of_model("*")), EveryModel);
    assert_eq!(invalid(Quota::requests(3).per_minute().shared_by("", &["a"])), EmptyName);
    assert_eq!(invalid(Quota::requests(3).per_minute().shared_by("g", &["a", ""])), EmptyName);
    assert_eq!(invalid(Quota::requests(3).per_minute().shared_by("g", &[])), NoModels);
    let two = |one: Quota<'_>, other: Quota<'_>| Account::custom("x").limit(one).limit(other).build();
    let minute = Quota::requests(3).per_minute();
    let twice = two(minute, Quota::requests(4).per(MINUTE)).unwrap_err();
    assert_eq!(twice.to_string(), "invalid limit of 4 requests per minute: the same limit is given twice");
    assert!(two(minute.of_model("a"), minute.of_model("a")).is_err());
    assert!(two(minute.of_model("a"), minute.of_model("b")).is_ok());
    assert!(two(minute, minute.guaranteed()).is_ok());
    let other = two(minute.shared_by("g", &["a", "b"]), Quota::tokens(3).per_minute().shared_by("g", &["a"]));
    assert!(matches!(other, Err(Error::InvalidLimit { why: OtherModels, .. })));
    assert!(two(minute.shared_by("g", &["a", "b"]), Quota::tokens(3).per_minute().shared_by("g", &["b", "a"])).is_ok());
    assert!(two(Quota::requests(0).per_minute(), Quota::requests(3).per(31 * day)).is_ok());
    let error = Account::custom("x").build().unwrap_err();
    assert_eq!(error, Error::NoLimits("x"));
    assert_eq!(Account::custom(" ").limit(minute).build().unwrap_err(), Error::Unnamed);
    let custom = || Account::custom("my-gateway").limit(minute);
    for wrong in [
        custom().region("eu"),
        custom().plan("free"),
        custom().negotiated("x", Metric::Requests, Some(Period::Minute), 3),
    ] {
        let error = wrong.build().unwrap_err();
        assert!(error.to_string().starts_with("`my-gateway` is not in the catalog: "), "{error}");
    }
    assert!(matches!(custom().share(0).build(), Err(Error::Share(0))));
}

#[test]
fn a_quota_of_zero_refuses_every_call() {
    let account = Account::custom("x").limit(Quota::requests(0).per_minute()).build().unwrap();
    assert!(matches!(account.model("y").unwrap().try_acquire(Cost::request()), Err(Refused::Never(_))));
}

#[test]
fn an_unnamed_model_is_an_error_with_the_nearest_names() {
    let quota = Quota::requests(3).per_minute();
    let account = Account::custom("my-gateway").limit(quota.of_model("gpt-4o")).limit(quota.of_model("gpt-4o-mini"));
    let error = account.clone().build().unwrap().model("gpt-4oo").unwrap_err();
    assert!(error.to_string().contains("the nearest names are gpt-4o, gpt-4o-mini"), "{error}");
    // A limit for all models accepts any name, unless the account is strict.
    let account = account.limit(Quota::tokens(3).per_minute());
    assert!(account.clone().build().unwrap().model("gpt-4oo").is_ok());
    let error = account.strict().build().unwrap().model("gpt-4oo").unwrap_err();
    assert!(matches!(error, Error::OnlyDefault { .. }) && error.to_string().contains("gpt-4o-mini"), "{error}");
    // If no limit names a model, no name can be misspelt.
    let account = Account::custom("my-gateway").limit(quota).strict().build().unwrap();
    assert!(account.model("whatever").is_ok());
}

#[test]
fn a_custom_account_refuses_an_entry_of_the_catalog() {
    let account = Account::custom("my-gateway").limit(Quota::requests(3).per_minute()).build().unwrap();
    let error = account.entry(ratebook::providers::alibaba::international::QWEN_PLUS).unwrap_err();
    assert_eq!(error.to_string(), "expected an entry of my-gateway, found `qwen-plus` of alibaba");
}

#[test]
fn own_quotas_are_added_to_the_catalogs_limits() {
    let clock = ManualClock::new();
    let account = Account::builder(Provider::Castai).plan("growth").clock(clock.clock());
    let account = account.limit(Quota::requests(1_000).per_hour()).limit(Quota::requests(20).per_minute());
    let model = account.build().unwrap().model("Qwen 3 32B").unwrap();
    assert_eq!(admitted(&model, Cost::request()), 20);
    let amounts: Vec<u64> = model.limits().map(|limit| limit.amount).collect();
    assert_eq!(amounts, [300, 200_000, 1_000, 20], "the page's 300 requests per minute apply, too");
    let unknown = Account::builder(Provider::Alibaba).limit(Quota::requests(1).per_hour().of_model("qwen-pluss"));
    let error = unknown.build().unwrap_err();
    assert!(matches!(error, Error::LimitOfUnknownModel { .. }) && error.to_string().contains("qwen-plus"), "{error}");
}
