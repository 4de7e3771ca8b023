//! Lengths of time in prose: `15 minutes`, `an hour`.

/// Returns the seconds of a length of time such as `15 minutes`, `2 h`, `an hour` or `minute`. `None` if the text is another,
/// or if the number of seconds is 2³² or more.
pub(crate) fn seconds(text: &str) -> Option<u32> {
    let text = text.trim().to_lowercase();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (count, unit) = match (digits, text.split_once(' ')) {
        (0, Some(("a" | "an" | "one", unit))) => (1, unit),
        (0, _) => (1, text.as_str()),
        (digits, _) => (text[..digits].parse().ok()?, text[digits..].trim_start().trim_start_matches('-')),
    };
    let length: u32 = match unit {
        "second" | "seconds" | "sec" | "s" => 1,
        "minute" | "minutes" | "min" | "mins" => 60,
        "hour" | "hours" | "hr" | "hrs" | "h" => 3_600,
        "day" | "days" | "d" => 86_400,
        "week" | "weeks" => 604_800,
        _ => return None,
    };
    length.checked_mul(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_has_a_unit() {
        let read = [("15 minutes", 900), ("an hour", 3_600), ("minute", 60), ("2h", 7_200), ("30-day", 2_592_000)];
        for (text, length) in read {
            assert_eq!(seconds(text), Some(length), "{text}");
        }
        for text in ["", "15", "15 moons", "half an hour", "99999999 hours", "1.5 hours", "15 minutes or so"] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
