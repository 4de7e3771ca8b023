//! The section path of the current block: headings, and the panels that enclose it.

use crate::page::{Label, LabelKind, SectionPath};

/// The labels in force.
#[derive(Debug, Default)]
pub(crate) struct Sections {
    labels: Vec<Label>,
    /// The number of labels outside the innermost panel. A heading replaces labels within the panel only.
    outside: usize,
    path: SectionPath,
}

/// The state to return to at the end of a panel.
#[derive(Debug)]
pub(super) struct Outside {
    labels: usize,
    outside: usize,
}

impl Sections {
    /// Returns the path in force.
    pub(crate) fn path(&self) -> SectionPath {
        self.path.clone()
    }

    /// Ends the sections of headings of the level and deeper. Returns the path of the heading itself.
    pub(crate) fn end_at(&mut self, level: u8) -> SectionPath {
        while self.labels.len() > self.outside
            && self.labels.pop_if(|label| matches!(label.kind, LabelKind::Heading(own) if own >= level)).is_some()
        {
        }
        self.update();
        self.path()
    }

    /// Begins the section of a heading. [`Self::end_at`] comes before it.
    pub(crate) fn heading(&mut self, level: u8, text: &str) {
        self.labels.push(Label::new(LabelKind::Heading(level), text));
        self.update();
    }

    /// Begins a panel.
    pub(super) fn enter(&mut self, kind: LabelKind, text: &str) -> Outside {
        let before = Outside { labels: self.labels.len(), outside: self.outside };
        self.labels.push(Label::new(kind, text));
        self.outside = self.labels.len();
        self.update();
        before
    }

    /// Ends the panel that [`Self::enter`] began, with the sections in it.
    pub(super) fn leave(&mut self, before: &Outside) {
        self.labels.truncate(before.labels);
        self.outside = before.outside;
        self.update();
    }

    fn update(&mut self) {
        self.path = self.labels.iter().cloned().collect();
    }
}
