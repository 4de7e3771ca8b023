//! The invariants of reading, for a page of arbitrary bytes.
#![forbid(unsafe_code)]

use ratebook_ingest::accounts::{Accounts, Asides};
use ratebook_ingest::page::Form;
use ratebook_ingest::read;

/// Reads a page, and checks the invariants. The first byte chooses the form.
///
/// # Panics
///
/// If an invariant does not hold.
pub fn read_page(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let form = match first % 4 {
        0 => Some(Form::Html),
        1 => Some(Form::Markdown),
        2 => Some(Form::Text),
        _ => None,
    };
    let Ok(text) = std::str::from_utf8(rest) else {
        assert!(read::read_bytes(rest, None).is_err());
        return;
    };
    let page = read::read(text, form.unwrap_or_else(|| read::form_of(text, None)));
    let last = text.replace("\r\n", "\n").replace('\r', "\n").lines().count().max(1);
    for block in &page.blocks {
        assert!((1..=last).contains(&(block.line as usize)), "line {} of {last}", block.line);
    }
    let mut accounts = Accounts::new(&page);
    let found = accounts.counts();
    let unknown = accounts.settle(&Asides::default());
    assert_eq!(accounts.counts().numbers.found(), found.numbers.found());
    assert!(accounts.open().len() >= unknown.len(), "an unknown passage stays open");
}
