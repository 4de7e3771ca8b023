//! What is to be written is checked before anything is: it makes tables, and reads back as what it was written from.

use ratebook_ingest::interpret::Interpreter;
use ratebook_ingest::{Decisions, Reading, distilled};
use ratebook_source::{PolicySource, ProviderSource, validate};

/// The text of `page.md`, from which the same limits must be read as from the vendor's page.
pub(crate) fn page_text(reading: &Reading, interpreter: &Interpreter, decisions: &Decisions) -> Result<String, String> {
    let text = distilled::write(&reading.page);
    let page = distilled::parse(&text).map_err(|error| format!("page.md would not read back: {error}"))?;
    if page != reading.page {
        return Err("page.md would read back as another page: a cell or heading of the page does not fit it".into());
    }
    let again = interpreter.read_distilled(&page, decisions).source;
    if again != reading.source {
        return Err("other limits would be read from page.md than from the page: a fact is lost on the way".into());
    }
    Ok(text)
}

/// The source must make tables, and it and the policy must read back as they are written.
pub(crate) fn source_and_policy(source: &ProviderSource, policy: Option<&PolicySource>) -> Result<(), Vec<String>> {
    let mut problems: Vec<String> = validate(source).iter().map(ToString::to_string).collect();
    let back = ProviderSource::parse(&source.write())
        .and_then(|mut back| back.parse_lines(&source.write_lines()).map(|()| back));
    match back {
        Ok(back) if back == *source => {}
        Ok(_) => problems.push("limits.tsv would read back otherwise: a name holds a tab or line break".into()),
        Err(error) => problems.push(format!("limits.tsv would not read back: {error}")),
    }
    if let Some(policy) = policy {
        match PolicySource::parse(&policy.write()) {
            Ok(back) if back == *policy => {}
            Ok(_) => problems.push("policy.toml: a text holds a tab or line break: write it on one line".into()),
            Err(error) => problems.push(format!("policy.toml: an empty text or list: {error}")),
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratebook_source::{Amount, Limit, Metric};

    #[test]
    fn a_source_that_makes_no_tables_is_not_written() {
        let mut source = ProviderSource::new("acme");
        source.limits = vec![Limit::model("rocket", Metric::Requests, Amount::Count(1)); 2];
        assert!(source_and_policy(&source, None).unwrap_err()[0].contains("stands twice"));
    }

    #[test]
    fn a_text_that_would_read_back_otherwise_is_not_written() {
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
