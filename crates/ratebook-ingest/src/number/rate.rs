//! Rates: an amount of a unit in a period.

use ratebook_source::Period;

use super::{FOOTNOTES, NumberError, count, digits_len, error, suffix, unit};

/// An amount of a unit in a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rate {
    /// The amount, in units of `unit`.
    pub amount: u64,
    /// The unit in lowercase, in the spelling of the text: `requests`, `reqs`. Empty if the text has none.
    pub unit: String,
    /// The period.
    pub per: Period,
    /// Whether the limit in force may be lower (`up to`).
    pub ceiling: bool,
}

/// Parses a rate: `2 per minute`, `720 requests per minute`, `300 reqs/min`, `20/min`, `300/10s`, `3 QPS`, `10kTPM`,
/// `2 次/分钟`, `$50/mo`.
///
/// # Errors
/// Returns an error if the text has anything else, so no qualifier is lost.
pub fn rate(text: &str) -> Result<Rate, NumberError> {
    let expected = "a rate such as 720 requests per minute";
    let lower = text.trim().trim_end_matches('.').trim_end_matches(FOOTNOTES).to_lowercase();
    let (ceiling, body) = match lower.strip_prefix("up to ") {
        Some(body) => (true, body),
        None => (false, lower.as_str()),
    };
    let digits = body.trim_start_matches('$');
    let len = digits_len(digits);
    let len = len + suffix(&digits[len..]).map_or(0, |(len, _)| len);
    let (number, words) = digits.split_at(len);
    // `k` after a space is a suffix only before a unit: `2.5 kTPM`.
    let amount = count(&number.replace(' ', "")).map_err(|_| error(text, expected))?;
    let words = words.trim();
    let short = unit::of_rate(words);
    if let Some((unit, per)) = short {
        return Ok(Rate { amount, unit: unit.to_owned(), per, ceiling });
    }
    let (unit, period) = words
        .split_once('/')
        .or_else(|| words.split_once(" per "))
        .or_else(|| words.strip_prefix("per ").map(|period| ("", period)))
        .ok_or_else(|| error(text, expected))?;
    let per = unit::window(period).ok_or_else(|| error(text, expected))?;
    Ok(Rate { amount, unit: unit.trim().to_owned(), per, ceiling })
}

/// Splits a text at the slashes between two rates, as in `20RPM/300RPD`. The slash of `300/10s` is a part of its rate.
pub(crate) fn split_at_slashes(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, _) in text.match_indices('/') {
        let word = text[start..at].trim_end().rsplit(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
        // `kTPM` of `10kTPM`.
        let bare = word.strip_prefix(['k', 'K', 'm', 'M', 'b', 'B']).unwrap_or_default();
        let begins_number = text[at + 1..].trim_start().starts_with(|c: char| c.is_ascii_digit());
        if begins_number && (unit::is_rate_unit(word) || unit::is_rate_unit(bare)) {
            parts.push(&text[start..at]);
            start = at + 1;
        }
    }
    parts.push(&text[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_rate(text: &str, amount: u64, unit: &str, per: Option<Period>) {
        let rate = rate(text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((rate.amount, rate.unit.as_str(), Some(rate.per)), (amount, unit, per), "{text}");
    }

    #[test]
    fn rates_are_read_in_every_wording() {
        let minute = Some(Period::Minute);
        assert_rate("720 requests per minute", 720, "requests", minute);
        assert_rate("300 reqs/min", 300, "reqs", minute);
        assert_rate("1,500 requests/minute.", 1_500, "requests", minute);
        assert_rate("20/min", 20, "", minute);
        assert_rate("2 per second", 2, "", Some(Period::Second));
        assert_rate("3 QPS", 3, "requests", Some(Period::Second));
        assert_rate("2 次/分钟", 2, "次", minute);
        assert_rate("$5,000/mo", 5_000, "", Some(Period::Month));
        assert!(rate("up to 60 requests per minute").unwrap().ceiling);
        assert!(rate("60 requests per minute unless agreed otherwise").is_err());
        assert!(rate("-1 80 reqs/min").is_err());
    }

    #[test]
    fn a_unit_directly_after_its_number_is_read() {
        let minute = Some(Period::Minute);
        assert_rate("300RPM", 300, "requests", minute);
        assert_rate("10kTPM", 10_000, "tokens", minute);
        assert_rate("1MTPM", 1_000_000, "tokens", minute);
        assert_rate("2.5 kTPM", 2_500, "tokens", minute);
        assert_rate("40KITPM", 40_000, "input tokens", minute);
        assert_rate("60requests/min", 60, "requests", minute);
        assert_rate("300/10s", 300, "", Period::from_seconds(10));
        assert_rate("300 / 10 seconds", 300, "", Period::from_seconds(10));
        assert_rate("5RPH", 5, "requests", Some(Period::Hour));
        for text in ["300RPMs", "10kkTPM", "300/10", "20RPM/300RPD", "1.5RPM", "RPM", "300/0s", "5 TPS"] {
            assert!(rate(text).is_err(), "{text}");
        }
    }

    #[test]
    fn rates_are_split_at_the_slash_between_them() {
        assert_eq!(split_at_slashes("20RPM/300RPD"), ["20RPM", "300RPD"]);
        assert_eq!(split_at_slashes("10kTPM / 5 RPM"), ["10kTPM ", " 5 RPM"]);
        for text in ["300/10s", "60 requests/min", "RPM/TPM", "20/min/300/day"] {
            assert_eq!(split_at_slashes(text), [text]);
        }
    }
}
