//! Reads the rows of a claimed table: first what a row is (labels, parts of the key), then its amounts.

use ratebook_source::{Amount, Evidence, Kind, Limit, Plan, RampPoint, SizeClass};

use super::draft::{Draft, Stated};
use super::facts::{Fact, HEADER};
use super::grid::{GridCell, GridRow};
use super::passes::merged::{self, Placed};
use super::tables::{Claimed, MarkOf, Marked, rule_name};
use super::{Reader, Repeat, StatedRange, value};
use crate::accounts::Address;
use crate::duplicates;
use crate::number::{self, numbers};
use crate::page::{Cell, Origin};
use crate::recipe::{
    self, AmountWord, Bindings, Column, Key, MetricWindow, Pattern, Repair, Role, Settings, Who, separate_names, slug,
};
use crate::vocabulary;

/// The fields of one row, as its cells are read.
struct Fields<'a> {
    draft: Draft<'a>,
    /// The patterns of a cell that names several plans, regions and so on, with what they bound: the limits are those of
    /// each. Empty: of the draft alone.
    each: Vec<(&'a Who, Bindings)>,
    /// The patterns that consumed the labels, with what they bound, in the order of the columns.
    labels: Vec<Label<'a>>,
    marks: Vec<MarkOf<'a>>,
    values: Vec<Read<'a>>,
    class: Option<String>,
    range: Option<(u64, u64)>,
    members: Vec<String>,
    plan_cell: Option<PlanCell>,
    qualifies_usd: Option<u64>,
}

/// A label that a pattern consumed.
struct Label<'a> {
    who: &'a Who,
    address: Option<Address>,
    line: u32,
    text: String,
    range: Option<(u64, u64)>,
    member: Option<String>,
}

/// An amount that was read, with where it stands.
struct Read<'a> {
    column: usize,
    /// The pattern of the part of the cell, with what it bound.
    part: Option<(&'a Who, Bindings)>,
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

/// What the rows of a table gave.
#[derive(Default)]
struct Given {
    limits: Vec<Limit>,
    plans: Vec<(u32, Plan)>,
    classes: Vec<(u32, SizeClass)>,
}

/// A cell of a row as a column reads it.
struct Found {
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
        let mut given = Given::default();
        let mut above: Vec<Option<Cell>> = vec![None; columns.len()];
        let mut group = draft.clone();
        for row in &grid.rows {
            let mut row = row.clone();
            row.trim_to(columns.len());
            if rule.repair.contains(&Repair::ShiftLeft) {
                shift_left(&mut row, rule, columns);
            }
            if row.cells.len() > columns.len() {
                self.error(row.line, "the row has more cells than the table has columns");
                continue;
            }
            if self.is_note(&row) {
                continue;
            }
            self.spread_word(&mut row, columns);
            if let Some((who, own)) = row.only_text().and_then(|only| first_match(&rule.group, &only.cell.text)) {
                group = draft.clone().with(who.gives());
                group.bind(&own);
                for cell in &row.cells {
                    self.skip(cell.address, "in the name of a group of rows");
                }
                continue;
            }
            let Some(fields) = self.fields(&row, &claimed, &group, &mut above) else { continue };
            self.emit(&row, &claimed, fields, &mut given);
        }
        let Given { mut limits, plans, classes } = given;
        if rule.twice == Some(recipe::Twice::Stricter) {
            limits = duplicates::stricter(limits, &mut self.diagnostics);
        }
        if !plans.is_empty() {
            self.facts.push(Fact::Plans(plans));
        }
        if !classes.is_empty() {
            self.facts.push(Fact::Classes(classes));
        }
        if !limits.is_empty() {
            self.facts.push(Fact::Limits(limits));
        }
    }

    /// Fills the amounts that merged cells cover, if the rule asks for it.
    fn fill_merged(&mut self, claimed: &mut Claimed<'a>) {
        let Claimed { rule, bound, grid, columns, .. } = claimed;
        if !rule.pass.contains(&recipe::Pass::MergedValues) {
            return;
        }
        let key = |key: Key| bound.get(key.word()).map(|text| self.recipe.value(key, text));
        let pass = merged::Pass {
            recipe: self.recipe,
            rule,
            columns,
            decisions: self.decisions,
            region: key(Key::Region),
            plan: key(Key::Plan),
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
            self.skip(only.address, "in a fact in prose");
        }
        is_note
    }

    /// Repeats a word that stands for an amount, such as `Not supported`, in the blank cells after it, if it is the only
    /// value of its row: its cell covers the others.
    fn spread_word(&self, row: &mut GridRow, columns: &[Marked<'a>]) {
        let mut values = (0..columns.len()).filter(|&at| {
            let Settings { carry, blank, .. } = columns[at].assigned.column.settings;
            columns[at].assigned.column.is_value() && !carry && blank.is_none()
        });
        let Some(first) = values.next() else { return };
        let Some(word) = row.cells.get(first).map(|cell| cell.cell.clone()) else { return };
        let means = self.recipe.amounts.iter().find(|(pattern, _)| pattern.matches(&word.text).is_some());
        let rest: Vec<usize> = values.collect();
        let is_blank = |at: &usize| row.cells.get(*at).is_none_or(|cell| cell.cell.text.is_empty());
        if !matches!(means, Some((_, AmountWord::Is(_)))) || !rest.iter().all(is_blank) {
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
        let mut values: Vec<(usize, Found, Vec<MarkOf<'a>>)> = Vec::new();
        let mut blanks: Vec<(usize, &'a Column)> = Vec::new();
        for (at, Marked { assigned, .. }) in columns.iter().enumerate() {
            let column = assigned.column;
            let Some(found) = self.cell_of(row, at, column, above) else {
                blanks.push((at, column));
                continue;
            };
            let found = match self.in_force(found) {
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
                // The error stands for the number.
                self.skip(address, "in an error");
                is_whole = false;
            }
        }
        if is_whole && let Some(label) = fields.labels.iter().find(|label| label.who.skip.is_some()) {
            let reason = label.who.skip.clone().unwrap_or_default();
            for cell in &row.cells {
                self.skip(cell.address, &reason);
            }
            return None;
        }
        for (at, column) in blanks {
            is_whole &= self.accepts_blank(row, at, rule, column, &mut fields);
        }
        for (at, found, marks) in values {
            let (line, address) = (found.cell.line, found.address);
            if let Err(message) = self.amounts(at, &found, rule, columns[at].assigned.column, &mut fields, &marks) {
                self.error(line, message);
                self.skip(address, "in an error");
                is_whole = false;
            }
        }
        if !is_whole {
            for cell in &row.cells {
                self.skip(cell.address, "in a row with an error");
            }
        }
        is_whole.then_some(fields)
    }

    /// Returns the row's cell in a column, or the one above that it repeats. `None` if it is blank.
    fn cell_of(&self, row: &GridRow, at: usize, column: &Column, above: &mut [Option<Cell>]) -> Option<Found> {
        let stated = row.cells.get(at).filter(|cell| !cell.cell.text.is_empty());
        if let Some(stated) = stated {
            if column.settings.carry {
                above[at] = Some(stated.cell.clone());
            }
            let is_stated = stated.cell.origin == Origin::Stated;
            return Some(Found {
                cell: stated.cell.clone(),
                address: stated.address,
                is_stated,
                placed: stated.placed,
            });
        }
        // A carried cell was accounted for in its own row.
        let carried = above[at].clone().filter(|_| column.settings.carry)?;
        Some(Found { cell: carried, address: None, is_stated: false, placed: None })
    }

    /// Returns whether a row may have a blank cell in a column, and reports it if not.
    fn accepts_blank(
        &mut self,
        row: &GridRow,
        at: usize,
        rule: &'a recipe::Table,
        column: &Column,
        fields: &mut Fields<'a>,
    ) -> bool {
        match (column.settings.blank, &column.role) {
            (Some(AmountWord::Absent), _) => return true,
            (Some(AmountWord::Is(amount)), _) => {
                if let Some(window) = metric_of(column, &fields.draft) {
                    fields.values.push(Read {
                        column: at,
                        part: None,
                        marks: Vec::new(),
                        window,
                        value: value::Value::new(amount),
                        line: row.line,
                        evidence: Evidence::Stated,
                        alternative: None,
                    });
                    return true;
                }
            }
            (None, _) => {}
        }
        let name = rule.columns.iter().find(|(_, known)| *known == column);
        let name = name.map_or_else(|| "a value".to_owned(), |(pattern, _)| format!("`{pattern}`"));
        let message = format!("expected {name} in the row, found a blank cell");
        if matches!(column.role, Role::Skip { .. } | Role::Members) {
            self.warning(row.line, message);
            return true;
        }
        self.error(row.line, message);
        false
    }

    /// Returns what is in force of a cell that may be hidden or struck out: all of it, what is not struck out, or nothing.
    fn in_force(&mut self, mut found: Found) -> Result<Option<Found>, (u32, String)> {
        let Cell { line, ref text, flags, .. } = found.cell;
        let is_part_struck = text.contains("~~");
        if !flags.struck && !flags.hidden && !is_part_struck {
            return Ok(Some(found));
        }
        let of = |reason: fn(&recipe::Skip) -> Option<&toml::Spanned<String>>| {
            self.recipe
                .skips
                .iter()
                .filter(|skip| self.is_on_page(&skip.pages))
                .find_map(reason)
                .map(|reason| reason.get_ref().clone())
        };
        let reason = if flags.hidden { of(|skip| skip.hidden.as_ref()) } else { of(|skip| skip.struck.as_ref()) };
        let Some(reason) = reason else {
            let message = format!("`{text}` is struck out or hidden: the recipe does not say what is in force");
            return Err((line, message));
        };
        if flags.struck || flags.hidden {
            self.skip(found.address, &reason);
            return Ok(None);
        }
        let kept: Vec<&str> = text.split("~~").step_by(2).map(str::trim).filter(|part| !part.is_empty()).collect();
        found.cell.text = kept.join(" ");
        Ok((!found.cell.text.is_empty()).then_some(found))
    }

    /// Reads a cell that is no amount.
    fn label(
        &mut self,
        found: Found,
        rule: &'a recipe::Table,
        column: &'a Column,
        fields: &mut Fields<'a>,
        marks: Vec<MarkOf<'a>>,
    ) -> Result<(), String> {
        let Found { cell, address, is_stated, placed: _ } = found;
        let text = cell.text.as_str();
        match &column.role {
            Role::Who | Role::Label => {
                let patterns = if column.role == Role::Who { rule.who.as_slice() } else { &[] };
                let found = first_match(patterns, text).or_else(|| first_match(&column.settings.read, text));
                let Some((who, own)) = found else {
                    let id = rule.id.get_ref();
                    return Err(format!("no pattern of `{id}` reads `{text}`: the recipe needs one in `who`"));
                };
                fields.draft = fields.draft.clone().with(who.gives());
                fields.draft.bind(&own);
                fields.marks.extend(marks);
                fields.labels.push(Label {
                    who,
                    address,
                    line: cell.line,
                    text: text.to_owned(),
                    range: own.get("range").and_then(|range| number::parameter_range(range).ok()),
                    member: own.get("member").map(str::to_owned),
                });
            }
            Role::Metric => {
                let of_pattern = first_match(&column.settings.read, text);
                if let Some((who, own)) = of_pattern {
                    fields.draft = fields.draft.clone().with(who.gives());
                    fields.draft.bind(&own);
                    fields.labels.push(Label {
                        who,
                        address,
                        line: cell.line,
                        text: text.to_owned(),
                        range: None,
                        member: None,
                    });
                } else {
                    let usual = vocabulary::column(text).map(|column| column.role);
                    let Some(Role::Limit(window)) = usual else {
                        return Err(format!("`{text}` names no usual metric: the recipe needs it in `read`"));
                    };
                    fields.draft.metric = Some(window);
                    self.skip(address, "in the name of a metric");
                }
                fields.marks.extend(marks);
            }
            Role::Key(key) => {
                let own = first_match(&column.settings.read, text);
                if let Some((who, _)) = &own
                    && who.and
                {
                    if !fields.each.is_empty() {
                        return Err(format!("another cell of the row names several keys beside `{text}`"));
                    }
                    fields.each = all_matches(&column.settings.read, text);
                }
                let name = match &own {
                    Some((who, own)) => {
                        fields.draft = fields.draft.clone().with(who.gives());
                        fields.draft.bind(own);
                        own.get(key.word()).map(|text| self.recipe.value(*key, text))
                    }
                    None => {
                        fields.draft.set_key(*key, text);
                        Some(self.recipe.value(*key, text))
                    }
                };
                self.skip(address, &format!("in a {}'s name", key.word()));
                fields.marks.extend(marks);
                if *key == Key::Plan
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
                self.skip(address, "in a model's name");
                let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
                fields.members = names.map(str::to_owned).collect();
            }
            Role::Qualifies(patterns) => {
                let Some(own) = patterns.iter().find_map(|pattern| pattern.matches(text)) else {
                    let known: Vec<&str> = patterns.iter().map(Pattern::as_str).collect();
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
                self.skip(address, "in the name of a response header");
            }
            Role::Skip { reason, only } => {
                self.state(cell.line, text);
                if !numbers(text).is_empty() && !only.is_empty() && !only.iter().any(|words| text.contains(words)) {
                    return Err(format!("unknown number in `{text}`, which the recipe sets aside ({reason})"));
                }
                self.skip(address, reason);
            }
            Role::Amount | Role::Rate | Role::Limit(_) | Role::Ramp { .. } => {}
        }
        Ok(())
    }

    /// Reads the amounts of a cell: of each part, if the column says how the cell is divided.
    fn amounts(
        &mut self,
        at: usize,
        found: &Found,
        rule: &'a recipe::Table,
        column: &'a Column,
        fields: &mut Fields<'a>,
        marks: &[MarkOf<'a>],
    ) -> Result<(), String> {
        let cell = &found.cell;
        let outer = metric_of(column, &fields.draft);
        let mut read: Vec<(Option<(&'a Who, Bindings)>, value::Values)> = Vec::new();
        if column.settings.read.is_empty() {
            let values = match (&column.role, outer) {
                (Role::Rate, None) => vec![value::of_text(&cell.text)?],
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
                let mut is_read = false;
                for who in &column.settings.read {
                    let Some(own) = who.pattern.matches(part) else { continue };
                    is_read = true;
                    if who.skip.is_none() {
                        let metric = who.metric.or(outer);
                        let values = value::of_pattern(self.recipe, who, &own, metric)?;
                        read.push((Some((who, own)), values));
                    }
                    if !who.and {
                        break;
                    }
                }
                if !is_read {
                    let id = rule.id.get_ref();
                    return Err(format!("no pattern of a column of `{id}` reads `{part}`: it needs one in `read`"));
                }
            }
        }
        let inferred = self.inferred.get(&(cell.line, at));
        let evidence = match (found.placed, inferred, cell.origin) {
            (Some(placed), ..) => placed.evidence,
            (None, Some(_), _) => Evidence::Inferred,
            (None, None, Origin::Spanned) => Evidence::Spanned,
            (None, None, Origin::Stated) => Evidence::Stated,
        };
        if read.iter().all(|(_, values)| values.is_empty()) {
            self.skip(found.address, "where the page states no limit");
        } else {
            self.used_limit(found.address, &rule_name(rule));
        }
        let alternative = found.placed.map_or(inferred.copied(), |placed| placed.alternative);
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

    /// Makes the limits, the plan and the size class of a row.
    fn emit(&mut self, row: &GridRow, claimed: &Claimed<'a>, mut fields: Fields<'a>, given: &mut Given) {
        let Claimed { rule, columns, .. } = claimed;
        if let Some(PlanCell { name, within }) = fields.plan_cell.take() {
            let earlier = self.facts.iter().flat_map(Fact::plans).chain(given.plans.iter());
            let is_known = earlier.map(|(_, plan)| plan.name.as_str()).any(|known| known == name);
            if !is_known {
                given.plans.push((row.line, Plan { name, within, qualifies_usd: fields.qualifies_usd }));
            } else if fields.qualifies_usd.is_some() || given.plans.last().is_some_and(|(_, last)| last.name != name) {
                self.warning(row.line, format!("the plan `{name}` is listed twice"));
            }
        }
        if let (Some(name), Some((from, to))) = (&fields.class, fields.range) {
            let members = std::mem::take(&mut fields.members);
            given.classes.push((row.line, SizeClass { name: name.clone(), from, to, members }));
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
            && !given.classes.iter().any(|(_, class)| class.name == *name)
        {
            let members = std::mem::take(&mut fields.members);
            given.classes.push((row.line, SizeClass { name: name.clone(), from, to, members }));
        }
        for label in &fields.labels {
            self.matched.insert((rule.id.get_ref(), label.who.pattern.as_str()));
            self.account_for(label, &selector, rule, &mut given.classes);
        }
        let repeats = fields.labels.iter().any(|label| label.who.repeats);
        let (ramp, values): (Vec<&Read<'a>>, Vec<&Read<'a>>) = fields
            .values
            .iter()
            .partition(|read| matches!(columns[read.column].assigned.column.role, Role::Ramp { .. }));
        let mut limits = Vec::new();
        for read in values {
            let Marked { assigned, marks } = &columns[read.column];
            let mut draft = fields.draft.clone().with(assigned.column.settings.gives());
            draft.bind(&assigned.bindings);
            if let Some((who, own)) = &read.part {
                draft = draft.with(who.gives());
                draft.bind(own);
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
            self.repeats.extend(limits.into_iter().map(|limit| Repeat { rule: rule.clone(), limit }));
        } else {
            given.limits.append(&mut limits);
        }
    }

    /// Returns the limits of an amount, with what footnote marks say of it.
    fn finished(
        &mut self,
        mut draft: Draft<'a>,
        read: &Read<'a>,
        marks: &[&MarkOf<'a>],
        rule: &recipe::Table,
    ) -> Vec<Limit> {
        let mut window = read.window;
        for of in marks {
            draft = draft.with(of.mark.gives());
            draft.bind(&of.bindings);
            window = of.mark.metric.unwrap_or(window);
        }
        let stated = Stated {
            line: read.line,
            window,
            value: read.value,
            evidence: read.evidence,
            alternative: read.alternative,
        };
        draft.limits(self.recipe, &stated).unwrap_or_else(|message| {
            self.error(read.line, format!("{message}, by the rule `{}`", rule.id.get_ref()));
            Vec::new()
        })
    }

    /// Returns the points of a ramp, sorted by time.
    fn ramp(&mut self, columns: &[Marked<'a>], reads: &[&Read<'a>]) -> Vec<RampPoint> {
        let mut points = Vec::new();
        for read in reads {
            let Role::Ramp { minutes } = columns[read.column].assigned.column.role else { continue };
            match read.value.amount {
                Amount::Count(amount) => points.push(RampPoint { after_minutes: minutes, amount }),
                Amount::Range { .. } | Amount::Unlimited | Amount::Custom | Amount::NotOffered | Amount::Elsewhere => {
                    let message = format!("expected a number as a point of a ramp, found `{}`", read.value.amount);
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
        selector: &super::draft::Selector,
        rule: &'a recipe::Table,
        classes: &mut Vec<(u32, SizeClass)>,
    ) {
        let (Some((from, to)), Some(name)) = (label.range, selector.names.first()) else {
            let is_model = selector.kind == Kind::Model;
            return self.skip(label.address, if is_model { "in a model's name" } else { "in the name of a row" });
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
            self.ranges.push(StatedRange { line, class, range: (from, to), label });
        }
    }
}

/// Returns the metric of the amounts of a column: its own, or that of the row.
fn metric_of(column: &Column, draft: &Draft<'_>) -> Option<MetricWindow> {
    match column.role {
        Role::Limit(window) => Some(window),
        Role::Amount | Role::Rate | Role::Ramp { .. } => column.settings.metric.or(draft.metric),
        Role::Who
        | Role::Label
        | Role::Metric
        | Role::Key(_)
        | Role::Class
        | Role::Range
        | Role::Members
        | Role::Qualifies(_)
        | Role::Header
        | Role::Skip { .. } => None,
    }
}

/// Returns the first pattern that consumes a text, with what it binds.
pub(super) fn first_match<'w>(patterns: &'w [Who], text: &str) -> Option<(&'w Who, Bindings)> {
    patterns.iter().find_map(|who| Some((who, who.pattern.matches(text)?)))
}

/// Returns a draft for each of the keys that a cell names, or the draft alone if no cell names several.
fn of_each_key<'a>(draft: Draft<'a>, each: &[(&'a Who, Bindings)]) -> Vec<Draft<'a>> {
    if each.is_empty() {
        return vec![draft];
    }
    let of_key = |(who, own): &(&'a Who, Bindings)| {
        let mut draft = draft.clone().with(who.gives());
        draft.bind(own);
        draft
    };
    each.iter().map(of_key).collect()
}

/// Returns the first pattern that consumes a text, and those after it as long as each says `and`.
fn all_matches<'w>(patterns: &'w [Who], text: &str) -> Vec<(&'w Who, Bindings)> {
    let mut found = Vec::new();
    for who in patterns {
        let Some(own) = who.pattern.matches(text) else { continue };
        found.push((who, own));
        if !who.and {
            break;
        }
    }
    found
}

/// Moves a row right by one cell if the merged cell above moved it left. The label of the second column is then in the
/// first, and the last cell is blank or missing.
fn shift_left(row: &mut GridRow, rule: &recipe::Table, columns: &[Marked<'_>]) {
    let is_label = |at: usize| {
        let text = row.cells.get(at).map(|cell| cell.cell.text.as_str());
        let specific = rule.who.iter().filter(|who| !who.pattern.is_open());
        text.is_some_and(|text| specific.map(|who| who.pattern.matches(text)).any(|bound| bound.is_some()))
    };
    let is_short = row.cells.len() < columns.len() || row.cells.last().is_some_and(|cell| cell.cell.text.is_empty());
    let is_carried = columns.first().is_some_and(|first| first.assigned.column.settings.carry);
    let who = columns.get(1).is_some_and(|second| second.assigned.column.role == Role::Who);
    if is_carried && who && is_short && is_label(0) && !is_label(1) {
        row.cells.insert(0, GridCell::blank(row.line));
        row.cells.truncate(columns.len());
    }
}
