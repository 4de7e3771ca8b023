//! `ratebook list`.

use ratebook::{Entry, Plan, Region};

use crate::args::List;
use crate::line::{COLUMNS, Line, names_of, or_dash};
use crate::names::{self, UnknownName};
use crate::table::TextTable;

/// Returns the text of the list: limits in the order of the catalog, those under an alias after those under the name.
///
/// # Errors
/// Returns an error if a filter is unknown.
pub(crate) fn list(options: &List) -> Result<String, UnknownName> {
    let provider = options.provider.as_deref().map(names::provider).transpose()?;
    let region = options.region.as_deref().map(|name| names::region(name, provider)).transpose()?;
    let plan = options.plan.as_deref().map(|name| names::plan(name, provider)).transpose()?;
    let metric = options.metric.as_deref().map(names::metric).transpose()?;
    if let Some(model) = &options.model
        && !names::entry_names(provider).any(|name| name.eq_ignore_ascii_case(model))
    {
        return Err(UnknownName::among("model", model, names::entry_names(provider)));
    }
    let entries = names::providers(provider).flat_map(|provider| provider.entries());
    let mut lines = Vec::new();
    for entry in entries.filter(|entry| is_in(*entry, region, plan)) {
        let wanted = |name: &&str| options.model.as_ref().is_none_or(|model| name.eq_ignore_ascii_case(model));
        for name in names_of(entry).filter(wanted) {
            let limits = entry.limits().filter(|limit| metric.is_none_or(|metric| limit.metric == metric));
            lines.extend(limits.map(|limit| Line::new(&limit, name)));
        }
    }
    Ok(if options.json { json(&lines) } else { table(&lines) })
}

fn is_in(entry: Entry, region: Option<Region>, plan: Option<Plan>) -> bool {
    region.is_none_or(|region| entry.region() == Some(region)) && plan.is_none_or(|plan| entry.plan() == Some(plan))
}

/// Returns one JSON object a line.
fn json(lines: &[Line]) -> String {
    let objects = lines.iter().map(|line| serde_json::to_string(line).expect("names and numbers are JSON"));
    objects.map(|object| object + "\n").collect()
}

fn table(lines: &[Line]) -> String {
    let mut table = TextTable::new(&[["provider", "region"].as_slice(), &COLUMNS].concat());
    for line in lines {
        let name = line.alias_of.map_or_else(|| line.name.to_owned(), |of| format!("{} (alias of {of})", line.name));
        table.push([vec![line.provider.to_string(), or_dash(line.region)], line.cells(name)].concat());
    }
    table.render()
}
