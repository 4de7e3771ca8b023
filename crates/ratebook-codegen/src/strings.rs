//! The text of all names in the tables.

use crate::layout::header;

/// Builds the text of all names.
#[derive(Default)]
pub(crate) struct Strings<'a> {
    pub(crate) text: String,
    /// The texts of [`shared`](Self::shared) with their offsets and lengths, sorted. A `BTreeMap` takes longer to compile.
    shared: Vec<(&'a str, (u32, u16))>,
}

impl<'a> Strings<'a> {
    /// Appends the name of an entry, after its header. Returns its offset and length in bytes.
    pub(crate) fn name(&mut self, key_bits: u32, entry: u32, name: &str) -> (u32, u16) {
        while !self.text.len().is_multiple_of(4) {
            self.text.push('\n');
        }
        for byte in header(key_bits, entry) {
            self.text.push(char::from(byte));
        }
        let place = self.push(name);
        self.text.push('\n');
        place
    }

    fn push(&mut self, text: &str) -> (u32, u16) {
        let offset = self.text.len() as u32;
        self.text.push_str(text);
        (offset, text.len() as u16)
    }

    /// Appends a text that many limits have, such as a group or a section, unless the names already have it. Returns its
    /// offset and length in bytes.
    pub(crate) fn shared(&mut self, text: &'a str) -> (u32, u16) {
        match self.shared.binary_search_by(|(known, _)| (*known).cmp(text)) {
            Ok(at) => self.shared[at].1,
            Err(at) => {
                let place = self.push(text);
                self.shared.insert(at, (text, place));
                place
            }
        }
    }
}
