//! Handles are shared between threads, and print on one line.

use ratebook_limiter::{
    Account, AccountBuilder, Choice, Cost, Error, Fallback, Keyed, ManualClock, Model, ModelBuilder, OwnedPermit,
    Permit, Quota, Refused, Tenant, Ticket,
};

const fn is_shared<T: Send + Sync>() {}

const _: () = {
    is_shared::<Account>();
    is_shared::<AccountBuilder>();
    is_shared::<Choice>();
    is_shared::<Error>();
    is_shared::<Fallback>();
    is_shared::<Keyed<String>>();
    is_shared::<ManualClock>();
    is_shared::<Model>();
    is_shared::<ModelBuilder>();
    is_shared::<OwnedPermit>();
    is_shared::<Permit<&Model>>();
    is_shared::<Refused>();
    is_shared::<Tenant>();
    is_shared::<Ticket<Model>>();
};

#[test]
fn a_handle_prints_on_one_short_line() {
    let builder = Account::custom("openai").name("batch").limit(Quota::requests(500).per_minute());
    let account = builder.clone().build().unwrap();
    let model = account.model("gpt-4o").unwrap();
    assert_eq!(format!("{account:?}"), r#"Account { provider: "openai", name: Some("batch"), .. }"#);
    assert_eq!(format!("{model:?}"), r#"Model { provider: "openai", limits: 1, rule: ConfiguredDefault }"#);
    let keyed: Keyed<String> = Keyed::new(builder, "gpt-4o").unwrap();
    assert_eq!(format!("{keyed:?}"), r#"Keyed { provider: "openai", .. }"#);
    let tenant = account.tenant("acme", 25).unwrap();
    let permit = model.try_acquire(Cost::tokens(100)).unwrap();
    let ticket = model.enqueue(Cost::tokens(100)).unwrap();
    for line in [format!("{tenant:?}"), format!("{permit:?}"), format!("{ticket:?}")] {
        assert!(line.len() < 300 && !line.contains('\n'), "{line}");
    }
}
