//! `aside.tsv`: the passages of a provider's pages that are set aside, by fingerprint. It has no sentence of a vendor.

use std::collections::{BTreeMap, BTreeSet};

use super::fingerprint::Fingerprint;
use super::passages::Passage;
use super::prose::Weight;

/// The section of a row that counts for any section: of a sentence that stands on many pages.
pub const ANY_SECTION: &str = "*";

const HEADER: &str = "section\treason\tfingerprint";

/// The passages that are set aside, sorted by section, fingerprint and reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asides {
    rows: BTreeSet<(String, Fingerprint, String)>,
}

/// One row of `aside.tsv`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aside<'a> {
    /// The section path: texts of headings and labels, each cut at 60 characters. Empty above the first heading, and
    /// [`ANY_SECTION`] if the row counts for any section.
    pub section: &'a str,
    /// Why the passage is set aside.
    pub reason: &'a str,
    /// The fingerprint of the passage.
    pub fingerprint: Fingerprint,
}

/// The error of a text that is not an `aside.tsv`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("aside.tsv, line {line}: {message}")]
pub struct AsidesError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub message: String,
}

/// The error of passages that cannot be set aside together, or for a reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AsideError {
    /// A passage that states a rate is set aside alone.
    #[error("line {line}: `{text}` states a rate: set it aside alone, with a reason of its own")]
    Rate {
        /// The line of the passage.
        line: u32,
        /// Its text.
        text: String,
    },
    /// A passage that states a rate is set aside in its own section.
    #[error("line {line}: `{text}` states a rate: set it aside in its section, not in any")]
    RateInAnySection {
        /// The line of the passage.
        line: u32,
        /// Its text.
        text: String,
    },
    /// The reason is already that of other passages, and a passage that states a rate needs its own.
    #[error("the reason `{reason}` is that of another passage: a passage that states a rate needs its own")]
    ReasonInUse {
        /// The reason.
        reason: String,
    },
    /// The reason is empty, or has a tab or a line break.
    #[error("expected a reason on one line, found `{reason}`")]
    Reason {
        /// The reason.
        reason: String,
    },
}

impl Asides {
    /// Parses `aside.tsv`. Rows may be in any order.
    ///
    /// # Errors
    /// Returns an error if the header or a row has other columns, if a reason is empty, or if a passage is listed twice
    /// in a section.
    pub fn parse(text: &str) -> Result<Self, AsidesError> {
        let mut asides = Self::default();
        let mut seen = BTreeSet::new();
        for (index, line) in text.lines().enumerate() {
            let error = |message: String| AsidesError { line: index + 1, message };
            if index == 0 {
                if line != HEADER {
                    return Err(error(format!("expected the columns section, reason and fingerprint, found `{line}`")));
                }
                continue;
            }
            let cells: Vec<&str> = line.split('\t').collect();
            let [section, reason, fingerprint] = cells.as_slice() else {
                return Err(error(format!("expected 3 cells, found {}", cells.len())));
            };
            if reason.trim().is_empty() {
                return Err(error("expected a reason, found none".to_owned()));
            }
            let fingerprint: Fingerprint =
                fingerprint.parse().map_err(|found: super::FingerprintError| error(found.to_string()))?;
            if !seen.insert(((*section).to_owned(), fingerprint)) {
                return Err(error(format!("the fingerprint {fingerprint} is listed twice in `{section}`")));
            }
            asides.rows.insert(((*section).to_owned(), fingerprint, (*reason).to_owned()));
        }
        Ok(asides)
    }

    /// Returns the text of `aside.tsv`, sorted.
    pub fn write(&self) -> String {
        let mut out = format!("{HEADER}\n");
        for Aside { section, reason, fingerprint } in self.rows() {
            out.push_str(&format!("{section}\t{reason}\t{fingerprint}\n"));
        }
        out
    }

    /// Returns the rows, sorted.
    pub fn rows(&self) -> impl Iterator<Item = Aside<'_>> {
        self.rows.iter().map(|(section, fingerprint, reason)| Aside { section, reason, fingerprint: *fingerprint })
    }

    /// Returns the reason for which a passage is set aside in a section, or else in any section. `None` if it is not.
    pub fn reason(&self, section: &str, fingerprint: Fingerprint) -> Option<&str> {
        self.row(section, fingerprint).or_else(|| self.row(ANY_SECTION, fingerprint))
    }

    fn row(&self, section: &str, fingerprint: Fingerprint) -> Option<&str> {
        let from = (section.to_owned(), fingerprint, String::new());
        let row = self.rows.range(from..).next()?;
        (row.0 == section && row.1 == fingerprint).then_some(row.2.as_str())
    }

    /// Sets passages aside for a reason. A passage that is set aside already gets the new reason.
    ///
    /// # Errors
    /// Returns an error, and changes nothing, if a passage states a rate and is not alone or the reason is in use, or if
    /// the reason is empty or not on one line.
    pub fn add(&mut self, passages: &[Passage], reason: &str) -> Result<(), AsideError> {
        let reason = checked(reason)?;
        let distinct: BTreeSet<Fingerprint> = passages.iter().map(|passage| passage.fingerprint).collect();
        if let Some(rate) = passages.iter().find(|passage| passage.weight == Weight::Rate) {
            if distinct.len() > 1 {
                return Err(AsideError::Rate { line: rate.line, text: rate.text.clone() });
            }
            if self.rows.iter().any(|(_, other, used)| used == reason && *other != rate.fingerprint) {
                return Err(AsideError::ReasonInUse { reason: reason.to_owned() });
            }
        }
        for passage in passages {
            self.rows.retain(|(section, other, _)| *section != passage.section || *other != passage.fingerprint);
            self.rows.insert((passage.section.clone(), passage.fingerprint, reason.to_owned()));
        }
        Ok(())
    }

    /// Sets passages aside for a reason in any section. The rows of single sections that have them are removed.
    ///
    /// # Errors
    /// Returns an error, and changes nothing, if a passage states a rate, or if the reason is empty or not on one line.
    pub fn add_in_any_section(&mut self, passages: &[Passage], reason: &str) -> Result<(), AsideError> {
        let reason = checked(reason)?;
        if let Some(rate) = passages.iter().find(|passage| passage.weight == Weight::Rate) {
            return Err(AsideError::RateInAnySection { line: rate.line, text: rate.text.clone() });
        }
        for passage in passages {
            self.rows.retain(|(_, other, _)| *other != passage.fingerprint);
            self.rows.insert((ANY_SECTION.to_owned(), passage.fingerprint, reason.to_owned()));
        }
        Ok(())
    }

    /// Replaces the rows of passages that several sections set aside for one reason by one row for any section. Of several
    /// reasons, the most frequent. Passages that state a rate keep their rows, and so do rows whose passage is not given.
    /// Returns how many rows were removed.
    pub fn join_sections(&mut self, passages: &[Passage]) -> usize {
        let before = self.rows.len();
        let is_rate: BTreeMap<Fingerprint, bool> =
            passages.iter().map(|passage| (passage.fingerprint, passage.weight == Weight::Rate)).collect();
        let mut sections: BTreeMap<(Fingerprint, String), usize> = BTreeMap::new();
        for (_, fingerprint, reason) in &self.rows {
            *sections.entry((*fingerprint, reason.clone())).or_default() += 1;
        }
        let mut joined: BTreeMap<Fingerprint, (usize, String)> = BTreeMap::new();
        for ((fingerprint, reason), count) in sections {
            let is_joined =
                count > 1 && is_rate.get(&fingerprint) == Some(&false) && self.row(ANY_SECTION, fingerprint).is_none();
            if is_joined && joined.get(&fingerprint).is_none_or(|(most, _)| count > *most) {
                joined.insert(fingerprint, (count, reason));
            }
        }
        for (fingerprint, (_, reason)) in joined {
            self.rows.retain(|(_, other, why)| *other != fingerprint || *why != reason);
            self.rows.insert((ANY_SECTION.to_owned(), fingerprint, reason));
        }
        before - self.rows.len()
    }

    /// Removes the rows whose passages are not on the pages any more. Returns how many were removed.
    pub fn keep_only(&mut self, passages: &[Passage]) -> usize {
        let before = self.rows.len();
        let kept: BTreeSet<(&str, Fingerprint)> =
            passages.iter().map(|passage| (passage.section.as_str(), passage.fingerprint)).collect();
        let anywhere: BTreeSet<Fingerprint> = kept.iter().map(|(_, fingerprint)| *fingerprint).collect();
        self.rows.retain(|(section, fingerprint, _)| {
            kept.contains(&(section.as_str(), *fingerprint)) || section == ANY_SECTION && anywhere.contains(fingerprint)
        });
        before - self.rows.len()
    }

    /// Returns the number of rows for each reason.
    pub fn count_by_reason(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for aside in self.rows() {
            *counts.entry(aside.reason).or_default() += 1;
        }
        counts
    }
}

/// Returns a reason without white space around it.
fn checked(reason: &str) -> Result<&str, AsideError> {
    let reason = reason.trim();
    if reason.is_empty() || reason.contains(['\t', '\n', '\r']) {
        return Err(AsideError::Reason { reason: reason.to_owned() });
    }
    Ok(reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Address;

    fn passage(section: &str, text: &str) -> Passage {
        Passage {
            address: Address::sentence(0, 0),
            line: 7,
            section: section.to_owned(),
            text: text.to_owned(),
            fingerprint: Fingerprint::of(text),
            weight: super::super::weigh(text),
            is_in_scope: true,
        }
    }

    #[test]
    fn a_file_reads_back_as_written_and_is_sorted() {
        let mut asides = Asides::default();
        asides
            .add(&[passage("B > C", "Limits hold per account."), passage("A", "Shared.")], "the policy says it")
            .unwrap();
        asides.add(&[passage("", "Open the page.")], "no limit").unwrap();
        let text = asides.write();
        let sections: Vec<&str> = text.lines().skip(1).map(|line| line.split('\t').next().unwrap()).collect();
        assert_eq!(sections, ["", "A", "B > C"]);
        assert_eq!(Asides::parse(&text), Ok(asides.clone()));
        assert!(!text.contains("account"), "no sentence is stored");
        assert_eq!(asides.reason("A", Fingerprint::of("shared")), Some("the policy says it"));
        assert_eq!(asides.reason("B", Fingerprint::of("shared")), None);
        assert_eq!(asides.count_by_reason().get("no limit"), Some(&1));
    }

    #[test]
    fn a_rate_is_set_aside_alone_and_with_its_own_reason() {
        let mut asides = Asides::default();
        let (rate, other) = (passage("A", "at most 60 requests a minute"), passage("A", "Limits are shared."));
        assert!(matches!(
            asides.add(&[rate.clone(), other.clone()], "an example"),
            Err(AsideError::Rate { line: 7, .. })
        ));
        assert_eq!(asides, Asides::default());
        asides.add(&[other], "an example").unwrap();
        assert!(matches!(asides.add(std::slice::from_ref(&rate), "an example"), Err(AsideError::ReasonInUse { .. })));
        asides.add(std::slice::from_ref(&rate), "an example of a batch").unwrap();
        asides.add(&[rate], "an example of a job").unwrap();
        assert_eq!(asides.rows().count(), 2);
        assert!(matches!(asides.add(&[], " "), Err(AsideError::Reason { .. })));
    }

    #[test]
    fn a_row_of_any_section_counts_for_any_section_and_a_rate_has_none() {
        let mut asides = Asides::default();
        asides.add(&[passage("A", "Limits are shared."), passage("B", "Limits are shared.")], "the policy").unwrap();
        asides.add_in_any_section(&[passage("C", "Limits are shared.")], "the policy").unwrap();
        assert_eq!(asides.write().lines().skip(1).count(), 1);
        assert_eq!(asides.reason("D", Fingerprint::of("limits are shared")), Some("the policy"));
        assert_eq!(asides.reason("D", Fingerprint::of("limits are not shared")), None);
        asides.add(&[passage("A", "Limits are shared.")], "another reason there").unwrap();
        assert_eq!(asides.reason("A", Fingerprint::of("limits are shared")), Some("another reason there"));
        let rate = passage("A", "at most 60 requests a minute");
        let refused = asides.add_in_any_section(std::slice::from_ref(&rate), "an example");
        assert!(matches!(refused, Err(AsideError::RateInAnySection { line: 7, .. })));
        assert_eq!(Asides::parse(&asides.write()), Ok(asides.clone()));
        assert_eq!(asides.keep_only(&[passage("Z", "Limits are shared.")]), 1, "of its own section");
        assert_eq!(asides.rows().count(), 1);
    }

    #[test]
    fn rows_of_several_sections_are_joined() {
        let mut asides = Asides::default();
        let (shared, once) = (passage("A", "Limits are shared."), passage("A", "Limits are halved."));
        let rate = |section: &str| passage(section, "at most 60 requests a minute");
        for section in ["A", "B", "C"] {
            asides.add(&[passage(section, "Limits are shared.")], "the policy").unwrap();
        }
        asides.add(&[passage("D", "Limits are shared.")], "another").unwrap();
        asides.add(std::slice::from_ref(&once), "once").unwrap();
        asides.add(&[rate("A"), rate("B")], "an example").unwrap();
        assert_eq!(asides.clone().join_sections(&[]), 0);
        assert_eq!(asides.join_sections(&[shared, once, rate("A")]), 2);
        let rows: Vec<(&str, &str)> = asides.rows().map(|row| (row.section, row.reason)).collect();
        let expected = [("*", "the policy"), ("A", "once"), ("A", "an example"), ("B", "an example"), ("D", "another")];
        assert_eq!(rows.len(), expected.len());
        assert!(expected.iter().all(|row| rows.contains(row)), "{rows:?}");
    }

    #[test]
    fn a_row_without_its_passage_is_removed() {
        let mut asides = Asides::default();
        let (kept, gone) = (passage("A", "Limits are shared."), passage("A", "Limits are halved."));
        asides.add(&[kept.clone(), gone], "no limit").unwrap();
        assert_eq!(asides.keep_only(&[kept]), 1);
        assert_eq!(asides.rows().count(), 1);
    }

    #[test]
    fn errors_name_the_line() {
        let error = |text: &str| Asides::parse(text).unwrap_err().to_string();
        assert!(error("a\tb\n").contains("line 1: expected the columns"));
        assert!(error(&format!("{HEADER}\na\tb\n")).contains("line 2: expected 3 cells, found 2"));
        assert!(error(&format!("{HEADER}\na\t\t0000000000000000\n")).contains("expected a reason"));
        assert!(error(&format!("{HEADER}\na\tb\tx\n")).contains("16 hexadecimal digits"));
        let row = "a\tb\t0000000000000000\n";
        assert!(
            error(&format!("{HEADER}\n{row}{row}"))
                .contains("line 3: the fingerprint 0000000000000000 is listed twice")
        );
    }
}
