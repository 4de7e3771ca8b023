//! Sentences, and what they state: a rate, a limit in words, a number, or none of these.

use super::fingerprint::tokens;
use crate::number::is_rate_unit;

/// What a sentence states, from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weight {
    /// Neither a number nor a word of limits.
    Plain,
    /// A number.
    Number,
    /// A word of limits, such as *unlimited*, *reduced*, *shared* or *per second*.
    LimitWord,
    /// A rate: a number, a metric and a window, as in `60 requests a minute` or `300 RPM`.
    Rate,
}

/// Returns the byte ranges of the sentences of a text, without white space around them.
///
/// A sentence ends at a line break, and at `.`, `!`, `?` or their wide forms. A point within a number, within a name or
/// after an abbreviation does not end one.
pub fn sentences(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut ranges = Vec::new();
    let mut start = 0;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        let after = &text[end..];
        let ends = match c {
            '\n' | '。' | '！' | '？' => true,
            '.' | '!' | '?' => {
                let begins_next = after.trim_start_matches(['"', '\'', ')', '”', '’']);
                (begins_next.is_empty() || begins_next.starts_with(char::is_whitespace))
                    && !(c == '.' && is_abbreviation(&text[start..at]))
            }
            _ => false,
        };
        if ends {
            push(text, start..end, &mut ranges);
            start = end;
        }
    }
    push(text, start..text.len(), &mut ranges);
    ranges
}

fn push(text: &str, range: std::ops::Range<usize>, ranges: &mut Vec<std::ops::Range<usize>>) {
    let part = &text[range.clone()];
    let trimmed = part.trim();
    if trimmed.contains(char::is_alphanumeric) {
        let start = range.start + part.len() - part.trim_start().len();
        ranges.push(start..start + trimmed.len());
    }
}

fn is_abbreviation(before: &str) -> bool {
    let word = before.rsplit([' ', '(', '\n']).next().unwrap_or_default();
    matches!(word, "e.g" | "i.e" | "vs" | "approx" | "incl" | "excl" | "max" | "min" | "No" | "no" | "etc" | "cf")
}

/// Returns what a sentence states.
pub fn weigh(sentence: &str) -> Weight {
    let tokens = tokens(sentence);
    let any = |is_it: fn(&str) -> bool| tokens.iter().any(|token| is_it(token));
    let has_number = any(is_number);
    let has_window = any(is_period_word)
        || tokens.windows(2).any(|pair| is_each(&pair[0]) && is_period(&pair[1]))
        || tokens.windows(3).any(|three| {
            is_each(&three[0]) && is_number(&three[1]) && (is_period(&three[2]) || is_period_letter(&three[2]))
        })
        || in_slashes(sentence)
        || tokens
            .windows(2)
            .any(|pair| pair[0] == "每" && matches!(pair[1].as_str(), "分" | "秒" | "天" | "日" | "小" | "月"));
    // `10kTPM` has the tokens `10` and `ktpm`.
    let is_glued = |pair: &[String]| {
        is_number(&pair[0]) && pair[1].strip_prefix(['k', 'm', 'b', 't', 'w']).is_some_and(is_rate_unit)
    };
    let has_unit = any(is_rate_unit) || tokens.windows(2).any(is_glued);
    let has_metric = any(is_metric) || tokens.windows(2).any(|pair| pair[0] == "请" && pair[1] == "求");
    if has_number && (has_unit || has_metric && has_window) {
        Weight::Rate
    } else if has_unit || has_window || any(is_limit_word) || has_wide_limit_word(&tokens) {
        Weight::LimitWord
    } else if has_number {
        Weight::Number
    } else {
        Weight::Plain
    }
}

fn is_number(token: &str) -> bool {
    token.starts_with(|c: char| c.is_ascii_digit())
        || matches!(
            token,
            "one"
                | "two"
                | "three"
                | "four"
                | "five"
                | "six"
                | "seven"
                | "eight"
                | "nine"
                | "ten"
                | "twelve"
                | "twenty"
                | "thirty"
                | "fifty"
                | "sixty"
                | "hundred"
                | "thousand"
                | "million"
                | "billion"
                | "dozen"
                | "half"
                | "twice"
        )
}

fn is_each(token: &str) -> bool {
    matches!(token, "per" | "a" | "an" | "each" | "every" | "any" | "within" | "in")
}

fn is_period(token: &str) -> bool {
    matches!(
        token.trim_end_matches('s'),
        "second" | "sec" | "minute" | "min" | "hour" | "hr" | "day" | "week" | "month" | "year"
    )
}

/// Returns whether a word names a window by itself.
fn is_period_word(token: &str) -> bool {
    matches!(token, "hourly" | "daily" | "weekly" | "monthly" | "yearly" | "minutely")
}

fn is_period_letter(token: &str) -> bool {
    matches!(token, "s" | "h" | "d" | "m" | "mo")
}

/// Returns whether the text has a window after a slash, such as `20/min`, `300/10s` or `2 次/分钟`.
fn in_slashes(text: &str) -> bool {
    text.split('/').skip(1).any(|after| {
        let after = after.trim_start_matches(|c: char| c.is_whitespace() || c.is_ascii_digit()).to_lowercase();
        let word: String = after.chars().take_while(|c| c.is_alphabetic()).collect();
        is_period(&word) || is_period_letter(&word) || word.starts_with(['秒', '分', '时', '天'])
    })
}

fn is_metric(token: &str) -> bool {
    matches!(
        token.trim_end_matches('s'),
        "request"
            | "req"
            | "call"
            | "token"
            | "image"
            | "task"
            | "job"
            | "querie"
            | "query"
            | "character"
            | "message"
            | "connection"
            | "file"
            | "page"
            | "batch"
            | "batche"
            | "prompt"
            | "generation"
            | "prediction"
            | "usd"
            | "dollar"
            | "$"
            | "session"
            | "minute"
            | "invocation"
            | "次"
    )
}

fn is_limit_word(token: &str) -> bool {
    const STEMS: [&str; 22] = [
        "unlimit",
        "limit",
        "quota",
        "reduc",
        "increas",
        "rais",
        "lower",
        "doubl",
        "halv",
        "shar",
        "pool",
        "throttl",
        "burst",
        "concurren",
        "cap",
        "exempt",
        "unmetered",
        "guarante",
        "ceiling",
        "allowance",
        "restrict",
        "multipl",
    ];
    // Words that begin like a stem and are not of limits.
    const OTHERS: [&str; 5] = ["capab", "capac", "capt", "capital", "sharp"];
    STEMS.iter().any(|stem| token.starts_with(stem)) && !OTHERS.iter().any(|other| token.starts_with(other))
        || matches!(
            token,
            "maximum" | "minimum" | "max" | "min" | "most" | "least" | "exceed" | "exceeds" | "exceeding"
        )
}

fn has_wide_limit_word(tokens: &[String]) -> bool {
    let is_pair = |pair: &[String]| {
        matches!(
            (pair[0].as_str(), pair[1].as_str()),
            ("限", _) | ("并", "发") | ("配", "额") | ("不", "限") | ("共", "享")
        )
    };
    tokens.windows(2).any(is_pair)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_number_a_metric_and_a_window() {
        for text in [
            "qwen-plus is limited to 300 RPM until 2026-12-31",
            "at most 60 requests per minute",
            "Two calls a second",
            "20 requests/min",
            "1,000 tokens every 10 seconds",
            "$50 monthly",
            "2 次/分钟",
            "每分钟 60 请求",
            "300RPM",
            "up to 10kTPM",
            "20RPM/300RPD",
            "300 requests/10s",
            "300 requests per 10s",
            "300 calls / 10 seconds",
        ] {
            assert_eq!(weigh(text), Weight::Rate, "{text}");
        }
    }

    #[test]
    fn words_of_limits_and_numbers_are_less_than_a_rate() {
        for text in [
            "All limits are reduced to 50 %",
            "Unlimited",
            "shared with qwen-max",
            "counted per second",
            "per-minute",
            "并发",
        ] {
            assert_eq!(weigh(text), Weight::LimitWord, "{text}");
        }
        assert_eq!(weigh("Open the page 3 times"), Weight::Number);
        assert_eq!(weigh("The capability of the model"), Weight::Plain);
    }

    #[test]
    fn sentences_end_at_points_and_lines() {
        let split = |text| sentences(text).into_iter().map(|range| &text[range]).collect::<Vec<&str>>();
        assert_eq!(
            split(" A is 0.5 of v1.2 (e.g. x). Is it? \nYes!\n— "),
            ["A is 0.5 of v1.2 (e.g. x).", "Is it?", "Yes!"]
        );
        assert_eq!(split("每分钟。不限。"), ["每分钟。", "不限。"]);
        assert_eq!(split(""), Vec::<&str>::new());
    }
}
