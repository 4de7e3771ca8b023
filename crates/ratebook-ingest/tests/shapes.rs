//! The shapes of a page: the rules of one must all be there, and a page has exactly one.

#[allow(dead_code, reason = "each test binary uses a part of the support module")]
#[path = "support/acme.rs"]
mod acme;

use acme::{errors, limits, read_acme};
use ratebook_ingest::Reading;

/// The rules of two shapes. `rpm` and `tpm` are tables of the newer shape, `both` is the table of the older one.
const RULES: &str = r#"
[[page.shape]]
id = "2026"
has = ["rpm", "tpm"]

[[page.shape]]
id = "2024"
has = ["both"]

[[table]]
id = "rpm"
usual = ["Model", "RPM"]
who = [{ match = "{model}" }]

[[table]]
id = "tpm"
usual = ["Model", "TPM"]
who = [{ match = "{model}" }]

[[table]]
id = "both"
usual = ["Model", "RPM", "TPM"]
who = [{ match = "{model}" }]
"#;

const RPM: &str = "| Model | RPM |\n|---|---|\n| rocket | 60 |\n\n";
const TPM: &str = "| Model | TPM |\n|---|---|\n| rocket | 9000 |\n\n";
const BOTH: &str = "| Model | RPM | TPM |\n|---|---|---|\n| rocket | 50 | 8000 |\n\n";

fn read(tables: &[&str]) -> Reading {
    read_acme(RULES, &format!("# Limits\n\n{}", tables.concat()))
}

#[test]
fn a_page_is_read_in_either_shape() {
    let newer = read(&[RPM, TPM]);
    assert_eq!(errors(&newer), Vec::<String>::new());
    assert_eq!(newer.shape.as_deref(), Some("2026"));
    assert_eq!(limits(&newer), ["- | rocket | 60 requests per minute", "- | rocket | 9000 tokens per minute"]);
    let older = read(&[BOTH]);
    assert_eq!(errors(&older), Vec::<String>::new());
    assert_eq!(older.shape.as_deref(), Some("2024"));
    assert_eq!(limits(&older), ["- | rocket | 50 requests per minute", "- | rocket | 8000 tokens per minute"]);
}

#[test]
fn a_lost_table_is_an_error_that_says_by_shape_which_rule_found_nothing() {
    let expected = "error: the page has none of its shapes: `2026`: found nothing of `tpm` (recipe.toml:21); `2024`: \
                    found nothing of `both` (recipe.toml:26)";
    assert_eq!(errors(&read(&[RPM])), [expected]);
}

#[test]
fn a_table_of_another_shape_is_an_error_at_its_line() {
    let expected = "error: line 11: the table with the columns Model, RPM, TPM is that of `both`, which the page's shape \
                    `2026` does not have";
    // The tables of the newer shape are all there, and those of the older one, too.
    let found = errors(&read(&[RPM, TPM, BOTH]));
    assert!(found.iter().any(|error| error.contains("two of its shapes, `2026` and `2024`")), "{found:?}");
    assert!(found.iter().any(|error| error == expected), "{found:?}");
    // Some of both shapes.
    let found = errors(&read(&[RPM, BOTH]));
    assert!(!found.is_empty(), "{found:?}");
}

#[test]
fn a_rule_of_a_shape_claims_as_many_tables_as_it_requires() {
    let rules = RULES.replace("id = \"rpm\"\n", "id = \"rpm\"\nrequired = 2\n");
    let found = errors(&read_acme(&rules, &format!("# Limits\n\n{RPM}{TPM}")));
    assert!(found[0].contains("`2026`: found nothing of `rpm` (recipe.toml:16, 1 of 2)"), "{found:?}");
}

#[test]
fn a_statement_tells_two_shapes_with_one_table_apart() {
    let rules = r#"
[[page.shape]]
id = "2026"
has = ["cached", "cached tokens: not counted"]

[[page.shape]]
id = "2024"
has = ["all"]

[[table]]
id = "cached"
who = [{ match = "{model}" }]
[table.columns]
"Model" = "who"
"TPM" = "uncached_tokens/minute"

[[table]]
id = "all"
usual = ["Model", "TPM"]
who = [{ match = "{model}" }]

[[statement]]
when = ["cached tokens do not count"]
says = "cached tokens: not counted"
times = 1
"#;
    let note = "Cached tokens do not count.\n";
    let with_note = read_acme(rules, &format!("# Limits\n\n{note}\n{TPM}"));
    assert_eq!(limits(&with_note), ["- | rocket | 9000 uncached_tokens per minute"]);
    let without = read_acme(rules, &format!("# Limits\n\n{TPM}"));
    assert_eq!(errors(&without), Vec::<String>::new());
    assert_eq!(limits(&without), ["- | rocket | 9000 tokens per minute"]);
}

#[test]
fn names_are_required_of_the_newest_shape_only() {
    let rules = format!("{RULES}\n[names]\n\"shuttle\" = [\"shuttle-latest\"]\n");
    let with = |tables: &str| errors(&read_acme(&rules, &format!("# Limits\n\n{tables}")));
    assert_eq!(with(BOTH), Vec::<String>::new());
    let missing = with(&format!("{RPM}{TPM}"));
    assert_eq!(
        missing,
        ["error: recipe.toml:31: expected limits of `shuttle`, which [names] has, found none"],
        "the newest shape must have them"
    );
}
