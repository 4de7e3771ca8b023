//! Amounts that a page states as multiples of another plan's.

#[allow(dead_code, reason = "each test binary uses a part of the support module")]
#[path = "support/acme.rs"]
mod acme;

use acme::{errors, limits, read_acme, read_decided, recipe};
use ratebook_ingest::Decisions;

/// A column of plans, whose amounts may be multiples.
const RULES: &str = r#"
[amounts]
"Half of Tier 1" = "0.5x tier-1"

[[table]]
id = "limits"
kind = "any"
[table.columns]
"Tier" = "plan"
[table.columns."RPM"]
is = "requests/minute"
read = [{ match = "{factor}x {base}" }, { match = "Same as {any} Pro", amount = "1x tier-2" }, { match = "{amount}" }]
[table.columns."TPM"]
is = "tokens/minute"
"#;

fn page(rows: &str) -> String {
    format!("# Limits\n\n| Tier | RPM | TPM |\n|---|---|---|\n{rows}")
}

#[test]
fn a_multiple_is_the_product_and_keeps_its_factor() {
    let reading = read_acme(
        RULES,
        &page("| Tier 2 | 1.5x Tier 1 | 9000 |\n| Tier 1 | 60 | 4000 |\n| Free | 5 | Half of Tier 1 |\n"),
    );
    assert_eq!(errors(&reading), Vec::<String>::new());
    let expected = [
        "free | * | 5 requests per minute",
        "free | * | 2000 tokens per minute",
        "tier-1 | * | 60 requests per minute",
        "tier-1 | * | 4000 tokens per minute",
        "tier-2 | * | 90 requests per minute",
        "tier-2 | * | 9000 tokens per minute",
    ];
    assert_eq!(limits(&reading), expected);
    let factors: Vec<String> =
        reading.source.limits.iter().filter_map(|limit| Some(limit.factor.as_ref()?.to_string())).collect();
    assert_eq!(factors, ["0.5x tier-1", "1.5x tier-1"]);
    assert_eq!(reading.numbers.left_over(), 0);
}

#[test]
fn a_multiple_of_a_multiple_is_read_in_any_order() {
    let reading =
        read_acme(RULES, &page("| Tier 3 | 2x Tier 2 | 1 |\n| Tier 2 | 2x Tier 1 | 1 |\n| Tier 1 | 60 | 1 |\n"));
    assert_eq!(errors(&reading), Vec::<String>::new());
    assert!(limits(&reading).contains(&"tier-3 | * | 240 requests per minute".to_owned()), "{:?}", limits(&reading));
}

#[test]
fn a_multiple_that_is_no_whole_number_is_an_error_at_its_line() {
    let found = errors(&read_acme(RULES, &page("| Tier 1 | 61 | 1 |\n| Tier 2 | 1.5x Tier 1 | 1 |\n")));
    let expected =
        "error: line 6: `1.5x tier-1` for requests per minute of `*`: 1.5x tier-1 of 61 is not a whole number";
    assert_eq!(found, [expected]);
}

#[test]
fn a_multiple_without_its_base_on_the_page_is_an_error() {
    for rows in ["| Tier 2 | 2x Tier 9 | 1 |\n", "| Tier 2 | 2x Tier 3 | 1 |\n| Tier 3 | 2x Tier 2 | 1 |\n"] {
        let found = errors(&read_acme(RULES, &page(rows)));
        assert!(found[0].contains("with the same metric on the page, found none"), "{rows}: {found:?}");
    }
    let custom = errors(&read_acme(RULES, &page("| Tier 1 | Custom | 1 |\n| Tier 2 | 2x Tier 1 | 1 |\n")));
    assert!(custom[0].contains("expected a number as the amount of `tier-1`, found `custom`"), "{custom:?}");
}

#[test]
fn a_factor_of_zero_is_an_error() {
    let found = errors(&read_acme(RULES, &page("| Tier 1 | 60 | 1 |\n| Tier 2 | 0x Tier 1 | 1 |\n")));
    assert_eq!(found, ["error: line 6: expected a factor above 0 with two decimals at most, found `0`"]);
}

#[test]
fn a_sentence_makes_every_limit_of_a_plan_a_multiple() {
    let rules = format!(
        "{RULES}\n[[list]]\nid = \"plans\"\nof = [\"sentences\"]\nwho = [{{ match = \"{{plan}} gets {{factor}} times the limits of {{base}}.\" }}]\n"
    );
    let table = page("| Tier 1 | 60 | 4000 |\n");
    let reading = read_acme(&rules, &format!("{table}\nEnterprise gets 4 times the limits of Tier 1.\n"));
    assert_eq!(errors(&reading), Vec::<String>::new());
    let expected = [
        "enterprise | * | 240 requests per minute",
        "enterprise | * | 16000 tokens per minute",
        "tier-1 | * | 60 requests per minute",
        "tier-1 | * | 4000 tokens per minute",
    ];
    assert_eq!(limits(&reading), expected);
    let unknown = errors(&read_acme(&rules, &format!("{table}\nEnterprise gets 4 times the limits of Tier 7.\n")));
    assert!(unknown[0].contains("expected limits of `tier-7` on the page, found none"), "{unknown:?}");
    // A number that the page states as well must be the product.
    let stated = format!(
        "{}\nEnterprise gets 4 times the limits of Tier 1.\n",
        page("| Tier 1 | 60 | 40 |\n| Enterprise | 90 | 160 |\n")
    );
    let twice = errors(&read_acme(&rules, &stated));
    assert!(twice.iter().any(|error| error.contains("stated twice")), "{twice:?}");
}

/// A second table, whose rows repeat limits of the first.
const SUMMARY: &str = r#"
[[table]]
id = "summary"
under = { heading = "Summary" }
who = [{ match = "{plan} plan", kind = "any", repeats = true }]
[table.columns]
"Row" = "who"
[table.columns."Calls"]
is = "requests/minute"
read = [{ match = "{factor}x {base}" }, { match = "{amount}" }]
"#;

/// Sentences that state points of ramps, and plans of which every limit is a multiple.
const SENTENCES: &str = r#"
[[list]]
id = "ramps"
of = ["sentences"]
required = false
kind = "any"
metric = "requests/minute"
who = [{ match = "{plan} has {amount} after {after}." }]
[[list]]
id = "plans"
of = ["sentences"]
required = false
who = [{ match = "{plan} gets {factor} times the limits of {base}." }]
"#;

#[test]
fn a_row_that_repeats_a_limit_as_a_multiple_is_compared_by_its_product() {
    let rules = format!("{RULES}{SUMMARY}");
    let summary = |row: &str| {
        let limits = page("| Tier 1 | 60 | 1 |\n| Tier 2 | 120 | 1 |\n");
        format!("{limits}\n## Summary\n\n| Row | Calls |\n|---|---|\n{row}")
    };
    let reading = read_acme(&rules, &summary("| Tier 2 plan | 2x Tier 1 |\n"));
    assert_eq!(errors(&reading), Vec::<String>::new());
    assert_eq!(reading.source.limits.len(), 4, "the repetition is no limit of its own: {:?}", limits(&reading));
    let other = errors(&read_acme(&rules, &summary("| Tier 2 plan | 3x Tier 1 |\n")));
    assert_eq!(other, ["error: line 12: requests of `*` in the table `summary` is 180 here, but 120 on line 6"]);
    let unknown = errors(&read_acme(&rules, &summary("| Tier 2 plan | 2x Tier 9 |\n")));
    let expected = "error: line 12: `2x tier-9` for requests per minute of `*`: expected a limit of the plan `tier-9` with \
                    the same metric on the page, found none, by the rule `summary`";
    assert_eq!(unknown, [expected]);
    // The page no longer has the row itself: the product is used.
    let alone = read_acme(&rules, &summary("| Tier 3 plan | 3x Tier 1 |\n"));
    assert_eq!(errors(&alone), Vec::<String>::new());
    assert!(limits(&alone).contains(&"tier-3 | * | 180 requests per minute".to_owned()), "{:?}", limits(&alone));
}

#[test]
fn a_multiple_of_a_limit_that_grows_is_an_error() {
    let rules = format!("{RULES}{SENTENCES}");
    let expected = |line: u32| {
        format!(
            "error: line {line}: `2x tier-1` for requests per minute of `*`: expected a multiple of one number, found one \
             of a limit of `tier-1` that grows"
        )
    };
    let cell =
        format!("{}\nTier 1 has 90 after 10 minutes.\n", page("| Tier 1 | 60 | 1 |\n| Tier 2 | 2x Tier 1 | 1 |\n"));
    assert_eq!(errors(&read_acme(&rules, &cell)), [expected(6)]);
    let sentence = "Tier 1 has 90 after 10 minutes. Tier 2 gets 2 times the limits of Tier 1.";
    assert_eq!(errors(&read_acme(&rules, &format!("{}\n{sentence}\n", page("| Tier 1 | 60 | 1 |\n")))), [expected(7)]);
}

#[test]
fn a_multiple_is_of_the_row_in_force() {
    let decision = "[[decision]]\nname = \"*\"\nplan = \"tier-1\"\nrow = 2\nrows = 2\nwhy = \"the first row is of last year\"\nsource = \"the vendor's console\"\n";
    let decisions = Decisions::parse(decision).unwrap();
    let rows = "| Tier 1 | 60 | 1 |\n| Tier 1 | 90 | 1 |\n";
    let rules = format!("{RULES}{SENTENCES}");
    let pages = [
        page(&format!("{rows}| Tier 2 | 2x Tier 1 | 2 |\n")),
        format!("{}\nTier 2 gets 2 times the limits of Tier 1.\n", page(rows)),
    ];
    for text in pages {
        let reading = read_decided(&rules, &text, &decisions);
        assert_eq!(errors(&reading), Vec::<String>::new());
        assert!(
            limits(&reading).contains(&"tier-2 | * | 180 requests per minute".to_owned()),
            "{:?}",
            limits(&reading)
        );
    }
    // A multiple may itself be a row of a decision.
    let text = page("| Tier 2 | 60 | 1 |\n| Tier 1 | 45 | 1 |\n| Tier 1 | 0.5x Tier 2 | 1 |\n");
    let reading = read_decided(&rules, &text, &decisions);
    assert_eq!(errors(&reading), Vec::<String>::new());
    assert!(limits(&reading).contains(&"tier-1 | * | 30 requests per minute".to_owned()), "{:?}", limits(&reading));
}

#[test]
fn a_multiple_of_an_ambiguous_limit_is_an_error() {
    let rules = RULES.replace("id = \"limits\"", "id = \"limits\"\ntwice = \"stricter\"");
    let text = page("| Tier 1 | 60 | 1 |\n| Tier 1 | 90 | 1 |\n| Tier 2 | 2x Tier 1 | 1 |\n");
    let expected = "error: line 7: `2x tier-1` for requests per minute of `*`: expected a multiple of one number, found one \
                    of a limit of `tier-1` that is ambiguous";
    assert_eq!(errors(&read_acme(&rules, &text)), [expected]);
}

#[test]
fn a_repeated_multiple_that_stands_alone_is_read_like_any_other() {
    let rules = format!("{RULES}{SENTENCES}{SUMMARY}");
    let summary = |rows: &str, row: &str, sentence: &str| {
        format!("{}\n{sentence}\n\n## Summary\n\n| Row | Calls |\n|---|---|\n{row}", page(rows))
    };
    // The base may be a repetition further down, and a multiple of the first table may be of a repetition.
    let bases = summary("| Tier 2 | 3x Tier 3 | 1 |\n", "| Tier 4 plan | 2x Tier 3 |\n| Tier 3 plan | 100 |\n", "");
    let reading = read_acme(&rules, &bases);
    assert_eq!(errors(&reading), Vec::<String>::new());
    for expected in ["tier-2 | * | 300 requests per minute", "tier-4 | * | 200 requests per minute"] {
        assert!(limits(&reading).contains(&expected.to_owned()), "{:?}", limits(&reading));
    }
    let growing = summary("| Tier 1 | 60 | 1 |\n", "| Tier 3 plan | 2x Tier 1 |\n", "Tier 1 has 90 after 10 minutes.");
    let error = errors(&read_acme(&rules, &growing));
    assert!(error.iter().any(|error| error.contains("found one of a limit of `tier-1` that grows")), "{error:?}");
}

#[test]
fn a_pattern_with_half_a_multiple_is_an_error_of_the_recipe() {
    let rules = RULES.replace("{factor}x {base}", "{factor}x more");
    let error = recipe(&rules).map(|_| ()).unwrap_err().to_string();
    assert_eq!(error, "line 11: expected both {factor} and {base} in `{factor}x more`, or neither");
    let word = recipe("[amounts]\n\"Twice\" = \"2 tier-1\"\n").map(|_| ()).unwrap_err().to_string();
    assert!(word.starts_with("line 7: expected absent, unlimited, custom") && word.contains("`2x tier-1`"), "{word}");
}
