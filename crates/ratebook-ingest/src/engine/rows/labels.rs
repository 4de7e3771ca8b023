//! The cells of a row that are not amounts: its labels and parts of the key.

use super::super::Reader;
use super::super::assign::{MarkOf, rule_name};
use super::super::facts::{Fact, HEADER};
use super::super::matching::{all_matches, first_match};
use super::{Fields, Label, PlanCell, RowCell};
use crate::ledger::Address;
use crate::number::{self, numbers};
use crate::page::Cell;
use crate::recipe::{self, Bindings, Column, KeyPart, Role, Settings, TextPattern, TextRule, slug};

impl<'a> Fields<'a> {
    /// Adds a label that a pattern consumed.
    fn labelled(&mut self, text_rule: &'a TextRule, own: &Bindings, cell: &Cell, address: Option<Address>) {
        self.draft.narrow(text_rule.attributes(), own);
        self.labels.push(Label {
            text_rule,
            address,
            line: cell.line,
            text: cell.text.clone(),
            range: own.get("range").and_then(|range| number::parameter_range(range).ok()),
            member: own.get("member").map(str::to_owned),
        });
    }
}

impl<'a> Reader<'a> {
    /// Reads a cell that is not an amount.
    pub(super) fn label(
        &mut self,
        found: RowCell,
        rule: &'a recipe::TableRule,
        column: &'a Column,
        fields: &mut Fields<'a>,
        marks: Vec<MarkOf<'a>>,
    ) -> Result<(), String> {
        let RowCell { cell, address, is_stated, placed: _ } = found;
        let text = cell.text.as_str();
        match &column.role {
            Role::Selector | Role::Label => {
                let patterns = if column.role == Role::Selector { rule.who.as_slice() } else { &[] };
                let found = first_match(patterns, text).or_else(|| first_match(&column.settings.read, text));
                let Some((text_rule, own)) = found else {
                    let id = rule.id.get_ref();
                    return Err(format!("no pattern of `{id}` reads `{text}`: the recipe needs one in `who`"));
                };
                fields.labelled(text_rule, &own, &cell, address);
                fields.marks.extend(marks);
            }
            Role::Metric => {
                if let Some((text_rule, own)) = first_match(&column.settings.read, text) {
                    fields.labelled(text_rule, &own, &cell, address);
                } else {
                    let usual = Column::usual(text).map(|column| column.role);
                    let Some(Role::Limit(window)) = usual else {
                        return Err(format!("`{text}` names no usual metric: the recipe needs it in `read`"));
                    };
                    fields.draft.metric = Some(window);
                    self.set_aside(address, "in the name of a metric");
                }
                fields.marks.extend(marks);
            }
            Role::Key(key) => {
                let own = first_match(&column.settings.read, text);
                if let Some((text_rule, _)) = &own
                    && text_rule.and
                {
                    if !fields.each.is_empty() {
                        return Err(format!("another cell of the row names several keys beside `{text}`"));
                    }
                    fields.each = all_matches(&column.settings.read, text);
                }
                let name = match &own {
                    Some((text_rule, own)) => {
                        fields.draft.narrow(text_rule.attributes(), own);
                        own.get(key.word()).map(|text| self.recipe.value(*key, text))
                    }
                    None => {
                        fields.draft.set_key(*key, text);
                        Some(self.recipe.value(*key, text))
                    }
                };
                self.set_aside(address, &format!("in a {}'s name", key.word()));
                fields.marks.extend(marks);
                if *key == KeyPart::Plan
                    && is_stated
                    && let Some(name) = name
                {
                    let Settings { within, top, .. } = &column.settings;
                    let within = within.clone().filter(|_| !top.contains(&name));
                    fields.plan_cell = Some(PlanCell { name, within });
                }
            }
            Role::Class => fields.class = Some(slug(text)),
            Role::Range => {
                let bare = text.trim_end_matches("parameters").trim();
                fields.range = Some(number::parameter_range(bare).map_err(|error| error.to_string())?);
                self.used(address, &rule_name(rule));
            }
            Role::Members => {
                self.set_aside(address, "in a model's name");
                let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
                fields.members = names.map(str::to_owned).collect();
            }
            Role::Qualifies(patterns) => {
                let Some(own) = patterns.iter().find_map(|pattern| pattern.matches(text)) else {
                    let known: Vec<&str> = patterns.iter().map(TextPattern::as_str).collect();
                    return Err(format!("expected a qualification such as {}, found `{text}`", known.join(", ")));
                };
                fields.qualifies_usd = own.get("usd").and_then(|usd| number::count(usd).ok());
                self.used(address, &rule_name(rule));
            }
            Role::Header => {
                for name in text.split(',').map(str::trim) {
                    self.facts.push(Fact::Statement {
                        line: cell.line,
                        name: HEADER.to_owned(),
                        value: name.to_owned(),
                    });
                }
                self.set_aside(address, "in the name of a response header");
            }
            Role::Aside { reason, only } => {
                self.state(cell.line, text);
                if !numbers(text).is_empty() && !only.is_empty() && !only.iter().any(|words| text.contains(words)) {
                    return Err(format!("unknown number in `{text}`, which the recipe sets aside ({reason})"));
                }
                self.set_aside_by_rule(address, reason);
            }
            Role::Amount | Role::Rate | Role::Limit(_) | Role::Ramp { .. } => {}
        }
        Ok(())
    }
}
