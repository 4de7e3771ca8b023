//! The JSON objects of a body that arrives in pieces.

/// How long a JSON object of a body may be; a longer one is passed over, so that a reader's memory has a bound.
pub const MAX_DOCUMENT_BYTES: usize = 16 << 20;

/// Finds the objects in a body of either form.
#[derive(Default)]
pub(super) struct Framing {
    form: Form,
    objects: Objects,
    /// Whether the last line ended in a carriage return, of which a line feed that follows is a part.
    is_after_return: bool,
}

#[derive(Clone, Copy, Default)]
enum Form {
    /// Only blanks have arrived.
    #[default]
    Unknown,
    /// One object, or several on lines of their own.
    Json,
    /// Server-sent events.
    Events(Line),
}

/// How far a line of server-sent events has been read.
#[derive(Clone, Copy)]
enum Line {
    /// So many bytes, and they begin [`DATA`].
    Name(usize),
    Data,
    Other,
}

const DATA: &[u8] = b"data:";

/// What many streams end with.
const DONE: &[u8] = b"[DONE]";

impl Framing {
    /// Whether a stream has said that it is done.
    pub(super) fn is_done(&self) -> bool {
        self.objects.is_done
    }

    /// Takes the next piece of the body and gives each object that ends in it.
    pub(super) fn push(&mut self, chunk: &[u8], read: &mut impl FnMut(&[u8])) {
        let mut rest = chunk;
        if let Form::Unknown = self.form {
            let Some(at) = chunk.iter().position(|byte| !is_blank(*byte)) else { return };
            rest = &chunk[at..];
            self.form = if chunk[at] == b'{' { Form::Json } else { Form::Events(Line::Name(0)) };
        }
        let mut line = match self.form {
            Form::Events(line) => line,
            _ => return self.objects.push(rest, read),
        };
        while let Some((&byte, after)) = rest.split_first() {
            if std::mem::take(&mut self.is_after_return) && byte == b'\n' {
                rest = after;
                continue;
            }
            if let Line::Name(matched) = line {
                // An empty line ends the event, and an object that broke off in it.
                if matched == 0 && is_end(byte) {
                    self.objects.forget();
                }
                self.is_after_return = byte == b'\r';
                line = named(matched, byte);
                rest = after;
                continue;
            }
            let end = rest.iter().position(|byte| is_end(*byte));
            let (of_line, after) = rest.split_at(end.map_or(rest.len(), |at| at + 1));
            if let Line::Data = line {
                self.objects.push(of_line, read);
            }
            if let Some(end) = end {
                line = Line::Name(0);
                self.is_after_return = rest[end] == b'\r';
            }
            rest = after;
        }
        self.form = Form::Events(line);
    }
}

/// What a line is with one more byte, after so many that begin [`DATA`].
fn named(matched: usize, byte: u8) -> Line {
    match byte {
        byte if is_end(byte) => Line::Name(0),
        _ if byte != DATA[matched] => Line::Other,
        _ if matched + 1 == DATA.len() => Line::Data,
        _ => Line::Name(matched + 1),
    }
}

/// What ends a line of server-sent events.
fn is_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// White space, or a byte of a byte order mark.
fn is_blank(byte: u8) -> bool {
    byte.is_ascii_whitespace() || b"\xEF\xBB\xBF".contains(&byte)
}

/// Cuts a text into its JSON objects by their braces; whether they are well-formed, the parser will tell.
#[derive(Default)]
struct Objects {
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
    /// So many bytes of [`DONE`].
    Ending(usize),
    /// On the rest of a line that is no object.
    Beside,
    Within,
    InString,
    /// Behind a backslash in a string.
    Escaped,
}

impl Objects {
    fn push(&mut self, piece: &[u8], read: &mut impl FnMut(&[u8])) {
        let mut from = 0;
        for (at, &byte) in piece.iter().enumerate() {
            self.place = match (self.place, byte) {
                (Place::Between, b'{') => {
                    from = at;
                    self.depth = 1;
                    Place::Within
                }
                (Place::Between, _) if byte.is_ascii_whitespace() => Place::Between,
                (Place::Between, b'[') => Place::Ending(1),
                (Place::Between, _) => Place::Beside,
                (Place::Ending(matched), _) if byte == DONE[matched] => {
                    self.is_done |= matched + 1 == DONE.len();
                    if self.is_done { Place::Beside } else { Place::Ending(matched + 1) }
                }
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

    fn keep(&mut self, bytes: &[u8]) {
        if self.too_long || bytes.len() > MAX_DOCUMENT_BYTES - self.kept.len() {
            self.too_long = true;
            self.kept = Vec::new();
        } else {
            self.kept.extend_from_slice(bytes);
        }
    }

    fn forget(&mut self) {
        self.place = Place::Between;
        self.kept.clear();
        self.too_long = false;
    }
}
