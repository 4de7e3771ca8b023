//! Metrics of the limiter, as the Prometheus exporter renders them.
#![cfg(feature = "metrics")]

use std::time::Duration;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use ratebook::{Metric, Period, Provider};
use ratebook_limiter::{
    Account, AccountBuilder, Admission, Cost, Keyed, ManualClock, Permit, Quota, Refused, Usage, telemetry,
};

const MINUTE: Option<Period> = Some(Period::Minute);

/// Limits of one model: 4 requests and 1,000 tokens per minute.
fn ours() -> AccountBuilder {
    Account::custom("ours")
        .name("main")
        .limit(Quota::requests(4).per_minute().of_model("ours"))
        .limit(Quota::tokens(1_000).per_minute().of_model("ours"))
}

/// Runs a closure with its own recorder.
fn recorded(run: impl FnOnce(&Scrape)) {
    let recorder = PrometheusBuilder::new().set_buckets(&[1.0, 60.0, 3_600.0]).unwrap().build_recorder();
    let scrape = Scrape(recorder.handle());
    metrics::with_local_recorder(&recorder, || run(&scrape));
}

struct Scrape(PrometheusHandle);

impl Scrape {
    /// Returns the lines of a metric that have all of some labels.
    fn lines(&self, name: &str, labels: &str) -> Vec<String> {
        let text = self.0.render();
        let is_match = |line: &&str| {
            let rest = line.strip_prefix(name).unwrap_or_default();
            (rest.starts_with('{') || rest.starts_with(' '))
                && labels.split_whitespace().all(|label| {
                    let (key, value) = label.split_once('=').unwrap();
                    rest.contains(&format!("{key}=\"{value}\""))
                })
        };
        text.lines().filter(is_match).map(str::to_owned).collect()
    }

    /// Returns the value of the only line that has all of some labels.
    fn value(&self, name: &str, labels: &str) -> f64 {
        let lines = self.lines(name, labels);
        let [line] = &lines[..] else { panic!("{name} {labels}: {lines:#?} of\n{}", self.0.render()) };
        line.rsplit_once(' ').unwrap().1.parse().unwrap()
    }

    fn admitted(&self) -> f64 {
        self.value(telemetry::ADMITTED, "")
    }

    fn refused(&self, reason: &str, metric: &str) -> f64 {
        self.value(telemetry::REFUSED, &format!("reason={reason} metric={metric}"))
    }

    /// Returns the number of waits with an outcome, and the sum of their seconds.
    fn waits(&self, outcome: &str) -> (f64, f64) {
        let value =
            |part: &str| self.value(&format!("{}_{part}", telemetry::WAIT_SECONDS), &format!("outcome={outcome}"));
        (value("count"), value("sum"))
    }

    fn used(&self, metric: &str) -> f64 {
        self.value(telemetry::USED_SHARE, &format!("metric={metric} part=whole"))
    }

    #[cfg(feature = "feedback")]
    fn withheld(&self, metric: &str) -> f64 {
        self.value(telemetry::WITHHELD_SHARE, &format!("metric={metric} part=whole"))
    }
}

#[test]
fn every_decision_is_counted_once() {
    recorded(|scrape| {
        let clock = ManualClock::new();
        let model = ours().clock(clock.clock()).build().unwrap().model("ours").unwrap();
        assert_eq!((scrape.admitted(), scrape.refused("wait", "requests")), (0.0, 0.0), "registered at zero");
        let permits: Vec<Permit<_>> = (0..4).map(|_| model.try_acquire(Cost::tokens(100)).unwrap()).collect();
        assert_eq!(scrape.admitted(), 4.0);
        assert_eq!(
            (scrape.used("requests"), scrape.used("tokens")),
            (0.25, 0.1),
            "as of the first decision of the meters"
        );
        model.account().update_gauges();
        assert_eq!((scrape.used("requests"), scrape.used("tokens")), (1.0, 0.4));
        // The refusal cache answers the second call, without the meters.
        (0..2).for_each(|_| assert!(matches!(model.try_acquire(Cost::tokens(100)), Err(Refused::Wait(_)))));
        assert!(matches!(model.try_acquire_owned(Cost::tokens(100)), Err(Refused::Wait(_))));
        assert!(matches!(model.try_acquire(Cost::tokens(1_001)), Err(Refused::Never(_))));
        assert_eq!((scrape.refused("wait", "requests"), scrape.refused("wait", "tokens")), (3.0, 0.0));
        assert_eq!((scrape.refused("never", "requests"), scrape.refused("never", "tokens")), (0.0, 1.0));
        assert_eq!(scrape.admitted(), 4.0);
        permits.into_iter().for_each(drop);
    });
}

#[test]
fn a_wait_is_counted_with_its_seconds_and_its_outcome() {
    recorded(|scrape| {
        let clock = ManualClock::new();
        let model = ours().clock(clock.clock()).build().unwrap().model("ours").unwrap();
        let _first = model.try_acquire(Cost::tokens(1_000)).unwrap();
        clock.advance(Duration::from_secs(20));
        let (ours, given_up) = (model.enqueue(Cost::tokens(600)).unwrap(), model.enqueue(Cost::tokens(600)).unwrap());
        assert_eq!(scrape.value(telemetry::WAITING, ""), 2.0);
        clock.advance(Duration::from_secs(5));
        drop(given_up);
        assert_eq!((scrape.value(telemetry::WAITING, ""), scrape.waits("left")), (1.0, (1.0, 5.0)));
        let Admission::Wait(_, ours) = ours.poll_admission(None) else { panic!("too early") };
        clock.advance(Duration::from_secs(35));
        let Admission::Granted(_permit) = ours.poll_admission(None) else { panic!("the ticket is first") };
        assert_eq!(scrape.waits("admitted"), (1.0, 40.0));
        assert_eq!(scrape.waits("refused"), (0.0, 0.0));
        assert_eq!((scrape.value(telemetry::WAITING, ""), scrape.admitted()), (0.0, 2.0));
        assert_eq!(scrape.used("tokens"), 0.6);
        assert_eq!(scrape.value("ratebook_wait_seconds_bucket", "outcome=admitted le=60"), 1.0);
        assert_eq!(scrape.value("ratebook_wait_seconds_bucket", "outcome=admitted le=1"), 0.0);
        // A ticket that is granted at once does not wait.
        drop(model.enqueue(Cost::tokens(1)).unwrap());
        assert_eq!((scrape.waits("left").0, scrape.admitted()), (1.0, 2.0));
    });
}

#[test]
fn a_waiting_call_is_refused_when_a_limit_falls_below_it() {
    recorded(|scrape| {
        let clock = ManualClock::new();
        let model = ours().clock(clock.clock()).build().unwrap().model("ours").unwrap();
        let _first = model.try_acquire(Cost::tokens(1_000)).unwrap();
        let ticket = model.enqueue(Cost::tokens(900)).unwrap();
        clock.advance(Duration::from_secs(3));
        model.account().set_limit(Metric::Tokens, MINUTE, 800);
        assert_eq!(scrape.used("tokens"), 1.25, "at once");
        assert!(matches!(ticket.poll_admission(None), Admission::Never(_)));
        assert_eq!((scrape.waits("refused"), scrape.refused("never", "tokens")), ((1.0, 3.0), 1.0));
    });
}

#[cfg(feature = "tokio")]
#[test]
fn an_acquire_counts_as_a_refusal_or_a_wait_but_not_both() {
    recorded(|scrape| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let account = ours().clock(ratebook_limiter::Clock::tokio()).build().unwrap();
            let model = account.model("ours").unwrap();
            let _first = model.acquire(Cost::tokens(1_000)).await.unwrap();
            assert!(model.acquire_within(Cost::tokens(1), Duration::from_secs(59)).await.is_err());
            assert!(model.acquire(Cost::tokens(1_001)).await.is_err());
            assert_eq!((scrape.refused("deadline", "tokens"), scrape.refused("never", "tokens")), (1.0, 1.0));
            let _second = model.acquire(Cost::tokens(1)).await.unwrap();
            assert_eq!(scrape.refused("wait", "tokens"), 0.0, "the call waited instead");
            assert_eq!((scrape.waits("admitted"), scrape.admitted()), ((1.0, 60.0), 2.0));
            let third = model.acquire_owned(Cost::tokens(1)).await.unwrap();
            assert_eq!((scrape.waits("admitted").0, scrape.admitted()), (1.0, 3.0), "at once");
            let dropped = tokio::time::timeout(Duration::from_secs(7), model.acquire(Cost::tokens(1_000))).await;
            assert!(dropped.is_err());
            assert_eq!(scrape.waits("left"), (1.0, 7.0));
            // The forecast is in time, and then another call settles above its estimate.
            let (late, ()) = tokio::join!(model.acquire_within(Cost::tokens(1_000), Duration::from_secs(60)), async {
                tokio::time::sleep(Duration::from_secs(1)).await;
                third.settle(Usage::new().tokens(2));
            });
            assert!(late.is_err());
            assert_eq!((scrape.waits("refused"), scrape.admitted()), ((1.0, 60.0), 3.0));
            assert_eq!(scrape.refused("deadline", "tokens"), 2.0);
            assert_eq!(scrape.value(telemetry::WAITING, ""), 0.0);
        });
    });
}

#[test]
fn a_share_is_above_one_in_debt_and_falls_without_calls() {
    recorded(|scrape| {
        let clock = ManualClock::new();
        let account = ours().clock(clock.clock()).build().unwrap();
        let model = account.model("ours").unwrap();
        model.try_acquire(Cost::tokens(100)).unwrap().settle(Usage::new().tokens(1_500));
        assert_eq!((scrape.used("requests"), scrape.used("tokens")), (0.25, 1.1), "the debt is at most one window");
        clock.advance(Duration::from_secs(61));
        assert_eq!(scrape.used("tokens"), 1.1, "not updated yet");
        account.update_gauges();
        assert_eq!((scrape.used("requests"), scrape.used("tokens")), (0.0, 0.0));
        drop(model.try_acquire(Cost::tokens(500)).unwrap());
        assert_eq!(scrape.used("tokens"), 0.5);
        drop((model, account));
        assert_eq!(scrape.used("tokens"), 0.0, "dropped with its account");
    });
}

#[test]
fn gauges_include_a_waiting_call_as_soon_as_it_is_charged() {
    recorded(|scrape| {
        let clock = ManualClock::new();
        let account = Account::custom("ours")
            .limit(Quota::requests(4).per_minute().of_model("ours"))
            .limit(Quota::requests(4).per_minute().of_model("theirs"))
            .limit(Quota::tokens(1_000).per_minute());
        let account = account.clock(clock.clock()).build().unwrap();
        let (ours, theirs) = (account.model("ours").unwrap(), account.model("theirs").unwrap());
        let permit = theirs.try_acquire(Cost::tokens(1_000)).unwrap();
        let _waits = ours.enqueue(Cost::tokens(500)).unwrap();
        assert_eq!(scrape.value(telemetry::USED_SHARE, "pool=ours"), 0.0);
        permit.cancel_unsent();
        assert_eq!(scrape.value(telemetry::USED_SHARE, "pool=ours"), 0.25);
        assert_eq!(scrape.value(telemetry::USED_SHARE, "pool=account"), 0.5);
    });
}

#[test]
fn labels_are_terms_of_the_catalog_and_names_of_the_program() {
    recorded(|scrape| {
        let clock = ManualClock::new();
        let account = Account::builder(Provider::Castai).plan("growth").name("batch").clock(clock.clock());
        let account = account.class("reports", 25).build().unwrap();
        let (coder, instruct) = (account.model("Qwen 3 32B").unwrap(), account.model("Gemma 3 27B").unwrap());
        let _permits = (coder.try_acquire(Cost::tokens(50_000)).unwrap(), instruct.try_acquire(Cost::tokens(50_000)));
        let calls = "provider=castai account=batch plan=growth model=size:medium";
        assert_eq!(scrape.value(telemetry::ADMITTED, calls), 2.0, "both models draw from the pool of medium models");
        account.update_gauges();
        let pool =
            "provider=castai account=batch plan=growth pool=size:medium metric=tokens per=minute bound=hard part=whole";
        assert_eq!(scrape.value(telemetry::USED_SHARE, pool), 0.5);
        let reports = account.model_builder("Qwen 3 32B").class("reports").build().unwrap();
        let _report = reports.try_acquire(Cost::tokens(25_000)).unwrap();
        assert_eq!(scrape.value(telemetry::ADMITTED, &format!("{calls} class=reports")), 1.0);
        let share = "pool=size:medium class=reports metric=tokens per=minute part=class-share";
        assert_eq!(scrape.value(telemetry::USED_SHARE, share), 0.5, "of its quarter");
        assert_eq!(scrape.value(telemetry::USED_SHARE, pool), 0.625);
    });
}

#[test]
fn tenants_of_an_account_have_no_series_of_their_own() {
    recorded(|scrape| {
        let account = ours().clock(ManualClock::new().clock()).build().unwrap();
        for number in 0..4 {
            let tenant = account.tenant(&format!("tenant-{number}"), 10).unwrap().model("ours").unwrap();
            drop(tenant.try_acquire(Cost::tokens(10)).unwrap());
            assert!(tenant.try_acquire(Cost::tokens(101)).is_err());
        }
        account.update_gauges();
        assert!(!scrape.0.render().contains("tenant-1"));
        assert_eq!(scrape.admitted(), 4.0);
        assert_eq!(scrape.value(telemetry::REFUSED, "reason=never metric=tokens part=tenant-share"), 4.0);
        assert_eq!(scrape.lines(telemetry::USED_SHARE, "metric=tokens").len(), 1);
    });
}

#[test]
fn accounts_with_different_names_have_different_series() {
    recorded(|scrape| {
        let clock = ManualClock::new();
        let models = ["main", "spare"].map(|name| {
            let account = ours().name(name).clock(clock.clock()).build().unwrap();
            account.model("ours").unwrap()
        });
        let _permits = [models[0].try_acquire(Cost::tokens(100)), models[1].try_acquire(Cost::tokens(900))];
        for (name, used) in [("main", 0.1), ("spare", 0.9)] {
            assert_eq!(scrape.value(telemetry::USED_SHARE, &format!("account={name} metric=tokens")), used);
            assert_eq!(scrape.value(telemetry::ADMITTED, &format!("account={name}")), 1.0);
        }
    });
}

#[test]
fn a_thousand_tenants_have_as_many_series_as_one() {
    recorded(|scrape| {
        let clock = ManualClock::new();
        let tenants: Keyed<u32> = Keyed::new(ours().name("tenants").clock(clock.clock()), "ours").unwrap();
        let series = scrape.0.render().lines().count();
        for tenant in 0..1_000 {
            assert_eq!((0..5).filter(|_| tenants.try_charge(&tenant, Cost::tokens(1)).is_ok()).count(), 4);
        }
        assert_eq!(scrape.0.render().lines().count(), series);
        assert_eq!(scrape.value(telemetry::ADMITTED, "account=tenants model=ours"), 4_000.0);
        assert_eq!(scrape.refused("wait", "requests"), 1_000.0);
        let _ticket = tenants.get(&7).enqueue_owned(Cost::request()).unwrap();
        assert_eq!(scrape.value(telemetry::WAITING, ""), 1.0);
        assert!(scrape.lines(telemetry::USED_SHARE, "").is_empty());
    });
}

#[test]
fn shadow_mode_counts_calls_that_it_would_have_held_back() {
    recorded(|scrape| {
        let clock = ManualClock::new();
        let model = ours().shadow().clock(clock.clock()).build().unwrap().model("ours").unwrap();
        (0..7).for_each(|_| drop(model.try_acquire(Cost::tokens(1)).unwrap()));
        assert_eq!((scrape.admitted(), scrape.refused("shadow", "requests")), (7.0, 3.0));
        assert_eq!(scrape.refused("wait", "requests"), 0.0);
    });
}

#[cfg(feature = "feedback")]
#[test]
fn a_refusal_by_the_vendor_is_counted_with_the_limit_that_it_pauses() {
    use ratebook_limiter::feedback::Dialect;
    recorded(|scrape| {
        let clock = ManualClock::new();
        let account = ours().dialect(Dialect::of(Provider::Openai)).clock(clock.clock()).build().unwrap();
        let model = account.model("ours").unwrap();
        let permit = model.try_acquire(Cost::tokens(100)).unwrap();
        let body = br#"{"error":{"message":"Rate limit reached on tokens per min (TPM): Limit 1000"}}"#;
        permit.observe(429, &[("retry-after", "5")][..], body);
        assert_eq!((scrape.refused("vendor", "tokens"), scrape.refused("vendor", "requests")), (1.0, 0.0));
        assert_eq!((scrape.withheld("tokens"), scrape.withheld("requests")), (1.0, 0.0));
        clock.advance(Duration::from_secs(65));
        account.update_gauges();
        assert_eq!((scrape.withheld("tokens"), scrape.used("tokens")), (0.0, 0.0));
        // Waiting does not help against an unpaid bill.
        let unpaid = br#"{"error":{"code":"insufficient_quota","message":"You exceeded your current quota"}}"#;
        model.observe(429, &[("x-unrelated", "1")][..], unpaid);
        assert_eq!(scrape.refused("vendor", "tokens"), 1.0);
        let all = scrape.lines(telemetry::REFUSED, "reason=vendor");
        let without_limit: Vec<_> = all.iter().filter(|line| !line.contains("metric=")).collect();
        assert!(matches!(&without_limit[..], [line] if line.ends_with(" 1")), "{all:#?}");
    });
}

#[test]
fn names_do_not_change_if_a_recorder_adds_units() {
    let recorder = PrometheusBuilder::new().with_recommended_naming(true).build_recorder();
    metrics::with_local_recorder(&recorder, || {
        let model = ours().build().unwrap().model("ours").unwrap();
        let _permit = model.try_acquire(Cost::request()).unwrap();
    });
    let text = recorder.handle().render();
    let names: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    for name in [telemetry::ADMITTED, telemetry::REFUSED, telemetry::WAITING, telemetry::USED_SHARE] {
        assert!(names.contains(&name), "{name} of {names:?}");
        assert!(text.contains(&format!("# HELP {name} ")), "{name}");
    }
}

#[test]
fn pools_of_a_mode_or_a_deployment_have_series_of_their_own() {
    recorded(|scrape| {
        let clock = ManualClock::new();
        let account = Account::builder(Provider::Acme).plan("tier-1").clock(clock.clock()).build().unwrap();
        let batch = account.model_builder("rocket-1").mode("batch").build().unwrap();
        let long = account.model_builder("rocket-1").context("above-272k-input").build().unwrap();
        let _job = batch.try_acquire(Cost::request().queued(100, 0)).unwrap();
        drop(long.try_acquire(Cost::tokens(5_000)).unwrap());
        account.update_gauges();
        let share = |labels: &str| scrape.value(telemetry::USED_SHARE, labels);
        assert_eq!(share("metric=queued_batch_requests mode=batch"), 0.25);
        assert_eq!(share("metric=tokens context=above-272k-input"), 0.25);
        drop(account.model("orbit").unwrap().try_acquire(Cost::request()).unwrap());
        account.update_gauges();
        assert_eq!(share("metric=requests deployment=data-zone"), 0.01);
    });
}
