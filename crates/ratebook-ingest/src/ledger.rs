//! The ledger of a page: each block, and each number in it, is claimed by one rule, set aside for a reason, or open.
//!
//! A table is claimed by one rule. Within it, each number is accounted for by the address of its cell; a number of a
//! claimed table may be set aside. Of headings, paragraphs, items and code, each sentence is claimed by one rule, or is a
//! [`Passage`]: it is set aside by its fingerprint ([`Asides`]), or is not pinned, or is open.
//!
//! ```
//! use ratebook_ingest::ledger::{Address, Asides, Ledger};
//! use ratebook_ingest::{page::Form, read};
//!
//! let page = read::read("# Limits\n\n- 720 requests per minute\n\nUp to 3 teams share them.\n", Form::Markdown);
//! let mut ledger = Ledger::new(&page);
//! ledger.claim_limit(Address::block(1), "list[limits]")?;
//! let unknown = ledger.apply_asides(&Asides::default());
//! assert_eq!(unknown.len(), 1);
//! assert_eq!(unknown[0].line, 5);
//! assert_eq!(ledger.open().len(), 1);
//! # Ok::<(), ratebook_ingest::ledger::ClaimError>(())
//! ```

mod address;
mod aside;
mod disposition;
mod fingerprint;
mod passages;
mod prose;
mod record;
mod rows;
mod tally;

use std::collections::BTreeMap;
use std::ops::Range;

use crate::page::{Origin, Page};
use passages::LimitSections;
use record::{Accounting, BlockRecord, TextRecord};

pub use address::{Address, Part};
pub use aside::{ANY_SECTION, Aside, AsideError, Asides, AsidesError};
pub use disposition::{ClaimError, Disposition};
pub use fingerprint::{Fingerprint, FingerprintError};
pub use passages::{Passage, section_text};
pub use prose::{Weight, sentences, weigh};
pub use tally::{Counts, Tally};

/// The reason of a passage that is not pinned.
pub const NOT_PINNED: &str = "prose without a number or a word of limits, outside of sections with limits";

/// Something that is neither claimed nor set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// Where it stands: a block, a sentence or a cell.
    pub address: Address,
    /// The line, from 1.
    pub line: u32,
    /// The text of the sentence or cell; of a table, its header.
    pub text: String,
    /// The number of its open numbers.
    pub numbers: usize,
}

/// The ledger of a page.
#[derive(Debug)]
pub struct Ledger<'a> {
    page: &'a Page,
    blocks: Vec<BlockRecord>,
    limit_sections: LimitSections,
    /// The rows that are passages, by the address of their first cell.
    rows: BTreeMap<Address, rows::KeptRow>,
}

impl<'a> Ledger<'a> {
    /// Opens the ledger of a page. Everything is open.
    pub fn new(page: &'a Page) -> Self {
        let blocks = page.blocks.iter().map(BlockRecord::new);
        Self { page, blocks: blocks.collect(), limit_sections: LimitSections::default(), rows: BTreeMap::new() }
    }

    /// Claims a text for a rule: a block with everything in it, a sentence, or a cell. A cell's table is claimed too.
    ///
    /// A rule may claim one text several times. Numbers that are set aside stay so. The text of a merged cell is accounted
    /// for where it is stated; to claim a cell that it covers claims the table only.
    ///
    /// # Errors
    /// Returns an error if another rule claims the block or the sentence, if it is set aside, or if the page has no such
    /// text.
    pub fn claim(&mut self, address: Address, rule: &str) -> Result<(), ClaimError> {
        self.take(address, &Disposition::Claimed { rule: rule.into() })
    }

    /// Like [`Self::claim`], for a text that states a limit: its section becomes one in which every passage is pinned.
    ///
    /// # Errors
    /// Those of [`Self::claim`].
    pub fn claim_limit(&mut self, address: Address, rule: &str) -> Result<(), ClaimError> {
        self.claim(address, rule)?;
        self.limit_sections.add(&self.page.blocks[address.block].path);
        Ok(())
    }

    /// Claims the numbers of a cell or sentence that lie within a range of bytes of its text, and its block.
    ///
    /// # Errors
    /// Those of [`Self::claim`].
    pub fn claim_within(&mut self, address: Address, bytes: Range<usize>, rule: &str) -> Result<(), ClaimError> {
        let disposition = Disposition::Claimed { rule: rule.into() };
        self.take_block(address, &disposition)?;
        if self.is_covered(address) {
            return Ok(());
        }
        let text = self.text_mut(address)?;
        text.disposition = disposition.clone();
        for (_, number) in
            text.numbers.iter_mut().filter(|(range, _)| bytes.start <= range.start && range.end <= bytes.end)
        {
            *number = disposition.clone();
        }
        Ok(())
    }

    /// Sets a text aside for a reason: a block with everything in it that is open, a sentence, or the numbers of a cell.
    ///
    /// A cell of a claimed table may be set aside; the table stays claimed.
    ///
    /// # Errors
    /// Returns an error if a rule claims the block or the sentence, if it is set aside for another reason, or if the page
    /// has no such text.
    pub fn set_aside(&mut self, address: Address, reason: &str) -> Result<(), ClaimError> {
        let disposition = Disposition::SetAside { reason: reason.into() };
        match address.part {
            Part::Header { .. } | Part::Body { .. } if self.is_covered(address) => Ok(()),
            Part::Header { .. } | Part::Body { .. } | Part::Caption => {
                self.text_mut(address)?.set(&disposition);
                Ok(())
            }
            Part::Whole | Part::Sentence(_) => self.take(address, &disposition),
        }
    }

    fn take(&mut self, address: Address, disposition: &Disposition) -> Result<(), ClaimError> {
        self.take_block(address, disposition)?;
        if address.part == Part::Whole {
            for text in
                self.blocks[address.block].texts.values_mut().filter(|text| text.disposition == Disposition::Open)
            {
                text.set(disposition);
            }
            Ok(())
        } else if self.is_covered(address) {
            Ok(())
        } else {
            let text = self.text_mut(address)?;
            text.disposition.set(text.line, disposition)?;
            text.set(disposition);
            Ok(())
        }
    }

    /// Takes the block of an address, if the block has a disposition of its own.
    fn take_block(&mut self, address: Address, disposition: &Disposition) -> Result<(), ClaimError> {
        let block = self.blocks.get_mut(address.block).ok_or(ClaimError::NoSuchPlace(address))?;
        match (block.accounting, address.part) {
            (Accounting::Table, _) => block.disposition.set(block.line, disposition),
            (Accounting::Prose | Accounting::Heading | Accounting::Unread | Accounting::Statement, Part::Whole) => {
                if let Some(other) = block.texts.values_mut().find(|text| !text.disposition.allows(disposition)) {
                    return other.disposition.set(other.line, disposition);
                }
                block.disposition = disposition.clone();
                Ok(())
            }
            (Accounting::Prose | Accounting::Heading | Accounting::Unread | Accounting::Statement, _) => Ok(()),
        }
    }

    /// Returns whether the address is that of a cell that a merged cell covers.
    fn is_covered(&self, address: Address) -> bool {
        address.cell(self.page).is_some_and(|cell| cell.origin == Origin::Spanned)
    }

    fn text_mut(&mut self, address: Address) -> Result<&mut TextRecord, ClaimError> {
        let block = self.blocks.get_mut(address.block).ok_or(ClaimError::NoSuchPlace(address))?;
        block.texts.get_mut(&address.part).ok_or(ClaimError::NoSuchPlace(address))
    }

    /// Returns what became of a block, a sentence or a cell, or `None` if the page has no such text.
    ///
    /// Prose is claimed or set aside when all its sentences are: its disposition is that of the first.
    pub fn disposition(&self, address: Address) -> Option<&Disposition> {
        let block = self.blocks.get(address.block)?;
        let text = |part| block.texts.get(&part).map(|text: &TextRecord| &text.disposition);
        match (block.accounting, address.part) {
            (Accounting::Prose | Accounting::Heading | Accounting::Unread, Part::Whole) => {
                let mut dispositions = block.texts.values().map(|text| &text.disposition);
                let open = dispositions.clone().find(|disposition| **disposition == Disposition::Open);
                Some(open.or_else(|| dispositions.next()).unwrap_or(&block.disposition))
            }
            (Accounting::Table | Accounting::Statement, Part::Whole) => Some(&block.disposition),
            (_, part) => text(part),
        }
    }

    /// Returns the sentences that no rule has claimed or set aside, the caption of a table among them.
    pub fn passages(&self) -> Vec<Passage> {
        let mut passages = Vec::new();
        for (at, block) in self.blocks.iter().enumerate() {
            let path = &self.page.blocks[at].path;
            let is_in_scope = self.limit_sections.holds(path);
            for (&part, text) in &block.texts {
                let is_prose =
                    matches!(block.accounting, Accounting::Prose | Accounting::Heading) || part == Part::Caption;
                if is_prose && text.disposition == Disposition::Open {
                    passages.push(Passage {
                        address: Address { block: at, part },
                        line: text.line,
                        section: section_text(path),
                        text: text.text.clone(),
                        fingerprint: Fingerprint::of(&text.text),
                        weight: weigh(&text.text),
                        is_in_scope,
                    });
                }
            }
        }
        passages.extend(self.row_passages());
        passages.sort_by_key(|passage| passage.address);
        passages
    }

    /// Sets aside the passages that are not pinned, and those that a file sets aside. Returns the others, which stay open.
    pub fn apply_asides(&mut self, asides: &Asides) -> Vec<Passage> {
        let mut unknown = Vec::new();
        for passage in self.passages() {
            let reason = match asides.reason(&passage.section, passage.fingerprint) {
                Some(reason) => reason,
                None if passage.is_pinned() => {
                    unknown.push(passage);
                    continue;
                }
                None => NOT_PINNED,
            };
            let disposition = Disposition::SetAside { reason: reason.into() };
            for address in self.places_of(&passage) {
                if let Ok(text) = self.text_mut(address) {
                    text.set(&disposition);
                }
            }
        }
        unknown
    }

    /// Returns what is open: blocks and sentences, and the numbers of tables that a rule claims, in the order of the page.
    pub fn open(&self) -> Vec<Open> {
        let mut found = Vec::new();
        for (at, block) in self.blocks.iter().enumerate() {
            if block.accounting == Accounting::Table && block.disposition == Disposition::Open {
                let numbers = block.texts.values().map(TextRecord::open_numbers).sum();
                let header = block.texts.iter().filter(|(part, _)| matches!(part, Part::Header { .. }));
                let header: Vec<&str> = header.map(|(_, text)| text.text.as_str()).collect();
                found.push(Open { address: Address::block(at), line: block.line, text: header.join(" | "), numbers });
                continue;
            }
            for (&part, text) in &block.texts {
                let numbers = text.open_numbers();
                let is_own = match block.accounting {
                    Accounting::Table => part == Part::Caption,
                    Accounting::Prose | Accounting::Heading | Accounting::Unread => true,
                    Accounting::Statement => false,
                };
                if numbers > 0 || is_own && text.disposition == Disposition::Open {
                    let address = Address { block: at, part };
                    found.push(Open { address, line: text.line, text: text.text.clone(), numbers });
                }
            }
        }
        found
    }

    /// Counts blocks and numbers: claimed, set aside by reason, and open.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for (at, block) in self.blocks.iter().enumerate() {
            let is_counted = match block.accounting {
                Accounting::Table | Accounting::Unread => true,
                Accounting::Prose | Accounting::Heading => !block.texts.is_empty(),
                Accounting::Statement => false,
            };
            if is_counted && let Some(disposition) = self.disposition(Address::block(at)) {
                counts.blocks.add(disposition);
            }
            for (_, number) in block.texts.values().flat_map(|text| &text.numbers) {
                counts.numbers.add(number);
            }
        }
        counts
    }
}
