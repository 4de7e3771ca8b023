//! Splits text into JSON objects by counting braces.

/// Largest JSON object that is read, in bytes. Longer ones are skipped, which bounds the reader's memory.
pub const MAX_DOCUMENT_BYTES: usize = 16 << 20;

/// The last data line of many streams.
const DONE: &[u8] = b"[DONE]";

/// Splits text into JSON objects by counting braces outside of strings. The objects of a top-level array are split too.
/// The parser checks whether an object is well-formed.
#[derive(Default)]
pub(super) struct ObjectScanner {
    state: ScanState,
    /// Open braces.
    depth: usize,
    /// The bytes of the current object so far. Empty if the object is too long.
    buffer: Vec<u8>,
    is_too_long: bool,
    /// [`DONE`] was read.
    is_done: bool,
}

#[derive(Clone, Copy, Default)]
enum ScanState {
    /// Between objects.
    #[default]
    Between,
    /// After `[`, which begins an array or [`DONE`]: the number of matched bytes of [`DONE`].
    AfterBracket(usize),
    /// On the rest of a line that is not JSON.
    SkipLine,
    /// Inside an object, outside of strings.
    InObject,
    /// Inside a string.
    InString,
    /// After a backslash in a string.
    Escape,
}

impl ObjectScanner {
    pub(super) fn is_done(&self) -> bool {
        self.is_done
    }

    pub(super) fn push(&mut self, chunk: &[u8], emit: &mut impl FnMut(&[u8])) {
        let mut from = 0;
        for (at, &byte) in chunk.iter().enumerate() {
            self.state = match (self.state, byte) {
                (ScanState::Between | ScanState::AfterBracket(1), b'{') => {
                    from = at;
                    self.depth = 1;
                    ScanState::InObject
                }
                (ScanState::Between, b',' | b']') => ScanState::Between,
                (ScanState::Between, _) if byte.is_ascii_whitespace() => ScanState::Between,
                (ScanState::Between, b'[') => ScanState::AfterBracket(1),
                (ScanState::Between, _) => ScanState::SkipLine,
                (ScanState::AfterBracket(matched), _) if byte == DONE[matched] => {
                    self.is_done |= matched + 1 == DONE.len();
                    if self.is_done { ScanState::SkipLine } else { ScanState::AfterBracket(matched + 1) }
                }
                (ScanState::AfterBracket(1), _) if byte.is_ascii_whitespace() => ScanState::AfterBracket(1),
                (ScanState::AfterBracket(_), b'\n' | b'\r') => ScanState::Between,
                (ScanState::AfterBracket(_), _) => ScanState::SkipLine,
                (ScanState::SkipLine, b'\n' | b'\r') => ScanState::Between,
                (ScanState::InObject, b'}') if self.depth == 1 => {
                    self.append(&chunk[from..=at]);
                    if !self.is_too_long {
                        emit(&self.buffer);
                    }
                    self.reset();
                    ScanState::Between
                }
                (ScanState::InObject, b'}') => {
                    self.depth -= 1;
                    ScanState::InObject
                }
                (ScanState::InObject, b'{') => {
                    self.depth += 1;
                    ScanState::InObject
                }
                (ScanState::InObject, b'"') => ScanState::InString,
                (ScanState::InString, b'"') => ScanState::InObject,
                (ScanState::InString, b'\\') => ScanState::Escape,
                (ScanState::Escape, _) => ScanState::InString,
                (state, _) => state,
            };
        }
        if let ScanState::InObject | ScanState::InString | ScanState::Escape = self.state {
            self.append(&chunk[from..]);
        }
    }

    /// Drops an unfinished object.
    pub(super) fn reset(&mut self) {
        self.state = ScanState::Between;
        self.buffer.clear();
        self.is_too_long = false;
    }

    fn append(&mut self, bytes: &[u8]) {
        if self.is_too_long || bytes.len() > MAX_DOCUMENT_BYTES - self.buffer.len() {
            self.is_too_long = true;
            self.buffer = Vec::new();
        } else {
            self.buffer.extend_from_slice(bytes);
        }
    }
}
