//! The columns of a page's table, assigned to those of a rule.

use crate::recipe::{self, Bindings, Column, MarkRule};

/// A column of a page's table, with what its name binds.
#[derive(Clone, Debug)]
pub(super) struct Assigned<'a> {
    pub(super) column: &'a Column,
    pub(super) bindings: Bindings,
}

/// A column whose name has footnote marks.
pub(super) struct Marked<'a> {
    pub(super) assigned: Assigned<'a>,
    pub(super) marks: Vec<MarkOf<'a>>,
}

/// What a footnote mark means, with what its note bound.
#[derive(Clone, Debug)]
pub(super) struct MarkOf<'a> {
    pub(super) mark: &'a MarkRule,
    pub(super) bindings: Bindings,
}

/// Assigns the columns of a rule to the names of a table's columns. `Err` is the name that the rule does not know, if
/// there is one.
pub(super) fn assign<'a>(rule: &'a recipe::TableRule, names: &[String]) -> Result<Vec<Assigned<'a>>, Option<String>> {
    let columns: Vec<_> = rule.columns.iter().collect();
    let mut taken = vec![false; columns.len()];
    let mut assigned = Vec::new();
    for name in names {
        let fits =
            |at: &usize| columns[*at].0.matches(name).filter(|_| !taken[*at] || columns[*at].0.as_str().contains('{'));
        let found = (0..columns.len()).find_map(|at| Some((at, fits(&at)?)));
        let Some((at, bindings)) = found else { return Err(Some(name.clone())) };
        taken[at] = true;
        assigned.push(Assigned { column: columns[at].1, bindings });
    }
    let has_all = columns.iter().zip(&taken).all(|((_, column), taken)| *taken || column.settings.optional);
    if has_all { Ok(assigned) } else { Err(None) }
}

/// Returns the name of a rule in the ledger.
pub(super) fn rule_name(rule: &recipe::TableRule) -> String {
    format!("table[{}]", rule.id.get_ref())
}
