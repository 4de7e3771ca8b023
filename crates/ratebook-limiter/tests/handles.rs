//! Handles are `Send` and `Sync`, and their `Debug` output is one short line.

use ratebook_limiter::{
    Account, AccountBuilder, Choice, Cost, Error, Fallback, Keyed, ManualClock, Model, ModelBuilder, OwnedPermit,
    Permit, Quota, Refused, Tenant, Ticket,
};

const fn is_send_and_sync<T: Send + Sync>() {}

const _: () = {
    is_send_and_sync::<Account>();
    is_send_and_sync::<AccountBuilder>();
    is_send_and_sync::<Choice>();
    is_send_and_sync::<Error>();
    is_send_and_sync::<Fallback>();
    is_send_and_sync::<Keyed<String>>();
    is_send_and_sync::<ManualClock>();
    is_send_and_sync::<Model>();
    is_send_and_sync::<ModelBuilder>();
    is_send_and_sync::<OwnedPermit>();
    is_send_and_sync::<Permit<&Model>>();
    is_send_and_sync::<Refused>();
    is_send_and_sync::<Tenant>();
    is_send_and_sync::<Ticket<Model>>();
};

#[test]
fn the_debug_output_of_a_handle_is_one_short_line() {
    let builder = Account::custom("openai").name("batch").limit(Quota::requests(500).per_minute());
    let account = builder.clone().build().unwrap();
    let model = account.model("gpt-4o").unwrap();
    assert_eq!(format!("{account:?}"), r#"Account { provider: "openai", name: Some("batch"), .. }"#);
    assert_eq!(format!("{model:?}"), r#"Model { provider: "openai", limits: 1, found_by: ConfiguredDefault }"#);
    let keyed: Keyed<String> = Keyed::new(builder, "gpt-4o").unwrap();
    assert_eq!(format!("{keyed:?}"), r#"Keyed { provider: "openai", .. }"#);
    let tenant = account.tenant("acme", 25).unwrap();
    let permit = model.try_acquire(Cost::tokens(100)).unwrap();
    let ticket = model.enqueue(Cost::tokens(100)).unwrap();
    for line in [format!("{tenant:?}"), format!("{permit:?}"), format!("{ticket:?}")] {
        assert!(line.len() < 300 && !line.contains('\n'), "{line}");
    }
}
