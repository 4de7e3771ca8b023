//! Sentences in which any vendor's refusal may name the limit that refuses.
//!
//! `… of 20,000 input tokens per minute`, `on tokens per day (TPD): Limit 500000, Used 499000, Requested 3006`,
//! `your daily rate limit`, `Usage limit reached for 5 hour`. What is read is a metric, a window, an amount, and whether the
//! limit is of nothing or the call is larger than it. The longest window that is named is the one that refuses.

use std::time::Duration;

use ratebook::Metric;

use super::value::{LONGEST, digits_with_commas};

/// A limit that a sentence names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mention {
    pub(super) metric: Option<Metric>,
    pub(super) window: Option<Duration>,
    /// How much it allows, in units of the metric.
    pub(super) amount: Option<u64>,
}

/// What a body says of the limit that refuses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    /// That with the longest window; without one, the first that has a metric.
    pub(super) limit: Mention,
    /// A limit is zero.
    pub(super) is_zero: bool,
    /// The call asks for more than a limit allows.
    pub(super) is_too_large: bool,
}

/// Reads the sentences of a body. `input` is what input tokens are counted as. Each limit with an amount is told.
pub(super) fn read(text: &[u8], input: Metric, mut tell: impl FnMut(Mention)) -> Said {
    let mut said = Said::default();
    let mut words = Words { text, at: 0 };
    // The words before: the last one first.
    let mut before = [Word::NONE; 6];
    while let Some(word) = words.next() {
        if let Some(mention) = mention(word, &before, &words, input) {
            if mention.amount.is_some_and(|amount| amount > 0) && mention.window.is_some() {
                tell(mention);
            }
            let is_longer = mention.window > said.limit.window;
            let first = said.limit.metric.filter(|_| said.limit.window.is_none());
            if is_longer {
                said.limit = Mention { metric: mention.metric.or(first), ..mention };
            } else if said.limit.metric.is_none() {
                said.limit.metric = mention.metric;
            }
        }
        if let Some((limit, requested)) = bounds(word, &words) {
            said.is_zero |= limit == 0;
            said.is_too_large |= requested.is_some_and(|requested| requested > limit);
        }
        before.rotate_right(1);
        before[0] = word;
    }
    said
}

/// The limit that a word names, with those before it and behind.
fn mention(word: Word<'_>, before: &[Word<'_>; 6], behind: &Words<'_>, input: Metric) -> Option<Mention> {
    if let Some((metric, window)) = abbreviated(word.text, input) {
        let amount = abbreviated_amount(behind).map(|amount| in_units(amount, metric, word.text.starts_with(b"A")));
        return Some(Mention { metric: Some(metric), window: Some(window), amount });
    }
    if let Some(window) = unit(word) {
        // `requests per minute`, `requests/min`; `50 per 86400s` is read as far as it goes.
        let per = if word.gap.trim_ascii() == b"/" { Some(0) } else { before[0].is("per").then_some(1) };
        if let Some(skipped) = per {
            let (metric, length, in_seconds) = counted(&before[skipped..], input);
            let amount = before.get(skipped + length).zip(before.get(skipped + length + 1));
            let amount = amount.filter(|(_, lead)| AMOUNTS_FOLLOW.iter().any(|follow| lead.is(follow)));
            let amount = amount.and_then(|(number, _)| number.number());
            let amount = amount.map(|amount| metric.map_or(amount, |metric| in_units(amount, metric, in_seconds)));
            return Some(Mention { metric, window: Some(window), amount });
        }
        // `5-hour limit`, `limit reached for 5 hour`; not `again in 5 hours`.
        let count = before[0].number().filter(|count| (1..=366).contains(count));
        let is_wait = ["in", "after", "wait", "another"].iter().any(|wait| before[1].is(wait));
        if let Some(count) = count.filter(|_| !is_wait && is_of_limit(before, behind)) {
            let window = window.saturating_mul(u32::try_from(count).ok()?).min(LONGEST);
            return Some(Mention { metric: None, window: Some(window), amount: None });
        }
        return None;
    }
    let adjective = ADJECTIVES.iter().find(|(name, _)| word.is(name)).map(|(_, window)| *window);
    if let Some(window) = adjective.filter(|_| is_of_limit(before, behind)) {
        return Some(Mention { metric: None, window: Some(Duration::from_secs(window)), amount: None });
    }
    // `Number of request tokens has exceeded …`, `Too many tokens, …`.
    let counts = before[0].is("many") && before[1].is("too") && word.is("tokens")
        || before[..2].iter().any(|word| word.is("of")) && before[..3].iter().any(|word| word.is("number"));
    let metric = counts.then(|| counted(&[word, before[0]], input).0).flatten();
    // `Number of request tokens`: not yet the last word of it.
    let goes_on = behind.clone().next().is_some_and(|next| next.is("tokens"));
    metric.filter(|_| !goes_on).map(|metric| Mention { metric: Some(metric), ..Mention::default() })
}

/// The words that an amount of a limit follows.
const AMOUNTS_FOLLOW: [&str; 9] = ["of", "to", "is", "limit", "exceeded", "max", "maximum", "at", "quota"];

const ADJECTIVES: [(&str, u64); 4] =
    [("hourly", 3_600), ("daily", 86_400), ("weekly", 7 * 86_400), ("monthly", 31 * 86_400)];

/// Whether a word beside a window is of a limit, in the same sentence.
fn is_of_limit(before: &[Word<'_>; 6], behind: &Words<'_>) -> bool {
    const LIMITS: [&str; 9] =
        ["limit", "limits", "quota", "quotas", "allocation", "allowance", "cap", "usage", "budget"];
    let is = |word: &Word<'_>| LIMITS.iter().any(|limit| word.is(limit));
    let mut after = behind.clone().take(4).take_while(|word| !word.begins_sentence());
    after.any(|word| is(&word)) || before[..4].iter().any(is)
}

/// What the words before a window count, how many of them that takes, and whether it is counted in seconds of audio.
fn counted(before: &[Word<'_>], input: Metric) -> (Option<Metric>, usize, bool) {
    let is = |at: usize, names: &[&str]| before.get(at).is_some_and(|word| names.iter().any(|name| word.is(name)));
    if is(0, &["tokens", "token"]) {
        return match () {
            () if is(1, &["input", "prompt"]) => (Some(input), if is(2, &["uncached"]) { 3 } else { 2 }, false),
            () if is(1, &["output", "completion", "generated"]) => (Some(Metric::OutputTokens), 2, false),
            () => (Some(Metric::Tokens), 1, false),
        };
    }
    if is(0, &["requests", "request", "reqs", "req", "calls", "call", "queries"]) {
        return (Some(Metric::Requests), if is(1, &["api"]) { 2 } else { 1 }, false);
    }
    if is(0, &["audio"]) && is(1, &["of"]) {
        return (Some(Metric::AudioMinutes), 3, is(2, &["seconds"]));
    }
    if is(1, &["audio"]) && is(0, &["seconds", "minutes"]) {
        return (Some(Metric::AudioMinutes), 2, is(0, &["seconds"]));
    }
    (None, 0, false)
}

/// An amount in units of its metric: audio is counted in minutes.
const fn in_units(amount: u64, metric: Metric, in_seconds: bool) -> u64 {
    if in_seconds && matches!(metric, Metric::AudioMinutes) { amount / 60 } else { amount }
}

/// What an abbreviation such as `TPM`, `RPD`, `ITPM` or `ASPH` counts, and over how long.
fn abbreviated(word: &[u8], input: Metric) -> Option<(Metric, Duration)> {
    let (metric, period) = match word {
        [b'R' | b'Q', b'P', period] => (Metric::Requests, period),
        [b'T', b'P', period] => (Metric::Tokens, period),
        [b'I', b'T', b'P', period] => (input, period),
        [b'O', b'T', b'P', period] => (Metric::OutputTokens, period),
        [b'A', b'S', period] | [b'A', b'S', b'P', period] => (Metric::AudioMinutes, period),
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

/// The amount behind an abbreviation: `(TPM): Limit 7000`, `TPM rate limit, current: 3025143, limit: 3000000`.
fn abbreviated_amount(behind: &Words<'_>) -> Option<u64> {
    let mut words = behind.clone();
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

/// A limit's amount at its word, and how much the call asks for: `Limit 7000, Used 0, Requested ~12903`, `limit: 0`.
fn bounds(word: Word<'_>, behind: &Words<'_>) -> Option<(u64, Option<u64>)> {
    let is_joined = matches!(word.gap.last(), Some(b'-' | b'_'));
    if is_joined || !["limit", "quotavalue"].iter().any(|limit| word.is(limit)) {
        return None;
    }
    let mut words = behind.clone();
    let limit = words.next().filter(Word::is_value)?.number()?;
    // `limit: 0 remaining`, `limit: 0/10`: how much of it is left.
    let is_rest = |next: Word<'_>| {
        ["remaining", "left", "of"].iter().any(|word| next.is(word))
            || next.gap.trim_ascii() == b"/" && next.number().is_some()
    };
    if words.clone().next().is_some_and(is_rest) {
        return None;
    }
    let mut rest = words.clone().take(8).take_while(|word| !word.is("limit"));
    let requested = rest.position(|word| word.is("requested")).and_then(|at| {
        words.nth(at)?;
        words.next().filter(Word::is_value)?.number()
    });
    Some((limit, requested))
}

/// The length of a window's unit.
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

/// A word or a number, with what stands between it and the one before.
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

    /// A whole number, as far as it can be held.
    fn number(&self) -> Option<u64> {
        let is_number = !self.text.is_empty() && self.text.iter().all(|byte| byte.is_ascii_digit() || *byte == b',');
        let digits = self.text.iter().filter(|byte| byte.is_ascii_digit());
        let add = |sum: u64, digit: &u8| sum.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
        is_number.then(|| digits.fold(0, add))
    }

    /// Whether it is the value of the word before: nothing but a colon and the like stands between.
    fn is_value(&self) -> bool {
        self.gap.iter().all(|byte| matches!(byte, b':' | b' ' | b'=' | b'"' | b'\'' | b'`' | b'\\' | b'~'))
    }

    fn begins_sentence(&self) -> bool {
        self.gap.iter().any(|byte| matches!(byte, b'.' | b';' | b'"' | b'\n'))
    }
}

/// The words and numbers of a text.
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
            // A decimal number is one word, and so is what else goes on behind a number.
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
    use Metric::{AudioMinutes, InputTokens, OutputTokens, Requests, Tokens};

    use super::*;

    const MINUTE: u64 = 60;
    const HOUR: u64 = 3_600;
    const DAY: u64 = 86_400;
    const MONTH: u64 = 31 * DAY;

    fn said(text: &str) -> Said {
        read(text.as_bytes(), InputTokens, |_| {})
    }

    #[track_caller]
    fn names(text: &str, metric: Option<Metric>, window: impl Into<Option<u64>>, amount: impl Into<Option<u64>>) {
        let window = window.into().map(Duration::from_secs);
        assert_eq!(said(text).limit, Mention { metric, window, amount: amount.into() }, "{text}");
    }

    #[test]
    fn so_much_of_a_metric_over_a_window() {
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
        names("on seconds of audio per hour (ASPH): Limit 7200, Used 7000", Some(AudioMinutes), HOUR, None);
        names("a limit of 120 audio seconds per minute", Some(AudioMinutes), MINUTE, 2);
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
    fn what_names_no_limit() {
        for text in [
            "Rate limit reached, try again in 5 hours",
            "Please wait 1 day. Limit your use",
            "every day",
            "Too Many Requests",
            "",
        ] {
            assert_eq!(said(text), Said::default(), "{text}");
        }
    }

    #[test]
    fn limits_of_zero_and_calls_above_a_limit() {
        for text in ["limit: 0, model: x", "Limit 0, Used 0, Requested 5", r#""quotaValue":"0""#, r#"{"limit":0}"#] {
            assert!(said(text).is_zero, "{text}");
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
            assert!(!said(text).is_zero, "{text}");
        }
        for text in [
            "(TPM): Limit 7000, Used 0, Requested ~12903. Please",
            "Limit 7,000, Used 0, Requested 12,903",
            "Limit: 6000, Requested: 7500",
            "Limit 9, Used 1, Requested 2. Limit 7000, Used 1, Requested 7001",
        ] {
            assert!(said(text).is_too_large, "{text}");
        }
        assert!(!said("Limit 100000, Used 96749, Requested 19126").is_too_large);
    }

    #[test]
    fn amounts_are_told() {
        let mut told = Vec::new();
        let text = "TPM rate limit, current: 3025143, limit: 3000000; on requests per min (RPM): Limit 3, and (ASPH): Limit 7200";
        read(text.as_bytes(), InputTokens, |mention| told.push((mention.metric.unwrap(), mention.amount.unwrap())));
        assert_eq!(told, [(Tokens, 3_000_000), (Requests, 3), (AudioMinutes, 120)]);
    }
}
