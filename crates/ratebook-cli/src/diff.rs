//! `ratebook diff`.

use std::collections::BTreeSet;

use ratebook_source::{Amount, Catalog, CatalogError, Difference, DifferenceKind, Extent, Limit};
use serde::Serialize;
use serde_json::Value;

use crate::args::Diff;
use crate::list::json;
use crate::names::{self, UnknownName};
use crate::table::{Color, TextTable, Tint};

/// The error of a comparison.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DiffError {
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    #[error(transparent)]
    Name(#[from] UnknownName),
}

/// The text of a comparison.
pub(crate) struct Compared {
    pub(crate) text: String,
    pub(crate) is_different: bool,
}

/// One difference, as printed. The names and the order of the fields are a stable interface.
#[derive(Serialize)]
struct Row {
    provider: String,
    topic: &'static str,
    change: &'static str,
    subject: String,
    before: Option<String>,
    after: Option<String>,
    /// The amounts of a limit: a number, or text such as `unlimited` or `1000-10000`.
    amount_before: Option<Value>,
    amount_after: Option<Value>,
    /// The limit, or the first limit of a retired entry. `None` for facts and policies.
    limit: Option<Key>,
    #[serde(skip)]
    kind: DifferenceKind,
}

/// The key of a limit, and its place in the newer catalog, or in the older one if it was removed.
#[derive(Serialize)]
struct Key {
    region: Option<String>,
    plan: Option<String>,
    deployment: Option<String>,
    mode: Option<String>,
    context: Option<String>,
    kind: String,
    name: String,
    metric: String,
    per: Option<String>,
    bound: String,
    page: Option<String>,
    section: Option<String>,
}

impl Key {
    fn new(limit: &Limit) -> Self {
        Self {
            region: limit.region.clone(),
            plan: limit.plan.clone(),
            deployment: limit.deployment.clone(),
            mode: limit.mode.clone(),
            context: limit.context.clone(),
            kind: limit.kind.to_string(),
            name: limit.name.clone(),
            metric: limit.metric.to_string(),
            per: limit.per.map(|per| per.to_string()),
            bound: limit.bound.to_string(),
            page: limit.page.clone(),
            section: limit.section.clone(),
        }
    }
}

impl Row {
    fn new(provider: &str, difference: Difference<'_>) -> Self {
        let limit = difference.limit().map(Key::new);
        let amount = |limit: Option<&Limit>| limit.map(|limit| amount(limit.amount));
        Self {
            amount_before: amount(difference.old),
            amount_after: amount(difference.new),
            provider: provider.to_owned(),
            topic: difference.topic.word(),
            change: difference.kind.word(),
            subject: difference.subject,
            before: difference.before,
            after: difference.after,
            limit,
            kind: difference.kind,
        }
    }
}

fn amount(amount: Amount) -> Value {
    match amount {
        Amount::Count(count) => count.into(),
        Amount::Range { .. } | Amount::Unlimited | Amount::Custom | Amount::NotOffered | Amount::Elsewhere => {
            amount.to_string().into()
        }
    }
}

/// Returns the differences between two catalogs, by provider.
///
/// If one side is the folder or the file of one provider, only that provider is compared. If one side is a file of limits,
/// names and policies are not compared.
///
/// # Errors
/// Returns an error if a catalog cannot be read, or if the provider is in neither of them.
pub(crate) fn diff(options: &Diff, color: Color) -> Result<Compared, DiffError> {
    let (mut old, mut new) = (read(&options.old)?, read(&options.new)?);
    let providers = providers(options.provider.as_deref(), &old, &new)?;
    if [old.extent, new.extent].contains(&Extent::Limits) {
        old.forget_names();
        new.forget_names();
    }
    let rows: Vec<Row> = (providers.iter())
        .flat_map(|provider| new.differences_from(&old, provider).into_iter().map(|found| Row::new(provider, found)))
        .collect();
    let text = if options.json {
        json(&rows)
    } else {
        let table = if options.summary { summary(&rows) } else { table(&rows) };
        if options.markdown { table.markdown() } else { table.render(color) }
    };
    Ok(Compared { text, is_different: !rows.is_empty() })
}

fn read(text: &str) -> Result<Catalog, DiffError> {
    Catalog::read(text, None).map_err(|error| match error {
        CatalogError::Unknown(text) => names::no_catalog(&text).into(),
        error => error.into(),
    })
}

/// Returns the providers to compare, sorted.
fn providers(wanted: Option<&str>, old: &Catalog, new: &Catalog) -> Result<BTreeSet<String>, UnknownName> {
    let names = |catalog: &Catalog| catalog.providers.keys().cloned().collect::<BTreeSet<_>>();
    let all = match (old.extent, new.extent) {
        (Extent::Catalog, Extent::Provider | Extent::Limits) => names(new),
        (Extent::Provider | Extent::Limits, Extent::Catalog) => names(old),
        (Extent::Catalog, Extent::Catalog) | (Extent::Provider | Extent::Limits, Extent::Provider | Extent::Limits) => {
            &names(old) | &names(new)
        }
    };
    let Some(wanted) = wanted else { return Ok(all) };
    match all.get(&wanted.to_lowercase()) {
        Some(found) => Ok(BTreeSet::from([found.clone()])),
        None => Err(UnknownName::among("provider", wanted, all.iter().map(String::as_str))),
    }
}

fn tint(kind: DifferenceKind) -> Tint {
    match kind {
        DifferenceKind::Added | DifferenceKind::Raised => Tint::Good,
        DifferenceKind::Lowered | DifferenceKind::Retired | DifferenceKind::Removed => Tint::Bad,
        DifferenceKind::Changed => Tint::Neutral,
    }
}

fn table(rows: &[Row]) -> TextTable {
    let mut table = TextTable::new(&["provider", "change", "what", "before", "after"]);
    let or_dash = |side: &Option<String>| side.clone().unwrap_or_else(|| "-".to_owned());
    for row in rows {
        let cells = [row.provider.clone(), row.change.to_owned(), row.subject.clone()];
        let cells = cells.into_iter().chain([or_dash(&row.before), or_dash(&row.after)]).collect();
        table.push_tinted(cells, tint(row.kind));
    }
    table
}

/// Returns the number of differences by provider and kind.
fn summary(rows: &[Row]) -> TextTable {
    let kinds = DifferenceKind::ALL.map(DifferenceKind::word);
    let mut table = TextTable::new(&[["provider"].as_slice(), kinds.as_slice()].concat());
    let providers: BTreeSet<&str> = rows.iter().map(|row| row.provider.as_str()).collect();
    for provider in providers {
        let count = |kind| rows.iter().filter(|row| row.provider == provider && row.kind == kind).count().to_string();
        table.push([provider.to_owned()].into_iter().chain(DifferenceKind::ALL.map(count)).collect());
    }
    table
}
