//! Limits from the rows of a fact page's table.

use std::collections::HashMap;

use ratebook_source::{Amount, Evidence, Limit};

use super::super::findings::Findings;
use super::RegionContext;
use super::columns::Column;
use super::merged::{Lone, Value, lone, stricter, value};
use crate::columns::{filled, names};
use crate::page::{Cell, Origin, Row, Table};
use crate::reviewed::{Decision, Decisions};

/// The line of each model's first row, by region and model.
pub(super) type FirstLines = HashMap<(Option<String>, String), u32>;

/// One value of a row, with its evidence.
#[derive(Clone, Copy, Debug)]
struct Settled {
    value: Value,
    evidence: Evidence,
    alternative: Option<Amount>,
    line: u32,
}

/// Reads the rows of one table.
struct Reader<'a, 'b, 'p> {
    context: &'a RegionContext,
    decisions: &'a Decisions,
    used: &'a mut [bool],
    first_lines: &'a mut FirstLines,
    columns: Vec<(usize, Column)>,
    above: Option<Vec<Settled>>,
    out: &'b mut Findings<'p>,
}

pub(super) fn read(
    line: u32,
    table: &Table,
    context: &RegionContext,
    decisions: &Decisions,
    used: &mut [bool],
    first_lines: &mut FirstLines,
    out: &mut Findings<'_>,
) {
    if context.region.is_none() && context.retired_on.is_none() {
        return out.error(line, "expected a heading or note that names the region of the table");
    }
    let mut columns = Vec::new();
    for name in names(table) {
        match Column::from_name(name) {
            Some(column) => columns.push(column),
            None => return out.error(line, format!("unknown column `{name}`")),
        }
    }
    let Some(model_at) = columns.iter().position(|column| *column == Column::Model) else {
        return out.error(line, "expected a column `model`");
    };
    let width = columns.len();
    let columns = columns.into_iter().enumerate().filter(|(_, column)| column.holds_values()).collect();
    let mut reader = Reader { context, decisions, used, first_lines, columns, above: None, out };
    for row in &table.rows {
        if row.cells.len() > width {
            reader.out.error(row.line, format!("expected {width} cells in the row, found {}", row.cells.len()));
        }
        match filled(row, model_at) {
            Some(model) => reader.row(row, model),
            None => reader.out.error(row.line, "expected a model in the row"),
        }
    }
}

impl Reader<'_, '_, '_> {
    fn row(&mut self, row: &Row, model: &Cell) {
        let mut names = model.text.lines();
        let name = names.next().unwrap_or_default();
        let mut aliases = Vec::new();
        for alias in names {
            match alias.strip_prefix('(').and_then(|alias| alias.strip_suffix(')')) {
                Some(alias) => aliases.push(alias.to_owned()),
                None => self
                    .out
                    .error(model.line, format!("expected an alias in parentheses below `{name}`, found `{alias}`")),
            }
        }
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._/".contains(&byte))
            || model.origin == Origin::Spanned
        {
            return self.out.error(
                model.line,
                format!("expected the name of one model, found `{}`", model.text.replace('\n', " ")),
            );
        }
        self.out.ledger.skip(&model.text, "in a model's name");
        let Some(settled) = self.values(row, name, model.line) else { return };
        let place = (self.context.region.clone(), name.to_owned());
        let first = *self.first_lines.entry(place).or_insert(model.line);
        let mut is_new = first != model.line;
        for one in &settled {
            let mut limit = Limit::model(name, one.value.metric, one.value.amount);
            limit.region = self.context.region.clone();
            limit.aliases = aliases.clone();
            limit.per = one.value.per;
            limit.calls = one.value.calls;
            limit.bound = one.value.bound;
            limit.retired_on = self.context.retired_on;
            limit.evidence = one.evidence;
            limit.alternative = one.alternative;
            limit.line = Some(one.line);
            self.check(&limit);
            is_new = is_new && !self.out.source.limits.iter().any(|other| other.key() == limit.key());
            self.out.source.limits.push(limit);
        }
        // A limit stated twice is reported elsewhere, with both amounts.
        if is_new {
            self.out.warning(
                model.line,
                format!("`{name}` is also in another table, on line {first}: the limits of both are kept"),
            );
        }
        self.above = Some(settled);
    }

    /// Returns the row's values, or `None` after an error.
    fn values(&mut self, row: &Row, name: &str, line: u32) -> Option<Vec<Settled>> {
        let cells: Vec<Option<&Cell>> = self.columns.iter().map(|(at, _)| filled(row, *at)).collect();
        let stated = cells.iter().flatten().count();
        if stated > 0 && stated < cells.len() {
            return match cells[..] {
                [Some(cell), None] => self.lone(cell, name, line),
                [None, Some(cell)] => {
                    let first = self.inherited(0, line, name)?;
                    Some(vec![first, self.stated(1, cell, line)?])
                }
                _ => {
                    self.out.error(
                        line,
                        format!(
                            "`{name}` has {stated} of {} values, and it is unknown which cells are merged",
                            cells.len()
                        ),
                    );
                    None
                }
            };
        }
        let settle = |(at, cell): (usize, &Option<&Cell>)| match cell {
            Some(cell) => self.stated(at, cell, line),
            None => self.inherited(at, line, name),
        };
        cells.iter().enumerate().map(settle).collect()
    }

    fn stated(&mut self, at: usize, cell: &Cell, line: u32) -> Option<Settled> {
        self.out.ledger.used_cell(cell);
        match value(self.columns[at].1, &cell.text) {
            Ok(value) => Some(match cell.origin {
                Origin::Stated => Settled { value, evidence: Evidence::Stated, alternative: None, line: cell.line },
                Origin::Spanned => Settled { value, evidence: Evidence::Spanned, alternative: None, line },
            }),
            Err(error) => {
                self.out.error(cell.line, format!("{}: {error}", self.columns[at].1.name()));
                None
            }
        }
    }

    /// Returns the value of the row above, which a merged cell extends to this row. An ambiguous or reviewed value keeps
    /// its evidence.
    fn inherited(&mut self, at: usize, line: u32, name: &str) -> Option<Settled> {
        let Some(above) = self.above.as_ref().map(|above| above[at]) else {
            self.out.error(
                line,
                format!("`{name}` has no {}, and there is no row above to take it from", self.columns[at].1.name()),
            );
            return None;
        };
        Some(match above.evidence {
            Evidence::Ambiguous | Evidence::Reviewed => Settled { line, ..above },
            _ => Settled { evidence: Evidence::Spanned, alternative: None, line, ..above },
        })
    }

    /// Reads the only cell of a row of two values.
    fn lone(&mut self, cell: &Cell, name: &str, line: u32) -> Option<Vec<Settled>> {
        let above = [self.inherited(0, line, name)?, self.inherited(1, line, name)?];
        self.out.ledger.used_cell(cell);
        let columns = [self.columns[0].1, self.columns[1].1];
        let reading = match lone(columns, &cell.text, above.map(|settled| settled.value)) {
            Ok(reading) => reading,
            Err(error) => {
                self.out.error(cell.line, format!("{} or {}: {error}", columns[0].name(), columns[1].name()));
                return None;
            }
        };
        match reading {
            Lone::Inferred(own, values) => {
                let mut settled = [0, 1].map(|at| Settled { value: values[at], ..above[at] });
                settled[own] =
                    Settled { value: values[own], evidence: Evidence::Inferred, alternative: None, line: cell.line };
                Some(settled.to_vec())
            }
            Lone::Ambiguous(readings) => Some(self.decided(cell, name, readings)?.to_vec()),
        }
    }

    /// Returns the reviewed reading of an ambiguous cell. Without a decision, returns the stricter reading and warns.
    fn decided(&mut self, cell: &Cell, name: &str, readings: [[Value; 2]; 2]) -> Option<[Settled; 2]> {
        let machine = stricter(readings);
        let settle = |value: Value, evidence, other: Amount| {
            let alternative = (value.amount != other).then_some(other);
            Settled { value, evidence, alternative, line: cell.line }
        };
        let is_about = |decision: &Decision| {
            decision.name == name && decision.region == self.context.region && decision.cell == cell.text
        };
        let found = self.decisions.decisions.iter().position(is_about);
        if let Some(found) = found {
            self.used[found] = true;
            let decision = &self.decisions.decisions[found];
            for value in &readings[0] {
                if decision.amount(value.metric).is_none() {
                    let message = format!("the decision on `{name}` has no reading of {}", value.metric);
                    self.out.error(cell.line, message);
                    return None;
                }
            }
            let decided =
                |reading: &&[Value; 2]| reading.iter().all(|value| decision.amount(value.metric) == Some(value.amount));
            if let Some(reading) = readings.iter().find(decided) {
                return Some([0, 1].map(|at| settle(reading[at], Evidence::Reviewed, machine[at].0.amount)));
            }
            // The other value comes from the row above. If that changed, the decision no longer matches.
            let message = format!("the decision on `{name}` matches neither reading of its cell: decide again");
            self.out.warning(cell.line, message);
        }
        let amounts = machine.map(|(value, _)| value.amount.to_string()).join(" and ");
        let message = format!(
            "`{}` of `{name}` may belong to either column: the stricter reading, {amounts}, is used",
            cell.text
        );
        self.out.warning(cell.line, message);
        Some(machine.map(|(value, other)| settle(value, Evidence::Ambiguous, other)))
    }

    fn check(&mut self, limit: &Limit) {
        let line = limit.line.unwrap_or(1);
        let is_zero = limit.amount == Amount::Count(0);
        match limit.retired_on {
            Some(_) if !is_zero => {
                self.out.warning(
                    line,
                    format!("`{}` is retired, but has a limit of {} {}", limit.name, limit.amount, limit.metric),
                );
            }
            None if is_zero => {
                self.out.error(line, format!("`{}` has a limit of 0, but no date of retirement", limit.name));
            }
            _ => {}
        }
    }
}
