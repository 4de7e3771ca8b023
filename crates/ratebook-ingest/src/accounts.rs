//! The accounts of a page: each block, and each number in it, is claimed by one rule, set aside for a reason, or open.
//!
//! A table is claimed by one rule. Within it, each number is accounted for by the address of its cell; a number of a
//! claimed table may be set aside. Of headings, paragraphs, items and code, each sentence is claimed by one rule, or is a
//! [`Passage`]: it is set aside by its fingerprint ([`Asides`]), or is not pinned, or is open.
//!
//! ```
//! use ratebook_ingest::accounts::{Accounts, Address, Asides};
//! use ratebook_ingest::{page::Form, read};
//!
//! let page = read::read("# Limits\n\n- 720 requests per minute\n\nUp to 3 teams share them.\n", Form::Markdown);
//! let mut accounts = Accounts::new(&page);
//! accounts.claim_limit(Address::block(1), "list[limits]")?;
//! let unknown = accounts.settle(&Asides::default());
//! assert_eq!(unknown.len(), 1);
//! assert_eq!(unknown[0].line, 5);
//! assert_eq!(accounts.open().len(), 1);
//! # Ok::<(), ratebook_ingest::accounts::ClaimError>(())
//! ```

mod address;
mod aside;
mod fingerprint;
mod passages;
mod prose;
mod rows;
mod tally;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::number::numbers;
use crate::page::{BlockKind, Cell, Origin, Page, Unread};
use passages::Scope;

pub use address::{Address, Part};
pub use aside::{ANY_SECTION, Aside, Asides, AsidesError, SettleError};
pub use fingerprint::{Fingerprint, FingerprintError};
pub use passages::{Passage, section_text};
pub use prose::{Weight, sentences, weigh};
pub use tally::{Counts, Tally};

/// The reason of a passage that is not pinned.
pub const NOT_PINNED: &str = "prose without a number or a word of limits, outside of sections with limits";

/// What became of a block, a sentence or a number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Account {
    /// Neither claimed nor set aside.
    #[default]
    Open,
    /// A rule read it.
    Claimed {
        /// The name of the rule, such as `table[limits]`.
        rule: Arc<str>,
    },
    /// It is not read.
    SetAside {
        /// Why it is not read.
        reason: Arc<str>,
    },
}

/// The error of a claim.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimError {
    /// Two rules claim one block or sentence, or one claims what another sets aside.
    #[error("line {line}: `{second}` takes what `{first}` has taken: each block has one rule")]
    Twice {
        /// The line of the block or cell, from 1.
        line: u32,
        /// The rule that claimed it, or the reason for which it is set aside.
        first: String,
        /// The other.
        second: String,
    },
    /// The page has no such text.
    #[error("block {} of the page has no such part: {:?}", .0.block, .0.part)]
    NoSuchPlace(Address),
}

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

/// The account of one text: a cell, a sentence, or something unread.
#[derive(Clone, Debug)]
struct TextAccount {
    line: u32,
    text: String,
    account: Account,
    /// The byte ranges of its numbers, with their accounts.
    numbers: Vec<(Range<usize>, Account)>,
}

impl TextAccount {
    fn new(line: u32, text: &str) -> Self {
        let numbers = numbers(text).into_iter().map(|range| (range, Account::Open)).collect();
        Self { line, text: text.to_owned(), account: Account::Open, numbers }
    }

    fn set(&mut self, account: &Account) {
        self.account = account.clone();
        for (_, number) in &mut self.numbers {
            if *number == Account::Open {
                *number = account.clone();
            }
        }
    }

    fn open_numbers(&self) -> usize {
        self.numbers.iter().filter(|(_, account)| *account == Account::Open).count()
    }
}

/// What a block is in the accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BlockSort {
    /// Its cells have numbers; one rule claims the block.
    Table,
    /// Each sentence has its own account.
    Prose,
    /// A heading, which is structure: only a sentence with a rate is accounted for.
    Heading,
    /// Something that the reader did not read.
    Unread,
    /// A statement of a fact page, which is ours.
    Statement,
}

#[derive(Clone, Debug)]
struct BlockAccount {
    sort: BlockSort,
    line: u32,
    account: Account,
    texts: BTreeMap<Part, TextAccount>,
}

/// The accounts of a page.
#[derive(Debug)]
pub struct Accounts<'a> {
    page: &'a Page,
    blocks: Vec<BlockAccount>,
    scope: Scope,
    /// The rows that are passages, by the address of their first cell.
    rows: BTreeMap<Address, rows::KeptRow>,
}

impl<'a> Accounts<'a> {
    /// Opens the accounts of a page.
    pub fn new(page: &'a Page) -> Self {
        let blocks = page.blocks.iter().map(|block| {
            let mut texts = BTreeMap::new();
            let sort = match &block.kind {
                BlockKind::Heading { text, .. } => {
                    add_sentences(block.line, text, &mut texts);
                    texts.retain(|_, text: &mut TextAccount| weigh(&text.text) == Weight::Rate);
                    BlockSort::Heading
                }
                BlockKind::Paragraph(text) | BlockKind::Item { text, .. } | BlockKind::Code(text) => {
                    add_sentences(block.line, text, &mut texts);
                    BlockSort::Prose
                }
                BlockKind::Table(table) => {
                    let mut add = |part: Part, cell: &Cell| {
                        if cell.origin == Origin::Stated {
                            texts.insert(part, TextAccount::new(cell.line, &cell.text));
                        }
                    };
                    for (row, cells) in table.header.iter().enumerate() {
                        cells
                            .cells
                            .iter()
                            .enumerate()
                            .for_each(|(column, cell)| add(Part::Header { row, column }, cell));
                    }
                    for (row, cells) in table.rows.iter().enumerate() {
                        cells.cells.iter().enumerate().for_each(|(column, cell)| add(Part::Body { row, column }, cell));
                    }
                    if let Some(caption) = &table.caption {
                        add(Part::Caption, caption);
                    }
                    BlockSort::Table
                }
                BlockKind::Unread { what, text } => {
                    let text = format!("{what}: {text}");
                    let mut account = TextAccount::new(block.line, &text);
                    if *what != Unread::Constant {
                        account.numbers.clear();
                    }
                    texts.insert(Part::Whole, account);
                    BlockSort::Unread
                }
                BlockKind::Statement { .. } => BlockSort::Statement,
            };
            BlockAccount { sort, line: block.line, account: Account::Open, texts }
        });
        Self { page, blocks: blocks.collect(), scope: Scope::default(), rows: BTreeMap::new() }
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
        self.take(address, &Account::Claimed { rule: rule.into() })
    }

    /// Like [`Self::claim`], for a text that states a limit: its section becomes one in which every passage is pinned.
    ///
    /// # Errors
    /// Those of [`Self::claim`].
    pub fn claim_limit(&mut self, address: Address, rule: &str) -> Result<(), ClaimError> {
        self.claim(address, rule)?;
        self.scope.add(&self.page.blocks[address.block].path);
        Ok(())
    }

    /// Claims the numbers of a cell or sentence that lie within a range of bytes of its text, and its block.
    ///
    /// # Errors
    /// Those of [`Self::claim`].
    pub fn claim_within(&mut self, address: Address, bytes: Range<usize>, rule: &str) -> Result<(), ClaimError> {
        let account = Account::Claimed { rule: rule.into() };
        self.take_block(address, &account)?;
        if self.is_covered(address) {
            return Ok(());
        }
        let text = self.text_mut(address)?;
        text.account = account.clone();
        for (_, number) in
            text.numbers.iter_mut().filter(|(range, _)| bytes.start <= range.start && range.end <= bytes.end)
        {
            *number = account.clone();
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
        let account = Account::SetAside { reason: reason.into() };
        match address.part {
            Part::Header { .. } | Part::Body { .. } if self.is_covered(address) => Ok(()),
            Part::Header { .. } | Part::Body { .. } | Part::Caption => {
                self.text_mut(address)?.set(&account);
                Ok(())
            }
            Part::Whole | Part::Sentence(_) => self.take(address, &account),
        }
    }

    fn take(&mut self, address: Address, account: &Account) -> Result<(), ClaimError> {
        self.take_block(address, account)?;
        if address.part == Part::Whole {
            for text in self.blocks[address.block].texts.values_mut().filter(|text| text.account == Account::Open) {
                text.set(account);
            }
            Ok(())
        } else if self.is_covered(address) {
            Ok(())
        } else {
            let text = self.text_mut(address)?;
            agree(text.line, &mut text.account, account)?;
            text.set(account);
            Ok(())
        }
    }

    /// Takes the block of an address, if the block has an account of its own.
    fn take_block(&mut self, address: Address, account: &Account) -> Result<(), ClaimError> {
        let block = self.blocks.get_mut(address.block).ok_or(ClaimError::NoSuchPlace(address))?;
        match (block.sort, address.part) {
            (BlockSort::Table, _) => agree(block.line, &mut block.account, account),
            (BlockSort::Prose | BlockSort::Heading | BlockSort::Unread | BlockSort::Statement, Part::Whole) => {
                if let Some(other) = block.texts.values_mut().find(|text| !is_free(&text.account, account)) {
                    return agree(other.line, &mut other.account, account);
                }
                block.account = account.clone();
                Ok(())
            }
            (BlockSort::Prose | BlockSort::Heading | BlockSort::Unread | BlockSort::Statement, _) => Ok(()),
        }
    }

    /// Returns whether the address is that of a cell that a merged cell covers.
    fn is_covered(&self, address: Address) -> bool {
        address.cell(self.page).is_some_and(|cell| cell.origin == Origin::Spanned)
    }

    fn text_mut(&mut self, address: Address) -> Result<&mut TextAccount, ClaimError> {
        let block = self.blocks.get_mut(address.block).ok_or(ClaimError::NoSuchPlace(address))?;
        block.texts.get_mut(&address.part).ok_or(ClaimError::NoSuchPlace(address))
    }

    /// Returns the account of a block, a sentence or a cell, or `None` if the page has no such text.
    ///
    /// Prose is claimed or set aside when all its sentences are: the account is that of the first.
    pub fn account(&self, address: Address) -> Option<&Account> {
        let block = self.blocks.get(address.block)?;
        let text = |part| block.texts.get(&part).map(|text: &TextAccount| &text.account);
        match (block.sort, address.part) {
            (BlockSort::Prose | BlockSort::Heading | BlockSort::Unread, Part::Whole) => {
                let mut accounts = block.texts.values().map(|text| &text.account);
                let open = accounts.clone().find(|account| **account == Account::Open);
                Some(open.or_else(|| accounts.next()).unwrap_or(&block.account))
            }
            (BlockSort::Table | BlockSort::Statement, Part::Whole) => Some(&block.account),
            (_, part) => text(part),
        }
    }

    /// Returns the sentences that no rule has claimed or set aside, the caption of a table among them.
    pub fn passages(&self) -> Vec<Passage> {
        let mut passages = Vec::new();
        for (at, block) in self.blocks.iter().enumerate() {
            let path = &self.page.blocks[at].path;
            let is_in_scope = self.scope.holds(path);
            for (&part, text) in &block.texts {
                let is_prose = matches!(block.sort, BlockSort::Prose | BlockSort::Heading) || part == Part::Caption;
                if is_prose && text.account == Account::Open {
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
    pub fn settle(&mut self, asides: &Asides) -> Vec<Passage> {
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
            let account = Account::SetAside { reason: reason.into() };
            for address in self.places_of(&passage) {
                if let Ok(text) = self.text_mut(address) {
                    text.set(&account);
                }
            }
        }
        unknown
    }

    /// Returns what is open: blocks and sentences, and the numbers of tables that a rule claims, in the order of the page.
    pub fn open(&self) -> Vec<Open> {
        let mut found = Vec::new();
        for (at, block) in self.blocks.iter().enumerate() {
            if block.sort == BlockSort::Table && block.account == Account::Open {
                let numbers = block.texts.values().map(TextAccount::open_numbers).sum();
                let header = block.texts.iter().filter(|(part, _)| matches!(part, Part::Header { .. }));
                let header: Vec<&str> = header.map(|(_, text)| text.text.as_str()).collect();
                found.push(Open { address: Address::block(at), line: block.line, text: header.join(" | "), numbers });
                continue;
            }
            for (&part, text) in &block.texts {
                let numbers = text.open_numbers();
                let is_own = match block.sort {
                    BlockSort::Table => part == Part::Caption,
                    BlockSort::Prose | BlockSort::Heading | BlockSort::Unread => true,
                    BlockSort::Statement => false,
                };
                if numbers > 0 || is_own && text.account == Account::Open {
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
            let is_counted = match block.sort {
                BlockSort::Table | BlockSort::Unread => true,
                BlockSort::Prose | BlockSort::Heading => !block.texts.is_empty(),
                BlockSort::Statement => false,
            };
            if is_counted && let Some(account) = self.account(Address::block(at)) {
                counts.blocks.add(account);
            }
            for (_, number) in block.texts.values().flat_map(|text| &text.numbers) {
                counts.numbers.add(number);
            }
        }
        counts
    }
}

fn add_sentences(line: u32, text: &str, texts: &mut BTreeMap<Part, TextAccount>) {
    for (index, range) in sentences(text).into_iter().enumerate() {
        let above = text[..range.start].bytes().filter(|&byte| byte == b'\n').count();
        let line = line.saturating_add(u32::try_from(above).unwrap_or(u32::MAX));
        texts.insert(Part::Sentence(index), TextAccount::new(line, &text[range]));
    }
}

fn is_free(present: &Account, wanted: &Account) -> bool {
    *present == Account::Open || present == wanted
}

/// Sets an account that is open or the same.
fn agree(line: u32, present: &mut Account, wanted: &Account) -> Result<(), ClaimError> {
    if !is_free(present, wanted) {
        let name = |account: &Account| match account {
            Account::Open => "nothing".to_owned(),
            Account::Claimed { rule } => rule.to_string(),
            Account::SetAside { reason } => reason.to_string(),
        };
        return Err(ClaimError::Twice { line, first: name(present), second: name(wanted) });
    }
    *present = wanted.clone();
    Ok(())
}
