//! Errors of a fetch.

use std::time::Duration;

/// The error of a page that could not be fetched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The URL, or one that it redirects to, is not HTTPS.
    #[error("{url}: expected an https URL")]
    NotHttps {
        /// The URL.
        url: String,
    },
    /// There are too many redirects.
    #[error("{url}: more than {limit} redirects")]
    TooManyRedirects {
        /// The URL of the last redirect.
        url: String,
        /// The largest number of redirects.
        limit: u32,
    },
    /// A redirect has no `Location`.
    #[error("{url}: a redirect without a `Location`")]
    RedirectWithoutLocation {
        /// The URL that sent the redirect.
        url: String,
    },
    /// The response has another status than 200.
    #[error("{url}: status {status}")]
    Status {
        /// The URL of the page.
        url: String,
        /// The HTTP status.
        status: u16,
        /// The `Retry-After` of the response, if it has one.
        retry_after: Option<Duration>,
    },
    /// The `Retry-After` of the response is above [`Fetcher::longest_wait`](crate::Fetcher::longest_wait).
    #[error("{url}: the server requests a wait of {} s, above the longest wait of {} s", .asked.as_secs(), .longest.as_secs())]
    WaitTooLong {
        /// The URL of the page.
        url: String,
        /// The requested wait.
        asked: Duration,
        /// The longest wait.
        longest: Duration,
    },
    /// The body is neither HTML, Markdown nor plain text.
    #[error("{url}: expected HTML, Markdown or plain text, found the content type `{content_type}`")]
    ContentType {
        /// The URL of the page.
        url: String,
        /// The content type of the response.
        content_type: String,
    },
    /// The body is too large.
    #[error("{url}: larger than {limit} bytes")]
    TooLarge {
        /// The URL of the page.
        url: String,
        /// The largest size, in bytes.
        limit: u64,
    },
    /// The body is not UTF-8.
    #[error("{url}: expected UTF-8: {why}")]
    NotUtf8 {
        /// The URL of the page.
        url: String,
        /// The invalid byte or the other charset.
        why: String,
    },
    /// The body is truncated.
    #[error("{url}: the page is truncated: {why}")]
    Truncated {
        /// The URL of the page.
        url: String,
        /// The evidence.
        why: String,
    },
    /// The request timed out.
    #[error("{url}: timed out ({why})")]
    TimedOut {
        /// The URL of the page.
        url: String,
        /// The phase that timed out.
        why: String,
    },
    /// The connection failed or broke.
    #[error("{url}: {why}")]
    Connection {
        /// The URL of the page.
        url: String,
        /// The cause.
        why: String,
    },
}

impl FetchError {
    /// Returns whether a retry may succeed.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Status { status, .. } => matches!(status, 408 | 429 | 500..=599),
            Self::Truncated { .. } | Self::TimedOut { .. } | Self::Connection { .. } => true,
            Self::NotHttps { .. }
            | Self::TooManyRedirects { .. }
            | Self::RedirectWithoutLocation { .. }
            | Self::WaitTooLong { .. }
            | Self::ContentType { .. }
            | Self::TooLarge { .. }
            | Self::NotUtf8 { .. } => false,
        }
    }

    /// Returns whether the page is not at this URL, so that it may be at another one.
    pub(crate) fn is_elsewhere(&self) -> bool {
        match self {
            Self::Status { status, .. } => matches!(status, 404 | 406 | 410),
            Self::ContentType { .. } => true,
            Self::NotHttps { .. }
            | Self::TooManyRedirects { .. }
            | Self::RedirectWithoutLocation { .. }
            | Self::WaitTooLong { .. }
            | Self::TooLarge { .. }
            | Self::NotUtf8 { .. }
            | Self::Truncated { .. }
            | Self::TimedOut { .. }
            | Self::Connection { .. } => false,
        }
    }

    pub(crate) fn retry_after(&self) -> Option<Duration> {
        if let Self::Status { retry_after, .. } = self { *retry_after } else { None }
    }
}
