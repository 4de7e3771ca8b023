//! The JSON objects of a body that arrives in pieces, and what events say of themselves.

mod objects;

pub use objects::MAX_DOCUMENT_BYTES;
use objects::Objects;

/// Finds the objects in a body of either form.
#[derive(Default)]
pub(super) struct Framing {
    form: Form,
    objects: Objects,
    /// Whether the last line ended in a carriage return, of which a line feed that follows is a part.
    is_after_return: bool,
    /// The beginning of the present line, unless it is one of data.
    head: Vec<u8>,
    event: Event,
}

/// What a body has been found to hold.
pub(super) enum Found<'a> {
    /// A JSON object that is a document, or one of several.
    Document(&'a [u8]),
    /// A JSON object in the data of the present event.
    Data(&'a [u8]),
    /// The end of an event.
    End(&'a Event),
}

/// What a server-sent event says beside the objects in its data.
#[derive(Default)]
pub(super) struct Event {
    /// Its name; empty where it has none.
    pub(super) name: Vec<u8>,
    /// The HTTP status that a comment line of DashScope's gives it: `:HTTP_STATUS/429`.
    pub(super) status: Option<u16>,
    /// The beginning of its data as it is written.
    pub(super) data: Vec<u8>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Form {
    /// Only blanks have arrived.
    #[default]
    Unknown,
    /// One object, several on lines of their own, or an array of them.
    Json,
    /// Server-sent events.
    Events(Line),
}

/// What the present line of server-sent events is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Line {
    /// It may still begin with [`DATA`].
    Head,
    Data,
    Other,
}

const DATA: &[u8] = b"data:";
const EVENT: &[u8] = b"event:";
const STATUS: &[u8] = b":HTTP_STATUS/";

/// What is kept of a line that is not data: more than any name has, or a status.
const HEAD_BYTES: usize = 64;

/// What is kept of an event's data for the case that it is an error.
const DATA_BYTES: usize = 64 << 10;

impl Framing {
    /// Whether a stream has said that it is done.
    pub(super) fn is_done(&self) -> bool {
        self.objects.is_done()
    }

    /// Takes the next piece of the body and gives what ends in it.
    pub(super) fn push(&mut self, chunk: &[u8], find: &mut impl FnMut(Found<'_>)) {
        let mut rest = chunk;
        if self.form == Form::Unknown {
            let Some(at) = chunk.iter().position(|byte| !is_blank(*byte)) else { return };
            rest = &chunk[at..];
            self.form = if matches!(chunk[at], b'{' | b'[') { Form::Json } else { Form::Events(Line::Head) };
        }
        let Form::Events(mut line) = self.form else {
            return self.objects.push(rest, &mut |object| find(Found::Document(object)));
        };
        while let Some((&byte, after)) = rest.split_first() {
            if std::mem::take(&mut self.is_after_return) && byte == b'\n' {
                rest = after;
                continue;
            }
            if line == Line::Head && !is_end(byte) {
                self.head.push(byte);
                rest = after;
                if self.head == DATA {
                    self.head.clear();
                    line = Line::Data;
                } else if !DATA.starts_with(&self.head) {
                    line = Line::Other;
                }
                continue;
            }
            let end = rest.iter().position(|byte| is_end(*byte));
            let (of_line, after) = rest.split_at(end.map_or(rest.len(), |at| at + 1));
            match line {
                Line::Data => {
                    keep(&mut self.event.data, of_line, DATA_BYTES);
                    self.objects.push(of_line, &mut |object| find(Found::Data(object)));
                }
                Line::Head | Line::Other => keep(&mut self.head, of_line, HEAD_BYTES),
            }
            if let Some(end) = end {
                self.is_after_return = rest[end] == b'\r';
                if line != Line::Data {
                    self.end_line(find);
                }
                line = Line::Head;
            }
            rest = after;
        }
        self.form = Form::Events(line);
    }

    /// Takes the end of the body for the end of the event that it breaks off in.
    pub(super) fn finish(&mut self, find: &mut impl FnMut(Found<'_>)) {
        if let Form::Events(_) = self.form {
            self.end_event(find);
        }
    }

    /// Reads a line that is not data.
    fn end_line(&mut self, find: &mut impl FnMut(Found<'_>)) {
        let head = std::mem::take(&mut self.head);
        let text = head.strip_suffix(b"\n").or_else(|| head.strip_suffix(b"\r")).unwrap_or(&head);
        if text.is_empty() {
            self.end_event(find);
        } else if let Some(name) = text.strip_prefix(EVENT) {
            self.event.name = name.trim_ascii().to_vec();
        } else if let Some(status) = text.strip_prefix(STATUS) {
            let status = std::str::from_utf8(status).ok().and_then(|status| status.trim().parse().ok());
            self.event.status = status.or(self.event.status);
        }
    }

    /// Ends the event, and an object that broke off in it.
    fn end_event(&mut self, find: &mut impl FnMut(Found<'_>)) {
        find(Found::End(&self.event));
        self.event = Event::default();
        self.objects.forget();
    }
}

/// Appends bytes up to a length.
fn keep(kept: &mut Vec<u8>, bytes: &[u8], most: usize) {
    let room = most.saturating_sub(kept.len());
    kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
}

/// What ends a line of server-sent events.
fn is_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// White space, or a byte of a byte order mark.
fn is_blank(byte: u8) -> bool {
    byte.is_ascii_whitespace() || b"\xEF\xBB\xBF".contains(&byte)
}
