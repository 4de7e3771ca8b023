//! The usual names of columns, and the usual units, of rate-limit pages. A recipe names only what is unusual.

use ratebook_source::Metric;

use crate::recipe::Column;

/// The meaning of each usual name of a column, in lowercase, as a recipe writes it.
static COLUMNS: phf::Map<&'static str, &'static str> = phf::phf_map! {
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

/// Returns the meaning of a usual column, or `None` if the name is not usual.
pub(crate) fn column(name: &str) -> Option<Column> {
    COLUMNS.get(name.trim().to_lowercase().as_str()).and_then(|word| Column::of_word(word).ok())
}

/// Returns the metric of a unit, or `None` if the unit is not usual.
pub(crate) fn metric(unit: &str) -> Option<Metric> {
    UNITS.get(unit.trim().to_lowercase().as_str()).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_usual_column_has_a_meaning() {
        for (name, word) in COLUMNS.entries() {
            assert_eq!(column(name), Column::of_word(word).ok(), "{name}");
            assert!(column(name).is_some() && *name == name.to_lowercase(), "{name}");
        }
    }
}
