//! The amounts of a row.

use ratebook_source::Evidence;

use super::super::assign::{MarkOf, rule_name};
use super::super::draft::Draft;
use super::super::matching::all_matches;
use super::super::{Reader, value};
use super::{Fields, Read, RowCell};
use crate::page::Origin;
use crate::recipe::{self, Bindings, Column, MetricWindow, Role, TextRule};

impl<'a> Reader<'a> {
    /// Reads the amounts of a cell, or of each of its parts if the column has a separator of parts.
    pub(super) fn amounts(
        &mut self,
        at: usize,
        found: &RowCell,
        rule: &'a recipe::TableRule,
        column: &'a Column,
        fields: &mut Fields<'a>,
        marks: &[MarkOf<'a>],
    ) -> Result<(), String> {
        let cell = &found.cell;
        let outer = metric_of(column, &fields.draft);
        let mut read: Vec<(Option<(&'a TextRule, Bindings)>, value::Values)> = Vec::new();
        if column.settings.read.is_empty() {
            let values = match (&column.role, outer) {
                (Role::Rate, None) => value::of_rates(&cell.text)?,
                (_, Some(window)) => value::of_cell(self.recipe, &cell.text, window)?,
                (_, None) => return Err("nothing of the row names the metric: the recipe needs `metric`".to_owned()),
            };
            read.push((None, values));
        } else {
            let parts: Vec<&str> = match &column.settings.split {
                Some(separator) => cell.text.split(separator.as_str()).collect(),
                None => vec![cell.text.as_str()],
            };
            for part in parts.into_iter().map(str::trim).filter(|part| !part.is_empty()) {
                let matches = all_matches(&column.settings.read, part);
                if matches.is_empty() {
                    let id = rule.id.get_ref();
                    return Err(format!("no pattern of a column of `{id}` reads `{part}`: it needs one in `read`"));
                }
                for (text_rule, own) in matches {
                    if let Some(reason) = &text_rule.aside {
                        self.pin(found.address, reason);
                        continue;
                    }
                    self.pin_dropped(found.address, &text_rule.pattern);
                    let values = value::of_pattern(self.recipe, text_rule, &own, text_rule.metric.or(outer))?;
                    read.push((Some((text_rule, own)), values));
                }
            }
        }
        let other_reading = self.other_readings.get(&(cell.line, at));
        let evidence = match (found.placed, other_reading, cell.origin) {
            (Some(placed), ..) => placed.evidence,
            (None, Some(_), _) => Evidence::Inferred,
            (None, None, Origin::Spanned) => Evidence::Spanned,
            (None, None, Origin::Stated) => Evidence::Stated,
        };
        if read.iter().all(|(_, values)| values.is_empty()) {
            self.set_aside(found.address, "where the page states no limit");
        } else {
            self.used_limit(found.address, &rule_name(rule));
        }
        let alternative = found.placed.map_or(other_reading.copied(), |placed| placed.alternative);
        for (part, values) in read {
            for (window, value) in values {
                let (part, marks) = (part.clone(), marks.to_vec());
                fields.values.push(Read {
                    column: at,
                    part,
                    marks,
                    window,
                    value,
                    line: cell.line,
                    evidence,
                    alternative,
                });
            }
        }
        Ok(())
    }
}

/// Returns the metric of the amounts of a column: its own, or that of the row.
pub(super) fn metric_of(column: &Column, draft: &Draft<'_>) -> Option<MetricWindow> {
    column.is_value().then(|| column.metric().or(draft.metric))?
}
