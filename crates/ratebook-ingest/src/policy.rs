//! `policy.toml`: how a vendor enforces its limits, written by hand.

use ratebook_source::PolicySource;
use serde::de::Error as _;

/// Parses a `policy.toml`.
///
/// # Errors
/// Returns an error if the text is not in the format, or if a pattern of models has two `*`. The message shows the position.
pub fn parse(text: &str) -> Result<PolicySource, toml::de::Error> {
    let policy: PolicySource = toml::from_str(text)?;
    match policy.output_weights.iter().find(|weight| weight.models.matches('*').count() > 1) {
        Some(weight) => {
            let models = &weight.models;
            Err(toml::de::Error::custom(format!("expected a pattern of models with at most one `*`, found `{models}`")))
        }
        None => Ok(policy),
    }
}

#[cfg(test)]
mod tests {
    use ratebook_source::Calendar;

    use super::*;

    const MINIMAL: &str =
        "scope = \"account\"\nwindow = \"unstated\"\ncalendar = \"utc\"\nacceleration_limit = false\n";

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

    #[test]
    fn a_pattern_of_models_has_at_most_one_star() {
        let weight = |models: &str| parse(&format!("{MINIMAL}[[output_weight]]\nmodels = \"{models}\"\ntokens = 5\n"));
        assert_eq!(weight("claude-*").unwrap().output_weights[0].tokens, 5);
        let error = weight("*claude-*").unwrap_err().to_string();
        assert!(error.contains("at most one `*`, found `*claude-*`"), "{error}");
    }
}
