//! Why a page could not be fetched.

use std::time::Duration;

/// Why a page could not be fetched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The address, or one that it redirects to, is not HTTPS.
    #[error("{url}: only https is fetched")]
    NotHttps {
        /// That address.
        url: String,
    },
    /// Redirects do not end.
    #[error("{url}: more than {most} redirects")]
    Redirects {
        /// The address that the last one led to.
        url: String,
        /// How many are followed.
        most: u32,
    },
    /// A redirect does not say where to.
    #[error("{url}: a redirect without an address")]
    Nowhere {
        /// The address that redirects.
        url: String,
    },
    /// The server answered with another status than 200.
    #[error("{url}: status {status}")]
    Status {
        /// The page.
        url: String,
        /// The HTTP status.
        status: u16,
        /// What the server asks to wait.
        retry_after: Option<Duration>,
    },
    /// The server asks to wait longer than we do.
    #[error("{url}: the server asks to wait {} s, longer than {} s", .asked.as_secs(), .longest.as_secs())]
    WaitTooLong {
        /// The page.
        url: String,
        /// What the server asks.
        asked: Duration,
        /// What is waited at most.
        longest: Duration,
    },
    /// The body is no page: neither HTML, Markdown nor plain text.
    #[error("{url}: content type `{content_type}`, expected HTML, Markdown or plain text")]
    ContentType {
        /// The page.
        url: String,
        /// What the server says it is.
        content_type: String,
    },
    /// The body is larger than a page of limits can be.
    #[error("{url}: larger than {limit} bytes")]
    TooLarge {
        /// The page.
        url: String,
        /// The largest size taken.
        limit: u64,
    },
    /// The body is not UTF-8.
    #[error("{url}: not UTF-8: {why}")]
    NotUtf8 {
        /// The page.
        url: String,
        /// Who says so.
        why: String,
    },
    /// The body ended early.
    #[error("{url}: the page ends early: {why}")]
    Truncated {
        /// The page.
        url: String,
        /// How that shows.
        why: String,
    },
    /// No answer in time.
    #[error("{url}: no answer in time ({why})")]
    TimedOut {
        /// The page.
        url: String,
        /// What took too long.
        why: String,
    },
    /// No connection, or one that broke.
    #[error("{url}: {why}")]
    Connection {
        /// The page.
        url: String,
        /// What went wrong.
        why: String,
    },
}

impl FetchError {
    /// Whether another try may fare better.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Status { status, .. } => matches!(status, 408 | 429 | 500..=599),
            Self::Truncated { .. } | Self::TimedOut { .. } | Self::Connection { .. } => true,
            _ => false,
        }
    }

    /// Whether the page is not at this address, so that it may be at another.
    pub(crate) fn is_elsewhere(&self) -> bool {
        match self {
            Self::Status { status, .. } => matches!(status, 404 | 406 | 410),
            Self::ContentType { .. } => true,
            _ => false,
        }
    }

    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}
