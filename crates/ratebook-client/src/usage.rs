//! Reads the usage of a call from its response body.
//!
//! The body is one JSON document, a stream of server-sent events, JSON lines, or Amazon's event stream. [`UsageReader`]
//! detects which. The body must not be compressed. The [`Format`] is the provider's: [`Format::of`]. For a provider
//! that also serves Anthropic's API, use [`Format::Anthropic`] there.
//!
//! ```
//! use ratebook_client::usage::{Format, UsageReader, usage_of};
//! use ratebook_limiter::Usage;
//!
//! let body = br#"{"choices": [], "usage": {"prompt_tokens": 310, "completion_tokens": 402, "total_tokens": 712}}"#;
//! assert_eq!(usage_of(Format::Openai, body), Some(Usage::new().input(310).output(402)));
//!
//! let mut reader = UsageReader::new(Format::Openai);
//! reader.push(b"data: {\"choices\": [], \"usage\": {\"prompt_tok");
//! reader.push(b"ens\": 310, \"completion_tokens\": 402}}\n\ndata: [DONE]\n\n");
//! assert_eq!(reader.usage(), Some(Usage::new().input(310).output(402)));
//! ```

mod content;
mod counts;
mod error;
mod framing;

use std::fmt;

pub use ratebook::UsageFormat as Format;
use ratebook_limiter::Usage;

use crate::json;
use counts::UsageCounts;
pub use error::InnerError;
pub use framing::MAX_DOCUMENT_BYTES;
use framing::{Framing, Item};

/// The largest plausible count of one call, in tokens or milliseconds of audio: 2³² = 4,294,967,296.
///
/// The largest context windows have about ten million tokens, the largest announced a hundred million, and 2³²
/// milliseconds of audio are 49 days. A larger count is a fault of the server or of a proxy. Usage with such a count is
/// ignored, and the estimate stays charged: see [`UsageReader::implausible`].
pub const MAX_USAGE: u64 = 1 << 32;

/// Reads the usage and a possible error from a response body as it arrives.
///
/// The reader buffers only the JSON object that is arriving. It skips an object of more than [`MAX_DOCUMENT_BYTES`],
/// and anything it cannot parse.
///
/// ```
/// use ratebook_client::usage::{Format, UsageReader};
///
/// let mut reader = UsageReader::new(Format::DashScope);
/// reader.push(b"id:1\nevent:error\n:HTTP_STATUS/429\ndata:{\"code\":\"Throttling.AllocationQuota\",\"message\":\"m\"}\n\n");
/// assert_eq!(reader.error().unwrap().status, Some(429));
/// ```
pub struct UsageReader {
    format: Format,
    framing: Framing,
    state: BodyState,
}

/// What was read from a body so far.
#[derive(Default)]
struct BodyState {
    counts: UsageCounts,
    /// The last event of a stream was read.
    is_last: bool,
    /// An object that is not an error was read.
    has_success: bool,
    /// Estimated tokens of generated text that no count covers.
    #[cfg(feature = "http")]
    uncounted_output: u64,
    /// The error in the current event, which has not ended.
    pending_error: Option<String>,
    error: Option<InnerError>,
}

/// Types of the events that end a stream: Anthropic's messages, OpenAI's responses and transcriptions, Cohere's chats.
const LAST_EVENTS: [&str; 7] = [
    "\"message_stop\"",
    "\"response.completed\"",
    "\"response.incomplete\"",
    "\"response.failed\"",
    "\"transcript.text.done\"",
    "\"message-end\"",
    "\"stream-end\"",
];

impl BodyState {
    fn apply(&mut self, format: Format, item: Item<'_>) {
        match item {
            Item::Document(object) => {
                if let Some(error) = self.object(format, object) {
                    self.fail(None, error);
                }
            }
            // The end of the event may add a status.
            Item::Data(object) => {
                let error = self.object(format, object);
                self.pending_error = self.pending_error.take().or(error);
            }
            Item::EventEnd(event) => {
                self.is_last |= event.ends_stream;
                let is_error = error::is_error_event(&event.name) || event.status.is_some_and(|status| status >= 400);
                let raw_data = || String::from_utf8_lossy(&event.data).trim().to_owned();
                if let Some(body) = self.pending_error.take().or_else(|| is_error.then(raw_data)) {
                    self.fail(event.status, body);
                }
            }
        }
    }

    /// Reads an object. Returns the error, if the object is or contains one.
    fn object(&mut self, format: Format, object: &[u8]) -> Option<String> {
        let object = std::str::from_utf8(object).ok()?;
        let fields = json::fields(object)?;
        self.is_last |=
            fields.iter().any(|(key, value)| matches!(&**key, "type" | "event_type") && LAST_EVENTS.contains(value));
        let error = error::find(object, &fields);
        self.has_success |= error.is_none();
        let has = |names: &[&str]| fields.iter().any(|(key, value)| names.contains(&&**key) && *value != "null");
        // Usage beside a bare error is not the usage of a successful call.
        let counts = if error.is_none() || !has(&["error"]) || has(&["choices", "response", "output"]) {
            UsageCounts::read(format, &fields)
        } else {
            UsageCounts::default()
        };
        self.counts.update(counts);
        #[cfg(feature = "http")]
        if counts.is_empty() {
            content::each(&fields, &mut |generated| {
                self.uncounted_output = self.uncounted_output.saturating_add(estimated_tokens(generated));
            });
        }
        error
    }

    fn fail(&mut self, status: Option<u16>, body: String) {
        self.error.get_or_insert_with(|| InnerError { status, body: body.into_bytes() });
    }
}

/// Estimates the tokens of generated content.
#[cfg(feature = "http")]
fn estimated_tokens(generated: content::Generated<'_>) -> u64 {
    use crate::estimate::{Estimate, Rough};
    match generated {
        content::Generated::Text(text) => Rough::default().tokens(&json::decoded(text)),
        content::Generated::Number | content::Generated::TooDeep => 0,
    }
}

impl UsageReader {
    /// Creates a reader for one response.
    pub fn new(format: Format) -> Self {
        Self { format, framing: Framing::default(), state: BodyState::default() }
    }

    /// Reads the next chunk of the body. A chunk may end at any byte.
    pub fn push(&mut self, chunk: &[u8]) {
        let Self { format, framing, state } = self;
        framing.push(chunk, &mut |item| state.apply(*format, item));
    }

    /// Ends the body, and with it an unfinished event: an error in that event counts.
    pub fn finish(&mut self) {
        let Self { format, framing, state } = self;
        framing.finish(&mut |item| state.apply(*format, item));
    }

    /// Returns the usage reported so far. In a stream the largest value of each field counts, because vendors report
    /// running totals and leave fields of later events at zero.
    ///
    /// `None` if no usage was reported, if the body is an error, or if a count is [`implausible`](Self::implausible).
    pub fn usage(&self) -> Option<Usage> {
        self.state.counts.usage()
    }

    /// Returns the error inside the body, if there is one. In a stream it is available once its event has ended.
    pub fn error(&self) -> Option<&InnerError> {
        self.state.error.as_ref()
    }

    /// Returns a reported count above [`MAX_USAGE`].
    pub fn implausible(&self) -> Option<u64> {
        self.state.counts.implausible()
    }

    /// Whether a stream has sent its last event. Clients often stop reading there, before the connection ends. A
    /// document is never complete before [`finish`](Self::finish).
    pub fn is_complete(&self) -> bool {
        self.framing.is_done() || self.state.is_last
    }

    /// Whether an object that is not an error was read.
    #[cfg(feature = "http")]
    pub(crate) fn has_success(&self) -> bool {
        self.state.has_success
    }

    /// Estimated tokens of generated text that no reported count covers.
    #[cfg(feature = "http")]
    pub(crate) fn uncounted_output(&self) -> u64 {
        self.state.uncounted_output
    }

    /// Returns the usage until an error ended the body: the reported usage, with at least the uncounted output.
    #[cfg(feature = "http")]
    pub(crate) fn usage_until_error(&self) -> Option<Usage> {
        self.state.counts.with_min_output(self.state.uncounted_output).usage()
    }
}

impl fmt::Debug for UsageReader {
    // The bytes are a user's conversation: keep them out of logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UsageReader")
            .field("format", &self.format)
            .field("usage", &self.usage())
            .finish_non_exhaustive()
    }
}

/// Returns the usage that a complete body reports. See [`UsageReader`].
pub fn usage_of(format: Format, body: &[u8]) -> Option<Usage> {
    let mut reader = UsageReader::new(format);
    reader.push(body);
    reader.usage()
}
