//! Parses limits in the prose of refusals, for any vendor.
//!
//! Examples: `… of 20,000 input tokens per minute`, `on tokens per day (TPD): Limit 500000, Used 499000, Requested
//! 3006`, `your daily rate limit`, `Usage limit reached for 5 hour`. The result has a metric, a window and an amount,
//! and whether the limit is zero or the call is larger than the limit. Of several windows, the longest is the refusing
//! one.
//!
//! The parser looks at each word with up to six words before it and some after it, in one pass without allocation.

use std::time::Duration;

use ratebook::Metric;

use super::value::{LONGEST, digits_with_commas};

/// A limit that a sentence mentions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mention {
    pub(super) metric: Option<Metric>,
    pub(super) window: Option<Duration>,
    /// The amount per window, in units of the metric.
    pub(super) amount: Option<u64>,
}

/// The refusing limit that a body states.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct StatedLimit {
    /// The mention with the longest window. Without a window, the first metric.
    pub(super) limit: Mention,
    /// Whether a limit is zero.
    pub(super) is_zero: bool,
    /// Whether the call is larger than a limit.
    pub(super) is_too_large: bool,
}

/// Parses a body. `input` is the metric of the vendor's input tokens. Calls `on_limit` for each mention that has a
/// window and an amount above zero.
pub(super) fn read(text: &[u8], input: Metric, mut on_limit: impl FnMut(Mention)) -> StatedLimit {
    let mut stated = StatedLimit::default();
    let mut words = Words { text, at: 0 };
    // The preceding words, the nearest first.
    let mut before = [Word::NONE; 6];
    while let Some(word) = words.next() {
        if let Some(mention) = mention(word, &before, &words, input) {
            if mention.amount.is_some_and(|amount| amount > 0) && mention.window.is_some() {
                on_limit(mention);
            }
            let is_longer = mention.window > stated.limit.window;
            let first = stated.limit.metric.filter(|_| stated.limit.window.is_none());
            if is_longer {
                stated.limit = Mention { metric: mention.metric.or(first), ..mention };
            } else if stated.limit.metric.is_none() {
                stated.limit.metric = mention.metric;
            }
        }
        if let Some((limit, requested)) = bounds(word, &words) {
            stated.is_zero |= limit == 0;
            stated.is_too_large |= requested.is_some_and(|requested| requested > limit);
        }
        before.rotate_right(1);
        before[0] = word;
    }
    stated
}

/// Returns the limit that ends with a word, given the words before and after it.
fn mention(word: Word<'_>, before: &[Word<'_>; 6], after: &Words<'_>, input: Metric) -> Option<Mention> {
    if let Some((metric, window)) = abbreviated(word.text, input) {
        let amount = abbreviated_amount(after);
        return Some(Mention { metric: Some(metric), window: Some(window), amount });
    }
    if let Some(window) = unit(word) {
        // `requests per minute`, `requests/min`, `3 / min`.
        let per = if word.gap.trim_ascii() == b"/" { Some(0) } else { before[0].is("per").then_some(1) };
        if let Some(skipped) = per {
            let (metric, length) = counted(&before[skipped..], input);
            let amount = before.get(skipped + length).zip(before.get(skipped + length + 1));
            let amount = amount.filter(|(_, lead)| BEFORE_AMOUNTS.iter().any(|word| lead.is(word)));
            let amount = amount.and_then(|(number, _)| number.number());
            return Some(Mention { metric, window: Some(window), amount });
        }
        // `5-hour limit`, `limit reached for 5 hour`, but not `again in 5 hours`.
        let count = before[0].number().filter(|count| (1..=366).contains(count));
        let is_wait = ["in", "after", "wait", "another"].iter().any(|wait| before[1].is(wait));
        if let Some(count) = count.filter(|_| !is_wait && is_near_limit(before, after)) {
            let window = window.saturating_mul(u32::try_from(count).ok()?).min(LONGEST);
            return Some(Mention { metric: None, window: Some(window), amount: None });
        }
        return None;
    }
    let adjective = ADJECTIVES.iter().find(|(name, _)| word.is(name)).map(|(_, window)| *window);
    if let Some(window) = adjective.filter(|_| is_near_limit(before, after)) {
        return Some(Mention { metric: None, window: Some(Duration::from_secs(window)), amount: None });
    }
    // `Number of request tokens has exceeded …`, `Too many tokens, …`.
    let counts = before[0].is("many") && before[1].is("too") && word.is("tokens")
        || before[..2].iter().any(|word| word.is("of")) && before[..3].iter().any(|word| word.is("number"));
    let metric = counts.then(|| counted(&[word, before[0]], input).0).flatten();
    // In `Number of request tokens` the metric ends with the next word.
    let continues = after.clone().next().is_some_and(|next| next.is("tokens"));
    metric.filter(|_| !continues).map(|metric| Mention { metric: Some(metric), ..Mention::default() })
}

/// The words before the amount of a limit.
const BEFORE_AMOUNTS: [&str; 9] = ["of", "to", "is", "limit", "exceeded", "max", "maximum", "at", "quota"];

/// Adjectives of windows, with the seconds of each.
const ADJECTIVES: [(&str, u64); 4] =
    [("hourly", 3_600), ("daily", 86_400), ("weekly", 7 * 86_400), ("monthly", 31 * 86_400)];

/// Whether one of the four words before a window, or after it in the same sentence, is a word for a limit.
fn is_near_limit(before: &[Word<'_>; 6], after: &Words<'_>) -> bool {
    const LIMITS: [&str; 9] =
        ["limit", "limits", "quota", "quotas", "allocation", "allowance", "cap", "usage", "budget"];
    let is = |word: &Word<'_>| LIMITS.iter().any(|limit| word.is(limit));
    let mut after = after.clone().take(4).take_while(|word| !word.begins_sentence());
    after.any(|word| is(&word)) || before[..4].iter().any(is)
}

/// Returns the metric that the words before a window name, and the number of words that name it.
fn counted(before: &[Word<'_>], input: Metric) -> (Option<Metric>, usize) {
    let is = |at: usize, names: &[&str]| before.get(at).is_some_and(|word| names.iter().any(|name| word.is(name)));
    if is(0, &["tokens", "token"]) {
        return match () {
            () if is(1, &["input", "prompt"]) => (Some(input), if is(2, &["uncached"]) { 3 } else { 2 }),
            () if is(1, &["output", "completion", "generated"]) => (Some(Metric::OutputTokens), 2),
            () => (Some(Metric::Tokens), 1),
        };
    }
    if is(0, &["requests", "request", "reqs", "req", "calls", "call", "queries"]) {
        return (Some(Metric::Requests), if is(1, &["api"]) { 2 } else { 1 });
    }
    let audio = |at: usize| if is(at, &["seconds"]) { Metric::AudioSeconds } else { Metric::AudioMinutes };
    if is(0, &["audio"]) && is(1, &["of"]) {
        return (Some(audio(2)), 3);
    }
    if is(1, &["audio"]) && is(0, &["seconds", "minutes"]) {
        return (Some(audio(0)), 2);
    }
    (None, 0)
}

/// Returns the metric and the window of an abbreviation such as `TPM`, `RPD`, `ITPM` or `ASPH`.
fn abbreviated(word: &[u8], input: Metric) -> Option<(Metric, Duration)> {
    let (metric, period) = match word {
        [b'R' | b'Q', b'P', period] => (Metric::Requests, period),
        [b'T', b'P', period] => (Metric::Tokens, period),
        [b'I', b'T', b'P', period] => (input, period),
        [b'O', b'T', b'P', period] => (Metric::OutputTokens, period),
        [b'A', b'S', period] | [b'A', b'S', b'P', period] => (Metric::AudioSeconds, period),
        _ => return None,
    };
    let seconds = match period {
        b'S' => 1,
        b'M' => 60,
        b'H' => 3_600,
        b'D' => 86_400,
        _ => return None,
    };
    Some((metric, Duration::from_secs(seconds)))
}

/// Returns the amount within six words after an abbreviation: `(TPM): Limit 7000`, `TPM rate limit, current: 3025143,
/// limit: 3000000`.
fn abbreviated_amount(after: &Words<'_>) -> Option<u64> {
    let mut words = after.clone();
    for _ in 0..6 {
        let word = words.next()?;
        if abbreviated(word.text, Metric::InputTokens).is_some() {
            return None;
        }
        if let Some((limit, _)) = bounds(word, &words) {
            return Some(limit);
        }
    }
    None
}

/// Returns the amount after the word `limit`, and the requested amount, if stated: `Limit 7000, Used 0, Requested
/// ~12903`, `limit: 0`.
fn bounds(word: Word<'_>, after: &Words<'_>) -> Option<(u64, Option<u64>)> {
    let is_joined = matches!(word.gap.last(), Some(b'-' | b'_'));
    if is_joined || !["limit", "quotavalue"].iter().any(|limit| word.is(limit)) {
        return None;
    }
    let mut words = after.clone();
    let limit = words.next().filter(Word::is_value)?.number()?;
    // `limit: 0 remaining` and `limit: 0/10` state the remaining amount.
    let is_remaining = |next: Word<'_>| {
        ["remaining", "left", "of"].iter().any(|word| next.is(word))
            || next.gap.trim_ascii() == b"/" && next.number().is_some()
    };
    if words.clone().next().is_some_and(is_remaining) {
        return None;
    }
    let mut rest = words.clone().take(8).take_while(|word| !word.is("limit"));
    let requested = rest.position(|word| word.is("requested")).and_then(|at| {
        words.nth(at)?;
        words.next().filter(Word::is_value)?.number()
    });
    Some((limit, requested))
}

/// Returns the length of a unit of time in the singular, such as `minute`.
fn unit(word: Word<'_>) -> Option<Duration> {
    const UNITS: [(&[&str], u64); 6] = [
        (&["second", "sec"], 1),
        (&["minute", "min"], 60),
        (&["hour", "hr"], 3_600),
        (&["day"], 86_400),
        (&["week"], 7 * 86_400),
        (&["month"], 31 * 86_400),
    ];
    let unit = UNITS.iter().find(|(names, _)| names.iter().any(|name| word.is(name)));
    unit.map(|(_, seconds)| Duration::from_secs(*seconds))
}

/// A word or a number, with the text between it and the previous one.
#[derive(Clone, Copy, Debug)]
struct Word<'a> {
    gap: &'a [u8],
    text: &'a [u8],
}

impl<'a> Word<'a> {
    const NONE: Word<'static> = Word { gap: b"", text: b"" };

    fn is(&self, word: &str) -> bool {
        self.text.eq_ignore_ascii_case(word.as_bytes())
    }

    /// Parses a whole number, saturating at `u64::MAX`.
    fn number(&self) -> Option<u64> {
        let is_number = !self.text.is_empty() && self.text.iter().all(|byte| byte.is_ascii_digit() || *byte == b',');
        let digits = self.text.iter().filter(|byte| byte.is_ascii_digit());
        let add = |sum: u64, digit: &u8| sum.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
        is_number.then(|| digits.fold(0, add))
    }

    /// Whether it is the value of the previous word: only a colon, quotes and the like are between them.
    fn is_value(&self) -> bool {
        self.gap.iter().all(|byte| matches!(byte, b':' | b' ' | b'=' | b'"' | b'\'' | b'`' | b'\\' | b'~'))
    }

    /// Whether it begins a new sentence or a new string.
    fn begins_sentence(&self) -> bool {
        self.gap.iter().any(|byte| matches!(byte, b'.' | b';' | b'"' | b'\n'))
    }
}

/// Iterates over the words and numbers of a text.
#[derive(Clone, Debug)]
struct Words<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Words<'a> {
    type Item = Word<'a>;

    fn next(&mut self) -> Option<Word<'a>> {
        let rest = &self.text[self.at..];
        let gap = rest.iter().position(u8::is_ascii_alphanumeric)?;
        let word = &rest[gap..];
        let letters = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        let length = match digits_with_commas(word) {
            0 => letters(word),
            // A decimal number is one word, also with letters after it.
            number => match word[number..] {
                [b'.', b'0'..=b'9', ..] => number + 1 + letters(&word[number + 1..]),
                _ => number + letters(&word[number..]),
            },
        };
        self.at += gap + length;
        Some(Word { gap: &rest[..gap], text: &word[..length] })
    }
}

#[cfg(test)]
mod tests {
    use Metric::{AudioSeconds, InputTokens, OutputTokens, Requests, Tokens};

    use super::*;

    const MINUTE: u64 = 60;
    const HOUR: u64 = 3_600;
    const DAY: u64 = 86_400;
    const MONTH: u64 = 31 * DAY;

    fn stated(text: &str) -> StatedLimit {
        read(text.as_bytes(), InputTokens, |_| {})
    }

    #[track_caller]
    fn names(text: &str, metric: Option<Metric>, window: impl Into<Option<u64>>, amount: impl Into<Option<u64>>) {
        let window = window.into().map(Duration::from_secs);
        assert_eq!(stated(text).limit, Mention { metric, window, amount: amount.into() }, "{text}");
    }

    #[test]
    fn a_metric_an_amount_and_a_window() {
        names(
            "the rate limit for you (org-x) of 20,000 input tokens per minute. Please",
            Some(InputTokens),
            MINUTE,
            20_000,
        );
        names("a limit of 8,000 output tokens per minute", Some(OutputTokens), MINUTE, 8_000);
        names("which is limited to 1000 API calls / month. You", Some(Requests), MONTH, 1_000);
        names("Limit: 3 / min. Please try again", None, MINUTE, 3);
        names("Limit: 200 requests/day", Some(Requests), DAY, 200);
        names("Add credits to unlock 1000 free model requests per day", Some(Requests), DAY, None);
        names("Too many tokens per day, please wait", Some(Tokens), DAY, None);
        names("limit 'Pro Requests per day per user per tier' of service", Some(Requests), DAY, None);
        names("Tokens per minute limit exceeded - too many tokens", Some(Tokens), MINUTE, None);
        names("on seconds of audio per hour (ASPH): Limit 7200, Used 7000", Some(AudioSeconds), HOUR, None);
        names("a limit of 120 audio seconds per minute", Some(AudioSeconds), MINUTE, 120);
    }

    #[test]
    fn a_window_alone() {
        names("You have reached your daily limit.", None, DAY, None);
        names("your weekly (7-day) usage limit", None, 7 * DAY, None);
        names("Usage limit reached for 5 hour. Your limit will reset later", None, 5 * HOUR, None);
        names("5-hour usage limit reached", None, 5 * HOUR, None);
        names("Your monthly quota has been exhausted", None, MONTH, None);
        names("12-month quota", None, MONTH, None);
        names("Number of request tokens has exceeded your daily rate limit (x)", Some(Tokens), DAY, None);
        names("Number of requests has exceeded your per-minute rate limit", Some(Requests), MINUTE, None);
        names("Too many tokens, please wait before trying again.", Some(Tokens), None, None);
    }

    #[test]
    fn the_longest_window_refuses() {
        names("tokens per minute: 5, requests per day: 7, requests per hour", Some(Requests), DAY, None);
        names("on tokens per min (TPM) and requests per day (RPD)", Some(Requests), DAY, None);
    }

    #[test]
    fn other_sentences_state_no_limit() {
        for text in [
            "Rate limit reached, try again in 5 hours",
            "Please wait 1 day. Limit your use",
            "every day",
            "Too Many Requests",
            "",
        ] {
            assert_eq!(stated(text), StatedLimit::default(), "{text}");
        }
    }

    #[test]
    fn limits_of_zero_and_calls_above_a_limit() {
        for text in ["limit: 0, model: x", "Limit 0, Used 0, Requested 5", r#""quotaValue":"0""#, r#"{"limit":0}"#] {
            assert!(stated(text).is_zero, "{text}");
        }
        for text in [
            "X-RateLimit-Limit: 0",
            "limit: 05",
            "Limit 0.5",
            "limit: 10",
            "rate_limit: 0",
            "no limit. 0 left",
            "limit: 0 remaining",
            "limit: 0/10",
        ] {
            assert!(!stated(text).is_zero, "{text}");
        }
        for text in [
            "(TPM): Limit 7000, Used 0, Requested ~12903. Please",
            "Limit 7,000, Used 0, Requested 12,903",
            "Limit: 6000, Requested: 7500",
            "Limit 9, Used 1, Requested 2. Limit 7000, Used 1, Requested 7001",
        ] {
            assert!(stated(text).is_too_large, "{text}");
        }
        assert!(!stated("Limit 100000, Used 96749, Requested 19126").is_too_large);
    }

    #[test]
    fn every_limit_with_an_amount_is_reported() {
        let mut reported = Vec::new();
        let text = "TPM rate limit, current: 3025143, limit: 3000000; on requests per min (RPM): Limit 3, and (ASPH): Limit 7200";
        read(text.as_bytes(), InputTokens, |mention| reported.push((mention.metric.unwrap(), mention.amount.unwrap())));
        assert_eq!(reported, [(Tokens, 3_000_000), (Requests, 3), (AudioSeconds, 7_200)]);
    }
}
