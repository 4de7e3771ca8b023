//! Other editions and forms of the vendors' pages, by their names: `../shared/vendor-docs` beside the checkout. A
//! page that is absent is reported as ignored. One recipe reads every shape of a page, because pages come back in old ones.

#[allow(dead_code, reason = "each test binary uses a part of the support module")]
#[path = "../support/mod.rs"]
mod support;

use std::path::PathBuf;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};
use ratebook_ingest::Reading;
use ratebook_source::{Bound, Limit};
use support::{errors, limits, read_vendor_page, sorted};

/// One edition: its file, the provider, and what it must give.
struct Edition {
    file: &'static str,
    provider: &'static str,
    check: fn(&Reading),
}

const EDITIONS: &[Edition] = &[
    Edition { file: "anthropic/rate-limits_2026-05-11_tiers1-4.md", provider: "anthropic", check: anthropic_2026_05 },
    Edition { file: "groq/rate-limits_2025-11_pages.txt", provider: "groq", check: groq_2025_11 },
    Edition { file: "editions/alibaba-2026-03-cell-a-paragraph.md", provider: "alibaba", check: alibaba },
    Edition { file: "editions/cloudflare-2026-08.md", provider: "cloudflare", check: cloudflare_08 },
    Edition { file: "editions/cloudflare-2026-09.md", provider: "cloudflare", check: cloudflare_09 },
    Edition { file: "editions/fireworks-early-2026.md", provider: "fireworks", check: fireworks_early },
    Edition { file: "editions/fireworks-2026-09.md", provider: "fireworks", check: fireworks_09 },
];

fn path(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vendor-docs").join(file)
}

fn page(reading: &Reading) -> &ratebook_source::VendorPage {
    reading.source.main_page().expect("a page")
}

/// The excerpt gives the limits of the text form, as far as it goes.
fn alibaba(reading: &Reading) {
    assert!(page(reading).is_partial, "{:?}", page(reading));
    assert_eq!(reading.source.limits.len(), 284);
    let text = std::fs::read_to_string(path("alibaba.txt")).expect("the text form, beside the editions");
    let whole = read_vendor_page("alibaba", &text, "txt");
    for limit in &reading.source.limits {
        let same = whole.source.limits.iter().find(|other| other.key() == limit.key());
        assert_eq!(same.map(|same| (same.amount, same.evidence)), Some((limit.amount, limit.evidence)), "{limit:?}");
    }
}

/// The tiers 1 to 4 of the shape before the plans start, build and scale.
fn anthropic_2026_05(reading: &Reading) {
    assert_eq!(reading.shape.as_deref(), Some("2026-05"));
    let of_tier_1: Vec<String> = limits(reading).into_iter().filter(|limit| limit.starts_with("tier-1 ")).collect();
    let expected = [
        "tier-1 | * | 100 spend_usd per month",
        "tier-1 | * | 100000 queued_batch_requests",
        "tier-1 | /v1/messages/batches | 50 requests per minute",
        "tier-1 | claude-3-5-haiku | 10000 output_tokens per minute",
        "tier-1 | claude-3-5-haiku | 50 requests per minute",
        "tier-1 | claude-3-5-haiku | 50000 input_tokens per minute",
        "tier-1 | claude-3-7-sonnet | 20000 uncached_and_written_input_tokens per minute",
        "tier-1 | claude-3-7-sonnet | 50 requests per minute",
        "tier-1 | claude-3-7-sonnet | 8000 output_tokens per minute",
        "tier-1 | claude-haiku-4-5 | 10000 output_tokens per minute",
        "tier-1 | claude-haiku-4-5 | 50 requests per minute",
        "tier-1 | claude-haiku-4-5 | 50000 uncached_and_written_input_tokens per minute",
        "tier-1 | claude-opus-4-to-4-7 | 50 requests per minute",
        "tier-1 | claude-opus-4-to-4-7 | 500000 uncached_and_written_input_tokens per minute",
        "tier-1 | claude-opus-4-to-4-7 | 80000 output_tokens per minute",
        "tier-1 | claude-sonnet-4-to-4-6 | 30000 uncached_and_written_input_tokens per minute",
        "tier-1 | claude-sonnet-4-to-4-6 | 50 requests per minute",
        "tier-1 | claude-sonnet-4-to-4-6 | 8000 output_tokens per minute",
    ];
    assert_eq!(of_tier_1, sorted(&expected));
    // Four plans of eighteen limits, the spending limit of invoices, two of agents and two of the fast mode.
    assert_eq!(reading.source.limits.len(), 4 * 18 + 1 + 2 + 2);
    let qualifies: Vec<_> = reading.source.plans.iter().map(|plan| plan.qualifies_usd).collect();
    assert_eq!(qualifies, [Some(5), Some(40), Some(200), Some(400), None]);
}

/// The names of the columns run together, the cells are one a line, and the copy ends within the last row.
fn groq_2025_11(reading: &Reading) {
    assert_eq!(reading.shape.as_deref(), Some("2025-11"));
    assert!(page(reading).is_partial, "{:?}", page(reading));
    assert!(reading.source.limits.iter().all(|limit| limit.plan.is_none()), "the page names no plan");
    let read = limits(reading);
    for expected in [
        "- | allam-2-7b | 500000 tokens per day",
        "- | groq/compound | 70000 tokens per minute",
        "- | playai-tts | 1200 tokens per minute",
        "- | whisper-large-v3 | 28800 audio_seconds per day",
        "- | whisper-large-v3 | 7200 audio_seconds per hour",
    ] {
        assert!(read.iter().any(|limit| limit == expected), "{expected}: {read:?}");
    }
    assert!(!read.iter().any(|limit| limit.contains("whisper-large-v3-turbo")), "{read:?}");
    let cut = reading.diagnostics.iter().any(|found| found.message.contains("ends within the row of `whisper-large"));
    assert!(cut, "{:?}", reading.diagnostics);
}

fn cloudflare_08(reading: &Reading) {
    assert_eq!(reading.source.limits.len(), 24);
    let of_plans: Vec<String> = limits(reading).into_iter().filter(|limit| !limit.starts_with('-')).collect();
    let expected = [
        "prepaid-credits | @cf/moonshotai/kimi-k2.6 | 50 requests per minute",
        "prepaid-credits | @cf/moonshotai/kimi-k2.7-code | 50 requests per minute",
        "prepaid-credits | @cf/zai-org/glm-5.2 | 50 requests per minute",
        "standard-billing | @cf/moonshotai/kimi-k2.6 | 20 requests per minute",
        "standard-billing | @cf/moonshotai/kimi-k2.7-code | 20 requests per minute",
        "standard-billing | @cf/zai-org/glm-5.2 | 20 requests per minute",
    ];
    assert_eq!(of_plans, sorted(&expected));
}

fn cloudflare_09(reading: &Reading) {
    assert_eq!(reading.source.limits.len(), 14);
    let read = limits(reading);
    for expected in [
        "- | text-generation | 300 requests per minute",
        "prepaid-credits | paid-models | 50 requests per minute",
        "standard-billing | paid-models | 20 requests per minute",
    ] {
        assert!(read.iter().any(|limit| limit == expected), "{expected}: {read:?}");
    }
}

fn fireworks_early(reading: &Reading) {
    let expected = [
        "- | gpu-hours | 2000 gpu_hours per month",
        "- | nvidia-a100 | 16 gpus",
        "- | nvidia-b200 | 16 gpus",
        "- | nvidia-h100 | 16 gpus",
        "- | nvidia-h200 | 16 gpus",
        "no-payment-method | * | 10 requests per minute",
        "self-serve | * | 6000 requests per minute",
        "self-serve | Whisper-v3-large | 200 audio_minutes per minute",
        "self-serve | Whisper-v3-turbo | 400 audio_minutes per minute",
        "self-serve | loras | 100 loras",
        "self-serve | streaming-speech | 10 concurrent_connections",
        "tier-1 | * | 50 spend_usd per month",
        "tier-2 | * | 500 spend_usd per month",
        "tier-3 | * | 5000 spend_usd per month",
        "tier-4 | * | 50000 spend_usd per month",
        "unlimited | * | unlimited spend_usd per month",
    ];
    assert_eq!(limits(reading), sorted(&expected));
    let is_ceiling = |limit: &&Limit| limit.bound == Bound::Ceiling;
    assert_eq!(reading.source.limits.iter().filter(is_ceiling).count(), 1, "6,000 is a dynamic ceiling");
}

fn fireworks_09(reading: &Reading) {
    let expected = [
        "- | large | 21600000 input_tokens per minute",
        "- | large | 216000 output_tokens per minute",
        "- | large | 5400000 uncached_input_tokens per minute",
        "- | medium | 10800000 uncached_input_tokens per minute",
        "- | medium | 432000 output_tokens per minute",
        "- | medium | 43200000 input_tokens per minute",
        "- | small | 16200000 uncached_input_tokens per minute",
        "- | small | 648000 output_tokens per minute",
        "- | small | 64800000 input_tokens per minute",
    ];
    assert_eq!(limits(reading), sorted(&expected));
    assert!(reading.source.limits.iter().all(|limit| limit.bound == Bound::Ceiling));
    let classes: Vec<(&str, u64)> =
        reading.source.classes.iter().map(|class| (class.name.as_str(), class.from / 1_000_000_000)).collect();
    assert_eq!(classes, [("small", 0), ("medium", 400), ("large", 1_600)]);
}

fn main() -> ExitCode {
    let trial = |edition: &'static Edition| {
        let path = path(edition.file);
        let is_absent = !path.exists();
        let run = move || {
            let ending = edition.file.rsplit('.').next().unwrap_or("md");
            let reading = read_vendor_page(edition.provider, &std::fs::read_to_string(&path)?, ending);
            assert_eq!(errors(&reading), Vec::<String>::new());
            assert_eq!(reading.numbers.left_over(), 0);
            (edition.check)(&reading);
            Ok(())
        };
        Trial::test(edition.file, run).with_ignored_flag(is_absent)
    };
    libtest_mimic::run(&Arguments::from_args(), EDITIONS.iter().map(trial).collect()).exit_code()
}
