//! The generated passages of README.md and COMPARE.md: what the catalog has.
//!
//! A passage stands between `<!-- catalog:NAME -->` and `<!-- end -->`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use miette::miette;
use ratebook_codegen::ProviderInput;

use super::catalog::entries;

const BEGINS: &str = "<!-- catalog:";
const ENDS: &str = "<!-- end -->";

/// The passages by name.
pub(crate) struct Overview {
    /// The number of providers.
    providers: String,
    /// The names of the providers, sorted.
    names: String,
    /// The number of limits.
    limits: String,
    /// A row for each provider.
    table: String,
}

impl Overview {
    /// Returns the passages for a catalog.
    pub(crate) fn new(providers: &[ProviderInput]) -> Self {
        let names: Vec<String> = providers.iter().map(|provider| format!("`{}`", provider.source.provider)).collect();
        let limits: usize = providers.iter().map(|provider| provider.source.limits.len()).sum();
        Self {
            providers: providers.len().to_string(),
            names: names.join(", "),
            limits: thousands(limits),
            table: table(providers),
        }
    }

    /// Returns the text with its passages replaced.
    ///
    /// # Errors
    /// Returns an error if the text has no passage, or one with an unknown name or without an end.
    pub(crate) fn fill(&self, file: &str, text: &str) -> miette::Result<String> {
        let mut parts = text.split(BEGINS);
        let mut filled = parts.next().unwrap_or_default().to_owned();
        let mut count = 0;
        for part in parts {
            let wanted = || miette!("{file}: expected `{BEGINS}NAME --> … {ENDS}`, found `{BEGINS}{:.40}`", part);
            let (name, rest) = part.split_once(" -->").ok_or_else(wanted)?;
            let (_, after) = rest.split_once(ENDS).ok_or_else(wanted)?;
            let passage = match name {
                "providers" => &self.providers,
                "names" => &self.names,
                "limits" => &self.limits,
                "table" => &self.table,
                _ => return Err(miette!("{file}: expected `providers`, `names`, `limits` or `table`, found `{name}`")),
            };
            let _ = write!(filled, "{BEGINS}{name} -->{passage}{ENDS}{after}");
            count += 1;
        }
        if count == 0 {
            return Err(miette!("{file}: expected a passage `{BEGINS}NAME --> … {ENDS}`"));
        }
        Ok(filled)
    }
}

fn table(providers: &[ProviderInput]) -> String {
    let mut table = String::from(
        "\n| provider | limits | entries | regions | plans | page dated | state | counted per | headers | refusals |\n\
         |---|---:|---:|---:|---:|---|---|---|---:|---:|\n",
    );
    for ProviderInput { source, policy } in providers {
        let page = source.main_page();
        let name = match page.and_then(|page| page.url.as_ref()) {
            Some(url) => format!("[`{}`]({url})", source.provider),
            None => format!("`{}`", source.provider),
        };
        let of_limits = source.limits.iter().filter_map(|limit| limit.region.as_deref());
        let served = source.regions.iter().map(|region| region.name.as_str());
        let regions: BTreeSet<&str> = of_limits.chain(served).collect();
        let is_partial = page.is_some_and(|page| page.is_partial);
        let _ = writeln!(
            table,
            "| {name} | {} | {} | {} | {} | {} | {}{} | {} | {} | {} |",
            thousands(source.limits.len()),
            entries(&source.limits).len(),
            regions.len(),
            source.plans.len(),
            page.and_then(|page| page.date).map_or_else(|| "undated".to_owned(), |date| date.to_string()),
            source.state,
            if is_partial { ", an excerpt" } else { "" },
            policy.scope,
            policy.headers.len(),
            policy.responses.len(),
        );
    }
    table
}

/// Writes a number with a comma between thousands.
fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overview() -> Overview {
        let [providers, names, limits, table] = ["2", "`a`, `b`", "1,165", "\n| a |\n"].map(str::to_owned);
        Overview { providers, names, limits, table }
    }

    #[test]
    fn passages_are_replaced_and_the_text_around_them_stays() {
        let text = "Of <!-- catalog:providers -->9<!-- end --> providers:\n<!-- catalog:table --><!-- end -->\nEnd\n";
        let filled = overview().fill("README.md", text).unwrap();
        let expected =
            "Of <!-- catalog:providers -->2<!-- end --> providers:\n<!-- catalog:table -->\n| a |\n<!-- end -->\nEnd\n";
        assert_eq!(filled, expected);
        assert_eq!(overview().fill("README.md", &filled).unwrap(), expected);
    }

    #[test]
    fn unknown_unclosed_and_missing_passages_are_errors() {
        for text in ["<!-- catalog:prices --><!-- end -->", "<!-- catalog:limits -->", "no passage"] {
            assert!(overview().fill("README.md", text).is_err(), "{text}");
        }
    }

    #[test]
    fn thousands_have_commas() {
        assert_eq!([7, 100, 1_000, 1_234_567].map(thousands), ["7", "100", "1,000", "1,234,567"]);
    }
}
