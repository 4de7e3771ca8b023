//! Limits in tables.

use ratebook_source::{Amount, Bound, Evidence, Kind, Limit, Plan, RampPoint, SizeClass};

use super::facts::{Fact, HEADER, pool_from, set_key};
use super::{Reader, Repeat, StatedRange, section, value};
use crate::accounts::Address;
use crate::columns::header_paths;
use crate::number::{self, numbers};
use crate::page::{Block, BlockKind, Cell, Origin, Row, Table};
use crate::recipe::{self, Bindings, Column, Key, Mark, MetricWindow, Repair, Role, Template, Who, slug};

/// A column of a page's table, with what its name binds.
#[derive(Clone, Debug)]
pub(super) struct Assigned {
    pub(super) column: Column,
    pub(super) bindings: Bindings,
}

/// A column whose name has footnote marks.
struct Marked<'a> {
    assigned: Assigned,
    marks: Vec<&'a Mark>,
}

/// Assigns the columns of a rule to the names of a table's columns. `Err` is the name that the rule does not know, if
/// there is one.
pub(super) fn assign(rule: &recipe::Table, names: &[String]) -> Result<Vec<Assigned>, Option<String>> {
    let columns: Vec<_> = rule.all_columns().collect();
    let mut taken = vec![false; columns.len()];
    let mut assigned = Vec::new();
    for name in names {
        let fits =
            |at: &usize| columns[*at].0.matches(name).filter(|_| !taken[*at] || columns[*at].0.as_str().contains('{'));
        let found = (0..columns.len()).find_map(|at| Some((at, fits(&at)?)));
        let Some((at, bindings)) = found else { return Err(Some(name.clone())) };
        taken[at] = true;
        assigned.push(Assigned { column: columns[at].1.clone(), bindings });
    }
    let has_all = columns.iter().zip(&taken).all(|((_, column), taken)| *taken || column.optional);
    if has_all { Ok(assigned) } else { Err(None) }
}

/// Returns the name of a rule in the accounts.
fn rule_name(rule: &recipe::Table) -> String {
    format!("table[{}]", rule.id.get_ref())
}

/// The fields of one row, as its cells are read.
struct Fields<'a> {
    who: Option<Chosen<'a>>,
    keys: Vec<(Key, String)>,
    values: Vec<Read<'a>>,
    ramp: Vec<(u32, Read<'a>)>,
    class: Option<String>,
    range: Option<(u64, u64)>,
    members: Vec<String>,
    plan_cell: Option<PlanCell>,
    qualifies_usd: Option<u64>,
}

/// A pattern of the `who` column that consumed the cell.
struct Chosen<'a> {
    who: &'a Who,
    bindings: Bindings,
    address: Option<Address>,
    line: u32,
    text: String,
    marks: Vec<&'a Mark>,
}

/// An amount that was read, with where it stands.
struct Read<'a> {
    marks: Vec<&'a Mark>,
    column: usize,
    window: Option<MetricWindow>,
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

impl<'a> Reader<'a> {
    pub(super) fn table(&mut self, at: usize, block: &Block, table: &Table) {
        let names: Vec<String> = header_paths(table).iter().map(|path| path.join(" ")).collect();
        let recipe = self.recipe;
        let fitting = recipe.tables.iter().filter_map(|rule| {
            let bound = section::bind(rule.under.as_ref(), &block.path)?;
            Some((rule, bound, assign(rule, &names).ok()?))
        });
        let fitting: Vec<_> = fitting.collect();
        if let [(first, ..), (second, ..), ..] = fitting.as_slice() {
            let (first, second) = (first.id.get_ref(), second.id.get_ref());
            return self.error(block.line, format!("two rules claim the table: `{first}` and `{second}`"));
        }
        for (row_at, row) in table.header.iter().enumerate() {
            for column in 0..row.cells.len() {
                let is_ramp = fitting.first().and_then(|(.., assigned)| assigned.get(column));
                let address = Address::header(at, row_at, column);
                if let Some(Role::Ramp { .. }) = is_ramp.map(|assigned| &assigned.column.role) {
                    let rule = fitting.first().map_or_else(String::new, |(rule, ..)| rule_name(rule));
                    self.used(address, &rule);
                } else {
                    self.skip(address, "in a column's name");
                }
            }
        }
        let Some((rule, bound, assigned)) = fitting.into_iter().next() else {
            return self.refuse_table(block, &names);
        };
        self.count(rule.id.get_ref());
        if let Some(reason) = &rule.skip {
            return self.skip(Address::block(at), reason);
        }
        let claim = self.accounts.claim_within(Address::header(at, 0, 0), 0..0, &rule_name(rule));
        self.check_claim(claim);
        let mut columns = Vec::new();
        for (column, assigned) in assigned.into_iter().enumerate() {
            let cells = table.header.iter().filter_map(|row| row.cells.get(column));
            let mut marks = Vec::new();
            for cell in cells.filter(|cell| cell.origin == Origin::Stated) {
                marks.extend(self.marks(rule, cell).unwrap_or_default());
            }
            columns.push(Marked { assigned, marks });
        }
        self.rows(at, table, rule, &columns, &bound);
    }

    /// Reports a table that no rule claims, with what the nearest rule lacks.
    fn refuse_table(&mut self, block: &Block, names: &[String]) {
        let list = names.join(", ");
        let known = |rule: &recipe::Table| {
            names.iter().filter(|name| rule.all_columns().any(|(pattern, _)| pattern.matches(name).is_some())).count()
        };
        let nearest = self.recipe.tables.iter().max_by_key(|rule| known(rule)).filter(|rule| known(rule) > 0);
        let why = match nearest.map(|rule| (rule, assign(rule, names))) {
            Some((rule, Err(Some(name)))) => format!("unknown column `{name}` beside those of `{}`", rule.id.get_ref()),
            Some((rule, Err(None))) => format!("`{}` has more columns", rule.id.get_ref()),
            Some((rule, Ok(_))) => format!("`{}` applies to another section", rule.id.get_ref()),
            None => "no rule has any of them".to_owned(),
        };
        self.error(
            block.line,
            format!("no rule claims the table with the columns {list}: {why}; the recipe needs a [[table]] with these columns"),
        );
    }

    fn rows(&mut self, at: usize, table: &Table, rule: &'a recipe::Table, columns: &[Marked<'a>], bound: &Bindings) {
        let mut limits: Vec<Limit> = Vec::new();
        let mut plans: Vec<(u32, Plan)> = Vec::new();
        let mut classes: Vec<(u32, SizeClass)> = Vec::new();
        let mut above: Vec<Option<Cell>> = vec![None; columns.len()];
        for (row_at, row) in table.rows.iter().enumerate() {
            let mut row = row.clone();
            row.trim_to(columns.len());
            let shift = usize::from(rule.repair.contains(&Repair::ShiftLeft) && shift_left(&mut row, rule, columns));
            if row.cells.len() > columns.len() {
                self.error(row.line, "the row has more cells than the table has columns");
                continue;
            }
            if self.is_note(at, row_at, &row) {
                continue;
            }
            // A cell that the page lacks, because a merged cell covers it, has no address.
            let address = |column: usize| Some(Address::body(at, row_at, column.checked_sub(shift)?));
            let Some(fields) = self.fields(&row, rule, columns, bound, &mut above, &address) else { continue };
            self.emit(&row, rule, columns, bound, fields, &mut limits, &mut plans, &mut classes);
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

    /// Returns whether a row is a note over the whole width that a statement reads.
    fn is_note(&mut self, at: usize, row_at: usize, row: &Row) -> bool {
        let mut own =
            row.cells.iter().enumerate().filter(|(_, cell)| !cell.text.is_empty() && cell.origin == Origin::Stated);
        let (Some((column, cell)), None) = (own.next(), own.next()) else { return false };
        let is_note = numbers(&cell.text).is_empty() && self.state(cell.line, &cell.text);
        if is_note {
            self.skip(Address::body(at, row_at, column), "in a fact in prose");
        }
        is_note
    }

    /// Reads the cells of a row. `None` if a cell is an error.
    fn fields(
        &mut self,
        row: &Row,
        rule: &'a recipe::Table,
        columns: &[Marked<'a>],
        bound: &Bindings,
        above: &mut [Option<Cell>],
        address: &dyn Fn(usize) -> Option<Address>,
    ) -> Option<Fields<'a>> {
        let mut fields = Fields {
            who: None,
            keys: Vec::new(),
            values: Vec::new(),
            ramp: Vec::new(),
            class: None,
            range: None,
            members: Vec::new(),
            plan_cell: None,
            qualifies_usd: None,
        };
        let mut is_whole = true;
        for (at, Marked { assigned: Assigned { column, .. }, .. }) in columns.iter().enumerate() {
            let stated = row.cells.get(at).filter(|cell| !cell.text.is_empty());
            let carried = if column.carry { above[at].as_ref() } else { None };
            let Some(cell) = stated.or(carried).cloned() else {
                let name = self.column_name(rule, column);
                let message = format!("expected {name} in the row, found a blank cell");
                if matches!(column.role, Role::Skip { .. } | Role::Members) {
                    self.warning(row.line, message);
                } else {
                    self.error(row.line, message);
                    is_whole = false;
                }
                continue;
            };
            if cell.flags.struck || cell.flags.hidden || cell.text.contains("~~") {
                self.error(
                    cell.line,
                    format!("`{}` is struck out or hidden: the recipe does not say what is in force", cell.text),
                );
                is_whole = false;
                continue;
            }
            let Some(marks) = self.marks(rule, &cell) else {
                is_whole = false;
                continue;
            };
            if column.carry && stated.is_some() {
                above[at] = Some(cell.clone());
            }
            // A carried cell was accounted for in its own row.
            let own = stated.and_then(|_| address(at));
            let is_stated = stated.is_some_and(|cell| cell.origin == Origin::Stated);
            if let Err(message) = self.cell(at, &cell, is_stated, rule, column, bound, &mut fields, own, marks) {
                self.error(cell.line, message);
                // The error stands for the number.
                self.skip(address(at), "in an error");
                is_whole = false;
            }
        }
        if !is_whole {
            for at in 0..columns.len() {
                self.skip(address(at), "in a row with an error");
            }
        }
        is_whole.then_some(fields)
    }

    /// Returns what the footnote marks of a cell mean. `None`, with an error, if a mark has no rule or no note.
    fn marks(&mut self, rule: &'a recipe::Table, cell: &Cell) -> Option<Vec<&'a Mark>> {
        let mut found = Vec::new();
        for mark in &cell.marks {
            let Some(meaning) = rule.marks.get(mark) else {
                let id = rule.id.get_ref();
                let message =
                    format!("unknown footnote mark `{mark}` on `{}`: `{id}` needs it in [table.marks]", cell.text);
                self.error(cell.line, message);
                return None;
            };
            let note = self.page.blocks.iter().position(|block| {
                block.note.as_ref() == Some(mark)
                    && prose_of(block).is_some_and(|text| super::contains(text, &meaning.note))
            });
            let Some(note) = note else {
                let message = format!("no note `{mark}` of the page has the words `{}`", meaning.note);
                self.error(cell.line, message);
                return None;
            };
            self.used(Address::block(note), &format!("mark[{mark}]"));
            found.push(meaning);
        }
        Some(found)
    }

    fn apply_marks<'m>(&mut self, limit: &mut Limit, marks: impl Iterator<Item = &'m &'a Mark>, bindings: &Bindings)
    where
        'a: 'm,
    {
        for mark in marks {
            if let Some(window) = mark.metric {
                limit.metric = window.metric;
                limit.per = window.per;
            }
            if let Some(bound) = mark.bound {
                limit.bound = bound;
            }
            match mark.pool.as_ref().map(|pool| pool.fill(bindings)) {
                Some(Ok(pool)) => limit.pool = pool_from(&pool),
                Some(Err(placeholder)) => {
                    let message = format!("nothing binds {{{placeholder}}} of the pool of a footnote mark");
                    self.error(limit.line.unwrap_or(1), message);
                }
                None => {}
            }
        }
    }

    fn column_name(&self, rule: &recipe::Table, wanted: &Column) -> String {
        let found = rule.all_columns().find(|(_, column)| column == wanted);
        found.map_or_else(|| "a value".to_owned(), |(pattern, _)| format!("`{pattern}`"))
    }

    #[allow(clippy::too_many_arguments, reason = "one call, of one cell")]
    fn cell(
        &mut self,
        at: usize,
        cell: &Cell,
        is_stated: bool,
        rule: &'a recipe::Table,
        column: &Column,
        bound: &Bindings,
        fields: &mut Fields<'a>,
        address: Option<Address>,
        marks: Vec<&'a Mark>,
    ) -> Result<(), String> {
        let text = cell.text.as_str();
        match &column.role {
            Role::Who => {
                let found = rule.who.iter().find_map(|who| Some((who, who.pattern.matches(text)?)));
                let Some((who, own)) = found else {
                    return Err(format!(
                        "no pattern of `{}` reads `{text}`: the recipe needs one in `who`",
                        rule.id.get_ref()
                    ));
                };
                let mut bindings = bound.clone();
                bindings.extend(&own);
                fields.who = Some(Chosen { who, bindings, address, line: cell.line, text: text.to_owned(), marks });
            }
            Role::Key(key) => {
                let name = self.recipe.value(*key, text);
                self.skip(address, &format!("in a {}'s name", key.word()));
                if *key == Key::Plan && is_stated {
                    let within = column.within.clone().filter(|_| !column.top.contains(&name));
                    fields.plan_cell = Some(PlanCell { name: name.clone(), within });
                }
                fields.keys.push((*key, name));
            }
            Role::Amount | Role::Rate | Role::Limit(_) | Role::Ramp { .. } => {
                let read = self.amount(at, cell, rule, column, fields, marks)?;
                self.used_limit(address, &rule_name(rule));
                if let Role::Ramp { minutes } = column.role {
                    fields.ramp.push((minutes, read));
                } else {
                    fields.values.push(read);
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
                    let known: Vec<&str> = patterns.iter().map(recipe::Pattern::as_str).collect();
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
        }
        Ok(())
    }

    fn amount(
        &mut self,
        at: usize,
        cell: &Cell,
        rule: &recipe::Table,
        column: &Column,
        fields: &Fields<'_>,
        marks: Vec<&'a Mark>,
    ) -> Result<Read<'a>, String> {
        let text = cell.text.as_str();
        let of_row = fields.who.as_ref().and_then(|chosen| chosen.who.metric).or(rule.metric);
        let (window, value) = match &column.role {
            Role::Limit(window) => (Some(*window), value::of_metric(text, *window)?),
            Role::Rate if of_row.is_none() => {
                let (window, value) = value::of_text(text)?;
                (Some(window), Some(value))
            }
            Role::Rate | Role::Amount | Role::Ramp { .. } => {
                let window = of_row.ok_or("nothing of the row names the metric: the recipe needs `metric`")?;
                (Some(window), value::of_metric(text, window)?)
            }
            Role::Who
            | Role::Key(_)
            | Role::Class
            | Role::Range
            | Role::Members
            | Role::Qualifies(_)
            | Role::Header
            | Role::Skip { .. } => (None, None),
        };
        let value = value.ok_or_else(|| format!("expected an amount, found `{text}`"))?;
        let inferred = self.inferred.get(&(cell.line, at));
        let evidence = match (inferred, cell.origin) {
            (Some(_), _) => Evidence::Inferred,
            (None, Origin::Spanned) => Evidence::Spanned,
            (None, Origin::Stated) => Evidence::Stated,
        };
        Ok(Read { marks, column: at, window, value, line: cell.line, evidence, alternative: inferred.copied() })
    }

    /// Makes the limits, the plan and the size class of a row.
    #[allow(clippy::too_many_arguments, reason = "one call, of one row")]
    fn emit(
        &mut self,
        row: &Row,
        rule: &'a recipe::Table,
        columns: &[Marked<'a>],
        bound: &Bindings,
        mut fields: Fields<'a>,
        limits: &mut Vec<Limit>,
        plans: &mut Vec<(u32, Plan)>,
        classes: &mut Vec<(u32, SizeClass)>,
    ) {
        if let Some(PlanCell { name, within }) = fields.plan_cell.take() {
            let earlier = self.facts.iter().flat_map(Fact::plans).chain(plans.iter());
            let is_known = earlier.map(|(_, plan)| plan.name.as_str()).any(|known| known == name);
            if !is_known {
                plans.push((row.line, Plan { name, within, qualifies_usd: fields.qualifies_usd }));
            } else if fields.qualifies_usd.is_some() || plans.last().is_some_and(|(_, last)| last.name != name) {
                self.warning(row.line, format!("the plan `{name}` is listed twice"));
            }
        }
        if let (Some(name), Some((from, to))) = (&fields.class, fields.range) {
            let members = std::mem::take(&mut fields.members);
            classes.push((row.line, SizeClass { name: name.clone(), from, to, members }));
        }
        let row_marks = fields.who.as_mut().map(|chosen| std::mem::take(&mut chosen.marks)).unwrap_or_default();
        let Some(template) = self.template(row, rule, bound, &mut fields, classes) else { return };
        let (mut template, repeats) = template;
        for (key, name) in &fields.keys {
            set_key(&mut template, *key, name.clone());
        }
        for read in &fields.values {
            let mut limit = template.clone();
            let Marked { assigned, marks } = &columns[read.column];
            let mut bindings = bound.clone();
            bindings.extend(&assigned.bindings);
            let keys = assigned.column.keys.iter().map(|(key, template)| (*key, template));
            self.fill_keys(&mut limit, keys, &bindings);
            fill_value(&mut limit, read, assigned.column.bound);
            self.apply_marks(&mut limit, row_marks.iter().chain(marks).chain(&read.marks), &bindings);
            if repeats {
                self.repeats.push(Repeat { rule: rule.id.get_ref().clone(), limit });
            } else {
                limits.push(limit);
            }
        }
        if let Some((_, first)) = fields.ramp.first() {
            let mut limit = template;
            fill_value(&mut limit, first, None);
            let of_columns = columns.iter().filter(|column| matches!(column.assigned.column.role, Role::Ramp { .. }));
            let marks: Vec<&Mark> = of_columns.flat_map(|column| column.marks.iter().copied()).collect();
            let of_values = fields.ramp.iter().flat_map(|(_, read)| &read.marks);
            self.apply_marks(&mut limit, row_marks.iter().chain(&marks).chain(of_values), bound);
            for (after_minutes, read) in &fields.ramp {
                match read.value.amount {
                    Amount::Count(amount) => {
                        limit.ramp.push(RampPoint { after_minutes: *after_minutes, amount });
                    }
                    Amount::Range { .. }
                    | Amount::Unlimited
                    | Amount::Custom
                    | Amount::NotOffered
                    | Amount::Elsewhere => {
                        self.error(
                            read.line,
                            format!("expected a number as a point of a ramp, found `{}`", read.value.amount),
                        );
                    }
                }
            }
            limit.ramp.sort_by_key(|point| point.after_minutes);
            limits.push(limit);
        }
    }

    /// Returns a limit with everything but its metric and amount, and whether it repeats one of another rule. `None` if
    /// the row has no selector.
    fn template(
        &mut self,
        row: &Row,
        rule: &'a recipe::Table,
        bound: &Bindings,
        fields: &mut Fields<'a>,
        classes: &mut Vec<(u32, SizeClass)>,
    ) -> Option<(Limit, bool)> {
        let who = fields.who.take();
        if fields.values.is_empty() && fields.ramp.is_empty() && who.is_none() {
            return None;
        }
        let (line, text) = who.as_ref().map_or((row.line, "the row"), |chosen| (chosen.line, chosen.text.as_str()));
        let bindings = who.as_ref().map_or(bound, |chosen| &chosen.bindings);
        let of = who.as_ref().map(|chosen| chosen.who);
        if let Some(chosen) = &who {
            if let Some(reason) = &chosen.who.skip {
                self.skip(chosen.address, reason);
                return None;
            }
            self.matched.insert((rule.id.get_ref(), chosen.who.pattern.as_str()));
        }
        let Some(kind) = of.and_then(|who| who.kind).or(rule.kind) else {
            let place = self.place(&rule.id.span());
            self.error(line, format!("the rule `{}` ({place}) gives `{text}` no kind", rule.id.get_ref()));
            return None;
        };
        let default_pool = if kind == Kind::Model { "model" } else { "account" };
        let name = of.and_then(|who| who.name.as_ref()).or(rule.name.as_ref());
        let pool = of.and_then(|who| who.pool.as_ref()).or(rule.pool.as_ref());
        let filled = [(name, "*"), (pool, default_pool)].map(|(template, default)| match template {
            Some(template) => template.fill(bindings).map_err(str::to_owned),
            None => Ok(default.to_owned()),
        });
        let (name, pool) = match filled {
            [Ok(name), Ok(pool)] => (name, pool),
            [Err(placeholder), _] | [_, Err(placeholder)] => {
                self.error(line, format!("nothing binds {{{placeholder}}} of the rule `{}`", rule.id.get_ref()));
                return None;
            }
        };
        let mut limit = Limit::new(kind, &name, ratebook_source::Metric::Requests, Amount::Custom, pool_from(&pool));
        if let Some(bound) = of.and_then(|who| who.bound).or(rule.bound) {
            limit.bound = bound;
        }
        self.fill_keys(&mut limit, rule.keys(), bindings);
        if let Some(who) = of {
            self.fill_keys(&mut limit, who.keys(), bindings);
        }
        if let Some(chosen) = &who {
            self.account_for(chosen, &name, rule, classes);
        }
        Some((limit, of.is_some_and(|who| who.repeats)))
    }

    /// Accounts for the numbers of a selector's cell: the range of a size class is used, numbers of names are not.
    fn account_for(
        &mut self,
        chosen: &Chosen<'_>,
        name: &str,
        rule: &recipe::Table,
        classes: &mut Vec<(u32, SizeClass)>,
    ) {
        let range = chosen.bindings.get("range").and_then(|range| number::parameter_range(range).ok());
        let Some((from, to)) = range else {
            return self.skip(chosen.address, "in a model's name");
        };
        self.used(chosen.address, &rule_name(rule));
        if rule.classes.is_some() {
            let members = chosen.bindings.get("member").map(str::to_owned).into_iter().collect();
            if !classes.iter().any(|(_, class)| class.name == name) {
                classes.push((chosen.line, SizeClass { name: name.to_owned(), from, to, members }));
            }
        } else {
            let label = chosen.text.clone();
            self.ranges.push(StatedRange { line: chosen.line, class: name.to_owned(), range: (from, to), label });
        }
    }

    /// Fills parts of a limit's key from templates.
    pub(super) fn fill_keys<'t>(
        &mut self,
        limit: &mut Limit,
        keys: impl Iterator<Item = (Key, &'t Template)>,
        bindings: &Bindings,
    ) {
        for (key, template) in keys {
            // A placeholder alone is a name of the vendor, which `values` may map.
            let whole = format!("{{{}}}", key.word());
            let filled = match bindings.get(key.word()).filter(|_| template.as_str() == whole) {
                Some(text) => Ok(self.recipe.value(key, text)),
                None => template.fill(bindings).map_err(str::to_owned),
            };
            match filled {
                Ok(value) => set_key(limit, key, value),
                Err(placeholder) => {
                    let line = limit.line.unwrap_or(1);
                    self.error(line, format!("nothing binds {{{placeholder}}} of the {}", key.word()));
                }
            }
        }
    }
}

fn fill_value(limit: &mut Limit, read: &Read<'_>, of_column: Option<Bound>) {
    if let Some(window) = read.window {
        limit.metric = window.metric;
        limit.per = window.per;
    }
    limit.amount = read.value.amount;
    limit.line = Some(read.line);
    limit.evidence = read.evidence;
    limit.alternative = read.alternative;
    if let Some(bound) = read.value.bound.or(of_column) {
        limit.bound = bound;
    }
}

/// Moves a row right by one cell if the merged cell above moved it left. The label of the second column is then in the
/// first, and the last cell is blank or missing.
fn shift_left(row: &mut Row, rule: &recipe::Table, columns: &[Marked<'_>]) -> bool {
    let is_label = |at: usize| {
        let text = row.cells.get(at).map(|cell| cell.text.as_str());
        let specific = rule.who.iter().filter(|who| !who.pattern.is_open());
        text.is_some_and(|text| specific.map(|who| who.pattern.matches(text)).any(|bound| bound.is_some()))
    };
    let is_short = row.cells.len() < columns.len() || row.cells.last().is_some_and(|cell| cell.text.is_empty());
    let is_carried = columns.first().is_some_and(|first| first.assigned.column.carry);
    let who = columns.get(1).is_some_and(|second| matches!(second.assigned.column.role, Role::Who));
    let is_moved = is_carried && who && is_short && is_label(0) && !is_label(1);
    if is_moved {
        row.cells.insert(0, Cell::new(row.line, ""));
        row.cells.truncate(columns.len());
    }
    is_moved
}

/// Returns the text of a paragraph or an item.
fn prose_of(block: &Block) -> Option<&str> {
    match &block.kind {
        BlockKind::Paragraph(text) | BlockKind::Item { text, .. } => Some(text),
        BlockKind::Heading { .. }
        | BlockKind::Table(_)
        | BlockKind::Code(_)
        | BlockKind::Unread { .. }
        | BlockKind::Statement { .. } => None,
    }
}
