//! Pages without rules: those that state a policy only, and those whose limits stand elsewhere.
//!
//! Their fact page has a fingerprint of everything that could state a limit, so that a change of the page shows.

use crate::ledger::{Address, Fingerprint, Ledger, Passage};
use crate::page::{BlockKind, Page};
use crate::recipe::RecipePage;

use super::facts::{self, Fact, Summary};

/// Name of the statements with the models that an index lists.
pub(super) const LISTED: &str = "listed model";

/// The reason for which everything of such a page is set aside.
const REASON: &str = "on a page that states no limits";

/// Returns the fact page, after setting the whole page aside.
pub(super) fn fact_page(recipe_page: &RecipePage, page: &Page, ledger: &mut Ledger<'_>) -> Page {
    let mut facts = facts::date(page);
    let mut statement = |name: &str, value: String| {
        facts.push(Fact::Statement { line: 1, name: name.to_owned(), value });
    };
    if let Some(state) = &recipe_page.state {
        statement("limits", format!("{}, {}", state.is, state.why));
    }
    let passages: Vec<Passage> = ledger.passages().into_iter().filter(Passage::is_pinned).collect();
    let mut text: Vec<&str> = passages.iter().map(|passage| passage.text.as_str()).collect();
    let count = text.len();
    for block in &page.blocks {
        if let BlockKind::Table(table) = &block.kind {
            let rows = table.header.iter().chain(&table.rows);
            text.extend(rows.flat_map(|row| &row.cells).map(|cell| cell.text.as_str()));
        }
    }
    statement("passages", format!("{count}, fingerprint {}", Fingerprint::of(&text.join("\n"))));
    facts.extend(listed(recipe_page, page));
    for at in 0..page.blocks.len() {
        // Nothing is claimed before, so that nothing is claimed twice.
        let _ = ledger.set_aside(Address::block(at), REASON);
    }
    let summary = Summary::of(page, ledger);
    facts::write(page.form, facts, &summary)
}

/// Returns the models that an index lists, as facts.
pub(super) fn listed(recipe_page: &RecipePage, page: &Page) -> Vec<Fact> {
    let Some(index) = &recipe_page.index else { return Vec::new() };
    let mut models: Vec<(u32, String)> = Vec::new();
    let mut add = |line: u32, text: &str| {
        let bindings = index.models.iter().find_map(|pattern| pattern.matches(text));
        let Some(bindings) = bindings else { return };
        if let Some(model) = bindings.get("model").or_else(|| bindings.get("id"))
            && !models.iter().any(|(_, known)| known == model)
        {
            models.push((line, model.to_owned()));
        }
    };
    for block in &page.blocks {
        match &block.kind {
            BlockKind::Heading { text, .. } | BlockKind::Item { text, .. } => add(block.line, text),
            BlockKind::Paragraph(text) | BlockKind::Code(text) => text.lines().for_each(|line| add(block.line, line)),
            BlockKind::Table(table) => {
                table.rows.iter().flat_map(|row| &row.cells).for_each(|cell| add(cell.line, &cell.text));
            }
            BlockKind::Unread { .. } | BlockKind::Statement { .. } => {}
        }
    }
    let fact = |(line, model)| Fact::Statement { line, name: LISTED.to_owned(), value: model };
    models.into_iter().map(fact).collect()
}
