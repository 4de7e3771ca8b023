//! Fireworks' page: limits of the account, limits that grow, daily tokens, quotas, monthly spend.

#[allow(dead_code, reason = "each test binary uses a part of the support module")]
mod support;

use ratebook_source::{Bound, Kind, Pool};
use support::{diagnostics, edited, errors, fixture, limits, read, sorted};

const LIMITS: [&str; 21] = [
    "self-serve | * | 6000 requests per minute",
    "self-serve | Whisper-v3-large | 200 audio_minutes per minute",
    "self-serve | Whisper-v3-turbo | 400 audio_minutes per minute",
    "self-serve | streaming-speech-transcription | 10 concurrent_connections",
    "self-serve | loras | 100 loras",
    "- | * | 60 requests per minute",
    "- | * | 60000 input_tokens per minute",
    "- | * | 6000 output_tokens per minute",
    "self-serve | under-40b | 2500000000 tokens per day",
    "self-serve | 40b-100b | 1250000000 tokens per day",
    "self-serve | over-100b | 600000000 tokens per day",
    "- | nvidia-a100 | 8 gpus",
    "- | nvidia-h100 | 8 gpus",
    "- | nvidia-h200 | 8 gpus",
    "- | amd-mi300x | 8 gpus",
    "- | gpu-hours | 2000 gpu_hours per month",
    "tier-1 | * | 50 spend_usd per month",
    "tier-2 | * | 500 spend_usd per month",
    "tier-3 | * | 5000 spend_usd per month",
    "tier-4 | * | 50000 spend_usd per month",
    "unlimited | * | unlimited spend_usd per month",
];

#[test]
fn the_page_states_these_limits() {
    assert_eq!(limits(&read("fireworks", &fixture("fireworks", "md"), "md")), sorted(&LIMITS));
}

#[test]
fn the_three_forms_of_the_page_give_the_same_limits() {
    support::assert_three_forms_agree("fireworks");
}

#[test]
fn guaranteed_limits_grow_over_two_hours() {
    let source = read("fireworks", &fixture("fireworks", "html"), "html").source;
    let ramps: Vec<(String, Vec<(u32, u64)>)> = source
        .limits
        .iter()
        .filter(|limit| limit.bound == Bound::Guaranteed)
        .map(|limit| {
            assert_eq!((limit.kind, &limit.pool), (Kind::Any, &Pool::Account));
            let points = limit.ramp.iter().map(|point| (point.after_minutes, point.amount)).collect();
            (limit.metric.to_string(), points)
        })
        .collect();
    let at = |amounts: [u64; 4]| [0, 10, 60, 120].into_iter().zip(amounts).collect::<Vec<(u32, u64)>>();
    let expected = [
        ("requests".to_owned(), at([60, 120, 720, 1440])),
        ("input_tokens".to_owned(), at([60_000, 120_000, 720_000, 1_440_000])),
        ("output_tokens".to_owned(), at([6_000, 12_000, 72_000, 144_000])),
    ];
    assert_eq!(ramps, expected);
}

#[test]
fn size_classes_meet_without_gap_and_deepseek_is_in_the_largest() {
    let source = read("fireworks", &fixture("fireworks", "txt"), "txt").source;
    let classes: Vec<(&str, u64, Option<u64>)> =
        source.classes.iter().map(|c| (c.name.as_str(), c.from, c.to)).collect();
    let expected = [
        ("under-40b", 0, Some(39_999_999_999)),
        ("40b-100b", 40_000_000_000, Some(100_000_000_000)),
        ("over-100b", 100_000_000_001, None),
    ];
    assert_eq!(classes, expected);
    assert_eq!(source.classes[2].members, ["Deepseek R1"]);
}

#[test]
fn a_tier_is_within_self_serve_and_has_its_minimum_spend() {
    let source = read("fireworks", &fixture("fireworks", "md"), "md").source;
    let plans: Vec<_> =
        source.plans.iter().map(|plan| (plan.name.as_str(), plan.within.as_deref(), plan.qualifies_usd)).collect();
    let expected = [
        ("self-serve", None, None),
        ("tier-1", Some("self-serve"), None),
        ("tier-2", Some("self-serve"), Some(50)),
        ("tier-3", Some("self-serve"), Some(500)),
        ("tier-4", Some("self-serve"), Some(5000)),
        ("unlimited", None, None),
    ];
    assert_eq!(plans, expected);
}

#[test]
fn loras_are_one_total_that_the_page_states_twice() {
    let gpu_hours = |extension| match extension {
        "html" => (
            "month</td><td>2000</td></tr>\n<tr><td># LoRAs</td><td>100",
            "month</td><td>2000</td></tr>\n<tr><td># LoRAs</td><td>90",
        ),
        "md" => ("month | 2000 |\n# LoRAs | 100", "month | 2000 |\n# LoRAs | 90"),
        _ => ("month\n2000\n# LoRAs\n100", "month\n2000\n# LoRAs\n90"),
    };
    for extension in ["html", "md", "txt"] {
        let (stated, other) = gpu_hours(extension);
        assert!(edited("fireworks", extension, stated, other).has_errors(), "{extension}: two totals");
    }
    let once = edited("fireworks", "md", "month | 2000 |\n# LoRAs | 100 |", "month | 2000 |");
    insta::assert_snapshot!(diagnostics(&once));
}

#[test]
fn the_response_headers_that_the_policy_describes_are_those_of_the_page() {
    let gone = edited("fireworks", "md", "x-ratelimit-over-limit | ", "x-ratelimit-over | ");
    insta::assert_snapshot!(diagnostics(&gone));
    let policy = concat!(env!("CARGO_MANIFEST_DIR"), "/../../catalog-src/fireworks/policy.toml");
    let policy = ratebook_ingest::policy::parse(&std::fs::read_to_string(policy).expect("a policy")).expect("a policy");
    let page = fixture("fireworks", "txt");
    assert_eq!(policy.headers.len(), 7);
    assert!(policy.headers.iter().all(|header| page.contains(&header.name)));
}

#[test]
fn an_unknown_number_in_the_description_of_a_header_is_an_error() {
    assert!(edited("fireworks", "md", "What is left of them.", "What is left of 600.").has_errors());
    assert!(!diagnostics(&edited("fireworks", "txt", "n > 1", "several")).is_empty());
}

#[test]
fn a_lost_table_is_an_error_and_not_removed_limits() {
    let page = fixture("fireworks", "md");
    let tables: Vec<&str> =
        page.split("\n\n").filter(|block| block.contains("|--") || block.contains("| --")).collect();
    assert!(tables.len() >= 5, "{page}");
    for table in tables {
        let reading = read("fireworks", &page.replace(table, ""), "md");
        let lost = errors(&reading);
        assert!(lost.iter().any(|error| error.contains("`2025`: found nothing of ")), "{table}: {lost:?}");
    }
}

#[test]
fn limits_that_grow_by_a_share_are_an_error() {
    let text = "# Rate limits\n\n## Serverless\n\n| Model parameters | Input TPM | Output TPM |\n|---|---|---|\n| Up to 16B | 60,000 | 6,000 |\n\nLimits grow by 25% every 15 minutes while half is used.\n";
    let reading = read("fireworks", text, "md");
    assert!(reading.has_errors() && !reading.withdrawn);
    insta::assert_snapshot!(diagnostics(&reading));
}

#[test]
fn an_unknown_row_column_or_value_is_an_error_in_every_form() {
    for extension in ["html", "md", "txt"] {
        for (from, to) in
            [("Quota Name", "Quux"), ("# AMD MI300X", "# Quux Q1"), ("2.5B", "2.xB"), ("1 Hour", "1 Moon")]
        {
            let reading = edited("fireworks", extension, from, to);
            assert!(reading.has_errors(), "{extension}: {from} -> {to}: {}", diagnostics(&reading));
        }
    }
}

#[test]
fn a_page_drawn_by_script_is_an_error() {
    let shell = "<html><body><div id=\"root\"></div><script>draw()</script></body></html>";
    let reading = read("fireworks", shell, "html");
    assert!(reading.has_errors() && !reading.withdrawn);
    assert!(!errors(&reading).is_empty());
}
