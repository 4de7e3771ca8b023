//! `policy.toml`: how a vendor enforces its limits, written by hand.

use ratebook_source::PolicySource;

/// Parses a `policy.toml`.
///
/// # Errors
/// Returns an error if the text is not in the format. The message shows the position.
pub fn parse(text: &str) -> Result<PolicySource, toml::de::Error> {
    toml::from_str(text)
}

#[cfg(test)]
mod tests {
    use ratebook_source::Calendar;

    use super::*;

    const MINIMAL: &str = "scope = \"account\"\nwindow = \"unstated\"\ncalendar = \"utc\"\ngrowth_protection = false\n";

    #[test]
    fn fields_that_the_file_omits_are_unstated() {
        let policy = parse(MINIMAL).unwrap();
        assert_eq!(policy, PolicySource { calendar: Calendar::Utc, ..PolicySource::new() });
    }

    #[test]
    fn the_error_of_an_unknown_word_lists_the_known_ones() {
        let error = parse(&MINIMAL.replace("account", "team")).unwrap_err().to_string();
        assert!(error.contains("unknown scope `team`") && error.contains("project"), "{error}");
        assert!(parse(&format!("{MINIMAL}burst = 5\n")).is_err());
    }
}
