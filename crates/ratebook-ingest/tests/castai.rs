//! Cast AI's page: limits by plan and size class.

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
fn the_three_forms_of_the_page_state_the_same() {
    support::assert_three_forms_agree("castai");
}

#[test]
fn the_vendors_page_is_read_whole() {
    let Some(text) = support::vendors_page("castai.txt") else { return };
    let reading = read("castai", &text, "txt");
    assert_eq!(errors(&reading), Vec::<String>::new());
    assert_eq!(limits(&reading), sorted(&LIMITS));
    assert_eq!(support::facts(&reading), support::facts(&read("castai", &fixture("castai", "txt"), "txt")));
    assert_eq!((reading.numbers.found, reading.numbers.used), (40, 26));
    support::assert_all_numbers_accounted_for(&reading);
    support::assert_page_md_reads_the_same("castai", &reading);
    let lines: Vec<u32> = reading.source.limits.iter().filter_map(|limit| limit.line).collect();
    assert_eq!(lines, [27, 27, 20, 20, 26, 26, 25, 25, 24, 24, 23, 23, 22, 22, 21, 21]);
}

#[test]
fn eight_billion_is_small_and_thirty_five_billion_is_medium() {
    let source = read("castai", &fixture("castai", "md"), "md").source;
    let bounds: Vec<(&str, u64, u64)> = source.classes.iter().map(|c| (c.name.as_str(), c.from, c.to)).collect();
    let expected =
        [("small", 0, 8_000_000_000), ("medium", 8_000_000_001, 35_000_000_000), ("large", 35_000_000_001, u64::MAX)];
    assert_eq!(bounds, expected);
    assert!(source.classes[1].members.contains(&"Qwen 3 Coder Next".to_owned()), "its name holds no count");
}

#[test]
fn a_size_class_is_one_pool_and_enterprise_limits_are_agreed_with_the_vendor() {
    let source = read("castai", &fixture("castai", "md"), "md").source;
    let of = |kind| source.limits.iter().filter(move |limit| limit.kind == kind);
    assert!(of(Kind::Size).all(|limit| limit.pool == Pool::Group(format!("size:{}", limit.name))));
    assert!(of(Kind::Model).all(|limit| limit.pool == Pool::Model && limit.plan.as_deref() == Some("free")));
    assert!(of(Kind::Any).all(|limit| limit.pool == Pool::Account && limit.amount == Amount::Custom));
}

#[test]
fn tokens_may_stand_before_requests() {
    let page = fixture("castai", "md");
    let swapped: String = page.lines().map(|line| swap_amounts(line) + "\n").collect();
    let reading = read("castai", &swapped, "md");
    assert!(swapped.contains("| TPM | RPM |"));
    assert_eq!(errors(&reading), Vec::<String>::new());
    assert_eq!(limits(&reading), sorted(&LIMITS));
}

/// The last two filled cells of a row of the plans' table change places.
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
fn prose_that_opens_all_models_to_the_free_plan_contradicts_the_table_which_is_believed() {
    for ending in ["md", "html", "txt"] {
        let reading = read("castai", &fixture("castai", ending), ending);
        assert!(diagnostics(&reading).contains("the row is believed"), "{ending}");
    }
}

#[test]
fn bounds_of_a_class_agree_between_the_two_tables() {
    for ending in ["md", "html", "txt"] {
        let reading = edited("castai", ending, "8B–35B parameters", "8B–30B parameters");
        assert!(reading.has_errors(), "{ending}");
    }
    insta::assert_snapshot!(diagnostics(&edited("castai", "md", "8B–35B parameters", "8B–30B parameters")));
}

#[test]
fn cells_that_run_together_in_two_ways_are_refused_with_both() {
    // No row with one reading stands beside it, so that nothing tells how many tokens go with a request.
    let text = "Rate limits\n\nPlanModel/CategoryRPMTPM\nFreeQwen 3 Coder Next9061,000\n";
    insta::assert_snapshot!(diagnostics(&read("castai", text, "txt")));
}

#[test]
fn an_unknown_column_is_an_error_in_every_form() {
    for ending in ["md", "html", "txt"] {
        let reading = edited("castai", ending, "RPM", "Quux");
        assert!(reading.has_errors() && !reading.withdrawn, "{ending}: {}", diagnostics(&reading));
    }
}

#[test]
fn a_missing_example_model_row_or_heading_shows() {
    assert!(!diagnostics(&edited("castai", "md", "## Size categories\n", "")).is_empty());
    insta::assert_snapshot!(diagnostics(&edited("castai", "txt", "Size categories\n", "")));
    let reading = edited("castai", "md", "Mistral 7B, ", "");
    assert_ne!(support::facts(&reading), support::facts(&read("castai", &fixture("castai", "md"), "md")));
    assert!(edited("castai", "html", "<tr><td>Large (&gt;35B)</td><td>45</td><td>30,000</td></tr>", "").has_errors());
}

#[test]
fn a_page_that_keeps_its_title_and_states_no_limits_is_withdrawn() {
    let text = "# Rate limits\n\nWhat the AI Enabler allows is shown in the console. A refusal has status 429.\n\n1. Open it.\n";
    let reading = read("castai", text, "md");
    assert!(reading.withdrawn);
    assert_eq!(diagnostics(&reading), "");
    assert!(reading.source.limits.is_empty());
}

#[test]
fn what_is_empty_drawn_by_script_or_another_page_is_an_error_and_not_a_withdrawal() {
    let shell = "<!doctype html><html><head><title>Rate limits</title></head><body><div id=\"root\"></div><script>draw()</script></body></html>";
    let lost = "# Page not found\n\nThe AI Enabler has rate limits elsewhere.\n";
    for (text, ending) in [(shell, "html"), (lost, "md")] {
        let reading = read("castai", text, ending);
        assert!(reading.has_errors() && !reading.withdrawn, "{text}");
    }
}

#[test]
fn limits_that_moved_into_prose_or_lists_are_an_error_and_not_a_withdrawal() {
    for limit in ["Starter: 180 RPM for small models", "- Small models: 120,000 tokens per minute"] {
        let reading = read("castai", &format!("# Rate limits\n\nOf the AI Enabler.\n\n{limit}\n"), "md");
        assert!(reading.has_errors() && !reading.withdrawn, "{limit}");
    }
}
