//! Splits a response body into JSON objects and server-sent events. Chunks may end at any byte.
//!
//! The first byte that is not white space decides the kind: `{` or `[` begins JSON, zero Amazon's event stream,
//! anything else server-sent events. Of an event, the name, DashScope's status comment and the beginning of the data
//! are kept; the data also passes through [`ObjectScanner`].

mod event_stream;
mod objects;

use event_stream::EventStream;
pub use objects::MAX_DOCUMENT_BYTES;
use objects::ObjectScanner;

/// Splits a body of either kind.
#[derive(Default)]
pub(super) struct Framing {
    kind: BodyKind,
    objects: ObjectScanner,
    event_stream: EventStream,
    /// The last line ended in a carriage return: a line feed that follows belongs to it.
    is_after_return: bool,
    /// The beginning of the current line, up to [`MAX_LINE_BYTES`], unless it is a data line.
    line_start: Vec<u8>,
    event: SseEvent,
}

/// A part of a body.
pub(super) enum Item<'a> {
    /// A JSON document, or one of several.
    Document(&'a [u8]),
    /// A JSON object in the data of the current event.
    Data(&'a [u8]),
    /// The end of an event.
    EventEnd(&'a SseEvent),
}

/// A server-sent event, or a message of Amazon's event stream.
#[derive(Default)]
pub(super) struct SseEvent {
    /// The name. Empty for an event without one.
    pub(super) name: Vec<u8>,
    /// The HTTP status in DashScope's comment line: `:HTTP_STATUS/429`.
    pub(super) status: Option<u16>,
    /// The raw data, up to [`MAX_DATA_BYTES`].
    pub(super) data: Vec<u8>,
    /// Whether it is the last event of its stream. Other streams state that in the data.
    pub(super) ends_stream: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum BodyKind {
    /// Only white space was read.
    #[default]
    Unknown,
    /// One JSON object, JSON lines, or an array of objects.
    Json,
    /// Server-sent events.
    Events(LineKind),
    /// Amazon's event stream.
    EventStream,
}

/// The kind of the current line of server-sent events.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LineKind {
    /// Not known yet: the bytes so far are a prefix of [`DATA`].
    Undecided,
    /// A data line.
    Data,
    /// Any other line.
    Other,
}

const DATA: &[u8] = b"data:";
const EVENT: &[u8] = b"event:";
const STATUS: &[u8] = b":HTTP_STATUS/";

/// Bytes kept of a line that is not data: enough for any event name or status.
const MAX_LINE_BYTES: usize = 64;

/// Bytes kept of an event's data, for the body of an error.
const MAX_DATA_BYTES: usize = 64 << 10;

impl Framing {
    /// Whether `[DONE]` was read.
    pub(super) fn is_done(&self) -> bool {
        self.objects.is_done()
    }

    /// Reads the next chunk and emits the items that end in it.
    pub(super) fn push(&mut self, chunk: &[u8], emit: &mut impl FnMut(Item<'_>)) {
        let mut rest = chunk;
        if self.kind == BodyKind::Unknown {
            let Some(at) = chunk.iter().position(|byte| !is_blank(*byte)) else { return };
            rest = &chunk[at..];
            self.kind = match chunk[at] {
                b'{' | b'[' => BodyKind::Json,
                0 => BodyKind::EventStream,
                _ => BodyKind::Events(LineKind::Undecided),
            };
        }
        let mut line = match self.kind {
            BodyKind::Events(line) => line,
            BodyKind::EventStream => return self.event_stream.push(rest, emit),
            BodyKind::Json | BodyKind::Unknown => {
                return self.objects.push(rest, &mut |object| emit(Item::Document(object)));
            }
        };
        while let Some((&byte, after)) = rest.split_first() {
            if std::mem::take(&mut self.is_after_return) && byte == b'\n' {
                rest = after;
                continue;
            }
            if line == LineKind::Undecided && !is_line_end(byte) {
                self.line_start.push(byte);
                rest = after;
                if self.line_start == DATA {
                    self.line_start.clear();
                    line = LineKind::Data;
                } else if !DATA.starts_with(&self.line_start) {
                    line = LineKind::Other;
                }
                continue;
            }
            let end = rest.iter().position(|byte| is_line_end(*byte));
            let (in_line, after) = rest.split_at(end.map_or(rest.len(), |at| at + 1));
            match line {
                LineKind::Data => {
                    append(&mut self.event.data, in_line, MAX_DATA_BYTES);
                    self.objects.push(in_line, &mut |object| emit(Item::Data(object)));
                }
                LineKind::Undecided | LineKind::Other => append(&mut self.line_start, in_line, MAX_LINE_BYTES),
            }
            if let Some(end) = end {
                self.is_after_return = rest[end] == b'\r';
                if line != LineKind::Data {
                    self.end_line(emit);
                }
                line = LineKind::Undecided;
            }
            rest = after;
        }
        self.kind = BodyKind::Events(line);
    }

    /// Ends the body, and with it an unfinished event.
    pub(super) fn finish(&mut self, emit: &mut impl FnMut(Item<'_>)) {
        if let BodyKind::Events(_) = self.kind {
            self.end_event(emit);
        }
    }

    /// Reads a complete line that is not data.
    fn end_line(&mut self, emit: &mut impl FnMut(Item<'_>)) {
        let line = std::mem::take(&mut self.line_start);
        let text = line.strip_suffix(b"\n").or_else(|| line.strip_suffix(b"\r")).unwrap_or(&line);
        if text.is_empty() {
            self.end_event(emit);
        } else if let Some(name) = text.strip_prefix(EVENT) {
            self.event.name = name.trim_ascii().to_vec();
        } else if let Some(status) = text.strip_prefix(STATUS) {
            let status = std::str::from_utf8(status).ok().and_then(|status| status.trim().parse().ok());
            self.event.status = status.or(self.event.status);
        }
    }

    /// Ends the current event and drops an unfinished object.
    fn end_event(&mut self, emit: &mut impl FnMut(Item<'_>)) {
        emit(Item::EventEnd(&self.event));
        self.event = SseEvent::default();
        self.objects.reset();
    }
}

/// Appends bytes until the buffer has `max_len`.
fn append(buffer: &mut Vec<u8>, bytes: &[u8], max_len: usize) {
    let free = max_len.saturating_sub(buffer.len());
    buffer.extend_from_slice(&bytes[..bytes.len().min(free)]);
}

/// Whether a byte ends a line of server-sent events.
fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// Whether a byte is white space or part of a byte order mark.
fn is_blank(byte: u8) -> bool {
    byte.is_ascii_whitespace() || b"\xEF\xBB\xBF".contains(&byte)
}
