//! Limits that grow: rules of growth in prose, compared with the policy, and ramps.

#[allow(dead_code, reason = "each test binary uses a part of the support module")]
#[path = "support/acme.rs"]
mod acme;

use acme::{errors, limits, read_acme, read_enforced, recipe};

/// Classes of models whose limits grow by a share.
const RULES: &str = r#"
[[table]]
id = "classes"
usual = ["Model", "TPM"]
who = [{ match = "{model}" }]

[[growth]]
id = "growth"
metric = "tokens"
match = [
  "Limits grow by {raise}% every {every} while more than {above}% of them is used.",
  "They shrink by {lower}% after {lower_after} of less use, and never exceed {most_times} times the table.",
]

[[forbid]]
prose = ["minutes", "%"]
says = "limits that grow by a share are new to this page"
"#;

const POLICY: &str = "[[growth]]\nmetric = \"tokens\"\nraise_percent = 25\nevery_seconds = 900\nabove_percent = 50\nlower_percent = 10\nlower_after_seconds = 3600\nmost_percent = 400\n";

const TABLE: &str = "# Limits\n\n| Model | TPM |\n|---|---|\n| rocket | 6000 |\n\n";
const RISES: &str = "Limits grow by 25% every 15 minutes while more than 50% of them is used.";
const FALLS: &str = "They shrink by 10% after an hour of less use, and never exceed 4 times the table.";

#[test]
fn sentences_and_items_state_the_growth_of_the_policy() {
    for page in [format!("{TABLE}{RISES} {FALLS}\n"), format!("{TABLE}- {RISES}\n- {FALLS}\n")] {
        let reading = read_enforced(RULES, &page, POLICY);
        assert_eq!(errors(&reading), Vec::<String>::new(), "{page}");
        assert_eq!(reading.unknown, []);
        assert_eq!(limits(&reading), ["- | rocket | 6000 tokens per minute"]);
    }
}

#[test]
fn another_growth_than_that_of_the_policy_is_an_error_at_its_line() {
    let page = format!("{TABLE}{} {FALLS}\n", RISES.replace("25%", "30%"));
    let expected = "error: line 7: the page states the growth `tokens: 30 % every 900 s above 50 %; lower: 10 %; lower \
                    after: 3600 s; most: 400 %`, policy.toml has `tokens: 25 % every 900 s above 50 %; lower: 10 %; \
                    lower after: 3600 s; most: 400 %`: correct its [[growth]]";
    assert_eq!(errors(&read_enforced(RULES, &page, POLICY)), [expected]);
    let none = errors(&read_enforced(RULES, &format!("{TABLE}{RISES} {FALLS}\n"), ""));
    assert!(none[0].ends_with("policy.toml has none: correct its [[growth]]"), "{none:?}");
}

#[test]
fn a_growth_of_the_policy_that_no_page_states_is_an_error_that_names_the_rule() {
    let more = format!(
        "{POLICY}[[growth]]\nmetric = \"requests\"\nraise_percent = 5\nevery_seconds = 60\nabove_percent = 90\n"
    );
    let expected = |text: &str| {
        format!(
            "error: policy.toml has the growth `{text}`, which no page states: correct its [[growth]], or the rule `growth` \
             (recipe.toml:13) that reads it"
        )
    };
    let found = errors(&read_enforced(RULES, &format!("{TABLE}{RISES} {FALLS}\n"), &more));
    assert_eq!(found, [expected("requests: 5 % every 60 s above 90 %")]);
    // A rule that need not be there hides no growth.
    let optional = RULES.replace("id = \"growth\"", "id = \"growth\"\nrequired = false");
    let lost = errors(&read_enforced(&optional, TABLE, POLICY));
    let text = "tokens: 25 % every 900 s above 50 %; lower: 10 %; lower after: 3600 s; most: 400 %";
    assert_eq!(lost, [expected(text)]);
    // Without such rules, the policy alone has it.
    let by_hand = &RULES[..RULES.find("[[growth]]").expect("the rule")];
    assert_eq!(errors(&read_enforced(by_hand, TABLE, POLICY)), Vec::<String>::new());
}

#[test]
fn a_reworded_or_lost_growth_is_an_error() {
    let reworded = read_enforced(RULES, &format!("{TABLE}{} {FALLS}\n", RISES.replace("grow", "may grow")), POLICY);
    let found = errors(&reworded);
    assert!(found.iter().any(|error| error.contains("limits that grow by a share are new")), "{found:?}");
    assert!(
        found.iter().any(|error| error.contains("expected {raise} and {every} and {above} of the growth")),
        "{found:?}"
    );
    let lost = errors(&read_enforced(RULES, TABLE, POLICY));
    assert_eq!(lost, ["error: expected at least 1 of `growth` (recipe.toml:13), found 0"]);
}

#[test]
fn a_growth_whose_texts_contradict_each_other_is_an_error() {
    let page = format!("{TABLE}{RISES} {FALLS} {}\n", RISES.replace("15", "20"));
    let found = errors(&read_enforced(RULES, &page, POLICY));
    assert!(found[0].contains("{every} is 1200 here, 900 elsewhere"), "{found:?}");
}

#[test]
fn words_of_the_growth_are_in_the_recipe() {
    let rules = "[[table]]\nid = \"t\"\nusual = [\"Model\", \"TPM\"]\nwho = [{ match = \"{model}\" }]\n\
                 [[growth]]\nid = \"g\"\nmatch = [\"Limits double every {every} while half is used.\"]\nraise_percent = 100\nabove_percent = 50\n";
    let page = format!("{TABLE}Limits double every hour while half is used.\n");
    let policy = "[[growth]]\nraise_percent = 100\nevery_seconds = 3600\nabove_percent = 50\n";
    assert_eq!(errors(&read_enforced(rules, &page, policy)), Vec::<String>::new());
    let unknown = recipe(&rules.replace("{every}", "{time}")).map(|_| ()).unwrap_err().to_string();
    assert!(unknown.starts_with("line 11: expected {raise}, {every}"), "{unknown}");
    assert!(unknown.ends_with("in the growth `g`, found {time}"), "{unknown}");
}

/// A ramp by the columns of a table, and one in sentences.
const RAMPS: &str = r#"
[[table]]
id = "ramp"
who = [{ match = "{model}" }]
[table.columns]
"Model" = "who"
"At first" = "requests/minute"
"After {after}" = "requests/minute"

[[list]]
id = "tokens"
of = ["sentences"]
required = false
kind = "any"
metric = "tokens/minute"
who = [{ match = "All models begin at {amount} tokens." }, { match = "After {after}, it is {amount}." }]
"#;

const RAMP: &str = "# Limits\n\n| Model | At first | After 10 minutes | After 2 hours |\n|---|---|---|---|\n| rocket | 60 | 120 | 600 |\n\n";

fn ramps(reading: &ratebook_ingest::Reading) -> Vec<String> {
    let shown = reading.source.limits.iter().map(|limit| {
        let points: Vec<String> = limit.ramp.iter().map(ToString::to_string).collect();
        format!("{} {}: {}", limit.name, limit.amount, points.join(","))
    });
    shown.collect()
}

#[test]
fn an_amount_after_a_time_is_a_point_of_the_ramp() {
    let reading = read_acme(RAMPS, &format!("{RAMP}All models begin at 900 tokens. After an hour, it is 1800.\n"));
    assert_eq!(errors(&reading), Vec::<String>::new());
    assert_eq!(ramps(&reading), ["rocket 60: 0:60,10:120,120:600", "* 900: 0:900,60:1800"]);
}

#[test]
fn a_point_without_a_beginning_or_a_number_is_an_error() {
    let alone = errors(&read_acme(RAMPS, &format!("{RAMP}After an hour, it is 1800.\n")));
    assert!(alone[0].contains("`*` after 60 minutes: expected the amount from which the limit grows"), "{alone:?}");
    let custom = errors(&read_acme(RAMPS, &RAMP.replace("600", "Custom")));
    assert!(custom[0].contains("expected numbers as the points of a ramp, found `60` and `custom`"), "{custom:?}");
    let twice = errors(&read_acme(RAMPS, &RAMP.replace("2 hours", "10 min")));
    assert!(twice[0].contains("the page states it twice"), "{twice:?}");
    let seconds = errors(&read_acme(RAMPS, &RAMP.replace("10 minutes", "90 seconds")));
    assert!(seconds[0].contains("expected whole minutes as {after}, found 90 seconds"), "{seconds:?}");
}

#[test]
fn an_amount_after_a_payment_qualifies_for_its_plan() {
    let rules = "[[list]]\nid = \"tiers\"\nkind = \"any\"\nmetric = \"requests/minute\"\nwho = [{ match = \"{plan}, after {after} paid: {amount}\" }, { match = \"Free: {amount}\", plan = \"free\" }]\n";
    let page = "# Limits\n\n- Free: 5\n- Tier 1, after $50 paid: 60\n- Tier 2, after $1,000 paid: 600\n";
    let reading = read_acme(rules, page);
    assert_eq!(errors(&reading), Vec::<String>::new());
    let plans: Vec<_> = reading.source.plans.iter().map(|plan| (plan.name.as_str(), plan.qualifies_usd)).collect();
    assert_eq!(plans, [("free", None), ("tier-1", Some(50)), ("tier-2", Some(1_000))]);
    let twice = errors(&read_acme(rules, &page.replace("Tier 2", "Tier 1")));
    assert!(
        twice.iter().any(|error| error.contains("the plan `tier-1` is after $1000 here, $50 elsewhere")),
        "{twice:?}"
    );
}
