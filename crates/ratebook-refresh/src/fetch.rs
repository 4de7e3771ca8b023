//! Fetching a page over HTTPS.

use std::io;
use std::time::Duration;

use ureq::http::{HeaderMap, Response};
use ureq::{Agent, Body};

/// How pages are fetched.
#[derive(Clone, Debug)]
pub struct Fetcher {
    /// Longest time for one try, redirects and body included.
    pub timeout: Duration,
    /// Largest body, in bytes after decompression.
    pub largest_body: u64,
    /// How many redirects are followed.
    pub redirects: u32,
    /// How many times a page is tried.
    pub tries: u32,
    /// The wait before the second try; it doubles with each further one.
    pub backoff: Duration,
    /// Longest `Retry-After` that is waited for.
    pub longest_wait: Duration,
    /// Whether anything but HTTPS is refused, after a redirect too.
    pub https_only: bool,
}

impl Default for Fetcher {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            largest_body: 16 * 1024 * 1024,
            redirects: 5,
            tries: 3,
            backoff: Duration::from_secs(1),
            longest_wait: Duration::from_secs(20),
            https_only: true,
        }
    }
}

/// Why a page could not be had.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The server answered with another status than 200.
    #[error("{url}: status {status}")]
    Status {
        /// The page.
        url: String,
        /// The HTTP status.
        status: u16,
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
    /// No connection, no answer in time, too many redirects, or the body ended early.
    #[error("{url}: {source}")]
    Transport {
        /// The page.
        url: String,
        /// What went wrong.
        source: ureq::Error,
    },
}

impl FetchError {
    fn may_pass(&self) -> bool {
        match self {
            Self::Status { status, .. } => *status == 429 || *status >= 500,
            Self::ContentType { .. } | Self::TooLarge { .. } => false,
            Self::Transport { source, .. } => !matches!(
                source,
                ureq::Error::TooManyRedirects | ureq::Error::RequireHttpsOnly(_) | ureq::Error::BadUri(_)
            ),
        }
    }
}

/// A page as it came: its bytes, and what its content type suggests as a file's ending.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) bytes: Vec<u8>,
    pub(crate) ending: Option<&'static str>,
}

impl Fetcher {
    /// Fetches a page, trying again after what may pass.
    pub(crate) fn fetch(&self, url: &str) -> Result<Fetched, FetchError> {
        let agent: Agent = Agent::config_builder()
            .timeout_global(Some(self.timeout))
            .max_redirects(self.redirects)
            .https_only(self.https_only)
            .http_status_as_error(false)
            .user_agent(concat!("ratebook/", env!("CARGO_PKG_VERSION"), " (reads published rate limits)"))
            .build()
            .new_agent();
        let mut backoff = self.backoff;
        for last in (1..self.tries.max(1)).rev() {
            match self.attempt(&agent, url) {
                Err((error, retry_after)) if error.may_pass() && last > 0 => {
                    std::thread::sleep(retry_after.map_or(backoff, |wait| wait.min(self.longest_wait)));
                    backoff = backoff.saturating_mul(2);
                }
                other => return other.map_err(|(error, _)| error),
            }
        }
        self.attempt(&agent, url).map_err(|(error, _)| error)
    }

    fn attempt(&self, agent: &Agent, url: &str) -> Result<Fetched, (FetchError, Option<Duration>)> {
        let transport = |source| FetchError::Transport { url: url.to_owned(), source };
        let accept = "text/markdown, text/html;q=0.9, text/plain;q=0.8";
        let response = agent.get(url).header("accept", accept).call();
        let mut response = response.map_err(|error| (transport(error), None))?;
        let status = response.status().as_u16();
        if status != 200 {
            return Err((FetchError::Status { url: url.to_owned(), status }, retry_after(response.headers())));
        }
        let ending = ending(&response)
            .map_err(|content_type| (FetchError::ContentType { url: url.to_owned(), content_type }, None))?;
        let body = response.body_mut().with_config().limit(self.largest_body).read_to_vec();
        let bytes = body.map_err(|error| match error {
            ureq::Error::BodyExceedsLimit(limit) => (FetchError::TooLarge { url: url.to_owned(), limit }, None),
            ureq::Error::Io(error) if error.kind() == io::ErrorKind::InvalidData => {
                (transport(ureq::Error::Io(error)), None)
            }
            error => (transport(error), None),
        })?;
        Ok(Fetched { bytes, ending })
    }
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get("retry-after")?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// The ending of a file of the response's content type, or the type that is no page's.
fn ending(response: &Response<Body>) -> Result<Option<&'static str>, String> {
    let Some(header) = response.headers().get("content-type") else { return Ok(None) };
    let header = header.to_str().unwrap_or("unreadable");
    let media = header.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match media.as_str() {
        "text/html" | "application/xhtml+xml" => Ok(Some("html")),
        "text/markdown" | "text/x-markdown" => Ok(Some("md")),
        "text/plain" => Ok(Some("txt")),
        _ => Err(header.to_owned()),
    }
}
