//! Makes the limits, the plan and the size class of a row from its fields.

use ratebook_source::{Amount, Kind, Limit, Plan, RampPoint, SizeClass};

use super::super::Reader;
use super::super::assign::{MarkOf, Marked, rule_name};
use super::super::draft::{Draft, Selector, StatedAmount};
use super::super::facts::Fact;
use super::super::grid::GridRow;
use super::super::pending::{Repeat, StatedRange};
use super::super::tables::Claimed;
use super::{Fields, Label, PlanCell, Read, RowFacts};
use crate::recipe::{self, Bindings, Role, TextRule, separate_names};

impl<'a> Reader<'a> {
    /// Makes the limits, the plan and the size class of a row.
    pub(super) fn emit(&mut self, row: &GridRow, claimed: &Claimed<'a>, mut fields: Fields<'a>, facts: &mut RowFacts) {
        let Claimed { rule, columns, .. } = claimed;
        if let Some(PlanCell { name, within }) = fields.plan_cell.take() {
            let earlier = self.facts.iter().flat_map(Fact::plans).chain(facts.plans.iter());
            let is_known = earlier.map(|(_, plan)| plan.name.as_str()).any(|known| known == name);
            if !is_known {
                facts.plans.push((row.line, Plan { name, within, qualifies_usd: fields.qualifies_usd }));
            } else if fields.qualifies_usd.is_some() || facts.plans.last().is_some_and(|(_, last)| last.name != name) {
                self.warning(row.line, format!("the plan `{name}` is listed twice"));
            }
        }
        if let (Some(name), Some((from, to))) = (&fields.class, fields.range) {
            let members = std::mem::take(&mut fields.members);
            facts.classes.push((row.line, SizeClass { name: name.clone(), from, to, members }));
        }
        if fields.values.is_empty() && fields.labels.is_empty() {
            return;
        }
        let selector = match fields.draft.selector() {
            Ok(selector) => selector,
            Err(message) => {
                let (line, text) =
                    fields.labels.first().map_or((row.line, "the row"), |label| (label.line, label.text.as_str()));
                let (place, id) = (self.place(&rule.id.span()), rule.id.get_ref());
                let message = format!("`{text}`, by the rule `{id}` ({place}): {message}");
                return self.error(line, message);
            }
        };
        if let (Kind::Size, Some((from, to)), Some(name)) = (selector.kind, fields.range, selector.names.first())
            && !facts.classes.iter().any(|(_, class)| class.name == *name)
        {
            let members = std::mem::take(&mut fields.members);
            facts.classes.push((row.line, SizeClass { name: name.clone(), from, to, members }));
        }
        for label in &fields.labels {
            self.matched.insert((rule.id.get_ref(), label.text_rule.pattern.as_str()));
            self.account_for(label, &selector, rule, &mut facts.classes);
        }
        let repeats = fields.labels.iter().any(|label| label.text_rule.repeats);
        let (ramp, values): (Vec<&Read<'a>>, Vec<&Read<'a>>) = fields
            .values
            .iter()
            .partition(|read| matches!(columns[read.column].assigned.column.role, Role::Ramp { .. }));
        let mut limits = Vec::new();
        for read in values {
            let Marked { assigned, marks } = &columns[read.column];
            let mut draft = fields.draft.clone();
            draft.narrow(assigned.column.settings.attributes(), &assigned.bindings);
            if let Some((text_rule, own)) = &read.part {
                draft.narrow(text_rule.attributes(), own);
            }
            let marks: Vec<&MarkOf<'a>> = fields.marks.iter().chain(marks).chain(&read.marks).collect();
            for draft in of_each_key(draft, &fields.each) {
                limits.extend(self.finished(draft, read, &marks, rule));
            }
        }
        if let Some(first) = ramp.first() {
            let of_columns = columns.iter().filter(|column| matches!(column.assigned.column.role, Role::Ramp { .. }));
            let of_columns: Vec<&MarkOf<'a>> = of_columns.flat_map(|column| &column.marks).collect();
            let of_values = ramp.iter().flat_map(|read| &read.marks);
            let marks: Vec<&MarkOf<'a>> = fields.marks.iter().chain(of_columns).chain(of_values).collect();
            let points = self.ramp(columns, &ramp);
            for draft in of_each_key(fields.draft.clone(), &fields.each) {
                for mut limit in self.finished(draft, first, &marks, rule) {
                    limit.ramp.clone_from(&points);
                    limits.push(limit);
                }
            }
        }
        if repeats {
            let rule = rule.id.get_ref();
            self.pending.repeats.extend(limits.into_iter().map(|limit| Repeat { rule: rule.clone(), limit }));
        } else {
            facts.limits.append(&mut limits);
        }
    }

    /// Returns the limits of an amount, with what footnote marks say of it.
    fn finished(
        &mut self,
        mut draft: Draft<'a>,
        read: &Read<'a>,
        marks: &[&MarkOf<'a>],
        rule: &recipe::TableRule,
    ) -> Vec<Limit> {
        let mut window = read.window;
        for MarkOf { mark, bindings } in marks {
            draft.narrow(mark.attributes(), bindings);
            window = mark.metric.unwrap_or(window);
        }
        let stated = StatedAmount {
            line: read.line,
            window,
            value: read.value.clone(),
            evidence: read.evidence,
            alternative: read.alternative,
        };
        let limits = draft.limits(self.recipe, &stated).and_then(|limits| self.growing(&draft, limits));
        limits.unwrap_or_else(|message| {
            self.error(read.line, format!("{message}, by the rule `{}`", rule.id.get_ref()));
            Vec::new()
        })
    }

    /// Returns the points of a ramp, sorted by time.
    fn ramp(&mut self, columns: &[Marked<'a>], reads: &[&Read<'a>]) -> Vec<RampPoint> {
        let mut points = Vec::new();
        for read in reads {
            let Role::Ramp { minutes } = columns[read.column].assigned.column.role else { continue };
            match read.value.amount() {
                Some(Amount::Count(amount)) => points.push(RampPoint { after_minutes: minutes, amount }),
                Some(
                    other @ (Amount::Range { .. }
                    | Amount::Unlimited
                    | Amount::Custom
                    | Amount::NotOffered
                    | Amount::Elsewhere),
                ) => {
                    let message = format!("expected a number as a point of a ramp, found `{other}`");
                    self.error(read.line, message);
                }
                None => {
                    let message = "expected a number as a point of a ramp, found a multiple of another plan";
                    self.error(read.line, message);
                }
            }
        }
        points.sort_by_key(|point: &RampPoint| point.after_minutes);
        points
    }

    /// Accounts for the numbers of a label: the range of a size class is used, numbers of names are not.
    fn account_for(
        &mut self,
        label: &Label<'a>,
        selector: &Selector,
        rule: &'a recipe::TableRule,
        classes: &mut Vec<(u32, SizeClass)>,
    ) {
        let (Some((from, to)), Some(name)) = (label.range, selector.names.first()) else {
            let is_model = selector.kind == Kind::Model;
            return self.set_aside(label.address, if is_model { "in a model's name" } else { "in the name of a row" });
        };
        self.used(label.address, &rule_name(rule));
        if rule.classes.is_some() {
            let members = label.member.as_deref().map(separate_names).unwrap_or_default();
            let members = members.into_iter().map(str::to_owned).collect();
            if !classes.iter().any(|(_, class)| class.name == *name) {
                classes.push((label.line, SizeClass { name: name.clone(), from, to, members }));
            }
        } else {
            let (line, class, label) = (label.line, name.clone(), label.text.clone());
            self.pending.ranges.push(StatedRange { line, class, range: (from, to), label });
        }
    }
}

/// Returns a draft for each of the keys that a cell names, or the draft alone if no cell names several.
fn of_each_key<'a>(draft: Draft<'a>, each: &[(&'a TextRule, Bindings)]) -> Vec<Draft<'a>> {
    if each.is_empty() {
        return vec![draft];
    }
    let of_key = |(text_rule, own): &(&'a TextRule, Bindings)| {
        let mut draft = draft.clone();
        draft.narrow(text_rule.attributes(), own);
        draft
    };
    each.iter().map(of_key).collect()
}
