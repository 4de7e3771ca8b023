//! The fact page: what a vendor's page states, in one form for every provider.
//!
//! The engine writes facts, and limits are read from facts alone, so `pages/<id>.md` gives the limits of the vendor's page
//! without the recipe. A fact page is a [`Page`] of headings, tables and statements:
//!
//! - A table of limits has a row for each entry. Its columns are the parts of the key in use, `kind`, `name`, `pool`, and
//!   one column for each metric: `requests/minute`, followed by the bound and the calls if they are unusual. A cell is an
//!   amount, followed by what is unusual of the limit: `45; evidence: inferred; or: 4`.
//! - A table of plans has the columns `plan`, `within`, `qualifies usd`, and one of size classes `class`, `from`, `to`,
//!   `members`.
//! - A statement is a fact in prose, a warning, or a part of the summary of the ledger.

mod read;
mod write;

use ratebook_source::{Kind, Limit, Plan, Pool, SizeClass};

use crate::ledger::Ledger;
use crate::page::{BlockKind, Page};
use crate::reading::Numbers;
use crate::recipe::{KeyPart, Recipe};

pub(super) use read::read;
pub(super) use write::write;

/// Name of the statement with the number of tables of the vendor's page.
const TABLES: &str = "tables";
/// Name of the statement with the number of numbers that are part of a fact.
const USED: &str = "numbers used";
/// Name of the statements with the number of numbers set aside, one for each reason.
const NUMBERS_SET_ASIDE: &str = "numbers set aside";
/// Name of the statement that the page is a shortened copy.
const PAGE: &str = "page";
/// Name of the statement with the date of the page.
const DATE: &str = "page-date";
/// Name of the statement with the page's shape.
const SHAPE: &str = "page-shape";
/// Name of the statements with rules of growth.
pub(super) const GROWTH: &str = "growth";
/// Name of the statements with warnings that stay until the page changes.
const WARNING: &str = "warning";
/// Name of the statements with response headers that the page describes.
pub(super) const HEADER: &str = "response header";

/// The facts of one block of the vendor's page, in the order of the page.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Fact {
    /// A heading.
    Heading { line: u32, level: u8, text: String },
    /// Limits of a table or a list. The line of each is set.
    Limits(Vec<Limit>),
    /// Plans, each with its line.
    Plans(Vec<(u32, Plan)>),
    /// Size classes, each with its line.
    Classes(Vec<(u32, SizeClass)>),
    /// A fact in prose, in our words.
    Statement { line: u32, name: String, value: String },
}

impl Fact {
    /// Returns the limits. Empty for another fact.
    pub(super) fn limits(&self) -> &[Limit] {
        match self {
            Self::Limits(limits) => limits,
            Self::Heading { .. } | Self::Plans(_) | Self::Classes(_) | Self::Statement { .. } => &[],
        }
    }

    /// Returns the size classes. Empty for another fact.
    pub(super) fn classes(&self) -> &[(u32, SizeClass)] {
        match self {
            Self::Classes(classes) => classes,
            Self::Heading { .. } | Self::Limits(_) | Self::Plans(_) | Self::Statement { .. } => &[],
        }
    }

    /// Returns the plans. Empty for another fact.
    pub(super) fn plans(&self) -> &[(u32, Plan)] {
        match self {
            Self::Plans(plans) => plans,
            Self::Heading { .. } | Self::Limits(_) | Self::Classes(_) | Self::Statement { .. } => &[],
        }
    }

    /// Returns the line of a statement of a name. `None` for another fact.
    pub(super) fn line_of_statement(&self, wanted: &str) -> Option<u32> {
        match self {
            Self::Statement { line, name, .. } if name == wanted => Some(*line),
            Self::Statement { .. } | Self::Heading { .. } | Self::Limits(_) | Self::Plans(_) | Self::Classes(_) => None,
        }
    }
}

/// The summary of a page and its ledger, which stands at the end of its fact page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Summary {
    pub(super) tables: u64,
    pub(super) numbers: Numbers,
    pub(super) warnings: Vec<(u32, String)>,
    /// Whether the page is a shortened copy.
    pub(super) is_partial: bool,
}

impl Summary {
    /// Returns the summary of a page, without warnings.
    pub(super) fn of(page: &Page, ledger: &Ledger<'_>) -> Self {
        let tables = page.blocks.iter().filter(|block| matches!(block.kind, BlockKind::Table(_)));
        let counts = ledger.counts().numbers;
        Self {
            tables: tables.count() as u64,
            numbers: Numbers { found: counts.found(), used: counts.claimed, set_aside: counts.set_aside },
            warnings: Vec::new(),
            is_partial: page.is_partial(),
        }
    }
}

/// Returns the date of a page as a fact. Empty if the page has none.
pub(super) fn date(page: &Page) -> Vec<Fact> {
    let fact = |date| Fact::Statement { line: 1, name: DATE.to_owned(), value: format!("{date}") };
    page.date.map(fact).into_iter().collect()
}

/// Returns the shape of a page as a fact.
pub(super) fn shape(id: &str) -> Fact {
    Fact::Statement { line: 1, name: SHAPE.to_owned(), value: id.to_owned() }
}

/// Gives limits the names of `[values.model]`. The label of the page becomes an alias.
pub(super) fn rename_models(recipe: &Recipe, facts: &mut [Fact]) {
    for fact in facts {
        let Fact::Limits(limits) = fact else { continue };
        for limit in limits.iter_mut().filter(|limit| limit.kind == Kind::Model) {
            if let Some(name) = recipe.model(&limit.name) {
                let label = std::mem::replace(&mut limit.name, name);
                limit.aliases.push(label);
            }
        }
    }
}

/// Sets a part of a limit's key.
pub(super) fn set_key(limit: &mut Limit, key: KeyPart, value: String) {
    let slot = match key {
        KeyPart::Region => &mut limit.region,
        KeyPart::Plan => &mut limit.plan,
        KeyPart::Deployment => &mut limit.deployment,
        KeyPart::Mode => &mut limit.mode,
        KeyPart::Context => &mut limit.context,
    };
    *slot = Some(value);
}

/// Returns the pool that a text names.
pub(super) fn pool_from(text: &str) -> Pool {
    match text {
        "account" => Pool::Account,
        "model" => Pool::Model,
        group => Pool::Group(group.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::Form;
    use ratebook_source::{Amount, Bound, Evidence, Metric, Period, RampPoint};

    fn limit(name: &str, amount: u64, line: u32) -> Limit {
        let mut limit = Limit::model(name, Metric::Requests, Amount::Count(amount));
        limit.per = Some(Period::Minute);
        limit.line = Some(line);
        limit.page = Some("main".to_owned());
        limit.section = Some("Limits > By plan".to_owned());
        limit
    }

    #[test]
    fn every_field_of_a_limit_reads_back() {
        let mut unusual = limit("rocket", 60, 7);
        unusual.bound = Bound::Guaranteed;
        unusual.plan = Some("tier-1".into());
        unusual.region = Some("eu".into());
        unusual.evidence = Evidence::Inferred;
        unusual.alternative = Some(Amount::Count(6));
        unusual.ramp = vec![RampPoint { after_minutes: 0, amount: 60 }, RampPoint { after_minutes: 10, amount: 120 }];
        unusual.until = "2026-12-31".parse().ok();
        unusual.factor = "2x tier-1".parse().ok();
        unusual.weight = "output:5".parse().unwrap();
        unusual.retired_on = "2027-01-01".parse().ok();
        unusual.each_region = true;
        unusual.aliases = vec!["rocket-1".into(), "rocket-latest".into()];
        let mut tokens = limit("rocket", 9, 8);
        tokens.metric = Metric::Tokens;
        let limits = vec![unusual, tokens, limit("shuttle", 5, 9), limit("shuttle", 6, 10)];
        let facts = vec![
            Fact::Heading { line: 1, level: 1, text: "Limits".into() },
            Fact::Heading { line: 2, level: 2, text: "By plan".into() },
            Fact::Limits(limits.clone()),
        ];
        let page = write(Form::Html, facts, &Summary::default());
        let text = crate::fact_page::write(&page);
        assert_eq!(crate::fact_page::parse(&text).as_ref(), Ok(&page), "{text}");
        let stated = read("acme", "main", "https://acme.example", &page);
        assert_eq!(stated.diagnostics, []);
        assert_eq!(stated.source.limits, limits);
    }

    #[test]
    fn a_damaged_fact_page_is_an_error() {
        let facts = vec![Fact::Limits(vec![limit("rocket", 60, 7)])];
        let text = crate::fact_page::write(&write(Form::Html, facts, &Summary::default()));
        for (from, to) in
            [("requests/minute", "requests/moon"), ("| 60 |", "| 6o |"), ("| model | rocket", "| modle | rocket")]
        {
            assert!(text.contains(from), "{text}");
            let page = crate::fact_page::parse(&text.replace(from, to)).unwrap();
            assert_eq!(read("acme", "main", "https://acme.example", &page).diagnostics.len(), 1, "{to}");
        }
    }
}
