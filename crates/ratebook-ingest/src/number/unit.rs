//! Units of rates: words that name a metric with its window, and the units that texts write directly after a number.

use ratebook_source::Period;

/// The metric's unit and the window of a word such as `RPM`, without regard to case. `None` if the word is another, or if
/// its meaning differs between vendors: `TPS` is tokens or transactions a second.
pub(super) fn of_rate(word: &str) -> Option<(&'static str, Period)> {
    const KNOWN: [(&str, &str, Period); 18] = [
        ("rps", "requests", Period::Second),
        ("qps", "requests", Period::Second),
        ("rpm", "requests", Period::Minute),
        ("qpm", "requests", Period::Minute),
        ("rph", "requests", Period::Hour),
        ("qph", "requests", Period::Hour),
        ("rpd", "requests", Period::Day),
        ("qpd", "requests", Period::Day),
        ("tpm", "tokens", Period::Minute),
        ("tph", "tokens", Period::Hour),
        ("tpd", "tokens", Period::Day),
        ("itpm", "input tokens", Period::Minute),
        ("itpd", "input tokens", Period::Day),
        ("otpm", "output tokens", Period::Minute),
        ("otpd", "output tokens", Period::Day),
        ("ipm", "images", Period::Minute),
        ("ash", "audio seconds", Period::Hour),
        ("asd", "audio seconds", Period::Day),
    ];
    let lower = word.to_ascii_lowercase();
    KNOWN.into_iter().find(|(known, ..)| *known == lower).map(|(_, unit, per)| (unit, per))
}

/// Returns whether a word is a metric with its window, such as `RPM`, without regard to case.
pub(crate) fn is_rate_unit(word: &str) -> bool {
    let has_several_meanings = |word: &str| matches!(word, "tps" | "ipd");
    of_rate(word).is_some() || has_several_meanings(&word.to_ascii_lowercase())
}

/// Returns the length in bytes of the unit with which a text begins, as in `300RPM`, `60requests` or `10s`. 0 if it begins
/// with another word, or with none.
pub(super) fn glued_len(text: &str) -> usize {
    let len = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
    let word = &text[..len];
    let is_metric = matches!(
        word.to_ascii_lowercase().as_str(),
        "request"
            | "requests"
            | "req"
            | "reqs"
            | "query"
            | "queries"
            | "call"
            | "calls"
            | "token"
            | "tokens"
            | "images"
    );
    // `3D` of a model's name is not three days.
    let is_time =
        matches!(word, "ms" | "s" | "sec" | "secs" | "second" | "seconds" | "min" | "mins" | "minute" | "minutes")
            || matches!(word, "h" | "hr" | "hrs" | "hour" | "hours" | "d" | "day" | "days");
    if is_rate_unit(word) || is_metric || is_time { len } else { 0 }
}

/// Returns the window of a text: `minute`, `min`, `10s`, `10 seconds`, `24h`. `None` if it names none.
pub(super) fn window(text: &str) -> Option<Period> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (count, word) = text.split_at(digits);
    let named = match word.trim_start() {
        "s" | "sec" | "second" | "秒" => Some(Period::Second),
        "min" | "minute" | "m" | "分钟" => Some(Period::Minute),
        "h" | "hr" | "hour" | "小时" => Some(Period::Hour),
        "day" | "d" | "天" => Some(Period::Day),
        "mo" | "month" | "月" => Some(Period::Month),
        "secs" | "seconds" if !count.is_empty() => Some(Period::Second),
        "mins" | "minutes" if !count.is_empty() => Some(Period::Minute),
        "hrs" | "hours" if !count.is_empty() => Some(Period::Hour),
        "days" if !count.is_empty() => Some(Period::Day),
        _ => None,
    }?;
    match (count, named) {
        ("" | "1", named) => Some(named),
        // Months differ in length.
        (_, Period::Month) => None,
        (count, named) => {
            let seconds = count.parse::<u64>().ok()?.checked_mul(named.seconds())?;
            Period::from_seconds(u32::try_from(seconds).ok()?)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_may_have_a_count() {
        assert_eq!(window("min"), Some(Period::Minute));
        assert_eq!(window("1 minute"), Some(Period::Minute));
        assert_eq!(window("10s"), Period::from_seconds(10));
        assert_eq!(window("10 seconds"), Period::from_seconds(10));
        assert_eq!(window("60s"), Some(Period::Minute));
        assert_eq!(window("24h"), Period::from_seconds(86_400));
        for text in ["", "10", "s10", "seconds", "2 months", "0s", "99999999999h", "1.5s", "fortnight"] {
            assert_eq!(window(text), None, "{text}");
        }
    }

    #[test]
    fn a_unit_is_a_whole_word() {
        assert_eq!(glued_len("RPM/300RPD"), 3);
        assert_eq!(glued_len("s"), 1);
        for text in ["RPMs", "D", "B", "", "x2", "sx"] {
            assert_eq!(glued_len(text), 0, "{text}");
        }
    }
}
