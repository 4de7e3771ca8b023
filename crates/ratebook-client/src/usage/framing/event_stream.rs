//! Splits Amazon's event stream, `application/vnd.amazon.eventstream`, into its messages.
//!
//! A message is a prelude of twelve bytes (the length of the message, the length of the headers, a checksum), the
//! headers, a payload, and a checksum. Bedrock's payloads are JSON objects. Those of model invocations hold the
//! vendor's own event in base64. The checksums are not verified, because TLS protects the bytes. Counts above
//! [`MAX_USAGE`](super::super::MAX_USAGE) are ignored in any case.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::{Item, MAX_DOCUMENT_BYTES, SseEvent};
use crate::json;

/// Bytes before the headers.
const PRELUDE: usize = 12;
/// Bytes after the payload.
const CHECKSUM: usize = 4;

/// Splits a stream into messages.
#[derive(Default)]
pub(super) struct EventStream {
    /// The bytes of the current message so far.
    buffer: Vec<u8>,
    /// Bytes left of a message that is too long to be read.
    skipped: usize,
    /// A length was impossible: the rest cannot be split.
    is_broken: bool,
}

impl EventStream {
    /// Reads the next chunk and emits the messages that end in it.
    pub(super) fn push(&mut self, mut chunk: &[u8], emit: &mut impl FnMut(Item<'_>)) {
        while !self.is_broken && !chunk.is_empty() {
            let skip = self.skipped.min(chunk.len());
            (self.skipped, chunk) = (self.skipped - skip, &chunk[skip..]);
            let wanted = match lengths(&self.buffer) {
                None => PRELUDE,
                Some((total, headers)) if total < PRELUDE + CHECKSUM || headers > total - PRELUDE - CHECKSUM => {
                    self.is_broken = true;
                    break;
                }
                Some((total, _)) if total > MAX_DOCUMENT_BYTES => {
                    self.skipped = total - self.buffer.len();
                    self.buffer.clear();
                    continue;
                }
                Some((total, _)) => total,
            };
            let (own, rest) = chunk.split_at(chunk.len().min(wanted - self.buffer.len()));
            self.buffer.extend_from_slice(own);
            chunk = rest;
            if self.buffer.len() == wanted && wanted > PRELUDE {
                read(&self.buffer, emit);
                self.buffer.clear();
            }
        }
    }
}

/// Returns the length of a message and of its headers, once the prelude has arrived.
fn lengths(message: &[u8]) -> Option<(usize, usize)> {
    let number = |at: usize| {
        let bytes = message.get(at..at + 4)?.try_into().ok()?;
        usize::try_from(u32::from_be_bytes(bytes)).ok()
    };
    (message.len() >= PRELUDE).then_some(())?;
    Some((number(0)?, number(4)?))
}

/// Emits the payload of a whole message, and its end.
fn read(message: &[u8], emit: &mut impl FnMut(Item<'_>)) {
    let Some((total, headers)) = lengths(message) else { return };
    let (headers, payload) = message[PRELUDE..total - CHECKSUM].split_at(headers);
    let header = |name: &str| text_headers(headers).find(|(own, _)| *own == name.as_bytes()).map(|(_, value)| value);
    let name = header(":exception-type").or_else(|| header(":event-type")).unwrap_or_default();
    let event = SseEvent {
        name: name.to_vec(),
        ends_stream: header(":event-type") == Some(b"metadata"),
        ..SseEvent::default()
    };
    match header(":exception-type") {
        Some(kind) => emit(Item::Data(&with_type(kind, payload))),
        None => match vendor_event(payload) {
            Some(inner) => emit(Item::Data(&inner)),
            None => emit(Item::Data(payload)),
        },
    }
    emit(Item::EventEnd(&event));
}

/// Returns the payload of an exception with the name of the exception, as in the body of an error response.
fn with_type(kind: &[u8], payload: &[u8]) -> Vec<u8> {
    let kind = String::from_utf8_lossy(kind).replace(['"', '\\'], "");
    let members = payload.trim_ascii().strip_prefix(b"{").unwrap_or(b"}").trim_ascii_start();
    let comma = if members.starts_with(b"}") { "" } else { "," };
    [format!("{{\"__type\":\"{kind}\"{comma}").as_bytes(), members].concat()
}

/// Returns the vendor's event in the payload of a model invocation.
fn vendor_event(payload: &[u8]) -> Option<Vec<u8>> {
    let fields = json::fields(std::str::from_utf8(payload).ok()?)?;
    let (_, bytes) = fields.iter().find(|(key, _)| key == "bytes")?;
    BASE64_STANDARD.decode(json::decoded(bytes).as_bytes()).ok()
}

/// Returns the headers whose values are texts.
fn text_headers(mut rest: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    std::iter::from_fn(move || {
        loop {
            let (&length, after) = rest.split_first()?;
            let (name, after) = after.split_at_checked(usize::from(length))?;
            let (&kind, after) = after.split_first()?;
            // The types of values: no bytes for booleans, a length before bytes (6) and texts (7), and fixed lengths.
            let (length, after) = match kind {
                0 | 1 => (0, after),
                2 => (1, after),
                3 => (2, after),
                4 => (4, after),
                5 | 8 => (8, after),
                9 => (16, after),
                6 | 7 => {
                    let (length, after) = after.split_at_checked(2)?;
                    (usize::from(u16::from_be_bytes(length.try_into().ok()?)), after)
                }
                _ => return None,
            };
            let (value, after) = after.split_at_checked(length)?;
            rest = after;
            if kind == 7 {
                return Some((name, value));
            }
        }
    })
}
