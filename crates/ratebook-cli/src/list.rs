//! `ratebook list`.

use ratebook::load::Catalog;
use ratebook::{Entry, Provider};
use serde::Serialize;

use crate::args::List;
use crate::line::{Line, columns, names_of, or_dash};
use crate::names::{self, UnknownName};
use crate::table::{Color, TextTable};

/// Returns the text of the list: limits in the order of a catalog, those under an alias after those under the name.
///
/// # Errors
/// Returns an error if a filter is unknown.
pub(crate) fn list(options: &List, catalog: Catalog, color: Color) -> Result<String, UnknownName> {
    let providers: Vec<Provider> = match &options.provider {
        Some(name) => vec![names::provider(name, catalog)?],
        None => catalog.providers().collect(),
    };
    let region = options.region.as_deref().map(|name| names::region(name, &providers)).transpose()?;
    let plan = options.plan.as_deref().map(|name| names::plan(name, &providers)).transpose()?;
    let deployment = options.deployment.as_deref().map(|name| names::deployment(name, &providers)).transpose()?;
    let mode = options.mode.as_deref().map(|name| names::mode(name, &providers)).transpose()?;
    let context = options.context.as_deref().map(|name| names::context(name, &providers)).transpose()?;
    let is_wanted = |entry: &Entry| {
        region.is_none_or(|region| entry.region() == Some(region))
            && plan.is_none_or(|plan| entry.plan() == Some(plan))
            && deployment.is_none_or(|deployment| entry.deployment() == Some(deployment))
            && mode.is_none_or(|mode| entry.mode() == Some(mode))
            && context.is_none_or(|context| entry.context() == Some(context))
    };
    let metric = options.metric.as_deref().map(names::metric).transpose()?;
    if let Some(model) = &options.model
        && !names::entry_names(&providers).any(|name| name.eq_ignore_ascii_case(model))
    {
        return Err(UnknownName::among("model", model, names::entry_names(&providers)));
    }
    let entries = providers.iter().flat_map(|provider| provider.entries());
    let mut lines = Vec::new();
    for entry in entries.filter(is_wanted) {
        let wanted = |name: &&str| options.model.as_ref().is_none_or(|model| name.eq_ignore_ascii_case(model));
        for name in names_of(entry).filter(wanted) {
            let limits = entry.limits().filter(|limit| metric.is_none_or(|metric| limit.metric == metric));
            lines.extend(limits.map(|limit| Line::new(&limit, name)));
        }
    }
    Ok(if options.json { json(&lines) } else { table(&lines, color) })
}

/// Returns one JSON object a line.
pub(crate) fn json(rows: &[impl Serialize]) -> String {
    let objects = rows.iter().map(|row| serde_json::to_string(row).expect("names and numbers are JSON"));
    objects.map(|object| object + "\n").collect()
}

fn table(lines: &[Line], color: Color) -> String {
    let columns = columns(lines);
    let names: Vec<&str> = ["provider", "region"].into_iter().chain(columns.iter().map(|column| column.name)).collect();
    let mut table = TextTable::new(&names);
    for line in lines {
        let place = [line.provider.to_string(), or_dash(line.region)];
        table.push(place.into_iter().chain(columns.iter().map(|column| (column.cell)(line))).collect());
    }
    table.render(color)
}
