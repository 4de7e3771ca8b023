//! Tenants of one account: a share of each limit, one permit, one settlement.

use std::time::Duration;

use ratebook::{Metric, Period, Provider};
use ratebook_limiter::{
    Account, AccountBuilder, Admission, Cost, Error, ManualClock, Model, Part, Quota, Refused, StartLevel, Usage,
};

fn builder(clock: &ManualClock) -> AccountBuilder {
    Account::custom("ours").clock(clock.clock()).limit(Quota::tokens(1_000).per_minute())
}

fn account(clock: &ManualClock) -> Account {
    builder(clock).build().unwrap()
}

fn admitted(model: &Model, cost: Cost) -> usize {
    (0..10_000).take_while(|_| model.try_acquire(cost).is_ok()).count()
}

#[test]
fn a_tenant_uses_at_most_its_share_over_all_models() {
    let clock = ManualClock::new();
    let account = account(&clock);
    let acme = account.tenant("acme", 25).unwrap();
    let (one, two) = (acme.model("one").unwrap(), acme.model("two").unwrap());
    assert_eq!(admitted(&one, Cost::tokens(10)) + admitted(&two, Cost::tokens(10)), 25);
    let Err(Refused::Wait(wait)) = one.try_acquire(Cost::tokens(10)) else { panic!() };
    assert_eq!((wait.limit.part, wait.limit.amount), (Part::TenantShare, 250));
    assert_eq!(wait.delay(), Some(Duration::from_secs(60)));
    // A call above the share never fits, even if the account has room.
    let Err(Refused::Never(never)) = one.try_acquire(Cost::tokens(251)) else { panic!() };
    assert_eq!(never.limit.to_string(), "250 tokens per 60s, the share of the tenant (ours, as configured)");
    assert_eq!(admitted(&account.model("one").unwrap(), Cost::tokens(10)), 75, "the rest of the account's limit");
}

#[test]
fn shares_above_100_percent_are_bounded_by_the_account() {
    let clock = ManualClock::new();
    let account = account(&clock);
    let calls = |name: &str| admitted(&account.tenant(name, 60).unwrap().model("one").unwrap(), Cost::tokens(10));
    assert_eq!((calls("acme"), calls("globex")), (60, 40));
}

#[test]
fn a_permit_settles_the_tenant_and_the_account() {
    let clock = ManualClock::new();
    let account = builder(&clock).limit(Quota::concurrent(4)).build().unwrap();
    let acme = account.tenant("acme", 50).unwrap().model("one").unwrap();
    let (first, second) = (acme.try_acquire(Cost::tokens(400)).unwrap(), acme.try_acquire(Cost::tokens(50)).unwrap());
    let Err(Refused::Wait(wait)) = acme.try_acquire(Cost::tokens(1)) else { panic!() };
    assert_eq!((wait.delay(), wait.limit.amount), (None, 2), "its concurrency slots");
    let used = |part: Part, metric: Metric| {
        let snapshot = account.snapshot();
        snapshot.iter().find(|pool| pool.limit.part == part && pool.limit.metric == metric).unwrap().used
    };
    first.settle(Usage::new().tokens(100));
    second.cancel_unsent();
    for part in [Part::Whole, Part::TenantShare] {
        assert_eq!((used(part, Metric::Tokens), used(part, Metric::ConcurrentTasks)), (100, 0), "{part:?}");
    }
    // Usage above the estimate is a debt of both.
    acme.try_acquire(Cost::tokens(10)).unwrap().settle(Usage::new().tokens(600));
    for part in [Part::Whole, Part::TenantShare] {
        assert_eq!(used(part, Metric::Tokens), if part == Part::Whole { 700 } else { 610 }, "{part:?}");
    }
}

#[test]
fn one_name_is_one_tenant() {
    let clock = ManualClock::new();
    let account = account(&clock);
    let models = [(); 3].map(|()| account.clone().tenant("acme", 30).unwrap().model("one").unwrap());
    assert_eq!(models.each_ref().map(|model| admitted(model, Cost::tokens(100))), [3, 0, 0]);
    assert_eq!(account.snapshot().len(), 2);
}

#[test]
fn a_new_share_applies_to_all_handles() {
    let clock = ManualClock::new();
    let account = account(&clock);
    let acme = account.tenant("acme", 10).unwrap();
    let model = acme.model("one").unwrap();
    assert_eq!(admitted(&model, Cost::tokens(10)), 10);
    let waiting = model.enqueue(Cost::tokens(90)).unwrap();
    let again = account.tenant("acme", 40).unwrap();
    assert_eq!((acme.share(), again.share(), acme.name()), (40, 40, "acme"));
    // The waiting call has room at once.
    let Admission::Granted(permit) = waiting.poll_admission(None) else { panic!() };
    drop(permit);
    assert_eq!(admitted(&model, Cost::tokens(10)), 21);
    // A lower share refuses waiting calls above it. Earlier charges stay.
    let waiting = model.enqueue(Cost::tokens(90)).unwrap();
    account.tenant("acme", 5).unwrap();
    assert!(matches!(waiting.poll_admission(None), Admission::Never(never) if never.limit.amount == 50));
    clock.advance(Duration::from_secs(60));
    assert_eq!(admitted(&model, Cost::tokens(10)), 5);
    assert_eq!(admitted(&again.model("two").unwrap(), Cost::tokens(10)), 0);
}

#[test]
fn a_share_changed_back_has_its_first_amount() {
    let clock = ManualClock::new();
    let account = account(&clock);
    let acme = account.tenant("acme", 33).unwrap().model("one").unwrap();
    for percent in (1..=100).chain([33]) {
        account.tenant("acme", percent).unwrap();
    }
    for amount in [0, 7, 1, 999, 1_000] {
        account.set_limit(Metric::Tokens, Some(Period::Minute), amount);
    }
    assert_eq!(acme.limits().map(|limit| limit.amount).collect::<Vec<_>>(), [1_000, 330]);
}

#[test]
fn a_tenant_with_a_class_stays_within_both_shares() {
    let clock = ManualClock::new();
    let account = builder(&clock).class("acme", 20).build().unwrap();
    let acme = account.tenant("acme", 30).unwrap();
    let of_class = acme.model_builder("one").class("acme").build().unwrap();
    assert_eq!(admitted(&of_class, Cost::tokens(10)), 20, "the share of the class");
    assert_eq!(admitted(&acme.model("one").unwrap(), Cost::tokens(10)), 10, "the rest of the tenant's share");
    assert_eq!(admitted(&account.model_builder("one").class("acme").build().unwrap(), Cost::tokens(10)), 0);
    assert!(matches!(acme.model_builder("one").class("globex").build(), Err(Error::UnknownClass(_))));
}

#[test]
fn a_share_is_of_each_published_limit_and_not_of_its_sub_window() {
    let clock = ManualClock::new();
    let account = Account::builder(Provider::Alibaba).region("international").clock(clock.clock()).build().unwrap();
    let acme = account.tenant("acme", 10).unwrap().model("qwen-plus").unwrap();
    let shares = acme.limits().filter(|limit| limit.part == Part::TenantShare).map(|limit| limit.amount);
    assert_eq!(shares.collect::<Vec<_>>(), [60, 100_000]);
    assert_eq!(admitted(&acme, Cost::request()), 10, "a second's part");
}

#[test]
fn a_new_tenant_starts_with_its_whole_share() {
    let clock = ManualClock::new();
    let account = builder(&clock).start_level(StartLevel::Empty).build().unwrap();
    let any = account.model("one").unwrap();
    clock.advance(Duration::from_secs(60));
    assert_eq!(admitted(&account.tenant("acme", 10).unwrap().model("one").unwrap(), Cost::tokens(10)), 10);
    assert!(any.try_acquire(Cost::tokens(900)).is_ok());
}

#[test]
fn a_share_is_1_to_100_percent() {
    let account = account(&ManualClock::new());
    assert_eq!(
        [0, 101, 255].map(|percent| account.tenant("acme", percent).unwrap_err()),
        [0, 101, 255].map(Error::Share)
    );
    assert!([1, 100].into_iter().all(|percent| account.tenant("acme", percent).is_ok()));
    // The share of a small limit is at least one unit.
    let few = Account::custom("ours").limit(Quota::requests(3).per_minute()).build().unwrap();
    assert_eq!(admitted(&few.tenant("acme", 1).unwrap().model("one").unwrap(), Cost::request()), 1);
}

#[test]
fn waiting_calls_of_one_tenant_do_not_delay_another() {
    let clock = ManualClock::new();
    let account = account(&clock);
    let [acme, globex] = ["acme", "globex"].map(|name| account.tenant(name, 25).unwrap().model("one").unwrap());
    assert_eq!(admitted(&acme, Cost::tokens(50)), 5);
    let _waiting: Vec<_> = (0..5).map(|_| acme.enqueue(Cost::tokens(50)).unwrap()).collect();
    assert_eq!(admitted(&globex, Cost::tokens(50)), 5);
}
