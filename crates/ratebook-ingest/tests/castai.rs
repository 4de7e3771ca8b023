//! Cast AI's page: limits by plan and size class.

#[allow(dead_code, reason = "each test binary uses a part of the support module")]
mod support;

use ratebook_source::{Amount, Kind, Pool};
use support::{diagnostics, edited, errors, fixture, limits, read, sorted};

const LIMITS: [&str; 16] = [
    "free | Qwen 3 Coder Next | 50 requests per minute",
    "free | Qwen 3 Coder Next | 300000 tokens per minute",
    "starter | small | 180 requests per minute",
    "starter | small | 120000 tokens per minute",
    "starter | medium | 90 requests per minute",
    "starter | medium | 60000 tokens per minute",
    "starter | large | 45 requests per minute",
    "starter | large | 30000 tokens per minute",
    "growth | small | 600 requests per minute",
    "growth | small | 400000 tokens per minute",
    "growth | medium | 300 requests per minute",
    "growth | medium | 200000 tokens per minute",
    "growth | large | 150 requests per minute",
    "growth | large | 100000 tokens per minute",
    "enterprise | * | custom requests per minute",
    "enterprise | * | custom tokens per minute",
];

#[test]
fn the_page_states_these_limits() {
    assert_eq!(limits(&read("castai", &fixture("castai", "md"), "md")), sorted(&LIMITS));
}

#[test]
fn the_three_forms_of_the_page_give_the_same_limits() {
    support::assert_three_forms_agree("castai");
}

#[test]
fn eight_billion_is_small_and_thirty_five_billion_is_medium() {
    let source = read("castai", &fixture("castai", "md"), "md").source;
    let bounds: Vec<(&str, u64, Option<u64>)> =
        source.classes.iter().map(|c| (c.name.as_str(), c.from, c.to)).collect();
    let expected = [
        ("small", 0, Some(8_000_000_000)),
        ("medium", 8_000_000_001, Some(35_000_000_000)),
        ("large", 35_000_000_001, None),
    ];
    assert_eq!(bounds, expected);
    assert!(
        source.classes[1].members.contains(&"Qwen 3 Coder Next".to_owned()),
        "the digit in its name is not a number"
    );
}

#[test]
fn a_size_class_is_one_pool_and_enterprise_limits_are_agreed_with_the_vendor() {
    let source = read("castai", &fixture("castai", "md"), "md").source;
    let limits_of = |kind| source.limits.iter().filter(move |limit| limit.kind == kind);
    assert!(limits_of(Kind::Size).all(|limit| limit.pool == Pool::Group(format!("size:{}", limit.name))));
    assert!(limits_of(Kind::Model).all(|limit| limit.pool == Pool::Model && limit.plan.as_deref() == Some("free")));
    assert!(limits_of(Kind::Any).all(|limit| limit.pool == Pool::Account && limit.amount == Amount::Custom));
}

#[test]
fn tokens_may_precede_requests() {
    let page = fixture("castai", "md");
    let swapped: String = page.lines().map(|line| swap_amounts(line) + "\n").collect();
    let reading = read("castai", &swapped, "md");
    assert!(swapped.contains("| TPM | RPM |"));
    assert_eq!(errors(&reading), Vec::<String>::new());
    assert_eq!(limits(&reading), sorted(&LIMITS));
}

/// Swaps the last two filled cells of a row of the table of plans.
fn swap_amounts(line: &str) -> String {
    let mut cells: Vec<&str> = line.split(" | ").collect();
    let is_row = line.contains("RPM") || line.ends_with(" |") && cells.len() > 3;
    let last = cells.len() - 1;
    if !is_row {
        return line.to_owned();
    }
    let (end, shifted) = match cells[last].strip_suffix(" |") {
        Some(cell) => (cell, false),
        None => (cells[last].trim_end_matches('|').trim(), true),
    };
    if shifted {
        cells.swap(last - 2, last - 1);
        return cells.join(" | ");
    }
    cells[last] = end;
    cells.swap(last - 1, last);
    format!("{} |", cells.join(" | "))
}

#[test]
fn the_table_overrides_prose_that_gives_the_free_plan_every_model() {
    for extension in ["md", "html", "txt"] {
        let reading = read("castai", &fixture("castai", extension), extension);
        assert!(diagnostics(&reading).contains("the row is used"), "{extension}");
    }
}

#[test]
fn bounds_of_a_class_agree_between_the_two_tables() {
    for extension in ["md", "html", "txt"] {
        let reading = edited("castai", extension, "8B–35B parameters", "8B–30B parameters");
        assert!(reading.has_errors(), "{extension}");
    }
    insta::assert_snapshot!(diagnostics(&edited("castai", "md", "8B–35B parameters", "8B–30B parameters")));
}

#[test]
fn cells_with_two_possible_splits_are_an_error_that_names_both() {
    // No other row gives the usual ratio of tokens to requests.
    let text = "Rate limits\n\nPlanModel/CategoryRPMTPM\nFreeQwen 3 Coder Next9061,000\n";
    insta::assert_snapshot!(diagnostics(&read("castai", text, "txt")));
}

#[test]
fn an_unknown_column_is_an_error_in_every_form() {
    for extension in ["md", "html", "txt"] {
        let reading = edited("castai", extension, "RPM", "Quux");
        assert!(reading.has_errors() && !reading.withdrawn, "{extension}: {}", diagnostics(&reading));
    }
}

#[test]
fn a_missing_example_model_row_or_heading_is_reported() {
    assert!(!diagnostics(&edited("castai", "md", "## Size categories\n", "")).is_empty());
    insta::assert_snapshot!(diagnostics(&edited("castai", "txt", "Size categories\n", "")));
    let reading = edited("castai", "md", "Mistral 7B, ", "");
    assert_ne!(support::facts(&reading), support::facts(&read("castai", &fixture("castai", "md"), "md")));
    assert!(edited("castai", "html", "<tr><td>Large (&gt;35B)</td><td>45</td><td>30,000</td></tr>", "").has_errors());
}

#[test]
fn a_page_with_its_title_and_without_limits_is_withdrawn() {
    let text = "# Rate limits\n\nWhat the AI Enabler allows is shown in the console. A refusal has status 429.\n\n1. Open it.\n";
    let reading = read("castai", text, "md");
    assert!(reading.withdrawn);
    assert_eq!(diagnostics(&reading), "");
    assert!(reading.source.limits.is_empty());
}

#[test]
fn an_empty_rendered_or_wrong_page_is_an_error_not_a_withdrawal() {
    let shell = "<!doctype html><html><head><title>Rate limits</title></head><body><div id=\"root\"></div><script>draw()</script></body></html>";
    let lost = "# Page not found\n\nThe AI Enabler has rate limits elsewhere.\n";
    for (text, extension) in [(shell, "html"), (lost, "md")] {
        let reading = read("castai", text, extension);
        assert!(reading.has_errors() && !reading.withdrawn, "{text}");
    }
}

#[test]
fn limits_moved_into_prose_or_lists_are_an_error_not_a_withdrawal() {
    for limit in ["Starter: 180 RPM for small models", "- Small models: 120,000 tokens per minute"] {
        let reading = read("castai", &format!("# Rate limits\n\nOf the AI Enabler.\n\n{limit}\n"), "md");
        assert!(reading.has_errors() && !reading.withdrawn, "{limit}");
    }
}
