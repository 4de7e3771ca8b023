//! What a reply says that its call has used.
//!
//! A reply is one JSON document, or a stream of server-sent events or of JSON lines; the reader tells by itself. The
//! body has to be decoded: no gzip.
//!
//! ```
//! use ratebook_client::usage::{Format, UsageReader, usage_of};
//! use ratebook_limiter::Usage;
//!
//! let body = br#"{"choices": [], "usage": {"prompt_tokens": 310, "completion_tokens": 402, "total_tokens": 712}}"#;
//! assert_eq!(usage_of(Format::OpenAi, body), Some(Usage::new().input(310).output(402)));
//!
//! let mut reader = UsageReader::new(Format::OpenAi);
//! reader.push(b"data: {\"choices\": [], \"usage\": {\"prompt_tok");
//! reader.push(b"ens\": 310, \"completion_tokens\": 402}}\n\ndata: [DONE]\n\n");
//! assert_eq!(reader.usage(), Some(Usage::new().input(310).output(402)));
//! ```

mod content;
mod counts;
mod error;
mod framing;

use std::fmt;

use ratebook::Provider;
use ratebook_limiter::Usage;

use crate::json;
use counts::Counts;
pub use error::InnerError;
pub use framing::MAX_DOCUMENT_BYTES;
use framing::{Found, Framing};

/// The most of anything that a call can have used, in tokens or in milliseconds of audio: 2³², or 4,294,967,296.
///
/// The longest context windows are of some ten million tokens, the longest announced of a hundred million, and 2³²
/// milliseconds of audio are 49 days. A larger count is a fault of the server or of what stands before it. Usage with such
/// a count is not believed, and the call stays settled as it was estimated: see [`UsageReader::absurd`].
pub const MOST: u64 = 1 << 32;

/// The form in which an API reports usage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// OpenAI's, and that of APIs compatible with it: chat completions, responses, embeddings, transcriptions.
    OpenAi,
    /// Anthropic's messages, and that of APIs compatible with them: input is reported without what the cache held.
    Anthropic,
    /// DashScope's own, and OpenAI's: Alibaba has APIs of both.
    DashScope,
    /// That of Cloudflare's Workers AI, and OpenAI's: Cloudflare has APIs of both.
    Cloudflare,
}

impl Format {
    /// The form in which a provider reports usage. Where it serves Anthropic's API too, ask for
    /// [`Anthropic`](Self::Anthropic) there.
    pub fn of(provider: Provider) -> Self {
        match provider {
            Provider::Alibaba => Self::DashScope,
            Provider::Cloudflare => Self::Cloudflare,
            // Castai and Fireworks, and the likeliest form of one that is yet unknown.
            _ => Self::OpenAi,
        }
    }
}

/// Reads the usage out of a reply's body as it arrives, and finds an error inside it.
///
/// It keeps no more of the body than the JSON object that is arriving. One of more than [`MAX_DOCUMENT_BYTES`] is passed
/// over, as is whatever it cannot read.
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
    said: Said,
}

/// What a body has said so far.
#[derive(Default)]
struct Said {
    counts: Counts,
    /// Whether it is an event with which a stream ends.
    is_last: bool,
    /// Whether there was an object that is no error.
    serves: bool,
    /// Tokens of the text that has come without a count, estimated.
    #[cfg(feature = "http")]
    made: u64,
    /// The error of the present event, of which the end has not come.
    pending: Option<String>,
    error: Option<InnerError>,
}

/// Events with which streams end: a message of Anthropic's, a response or a transcription of OpenAI's.
const LAST: [&str; 5] = [
    "\"message_stop\"",
    "\"response.completed\"",
    "\"response.incomplete\"",
    "\"response.failed\"",
    "\"transcript.text.done\"",
];

impl Said {
    fn take(&mut self, format: Format, found: Found<'_>) {
        match found {
            Found::Document(object) => {
                if let Some(error) = self.object(format, object) {
                    self.fail(None, error);
                }
            }
            // Its event may say more of the error.
            Found::Data(object) => {
                let error = self.object(format, object);
                self.pending = self.pending.take().or(error);
            }
            Found::End(event) => {
                let is_error = error::is_error_event(&event.name) || event.status.is_some_and(|status| status >= 400);
                let written = || String::from_utf8_lossy(&event.data).trim().to_owned();
                if let Some(body) = self.pending.take().or_else(|| is_error.then(written)) {
                    self.fail(event.status, body);
                }
            }
        }
    }

    /// Reads an object, and gives the error that it is.
    fn object(&mut self, format: Format, object: &[u8]) -> Option<String> {
        let object = std::str::from_utf8(object).ok()?;
        let fields = json::fields(object)?;
        self.is_last |= fields.iter().any(|(key, value)| key == "type" && LAST.contains(value));
        let error = error::of(object, &fields);
        self.serves |= error.is_none();
        let has = |names: &[&str]| fields.iter().any(|(key, value)| names.contains(&&**key) && *value != "null");
        // A bare error's usage is not that of a call that was served.
        let counts = if error.is_none() || !has(&["error"]) || has(&["choices", "response", "output"]) {
            Counts::read(format, &fields)
        } else {
            Counts::default()
        };
        self.counts.update(counts);
        #[cfg(feature = "http")]
        if counts.is_empty() {
            content::each(&fields, &mut |made| self.made = self.made.saturating_add(tokens_of(made)));
        }
        error
    }

    fn fail(&mut self, status: Option<u16>, body: String) {
        self.error.get_or_insert_with(|| InnerError { status, body: body.into_bytes() });
    }
}

/// Roughly how many tokens something has that a model has made.
#[cfg(feature = "http")]
fn tokens_of(made: content::Made<'_>) -> u64 {
    use crate::estimate::{Estimate, Rough};
    match made {
        content::Made::Text(text) => Rough::default().tokens(&json::decoded(text)),
        content::Made::Number | content::Made::Deep => 0,
    }
}

impl UsageReader {
    /// A reader of one reply.
    pub fn new(format: Format) -> Self {
        Self { format, framing: Framing::default(), said: Said::default() }
    }

    /// Takes the next piece of the body, which may end at any byte.
    pub fn push(&mut self, chunk: &[u8]) {
        let Self { format, framing, said } = self;
        framing.push(chunk, &mut |found| said.take(*format, found));
    }

    /// Takes the end of the body: an error in an event that has no end counts, too.
    pub fn finish(&mut self) {
        let Self { format, framing, said } = self;
        framing.finish(&mut |found| said.take(*format, found));
    }

    /// What the body has said so far. In a stream, of each field the largest value counts, since vendors report the sum up
    /// to then: what is zero later was not filled in.
    ///
    /// `None` where it has said nothing, where it is an error's body, and where a count is [`absurd`](Self::absurd).
    pub fn usage(&self) -> Option<Usage> {
        self.said.counts.usage()
    }

    /// The error inside the body, where there has been one; in a stream, once its event has ended.
    pub fn error(&self) -> Option<&InnerError> {
        self.said.error.as_ref()
    }

    /// A count of more than [`MOST`], which no call can have used.
    pub fn absurd(&self) -> Option<u64> {
        self.said.counts.absurd()
    }

    /// Whether a stream has said that nothing more is to come. Who reads one often stops there, before the connection says
    /// that it ends. A document is complete at its end alone.
    pub fn is_complete(&self) -> bool {
        self.framing.is_done() || self.said.is_last
    }

    /// Whether something has come that is no error.
    #[cfg(feature = "http")]
    pub(crate) fn serves(&self) -> bool {
        self.said.serves
    }

    /// Roughly how many tokens the text has that has come without a count.
    #[cfg(feature = "http")]
    pub(crate) fn made(&self) -> u64 {
        self.said.made
    }

    /// What the body says that was used until an error ended it: with the text that has come since the output was counted.
    #[cfg(feature = "http")]
    pub(crate) fn usage_until_error(&self) -> Option<Usage> {
        self.said.counts.with_output(self.said.made).usage()
    }
}

impl fmt::Debug for UsageReader {
    // The bytes are somebody's conversation, and no log's business.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UsageReader")
            .field("format", &self.format)
            .field("usage", &self.usage())
            .finish_non_exhaustive()
    }
}

/// What a whole body says that its call has used; see [`UsageReader`].
pub fn usage_of(format: Format, body: &[u8]) -> Option<Usage> {
    let mut reader = UsageReader::new(format);
    reader.push(body);
    reader.usage()
}
