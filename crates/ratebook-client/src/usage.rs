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

mod framing;
mod reply;

use std::fmt;

use ratebook::Provider;
use ratebook_limiter::Usage;

use framing::Framing;
pub use framing::MAX_DOCUMENT_BYTES;
use reply::Counts;

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

/// Reads the usage out of a reply's body as it arrives.
///
/// It keeps no more of the body than the JSON object that is arriving. One of more than [`MAX_DOCUMENT_BYTES`] is passed
/// over, as is whatever it cannot read.
pub struct UsageReader {
    format: Format,
    framing: Framing,
    counts: Counts,
}

impl UsageReader {
    /// A reader of one reply.
    pub fn new(format: Format) -> Self {
        Self { format, framing: Framing::default(), counts: Counts::default() }
    }

    /// Takes the next piece of the body, which may end at any byte.
    pub fn push(&mut self, chunk: &[u8]) {
        let Self { format, framing, counts } = self;
        framing.push(chunk, &mut |object| counts.update(Counts::read(*format, object)));
    }

    /// What the body has said so far. In a stream, a later value replaces an earlier one of the same field, since vendors
    /// report the sum up to then.
    ///
    /// `None` where it has said nothing, and where it is an error's body.
    pub fn usage(&self) -> Option<Usage> {
        self.counts.usage()
    }

    /// Whether a stream has said that nothing more is to come. Who reads one often stops there, before the connection says
    /// that it ends. A document is complete at its end alone.
    pub fn is_complete(&self) -> bool {
        self.framing.is_done() || self.counts.is_last
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
