//! The JSON objects of a text, by their braces.

/// How long a JSON object of a body may be; a longer one is passed over, so that a reader's memory has a bound.
pub const MAX_DOCUMENT_BYTES: usize = 16 << 20;

/// What many streams end with.
const DONE: &[u8] = b"[DONE]";

/// Cuts a text into its JSON objects by their braces, those of an array too; whether they are well-formed, the parser
/// will tell.
#[derive(Default)]
pub(super) struct Objects {
    place: Place,
    depth: usize,
    /// What has arrived of the present object, unless it is too long.
    kept: Vec<u8>,
    too_long: bool,
    /// Whether [`DONE`] has arrived.
    is_done: bool,
}

#[derive(Clone, Copy, Default)]
enum Place {
    #[default]
    Between,
    /// After a bracket: either this number of bytes of [`DONE`] has matched, or an array of objects has begun.
    Ending(usize),
    /// On the rest of a line that is no object.
    Beside,
    Within,
    InString,
    /// Behind a backslash in a string.
    Escaped,
}

impl Objects {
    pub(super) fn is_done(&self) -> bool {
        self.is_done
    }

    pub(super) fn push(&mut self, piece: &[u8], read: &mut impl FnMut(&[u8])) {
        let mut from = 0;
        for (at, &byte) in piece.iter().enumerate() {
            self.place = match (self.place, byte) {
                (Place::Between | Place::Ending(1), b'{') => {
                    from = at;
                    self.depth = 1;
                    Place::Within
                }
                (Place::Between, b',' | b']') => Place::Between,
                (Place::Between, _) if byte.is_ascii_whitespace() => Place::Between,
                (Place::Between, b'[') => Place::Ending(1),
                (Place::Between, _) => Place::Beside,
                (Place::Ending(matched), _) if byte == DONE[matched] => {
                    self.is_done |= matched + 1 == DONE.len();
                    if self.is_done { Place::Beside } else { Place::Ending(matched + 1) }
                }
                (Place::Ending(1), _) if byte.is_ascii_whitespace() => Place::Ending(1),
                (Place::Ending(_), b'\n' | b'\r') => Place::Between,
                (Place::Ending(_), _) => Place::Beside,
                (Place::Beside, b'\n' | b'\r') => Place::Between,
                (Place::Within, b'}') if self.depth == 1 => {
                    self.keep(&piece[from..=at]);
                    if !self.too_long {
                        read(&self.kept);
                    }
                    self.forget();
                    Place::Between
                }
                (Place::Within, b'}') => {
                    self.depth -= 1;
                    Place::Within
                }
                (Place::Within, b'{') => {
                    self.depth += 1;
                    Place::Within
                }
                (Place::Within, b'"') => Place::InString,
                (Place::InString, b'"') => Place::Within,
                (Place::InString, b'\\') => Place::Escaped,
                (Place::Escaped, _) => Place::InString,
                (place, _) => place,
            };
        }
        if let Place::Within | Place::InString | Place::Escaped = self.place {
            self.keep(&piece[from..]);
        }
    }

    /// Gives up the object that has begun.
    pub(super) fn forget(&mut self) {
        self.place = Place::Between;
        self.kept.clear();
        self.too_long = false;
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.too_long || bytes.len() > MAX_DOCUMENT_BYTES - self.kept.len() {
            self.too_long = true;
            self.kept = Vec::new();
        } else {
            self.kept.extend_from_slice(bytes);
        }
    }
}
