//! The passages of a page that a rule must read or that are set aside by fingerprint.

use std::collections::HashSet;

use super::address::Address;
use super::fingerprint::Fingerprint;
use super::prose::Weight;
use crate::page::{Label, LabelKind, SectionPath};

/// The largest number of characters of a label in a section.
const LONGEST_LABEL: usize = 60;

/// One sentence of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    /// Where it stands.
    pub address: Address,
    /// The line of its block, from 1.
    pub line: u32,
    /// The section path: texts of headings and labels, each cut at 60 characters, separated by ` > `.
    pub section: String,
    /// The text.
    pub text: String,
    /// The fingerprint of the text.
    pub fingerprint: Fingerprint,
    /// What it states.
    pub weight: Weight,
    /// Whether it stands in a section in or below which a rule claims a limit, or in one below such a section.
    pub is_in_scope: bool,
}

impl Passage {
    /// Returns whether the passage is to be read or set aside: in the scope of a rule every passage is, elsewhere those
    /// with a number or a word of limits.
    pub fn is_pinned(&self) -> bool {
        self.is_in_scope || self.weight > Weight::Plain
    }

    /// Returns whether an unknown passage stops the provider: it states a rate, or it stands in no rule's scope. Others
    /// are changes to review.
    pub fn stops(&self) -> bool {
        self.weight == Weight::Rate || !self.is_in_scope
    }
}

/// Returns the text of a section in `aside.tsv`.
pub fn section_text(path: &SectionPath) -> String {
    let cut = |label: &Label| label.text.chars().take(LONGEST_LABEL).collect::<String>().replace('\t', " ");
    path.labels().iter().map(cut).collect::<Vec<_>>().join(" > ")
}

/// The sections in which rules claim limits.
#[derive(Debug, Default)]
pub(super) struct LimitSections {
    /// The sections of limits.
    own: HashSet<SectionPath>,
    /// Those and the sections around them.
    around: HashSet<SectionPath>,
}

impl LimitSections {
    pub(super) fn add(&mut self, path: &SectionPath) {
        let path = without_bold(path);
        for len in 0..=path.labels().len() {
            self.around.insert(path.labels()[..len].iter().cloned().collect());
        }
        self.own.insert(path);
    }

    /// Returns whether a section has a limit in or below it, or is below the section of a limit.
    pub(super) fn holds(&self, path: &SectionPath) -> bool {
        let path = without_bold(path);
        let below = |len: usize| self.own.contains(&path.labels()[..len].iter().cloned().collect::<SectionPath>());
        self.around.contains(&path) || (1..=path.labels().len()).any(below)
    }
}

/// Returns the path without its labels of bold text, which are the level-6 headings of cells and remarks.
fn without_bold(path: &SectionPath) -> SectionPath {
    path.labels().iter().filter(|label| label.kind != LabelKind::Heading(6)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(labels: &[&str]) -> SectionPath {
        labels.iter().enumerate().map(|(at, text)| Label::new(LabelKind::Heading(at as u8 + 1), text)).collect()
    }

    #[test]
    fn the_sections_around_and_below_a_limit_are_in_scope() {
        let mut sections = LimitSections::default();
        sections.add(&path(&["Page", "Limits", "Translation"]));
        for within in [&["Page"][..], &["Page", "Limits"], &["Page", "Limits", "Translation", "Notes"], &[]] {
            assert!(sections.holds(&path(within)), "{within:?}");
        }
        assert!(!sections.holds(&path(&["Page", "Headers"])));
        assert!(!sections.holds(&path(&["Page", "Limits", "Headers"])));
    }

    #[test]
    fn the_labels_of_a_section_are_cut() {
        let long = "x".repeat(70);
        assert_eq!(section_text(&path(&["A", &long])), format!("A > {}", "x".repeat(60)));
    }
}
