//! Reads the rows of a claimed table: first what a row is (labels, parts of the key), then its amounts.

mod amounts;
mod emit;
mod labels;

use ratebook_source::{Amount, Evidence, Limit, Plan, SizeClass};

use super::assign::{MarkOf, Marked};
use super::draft::Draft;
use super::facts::Fact;
use super::grid::{GridCell, GridRow, Placed};
use super::matching::first_match;
use super::passes::merged;
use super::tables::Claimed;
use super::{Reader, value};
use crate::duplicates;
use crate::ledger::{Address, Weight, weigh};
use crate::number::numbers;
use crate::page::{Cell, Origin, SectionPath};
use crate::recipe::{
    self, AmountWord, AsideRule, Bindings, Column, KeyPart, MetricWindow, Repair, Role, Settings, TextRule,
};
use amounts::metric_of;

/// The fields of one row, as its cells are read.
struct Fields<'a> {
    draft: Draft<'a>,
    /// The rules for a cell that names several plans, regions or other parts of the key, with the texts of their
    /// placeholders. Each gets the limits of the row. Empty: no cell names several.
    each: Vec<(&'a TextRule, Bindings)>,
    /// The labels that rules consumed, in the order of the columns.
    labels: Vec<Label<'a>>,
    marks: Vec<MarkOf<'a>>,
    values: Vec<Read<'a>>,
    class: Option<String>,
    range: Option<(u64, Option<u64>)>,
    members: Vec<String>,
    plan_cell: Option<PlanCell>,
    qualifies_usd: Option<u64>,
}

/// A label that a pattern consumed.
struct Label<'a> {
    text_rule: &'a TextRule,
    address: Option<Address>,
    line: u32,
    text: String,
    range: Option<(u64, Option<u64>)>,
    member: Option<String>,
}

/// An amount that was read, with its place.
struct Read<'a> {
    column: usize,
    /// The rule for the part of the cell, with the texts of its placeholders.
    part: Option<(&'a TextRule, Bindings)>,
    marks: Vec<MarkOf<'a>>,
    window: MetricWindow,
    value: value::Value,
    line: u32,
    evidence: Evidence,
    alternative: Option<Amount>,
}

/// A stated cell of a column of plans.
struct PlanCell {
    name: String,
    within: Option<String>,
}

/// The facts of the rows of a table.
#[derive(Default)]
struct RowFacts {
    limits: Vec<Limit>,
    plans: Vec<(u32, Plan)>,
    classes: Vec<(u32, SizeClass)>,
}

/// A cell of a row as a column reads it.
struct RowCell {
    cell: Cell,
    /// Where the page has it. `None` if it was carried from a row above, or if the page lacks the cell.
    address: Option<Address>,
    /// Whether the row has it, and no merged cell covers it.
    is_stated: bool,
    /// How a pass placed the amount there, if one did.
    placed: Option<Placed>,
}

impl<'a> Reader<'a> {
    pub(super) fn rows(&mut self, mut claimed: Claimed<'a>) {
        self.fill_merged(&mut claimed);
        let Claimed { rule, ref draft, ref grid, ref columns, .. } = claimed;
        let mut row_facts = RowFacts::default();
        let mut above: Vec<Option<Cell>> = vec![None; columns.len()];
        let mut group = draft.clone();
        for row in &grid.rows {
            let mut row = row.clone();
            row.trim_to(columns.len());
            if rule.repair.contains(&Repair::RestoreFirstCell) {
                restore_first_cell(&mut row, rule, columns);
            }
            if row.cells.len() > columns.len() {
                self.error(row.line, "the row has more cells than the table has columns");
                continue;
            }
            if self.is_note(&row) {
                continue;
            }
            self.spread_word(&mut row, columns);
            if let Some((text_rule, own)) = row.only_text().and_then(|only| first_match(&rule.group, &only.cell.text)) {
                group = draft.clone();
                group.narrow(text_rule.attributes(), &own);
                for cell in &row.cells {
                    self.set_aside(cell.address, "in the name of a group of rows");
                }
                continue;
            }
            let Some(fields) = self.fields(&row, &claimed, &group, &mut above) else { continue };
            self.emit(&row, &claimed, fields, &mut row_facts);
        }
        let RowFacts { mut limits, plans, classes } = row_facts;
        if rule.duplicates == Some(recipe::Duplicates::Stricter) {
            let mut found = Vec::new();
            limits = duplicates::stricter(limits, |limit| self.row_decision(limit).is_some(), &mut found);
            self.diagnostics.extend(found);
        }
        if !plans.is_empty() {
            self.facts.push(Fact::Plans(plans));
        }
        if !classes.is_empty() {
            self.facts.push(Fact::Classes(classes));
        }
        let (multiples, limits): (Vec<Limit>, Vec<Limit>) =
            limits.into_iter().partition(|limit| limit.factor.is_some());
        if !limits.is_empty() {
            self.facts.push(Fact::Limits(limits));
        }
        self.add_multiples(multiples);
    }

    /// Fills the amounts that merged cells cover, if the rule asks for it.
    fn fill_merged(&mut self, claimed: &mut Claimed<'a>) {
        let Claimed { rule, bindings, grid, columns, .. } = claimed;
        if !rule.pass.contains(&recipe::Pass::MergedValues) {
            return;
        }
        let key = |key: KeyPart| bindings.get(key.word()).map(|text| self.recipe.value(key, text));
        let pass = merged::Pass {
            recipe: self.recipe,
            rule,
            columns,
            decisions: self.inputs.decisions,
            region: key(KeyPart::Region),
            plan: key(KeyPart::Plan),
        };
        let diagnostics = pass.fill(grid);
        self.diagnostics.extend(diagnostics);
    }

    /// Returns whether a row is a note over the whole width that a statement reads.
    fn is_note(&mut self, row: &GridRow) -> bool {
        let mut own = row.cells.iter().filter(|cell| !cell.cell.text.is_empty() && cell.cell.origin == Origin::Stated);
        let (Some(only), None) = (own.next(), own.next()) else { return false };
        let is_note = numbers(&only.cell.text).is_empty() && self.state(only.cell.line, &only.cell.text);
        if is_note {
            self.set_aside(only.address, "in a fact in prose");
        }
        is_note
    }

    /// Repeats a word that stands for an amount, such as `Not supported`, in the blank cells after it, if it is the only
    /// value of its row: its cell covers the others.
    fn spread_word(&self, row: &mut GridRow, columns: &[Marked<'a>]) {
        let mut values = (0..columns.len()).filter(|&at| {
            let Settings { carry, blank, .. } = &columns[at].assigned.column.settings;
            columns[at].assigned.column.is_value() && !carry && blank.is_none()
        });
        let Some(first) = values.next() else { return };
        let Some(word) = row.cells.get(first).map(|cell| cell.cell.clone()) else { return };
        let means = self.recipe.amounts.iter().find(|(pattern, _)| pattern.matches(&word.text).is_some());
        let rest: Vec<usize> = values.collect();
        let is_blank = |at: &usize| row.cells.get(*at).is_none_or(|cell| cell.cell.text.is_empty());
        if !matches!(means, Some((_, AmountWord::Is(_) | AmountWord::Multiple(_)))) || !rest.iter().all(is_blank) {
            return;
        }
        while row.cells.len() < columns.len() {
            row.cells.push(GridCell::blank(row.line));
        }
        for at in rest {
            row.cells[at].cell = Cell { origin: Origin::Spanned, ..word.clone() };
        }
    }

    /// Reads the cells of a row. `None` if a cell is an error, or if the row states no limit.
    fn fields(
        &mut self,
        row: &GridRow,
        claimed: &Claimed<'a>,
        group: &Draft<'a>,
        above: &mut [Option<Cell>],
    ) -> Option<Fields<'a>> {
        let Claimed { rule, columns, .. } = claimed;
        let mut fields = Fields {
            draft: group.clone(),
            each: Vec::new(),
            labels: Vec::new(),
            marks: Vec::new(),
            values: Vec::new(),
            class: None,
            range: None,
            members: Vec::new(),
            plan_cell: None,
            qualifies_usd: None,
        };
        let mut is_whole = true;
        let mut values: Vec<(usize, RowCell, Vec<MarkOf<'a>>)> = Vec::new();
        let mut blanks: Vec<(usize, &'a Column)> = Vec::new();
        for (at, Marked { assigned, .. }) in columns.iter().enumerate() {
            let column = assigned.column;
            let Some(found) = self.cell_of(row, at, column, above) else {
                blanks.push((at, column));
                continue;
            };
            let found = match self.in_force(found, claimed.path) {
                Ok(Some(found)) => found,
                Ok(None) => continue,
                Err((line, message)) => {
                    self.error(line, message);
                    is_whole = false;
                    continue;
                }
            };
            let Some(marks) = self.marks(rule, &found.cell) else {
                is_whole = false;
                continue;
            };
            if column.is_value() {
                values.push((at, found, marks));
                continue;
            }
            let (line, address) = (found.cell.line, found.address);
            if let Err(message) = self.label(found, rule, column, &mut fields, marks) {
                self.error(line, message);
                // The error accounts for the number.
                self.set_aside(address, "in an error");
                is_whole = false;
            }
        }
        if is_whole && let Some(label) = fields.labels.iter().find(|label| label.text_rule.aside.is_some()) {
            let reason = label.text_rule.aside.clone().unwrap_or_default();
            let is_literal = label.text_rule.pattern.is_literal();
            self.set_row_aside(row, &reason, is_literal);
            return None;
        }
        for label in &fields.labels {
            self.pin_dropped(label.address, &label.text_rule.pattern);
        }
        for (at, column) in blanks {
            is_whole &= self.accepts_blank(row, at, rule, column, &mut fields);
        }
        for (at, found, marks) in values {
            let (line, address) = (found.cell.line, found.address);
            if let Err(message) = self.amounts(at, &found, rule, columns[at].assigned.column, &mut fields, &marks) {
                self.error(line, message);
                self.set_aside(address, "in an error");
                is_whole = false;
            }
        }
        if !is_whole {
            for cell in &row.cells {
                self.set_aside(cell.address, "in a row with an error");
            }
        }
        is_whole.then_some(fields)
    }

    /// Sets a row aside by the pattern of a label. If the row states a rate and the pattern has placeholders, it is a
    /// passage.
    fn set_row_aside(&mut self, row: &GridRow, reason: &str, is_literal: bool) {
        let stated = row.cells.iter().filter(|cell| cell.cell.origin == Origin::Stated && !cell.cell.text.is_empty());
        let text = stated.map(|cell| cell.cell.text.as_str()).collect::<Vec<_>>().join(" | ");
        let is_any_rate = !is_literal && weigh(&text) == Weight::Rate;
        let addresses: Vec<Address> = row.cells.iter().filter_map(|cell| cell.address).collect();
        for &address in &addresses {
            self.pin(address, reason);
            if !is_any_rate {
                self.set_aside(address, reason);
            }
        }
        if is_any_rate {
            self.ledger.keep_row(row.line, text, addresses);
        }
    }

    /// Returns the row's cell in a column, or the one above that it repeats. `None` if it is blank.
    fn cell_of(&self, row: &GridRow, at: usize, column: &Column, above: &mut [Option<Cell>]) -> Option<RowCell> {
        let stated = row.cells.get(at).filter(|cell| !cell.cell.text.is_empty());
        if let Some(stated) = stated {
            if column.settings.carry {
                above[at] = Some(stated.cell.clone());
            }
            let is_stated = stated.cell.origin == Origin::Stated;
            return Some(RowCell {
                cell: stated.cell.clone(),
                address: stated.address,
                is_stated,
                placed: stated.placed,
            });
        }
        // A carried cell was accounted for in its own row.
        let carried = above[at].clone().filter(|_| column.settings.carry)?;
        Some(RowCell { cell: carried, address: None, is_stated: false, placed: None })
    }

    /// Returns whether a row may have a blank cell in a column, and reports it if not.
    fn accepts_blank(
        &mut self,
        row: &GridRow,
        at: usize,
        rule: &'a recipe::TableRule,
        column: &Column,
        fields: &mut Fields<'a>,
    ) -> bool {
        if let Some(word) = &column.settings.blank {
            match value::Value::of_word(word) {
                None => return true,
                Some(value) => {
                    if let Some(window) = metric_of(column, &fields.draft) {
                        fields.values.push(Read {
                            column: at,
                            part: None,
                            marks: Vec::new(),
                            window,
                            value,
                            line: row.line,
                            evidence: Evidence::Stated,
                            alternative: None,
                        });
                        return true;
                    }
                }
            }
        }
        let name = rule.columns.iter().find(|(_, known)| *known == column);
        let name = name.map_or_else(|| "a value".to_owned(), |(pattern, _)| format!("`{pattern}`"));
        let message = format!("expected {name} in the row, found a blank cell");
        if matches!(column.role, Role::Aside { .. } | Role::Members) {
            self.warning(row.line, message);
            return true;
        }
        self.error(row.line, message);
        false
    }

    /// Returns the part of a cell that is in force: all of it, what is not struck out, or nothing.
    fn in_force(&mut self, mut found: RowCell, path: &SectionPath) -> Result<Option<RowCell>, (u32, String)> {
        let Cell { line, ref text, flags, .. } = found.cell;
        let is_part_struck = text.contains("~~");
        if !flags.struck && !flags.hidden && !is_part_struck {
            return Ok(Some(found));
        }
        let reason_in = |rule: &'a AsideRule| if flags.hidden { rule.hidden.as_ref() } else { rule.struck.as_ref() };
        let reason = self.reason(path, None, reason_in);
        let Some(reason) = reason else {
            let message = format!("`{text}` is struck out or hidden: the recipe does not say what is in force");
            return Err((line, message));
        };
        if flags.struck || flags.hidden {
            self.set_aside_by_rule(found.address, reason.get_ref());
            return Ok(None);
        }
        self.pin(found.address, reason.get_ref());
        let kept: Vec<&str> = text.split("~~").step_by(2).map(str::trim).filter(|part| !part.is_empty()).collect();
        found.cell.text = kept.join(" ");
        Ok((!found.cell.text.is_empty()).then_some(found))
    }
}

/// Inserts a blank first cell into a row, if a merged cell above took the place of that cell. The label of the second column
/// is then in the first, and the last cell is blank or missing.
fn restore_first_cell(row: &mut GridRow, rule: &recipe::TableRule, columns: &[Marked<'_>]) {
    let is_label = |at: usize| {
        let text = row.cells.get(at).map(|cell| cell.cell.text.as_str());
        let specific = rule.who.iter().filter(|text_rule| !text_rule.pattern.is_open());
        text.is_some_and(|text| {
            specific.map(|text_rule| text_rule.pattern.matches(text)).any(|matched| matched.is_some())
        })
    };
    let is_short = row.cells.len() < columns.len() || row.cells.last().is_some_and(|cell| cell.cell.text.is_empty());
    let is_carried = columns.first().is_some_and(|first| first.assigned.column.settings.carry);
    let is_selector = columns.get(1).is_some_and(|second| second.assigned.column.role == Role::Selector);
    if is_carried && is_selector && is_short && is_label(0) && !is_label(1) {
        row.cells.insert(0, GridCell::blank(row.line));
        row.cells.truncate(columns.len());
    }
}
