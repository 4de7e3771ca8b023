//! Accounts over catalogs loaded at run time: the decisions of compiled ones, and new catalogs for running accounts.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use proptest::prelude::*;
use ratebook::load::Catalog;
use ratebook::{Metric, Period, Provider};
use ratebook_limiter::{
    Account, AccountBuilder, Admission, Burst, Cost, Error, ManualClock, Model, Refused, ReloadError, Ticket, Usage,
};

const MINUTE: Option<Period> = Some(Period::Minute);

/// A provider of the frozen catalog, loaded at run time.
fn loaded(name: &str) -> Provider {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ratebook/tests/catalog");
    Catalog::open(folder).unwrap_or_else(|error| panic!("{error}")).provider(name).unwrap()
}

/// A provider, the settings of an account, and the models of a script.
type Case = (Provider, fn(AccountBuilder) -> AccountBuilder, &'static [&'static str]);

/// The providers of the frozen catalog, with the settings and the models that the scripts use.
const CASES: [Case; 5] = [
    (Provider::Alibaba, |it| it.region("international"), &["qwen-plus", "qwen-max-0125", "QWEN Plus", "no-such-model"]),
    (
        Provider::Castai,
        |it| it.plan("growth").burst(Burst::Smooth),
        &["Qwen 3 32B", "Gemma 3 27B", "GPT-OSS 120B", "x-70b"],
    ),
    (Provider::Fireworks, |it| it.plan("tier-2"), &["llama-v3p1-70b-instruct", "kimi-k2-instruct", "flux-1-dev"]),
    (Provider::Acme, |it| it.plan("tier-1"), &["orbit", "painter", "rocket"]),
    (
        Provider::Anthropic,
        |it| it.plan("build"),
        &["claude-sonnet-4-20250514", "claude-opus-4", "anthropic/claude-3-haiku-20240307"],
    ),
];

/// A step of a script: a model, tokens of input and output, and a time in milliseconds.
#[derive(Clone, Debug)]
enum Step {
    Call { model: usize, input: u64, output: u64 },
    Settle { call: usize, output: u64 },
    Respond { call: usize, status: u16, retry_after: u8 },
    Advance(u64),
    Set { metric: Metric, amount: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    let metric = prop_oneof![Just(Metric::Requests), Just(Metric::Tokens)];
    prop_oneof![
        6 => (0..4usize, 0..200_000u64, 0..20_000u64).prop_map(|(model, input, output)| Step::Call { model, input, output }),
        2 => (any::<usize>(), 0..40_000u64).prop_map(|(call, output)| Step::Settle { call, output }),
        1 => (any::<usize>(), prop_oneof![Just(200u16), Just(429), Just(500), Just(503)], 0..60u8)
            .prop_map(|(call, status, retry_after)| Step::Respond { call, status, retry_after }),
        3 => (0..40_000u64).prop_map(Step::Advance),
        1 => (metric, 1..500_000u64).prop_map(|(metric, amount)| Step::Set { metric, amount }),
    ]
}

/// Runs a script on an account, and returns every decision and the state of every pool, in words.
fn run(builder: AccountBuilder, names: &[&str], script: &[Step]) -> Vec<String> {
    let clock = ManualClock::new();
    let account = builder.clock(clock.clock()).build().unwrap();
    let models: Vec<Result<Model, Error>> = names.iter().map(|name| account.model(name)).collect();
    let mut log: Vec<String> = Vec::new();
    for model in &models {
        log.push(match model {
            Ok(model) => format!(
                "{:?}",
                (
                    model.found_by(),
                    model.limits().map(|it| it.to_string()).collect::<Vec<_>>(),
                    model.unenforced().len()
                )
            ),
            Err(error) => error.to_string(),
        });
    }
    let mut permits = Vec::new();
    for step in script {
        match *step {
            Step::Call { model, input, output } => {
                let Ok(model) = &models[model % models.len()] else { continue };
                match model.try_acquire_owned(Cost::request().input(input).output(output)) {
                    Ok(permit) => {
                        log.push(format!("admitted {}", permit.is_beyond_guarantee()));
                        permits.push(permit);
                    }
                    Err(Refused::Wait(wait)) => log.push(format!("{wait} {:?} {:?}", wait.delay(), wait.foreseen())),
                    Err(Refused::Never(never)) => log.push(never.to_string()),
                }
            }
            Step::Settle { call, output } if !permits.is_empty() => {
                permits.swap_remove(call % permits.len()).settle(Usage::new().output(output));
            }
            Step::Respond { call, status, retry_after } if !permits.is_empty() => {
                let (at, retry_after) = (call % permits.len(), retry_after.to_string());
                let headers: &[(&str, &str)] =
                    &[("retry-after", &retry_after), ("x-ratelimit-remaining-requests", "3")];
                let signals = permits[at].observe(status, headers, b"rate limit exceeded");
                log.push(format!("{:?}", signals.iter().collect::<Vec<_>>()));
            }
            Step::Settle { .. } | Step::Respond { .. } => {}
            Step::Advance(milliseconds) => clock.advance(Duration::from_millis(milliseconds)),
            Step::Set { metric, amount } => log.push(account.set_limit(metric, MINUTE, amount).to_string()),
        }
    }
    for pool in account.snapshot() {
        let (used, left, withheld) = (pool.used, pool.left, pool.withheld);
        log.push(format!(
            "{} {used} {left} {withheld} {:?} {:?} {}",
            pool.limit, pool.paused, pool.next_free, pool.limit_units
        ));
    }
    log
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn an_account_over_a_loaded_catalog_decides_as_over_the_compiled_one(
        script in prop::collection::vec(step(), 1..60),
        case in 0..CASES.len(),
    ) {
        let (compiled, set, names) = CASES[case];
        let of_compiled = run(set(Account::builder(compiled)), names, &script);
        let of_loaded = run(set(Account::builder(loaded(compiled.name()))), names, &script);
        prop_assert_eq!(of_compiled, of_loaded);
    }
}

#[test]
fn an_entry_of_another_catalog_stands_for_the_same_entry() {
    let qwen = ratebook::providers::alibaba::international::QWEN_PLUS;
    let account = Account::builder(loaded("alibaba")).build().unwrap();
    let model = account.entry(qwen).unwrap();
    let stated = model.limits().next().unwrap().stated().unwrap();
    assert_eq!((stated.entry.provider(), stated.entry.name()), (loaded("alibaba"), "qwen-plus"));
    assert!(matches!(
        Account::builder(loaded("castai")).build().unwrap().entry(qwen),
        Err(Error::OtherProvider { .. })
    ));
}

/// Polls a call that waits.
fn wait(ticket: Ticket<&Model>) -> Result<Ticket<&Model>, String> {
    match ticket.poll_admission(None) {
        Admission::Wait(_, ticket) => Ok(ticket),
        other => Err(format!("{other:?}")),
    }
}

/// A provider that no compiled catalog has, in a folder of its own.
struct Nova(tempfile::TempDir);

impl Nova {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn folder(&self) -> PathBuf {
        self.0.path().join("nova")
    }

    /// Loads the provider with these lines of limits and this policy.
    fn load(&self, limits: &[&str], policy: &str) -> Provider {
        fs::create_dir_all(self.folder()).unwrap();
        let header =
            "@provider\tnova\n@plan\tcomet\t-\t-\nplan\tkind\tname\tmetric\tper\tamount\tpool\tramp\tretired_on\n";
        fs::write(self.folder().join("limits.tsv"), header.to_owned() + &limits.join("\n") + "\n").unwrap();
        fs::write(self.folder().join("policy.tsv"), policy).unwrap();
        Catalog::open(self.0.path()).unwrap_or_else(|error| panic!("{error}")).provider("nova").unwrap()
    }

    fn limits(&self, limits: &[&str]) -> Provider {
        self.load(limits, "scope\taccount\nwindow\tsliding\ncalendar\tutc\n")
    }
}

const PROBE: &str = "comet\tmodel\tprobe\ttokens\tminute\t1000\tmodel\t-\t-";
const ROVER: &str = "comet\tmodel\trover\trequests\tminute\t10\tmodel\t-\t-";
const ALL: &str = "comet\tany\t*\tconcurrent_requests\t-\t4\taccount\t-\t-";

fn account(provider: Provider, clock: &ManualClock) -> Account {
    Account::builder(provider).plan("comet").clock(clock.clock()).build().unwrap()
}

fn amounts(model: &Model) -> Vec<u64> {
    model.limits().map(|limit| limit.amount).collect()
}

#[test]
fn a_reload_changes_amounts_and_keeps_charges() {
    let (nova, clock) = (Nova::new(), ManualClock::new());
    let account = account(nova.limits(&[ALL, PROBE, ROVER]), &clock);
    let (probe, rover) = (account.model("probe").unwrap(), account.model("rover").unwrap());
    probe.try_acquire(Cost::tokens(900)).unwrap().settle(Usage::new().tokens(900));
    // Higher: the difference is free at once.
    let higher = nova.limits(&[ALL, &PROBE.replace("1000", "1500"), ROVER]);
    assert_eq!(account.reload(higher).unwrap(), 1);
    assert_eq!(account.provider(), Some(higher));
    assert!(probe.try_acquire(Cost::tokens(601)).is_err());
    probe.try_acquire(Cost::tokens(600)).unwrap().settle(Usage::new().tokens(600));
    // Lower: nothing is admitted until less is used, and a refusal names the new amount and its entry.
    let lower = nova.limits(&[ALL, &PROBE.replace("1000", "800"), &ROVER.replace("10", "20")]);
    assert_eq!(account.reload(lower).unwrap(), 2);
    let Err(Refused::Wait(wait)) = probe.try_acquire(Cost::tokens(1)) else { panic!() };
    assert_eq!((wait.limit.amount, wait.limit.stated().unwrap().entry.provider()), (800, lower));
    assert!(matches!(probe.try_acquire(Cost::tokens(801)), Err(Refused::Never(_))));
    assert_eq!(amounts(&rover), [4, 20]);
    assert_eq!(account.snapshot().iter().map(|pool| pool.used).sum::<u64>(), 1500);
    clock.advance(Duration::from_secs(61));
    assert!(probe.try_acquire(Cost::tokens(800)).is_ok());
    // The same content again changes nothing.
    assert_eq!(account.reload(lower).unwrap(), 0);
}

#[test]
fn a_reload_keeps_what_the_program_set_and_what_it_negotiated() {
    let (nova, clock) = (Nova::new(), ManualClock::new());
    let builder = Account::builder(nova.limits(&[PROBE, ROVER])).plan("comet").clock(clock.clock());
    let account = builder.negotiated("rover", Metric::Requests, MINUTE, 500).share(50).build().unwrap();
    let (probe, rover) = (account.model("probe").unwrap(), account.model("rover").unwrap());
    assert_eq!((amounts(&probe), amounts(&rover)), (vec![500], vec![250]));
    account.set_limit(Metric::Tokens, MINUTE, 600);
    let new = nova.limits(&[&PROBE.replace("1000", "2000"), &ROVER.replace("10", "20")]);
    assert_eq!(account.reload(new).unwrap(), 0);
    assert_eq!((amounts(&probe), amounts(&rover)), (vec![300], vec![250]));
    account.reset_limit(Metric::Tokens, MINUTE);
    assert_eq!(amounts(&probe), [1000], "the account's half of the new amount");
}

#[test]
fn handles_requested_later_have_the_new_catalog() {
    let (nova, clock) = (Nova::new(), ManualClock::new());
    let account = account(nova.limits(&[PROBE]), &clock);
    let lander = ROVER.replace("rover", "lander");
    assert!(account.model("lander").is_err());
    account.reload(nova.limits(&[&PROBE.replace("1000", "70"), &lander])).unwrap();
    assert_eq!(amounts(&account.model("probe").unwrap()), [70]);
    assert_eq!(amounts(&account.model("lander").unwrap()), [10]);
    // The next catalog applies to both.
    account.reload(nova.limits(&[&PROBE.replace("1000", "80"), &lander.replace("10", "11")])).unwrap();
    assert_eq!(amounts(&account.model("probe").unwrap()), [80]);
    assert_eq!(amounts(&account.model("lander").unwrap()), [11]);
}

#[test]
fn shares_of_classes_and_tenants_follow() {
    let (nova, clock) = (Nova::new(), ManualClock::new());
    let builder = Account::builder(nova.limits(&[PROBE])).plan("comet").class("night", 10).burst(Burst::Smooth);
    let account = builder.clock(clock.clock()).build().unwrap();
    let night = account.model_builder("probe").class("night").build().unwrap();
    let tenant = account.tenant("globex", 25).unwrap().model("probe").unwrap();
    account.reload(nova.limits(&[&PROBE.replace("1000", "4000")])).unwrap();
    let sorted = |model: &Model| {
        let mut amounts = amounts(model);
        amounts.sort_unstable();
        amounts
    };
    assert_eq!(sorted(&night), [400, 4000, 4000]);
    assert_eq!(sorted(&tenant), [1000, 4000, 4000]);
}

#[test]
fn a_limit_that_grows_starts_again_at_its_new_amount() {
    let (nova, clock) = (Nova::new(), ManualClock::new());
    let growing = PROBE.replace("\t-\t-", "\t0:1000,10:4000\t-");
    let account = account(nova.limits(&[&growing]), &clock);
    let probe = account.model("probe").unwrap();
    assert_eq!(amounts(&probe), [1000]);
    account.reload(nova.limits(&[&growing.replace("1000", "1200")])).unwrap();
    assert_eq!(amounts(&probe), [1200]);
    // Only a later point changes: the amount in force does not.
    account.reload(nova.limits(&[&growing.replace("1000", "1200").replace("4000", "9000")])).unwrap();
    assert_eq!(amounts(&probe), [1200]);
    let use_all = |minutes: u64| {
        for _ in 0..minutes {
            let most = amounts(&probe)[0];
            let _ = probe.try_acquire(Cost::tokens(most)).map(|permit| permit.settle(Usage::new().tokens(most)));
            clock.advance(Duration::from_secs(61));
        }
    };
    use_all(15);
    assert_eq!(amounts(&probe), [9000]);
}

#[test]
fn what_a_running_account_cannot_take_over_is_an_error_and_changes_nothing() {
    let (nova, clock) = (Nova::new(), ManualClock::new());
    let first = nova.limits(&[ALL, PROBE, ROVER]);
    let account = account(first, &clock);
    let (probe, rover) = (account.model("probe").unwrap(), account.model("rover").unwrap());
    let state = || (amounts(&probe), amounts(&rover), account.provider(), account.snapshot());
    let before = state();
    // Each has a higher limit of the first model, and a change that needs other meters.
    let more = &PROBE.replace("1000", "9999");
    let per_day = ROVER.replace("minute", "day");
    let shared = ROVER.replace("\tmodel\t-", "\taccount\t-");
    let unlimited = ROVER.replace("\t10\t", "\tunlimited\t");
    let retired = ROVER.replace("\t-\t-", "\t-\t2026-01-01");
    let with_tokens = ROVER.replace("requests", "tokens");
    let grows = ROVER.replace("\t-\t-", "\t0:10,10:20\t-");
    let cases: [(&[&str], &str); 8] = [
        (&[ALL, more, &per_day], "removed: hard requests per minute"),
        (&[ALL, more, &shared], "added: hard requests per minute"),
        (&[ALL, more, &unlimited], "removed"),
        (&[ALL, more, &grows], "growing"),
        (&[ALL, more, ROVER, &with_tokens], "added: hard tokens per minute"),
        (&[more, ROVER], "removed: hard concurrent_requests"),
        (&[ALL, more, &retired], "was retired on 2026-01-01"),
        (&[ALL, more], "rover"),
    ];
    for (limits, message) in cases {
        let error = account.reload(nova.limits(limits)).unwrap_err();
        let is_kind = matches!(error, ReloadError::Limits { .. } | ReloadError::Model { .. });
        assert!(is_kind && error.to_string().contains(message), "{message}: {error}");
        assert_eq!(state(), before, "{message}");
    }
    let other_policy =
        nova.load(&[ALL, more, ROVER], "scope\taccount\nwindow\tsliding\ncalendar\tutc\nacceleration-limit\tyes\n");
    assert_eq!(account.reload(other_policy).unwrap_err(), ReloadError::Policy("nova"));
    let error = account.reload(loaded("castai")).unwrap_err();
    assert_eq!(error, ReloadError::OtherProvider { expected: "nova", found: "castai" });
    nova.limits(&[ALL, more, ROVER]);
    let without_plan = |line: &str| line.replace("comet", "-");
    let (one, other) = (without_plan(PROBE), without_plan(ROVER));
    fs::write(
        nova.folder().join("limits.tsv"),
        format!("@provider\tnova\nplan\tkind\tname\tmetric\tper\tamount\tpool\tramp\tretired_on\n{one}\n{other}\n"),
    )
    .unwrap();
    let provider = Catalog::open(nova.0.path()).unwrap().provider("nova").unwrap();
    assert!(
        matches!(account.reload(provider), Err(ReloadError::Settings(why)) if matches!(*why, Error::UnknownPlan { .. }))
    );
    assert_eq!(state(), before);
    // Notes for people are no part of the enforcement.
    let with_note =
        nova.load(&[ALL, more, ROVER], "scope\taccount\nwindow\tsliding\ncalendar\tutc\nnote\tA new note.\n");
    assert_eq!(account.reload(with_note).unwrap(), 1);
    assert!(
        Account::custom("nova")
            .limit(ratebook_limiter::Quota::requests(1).per_minute())
            .build()
            .unwrap()
            .reload(first)
            .is_err()
    );
}

#[test]
fn a_waiting_call_is_admitted_or_refused_under_the_new_amount() {
    let (nova, clock) = (Nova::new(), ManualClock::new());
    let account = account(nova.limits(&[PROBE]), &clock);
    let probe = account.model("probe").unwrap();
    probe.try_acquire(Cost::tokens(1000)).unwrap().settle(Usage::new().tokens(1000));
    let small = wait(probe.enqueue(Cost::tokens(100)).unwrap()).unwrap();
    let large = wait(probe.enqueue(Cost::tokens(900)).unwrap()).unwrap();
    account.reload(nova.limits(&[&PROBE.replace("1000", "1100")])).unwrap();
    assert!(matches!(small.poll_admission(None), Admission::Granted(_)));
    let large = wait(large).unwrap();
    account.reload(nova.limits(&[&PROBE.replace("1000", "800")])).unwrap();
    assert!(matches!(large.poll_admission(None), Admission::Never(_)));
}

#[test]
fn handles_requested_during_reloads_have_the_last_catalog() {
    let (nova, clock) = (Nova::new(), ManualClock::new());
    let models: Vec<String> = (0..40).map(|number| format!("probe-{number}")).collect();
    let catalog = |amount: &str| {
        let lines: Vec<String> = models
            .iter()
            .map(|model| PROBE.replace("\tprobe\t", &format!("\t{model}\t")).replace("1000", amount))
            .collect();
        nova.limits(&lines.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let catalogs = [catalog("100"), catalog("200"), catalog("300")];
    let account = account(catalogs[0], &clock);
    let handles: Vec<Model> = std::thread::scope(|scope| {
        let requested: Vec<_> = models
            .chunks(10)
            .map(|models| scope.spawn(|| models.iter().map(|model| account.model(model).unwrap()).collect::<Vec<_>>()))
            .collect();
        for at in 0..30 {
            account.reload(catalogs[at % 3]).unwrap();
        }
        requested.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    account.reload(catalogs[1]).unwrap();
    assert!(handles.iter().all(|model| amounts(model) == [200]));
}
