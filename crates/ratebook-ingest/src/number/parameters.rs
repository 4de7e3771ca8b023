//! Numbers of parameters of models, and ranges of them.

use super::{NumberError, count, error};

/// Parses a number of parameters, in single parameters: `8B`, `1.7b`, `600M`.
///
/// # Errors
/// Returns an error for any other text.
pub fn parameters(text: &str) -> Result<u64, NumberError> {
    let text = text.trim();
    match text.chars().next_back() {
        Some('T' | 'B' | 'b' | 'M' | 'm') => count(text),
        _ => Err(error(text, "a number of parameters such as 8B")),
    }
}

/// Parses a range of parameters, both ends inclusive, in single parameters: `≤8B`, `8B–35B`, `>35B`, `< 40B`,
/// `between 40B - 100B`, `400B – < 1.6T`. The upper end is `None` if the range has none. If two ranges share a bound, the
/// recipe assigns it to one of them.
///
/// # Errors
/// Returns an error for any other text.
pub fn parameter_range(text: &str) -> Result<(u64, Option<u64>), NumberError> {
    let expected = "a range of parameters such as ≤8B, 8B–35B or > 100B";
    let bare = text.trim();
    let open = |prefixes: &[&str]| prefixes.iter().find_map(|prefix| bare.strip_prefix(prefix)).map(parameters);
    if let Some(bound) = open(&["≤", "<="]) {
        return Ok((0, Some(bound?)));
    }
    if let Some(bound) = open(&["≥", ">="]) {
        return Ok((bound?, None));
    }
    if let Some(bound) = open(&["<"]) {
        return Ok((0, Some(bound?.saturating_sub(1))));
    }
    if let Some(bound) = open(&[">"]) {
        return Ok((bound?.saturating_add(1), None));
    }
    let bare = bare.strip_prefix("between ").unwrap_or(bare);
    let (from, to) = bare.split_once(['–', '-', '—']).ok_or_else(|| error(text, expected))?;
    let below = to.trim().strip_prefix('<').filter(|rest| !rest.starts_with('='));
    let to = match below {
        Some(bound) => parameters(bound)?.saturating_sub(1),
        None => parameters(to)?,
    };
    match (parameters(from)?, to) {
        (from, to) if from < to => Ok((from, Some(to))),
        _ => Err(error(text, expected)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_classes_are_bounded_inclusively() {
        assert_eq!(parameter_range("≤8B"), Ok((0, Some(8_000_000_000))));
        assert_eq!(parameter_range("8B–35B"), Ok((8_000_000_000, Some(35_000_000_000))));
        assert_eq!(parameter_range(">35B"), Ok((35_000_000_001, None)));
        assert_eq!(parameter_range("< 40B"), Ok((0, Some(39_999_999_999))));
        assert_eq!(parameter_range("between 40B - 100B"), Ok((40_000_000_000, Some(100_000_000_000))));
        assert!(
            parameter_range("about 8B").is_err()
                && parameter_range("35B-8B").is_err()
                && parameter_range("8-35").is_err()
        );
    }
}
