//! Which rule claims a table.

use super::assign::{Assigned, Marked, assign, rule_name};
use super::draft::Draft;
use super::grid::Grid;
use super::{Reader, section};
use crate::ledger::Address;
use crate::page::{Block, SectionPath, Table};
use crate::recipe::{self, Bindings, Role};

/// A table that a rule claims.
pub(super) struct Claimed<'a> {
    pub(super) rule: &'a recipe::TableRule,
    /// The section.
    pub(super) path: &'a SectionPath,
    /// The placeholders that the section's pattern matched, with their texts.
    pub(super) bindings: Bindings,
    /// The attributes that the rule and the texts above give.
    pub(super) draft: Draft<'a>,
    pub(super) grid: Grid,
    pub(super) columns: Vec<Marked<'a>>,
}

impl<'a> Reader<'a> {
    pub(super) fn table(&mut self, at: usize, block: &'a Block, table: &Table) {
        let recipe = self.recipe;
        let upright = Grid::new(at, table);
        let transposed = recipe.tables.iter().any(|rule| rule.transpose).then(|| upright.transposed());
        let grid_of = |rule: &recipe::TableRule| transposed.as_ref().filter(|_| rule.transpose).unwrap_or(&upright);
        let caption = table.caption.as_ref().map(|cell| cell.text.as_str());
        let mut fitting = Vec::new();
        for rule in recipe.tables.iter().filter(|rule| self.is_on_page(&rule.pages)) {
            let Some(bindings) = self.bind(rule.under.as_ref(), block, caption) else { continue };
            if let Ok(columns) = assign(rule, &grid_of(rule).names()) {
                fitting.push((rule, bindings, columns));
            }
        }
        // The rule of an inner section applies there, not that of an outer one.
        let depth = |rule: &recipe::TableRule| section::depth(rule.under.as_ref(), &block.path);
        let innermost = fitting.iter().map(|(rule, ..)| depth(rule)).max();
        fitting.retain(|(rule, ..)| Some(depth(rule)) == innermost);
        if let [(first, ..), (second, ..), ..] = fitting.as_slice() {
            let (first, second) = (first.id.get_ref(), second.id.get_ref());
            return self.error(block.line, format!("two rules claim the table: `{first}` and `{second}`"));
        }
        let Some((rule, bindings, columns)) = fitting.pop() else {
            return match self.reason(&block.path, caption, |rule| rule.tables.as_ref()) {
                Some(reason) => self.set_aside_by_rule(Address::block(at), reason.get_ref()),
                None => self.refuse_table(block, &upright),
            };
        };
        self.count(rule.id.get_ref());
        if let Some(reason) = &rule.aside {
            return self.set_aside_by_rule(Address::block(at), reason);
        }
        self.refuse_labels(rule.under.as_ref(), block, rule.id.get_ref());
        if table.caption.is_some() && rule.under.as_ref().is_some_and(|under| under.caption.is_some()) {
            self.used(Address::caption(at), &rule_name(rule));
        }
        let claim = self.ledger.claim_within(Address::header(at, 0, 0), 0..0, &rule_name(rule));
        self.check_claim(claim);
        let grid = grid_of(rule).clone();
        let columns = self.marked(rule, &grid, columns);
        let draft = self.draft(rule.attributes(), &block.path, bindings.clone());
        self.rows(Claimed { rule, path: &block.path, bindings, draft, grid, columns });
    }

    /// Accounts for the names of the columns, and reads their footnote marks.
    fn marked(&mut self, rule: &'a recipe::TableRule, grid: &Grid, columns: Vec<Assigned<'a>>) -> Vec<Marked<'a>> {
        let mut marked = Vec::new();
        for (column, assigned) in columns.into_iter().enumerate() {
            let mut marks = Vec::new();
            for cell in grid.header.iter().filter_map(|row| row.cells.get(column)) {
                if matches!(assigned.column.role, Role::Ramp { .. }) {
                    self.used(cell.address, &rule_name(rule));
                } else {
                    self.set_aside(cell.address, "in a column's name");
                }
                if let Role::Aside { reason, .. } = &assigned.column.role {
                    self.pin(cell.address, reason);
                }
                if cell.cell.origin == crate::page::Origin::Stated {
                    marks.extend(self.marks(rule, &cell.cell).unwrap_or_default());
                }
            }
            marked.push(Marked { assigned, marks });
        }
        for cell in grid.header.iter().flat_map(|row| row.cells.iter().skip(marked.len())) {
            self.set_aside(cell.address, "in a column's name");
        }
        marked
    }

    /// Reports a table that no rule claims, with what the nearest rule lacks.
    fn refuse_table(&mut self, block: &Block, grid: &Grid) {
        let names = grid.names();
        let list = names.join(", ");
        let known = |rule: &&recipe::TableRule| {
            let is_known = |name: &&String| rule.columns.keys().any(|pattern| pattern.matches(name).is_some());
            names.iter().filter(is_known).count()
        };
        let on_page = self.recipe.tables.iter().filter(|rule| self.is_on_page(&rule.pages));
        let is_other = |rule: &&recipe::TableRule| !self.recipe.tables.iter().any(|own| own.id == rule.id);
        let others = self.whole.tables.iter().filter(is_other).filter(|rule| self.is_on_page(&rule.pages));
        if let Some(rule) = others.into_iter().find(|rule| assign(rule, &names).is_ok()) {
            let (id, shape) = (rule.id.get_ref(), self.shape.map_or("", |shape| shape.id.get_ref()));
            return self.error(
                block.line,
                format!("the table with the columns {list} is that of `{id}`, which the page's shape `{shape}` does not have"),
            );
        }
        let nearest = on_page.max_by_key(known).filter(|rule| known(rule) > 0);
        let why = match nearest.map(|rule| (rule, assign(rule, &names))) {
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
}
