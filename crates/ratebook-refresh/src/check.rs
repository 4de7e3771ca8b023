//! Checks before anything is written: the source must be valid, and every file must parse back to what it was written from.

use ratebook_ingest::engine::Inputs;
use ratebook_ingest::recipe::RecipePage;
use ratebook_ingest::{ProviderReader, Reading, fact_page};
use ratebook_source::{PolicySource, ProviderSource, validate};

/// Returns the text of the fact page. It must give the same limits as the vendor's page.
pub(crate) fn page_text(
    reading: &Reading,
    provider: &ProviderReader,
    recipe_page: &RecipePage,
    inputs: Inputs<'_>,
) -> Result<String, String> {
    let text = fact_page::write(&reading.page);
    let page = fact_page::parse(&text).map_err(|error| format!("the fact page does not parse back: {error}"))?;
    if page != reading.page {
        return Err("the fact page parses back to another page: its format cannot represent a cell or heading".into());
    }
    let again = provider.read_page_facts(recipe_page, &page, inputs).source;
    if again != reading.source {
        return Err("the fact page gives other limits than the vendor's page: the extraction loses a fact".into());
    }
    Ok(text)
}

/// Checks that the source is valid, and that the source and the policy parse back from their files.
pub(crate) fn source_and_policy(source: &ProviderSource, policy: Option<&PolicySource>) -> Result<(), Vec<String>> {
    let mut problems: Vec<String> = validate(source).iter().map(ToString::to_string).collect();
    let back = ProviderSource::parse(&source.write()).and_then(|mut back| {
        back.parse_lines(&source.write_lines())?;
        back.parse_names(&source.write_names())?;
        Ok(back)
    });
    match back {
        Ok(back) if back == *source => {}
        Ok(_) => problems.push("limits.tsv parses back to other limits: a name has a tab or line break".into()),
        Err(error) => problems.push(format!("limits.tsv does not parse back: {error}")),
    }
    if let Some(policy) = policy {
        match PolicySource::parse(&policy.write()) {
            Ok(back) if back == *policy => {}
            Ok(_) => problems.push("policy.toml: a text has a tab or line break: write it on one line".into()),
            Err(error) => problems.push(format!("policy.toml: a text or list is empty: {error}")),
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratebook_source::{Amount, Limit, Metric};

    #[test]
    fn an_invalid_source_is_not_written() {
        let mut source = ProviderSource::new("acme");
        source.limits = vec![Limit::model("rocket", Metric::Requests, Amount::Count(1)); 2];
        assert!(source_and_policy(&source, None).unwrap_err()[0].contains("is stated twice"));
    }

    #[test]
    fn a_text_that_does_not_parse_back_is_not_written() {
        let mut source = ProviderSource::new("acme");
        source.limits = vec![Limit::model("rocket\t1", Metric::Requests, Amount::Count(1))];
        assert!(source_and_policy(&source, None).is_err());
        let mut policy = PolicySource::new();
        policy.notes = vec!["two\nlines".into()];
        assert!(source_and_policy(&ProviderSource::new("acme"), Some(&policy)).is_err());
        policy.notes = vec![String::new()];
        assert!(source_and_policy(&ProviderSource::new("acme"), Some(&policy)).is_err());
    }
}
