//! Prose: the statements that the recipe knows, what it does not support, and the passages that neither a rule nor
//! `aside.tsv` covers.

use super::facts::Fact;
use super::layout::tabs::unknown_labels;
use super::{Reader, contains};
use crate::ledger::{Address, Passage, Weight};
use crate::page::BlockKind;
use crate::reading::{Diagnostic, Severity};
use crate::recipe;

impl Reader<'_> {
    /// Returns the statements of a passage.
    fn stated_by(&self, text: &str) -> Vec<usize> {
        let statements = self.recipe.statements.iter().enumerate();
        let stated = statements.filter(|(_, rule)| rule.when.get_ref().iter().all(|word| contains(text, word)));
        stated.map(|(index, _)| index).collect()
    }

    /// Adds the facts of the statements of a passage. Returns whether there is one. The passage stays open: `aside.tsv` pins
    /// its wording.
    pub(super) fn state(&mut self, line: u32, text: &str) -> bool {
        let stated = self.stated_by(text);
        for &index in &stated {
            let statement = &self.recipe.statements[index];
            self.count(recipe::statement_id(statement));
            let says = &statement.says;
            let (name, value) = says.split_once(": ").unwrap_or((says, "stated"));
            self.facts.push(Fact::Statement { line, name: name.to_owned(), value: value.to_owned() });
        }
        !stated.is_empty()
    }

    /// Reports prose that the recipe does not support.
    pub(super) fn prose(&mut self, line: u32, text: &str) {
        for unsupported in &self.recipe.unsupported {
            if unsupported.prose.iter().all(|word| contains(text, word)) {
                return self.error(line, format!("{}: `{text}`: extend the recipe", unsupported.says));
            }
        }
    }

    /// Sets passages aside, and reports what is open.
    pub(super) fn close_ledger(&mut self) -> Vec<Passage> {
        let unknown = self.ledger.apply_asides(self.inputs.asides);
        for passage in &unknown {
            let text = &passage.text;
            let is_item = matches!(self.page.blocks[passage.address.block].kind, BlockKind::Item { .. });
            let is_error = |found: &Diagnostic| found.line == Some(passage.line) && found.severity == Severity::Error;
            if self.diagnostics.iter().any(is_error) {
                continue;
            }
            if is_item && passage.weight >= Weight::Number && !self.recipe.lists.is_empty() {
                self.error(passage.line, format!("no pattern of a [[list]] reads the item `{text}`"));
            } else if let Some(labels) = unknown_labels(&self.page.blocks, passage.address.block) {
                self.error(
                    passage.line,
                    format!("`{labels}` may be the labels of tabs above their panels: the recipe needs [[tabs]] with `labels`"),
                );
            } else if passage.weight == Weight::Rate {
                self.error(passage.line, format!("no rule reads the rate in `{text}`"));
            } else if passage.stops() {
                self.error(
                    passage.line,
                    format!("no rule reads `{text}`: set it aside with `cargo xtask aside`, or read it"),
                );
            } else {
                self.warning(
                    passage.line,
                    format!("`{text}` is new beside limits: set it aside with `cargo xtask aside`, or read it"),
                );
            }
        }
        let is_known = |address: &Address| unknown.iter().any(|passage| passage.address == *address);
        for open in self.ledger.open().into_iter().filter(|open| !is_known(&open.address)) {
            let is_reported = self.diagnostics.iter().any(|found| found.line == Some(open.line));
            if !is_reported {
                let text = open.text.replace('\n', " ");
                self.error(open.line, format!("no rule reads `{text}`, and none sets it aside"));
            }
        }
        unknown
    }
}
