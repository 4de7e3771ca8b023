//! `policy.toml`: how a vendor enforces, as a person wrote it down.

use ratebook_source::PolicySource;

/// Reads a `policy.toml`.
///
/// # Errors
/// When the text is not the format; the message shows the place.
pub fn parse(text: &str) -> Result<PolicySource, toml::de::Error> {
    toml::from_str(text)
}

#[cfg(test)]
mod tests {
    use ratebook_source::Calendar;

    use super::*;

    const LEAST: &str = "scope = \"account\"\nwindow = \"unstated\"\ncalendar = \"utc\"\ngrowth_protection = false\n";

    #[test]
    fn what_the_file_leaves_out_stays_unstated() {
        let policy = parse(LEAST).unwrap();
        assert_eq!(policy, PolicySource { calendar: Calendar::Utc, ..PolicySource::new() });
    }

    #[test]
    fn an_unknown_word_is_refused_with_the_known_ones() {
        let error = parse(&LEAST.replace("account", "team")).unwrap_err().to_string();
        assert!(error.contains("`team` is no scope") && error.contains("project"), "{error}");
        assert!(parse(&format!("{LEAST}burst = 5\n")).is_err());
    }
}
