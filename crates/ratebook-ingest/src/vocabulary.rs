//! The usual names of columns, and the usual units, of rate-limit pages. A recipe names only what is unusual.

use ratebook_source::Metric;

/// The meaning of each usual name of a column, in lowercase, as a recipe writes it.
pub(crate) static COLUMNS: phf::Map<&'static str, &'static str> = phf::phf_map! {
    "model" => "who",
    "models" => "who",
    "model name" => "who",
    "model id" => "who",
    "plan" => "plan",
    "tier" => "plan",
    "usage tier" => "plan",
    "region" => "region",
    "rpm" => "requests/minute",
    "qpm" => "requests/minute",
    "requests per minute" => "requests/minute",
    "requests/minute" => "requests/minute",
    "requests per minute (rpm)" => "requests/minute",
    "rps" => "requests/second",
    "qps" => "requests/second",
    "requests per second" => "requests/second",
    "rph" => "requests/hour",
    "requests per hour" => "requests/hour",
    "rpd" => "requests/day",
    "requests per day" => "requests/day",
    "requests per day (rpd)" => "requests/day",
    "tpm" => "tokens/minute",
    "tokens per minute" => "tokens/minute",
    "tokens per minute (tpm)" => "tokens/minute",
    "tpd" => "tokens/day",
    "tokens per day" => "tokens/day",
    "tokens per day (tpd)" => "tokens/day",
    "itpm" => "input_tokens/minute",
    "input tokens per minute" => "input_tokens/minute",
    "input tpm" => "input_tokens/minute",
    "otpm" => "output_tokens/minute",
    "output tokens per minute" => "output_tokens/minute",
    "output tpm" => "output_tokens/minute",
    "ash" => "audio_seconds/hour",
    "asd" => "audio_seconds/day",
    "ipm" => "images/minute",
    "images per minute" => "images/minute",
    "concurrency" => "concurrent_requests",
    "concurrent requests" => "concurrent_requests",
};

/// The metric of each usual unit, in lowercase.
static UNITS: phf::Map<&'static str, Metric> = phf::phf_map! {
    "" => Metric::Requests,
    "request" => Metric::Requests,
    "requests" => Metric::Requests,
    "req" => Metric::Requests,
    "reqs" => Metric::Requests,
    "calls" => Metric::Requests,
    "queries" => Metric::Requests,
    "次" => Metric::Requests,
    "token" => Metric::Tokens,
    "tokens" => Metric::Tokens,
    "input tokens" => Metric::InputTokens,
    "output tokens" => Metric::OutputTokens,
    "image" => Metric::Images,
    "images" => Metric::Images,
    "characters" => Metric::Characters,
    "pages" => Metric::Pages,
    "audio seconds" => Metric::AudioSeconds,
    "audio minutes" => Metric::AudioMinutes,
};

/// Returns the meaning of a usual column as a recipe writes it, or `None` if the name is not usual.
pub(crate) fn column(name: &str) -> Option<&'static str> {
    COLUMNS.get(name.trim().to_lowercase().as_str()).copied()
}

/// Returns how many labels of plans or tiers a text is, such as 3 for `Free Tier 1 Tier 2`. `None` if it has other words.
pub(crate) fn plan_labels(text: &str) -> Option<usize> {
    const KINDS: [&str; 6] = ["tier", "tiers", "plan", "level", "usage", "account"];
    const NAMES: [&str; 22] = [
        "free",
        "trial",
        "paid",
        "basic",
        "standard",
        "plus",
        "pro",
        "premium",
        "business",
        "enterprise",
        "team",
        "teams",
        "developer",
        "individual",
        "starter",
        "start",
        "build",
        "scale",
        "growth",
        "custom",
        "default",
        "payg",
    ];
    let lower = text.to_lowercase();
    let mut words = lower.split_whitespace().filter(|word| word.contains(char::is_alphanumeric)).peekable();
    words.peek()?;
    let mut labels = 0;
    for word in words {
        let is_number = word.len() <= 2 && word.bytes().all(|byte| byte.is_ascii_digit());
        if is_number || NAMES.contains(&word) || word == "pay-as-you-go" {
            labels += 1;
        } else if !KINDS.contains(&word) {
            return None;
        }
    }
    // A number alone is not a label.
    (labels > 0 && lower.contains(char::is_alphabetic)).then_some(labels)
}

/// Returns the metric of a unit, or `None` if the unit is not usual.
pub(crate) fn metric(unit: &str) -> Option<Metric> {
    UNITS.get(unit.trim().to_lowercase().as_str()).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_plans_are_counted() {
        for (text, count) in [("Free Tier 1 Tier 2", 3), ("Tier 1", 1), ("Enterprise plan", 1), ("Free Pro", 2)] {
            assert_eq!(plan_labels(text), Some(count), "{text}");
        }
        for text in ["", "5", "5 60", "Tier", "The free tier", "rocket 1", "Tier 100"] {
            assert_eq!(plan_labels(text), None, "{text}");
        }
    }
}
