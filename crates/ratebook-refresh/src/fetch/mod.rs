//! Fetching of pages over HTTPS, with timeouts, a size limit, bounded redirects, and retries with exponential backoff.

mod attempt;
mod error;
#[cfg(test)]
pub(crate) mod server;
#[cfg(test)]
mod tests;
mod url;

use std::time::Duration;

pub use error::FetchError;

/// The settings of fetches.
#[derive(Clone, Debug)]
pub struct Fetcher {
    /// The timeout of a connection attempt. Default: 10 s.
    pub connect_timeout: Duration,
    /// The timeout of a request, from the lookup of the host to the last byte of the body. Default: 30 s.
    pub timeout: Duration,
    /// The largest body in bytes, after decompression. Default: 16 MiB.
    pub largest_body: u64,
    /// The largest number of redirects to follow. Default: 5.
    pub max_redirects: u32,
    /// The number of attempts. Default: 3.
    pub tries: u32,
    /// The wait before the second attempt. It doubles with each further one. Default: 1 s.
    pub backoff: Duration,
    /// The longest `Retry-After` to wait for. The page is unavailable if the server requests more. Default: 20 s.
    pub longest_wait: Duration,
    /// Whether only HTTPS is allowed, also after redirects. If `false`, `http://127.0.0.1` is allowed too, for tests.
    /// Default: `true`.
    pub https_only: bool,
}

impl Default for Fetcher {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(30),
            largest_body: 16 * 1024 * 1024,
            max_redirects: 5,
            tries: 3,
            backoff: Duration::from_secs(1),
            longest_wait: Duration::from_secs(20),
            https_only: true,
        }
    }
}

/// A fetched page.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fetched {
    /// The URL that served it, after redirects.
    pub(crate) url: String,
    /// The body, decompressed. It is valid UTF-8.
    pub(crate) bytes: Vec<u8>,
    /// The file extension of the content type, if it determines one.
    pub(crate) extension: Option<&'static str>,
}

impl Fetcher {
    /// Fetches a page, with retries after transient errors.
    pub(crate) fn fetch(&self, url: &str) -> Result<Fetched, FetchError> {
        self.fetch_waiting(url, &mut std::thread::sleep)
    }

    /// Fetches a page. `wait` is called between attempts, and the waits have no jitter.
    fn fetch_waiting(&self, url: &str, wait: &mut dyn FnMut(Duration)) -> Result<Fetched, FetchError> {
        let agent = attempt::agent(self);
        let mut backoff = self.backoff;
        let mut tried = 0;
        loop {
            let error = match attempt::attempt(&agent, url, self) {
                Ok(fetched) => return Ok(fetched),
                Err(error) => error,
            };
            tried += 1;
            if tried >= self.tries || !error.may_pass() {
                return Err(error);
            }
            let asked = error.retry_after().unwrap_or_default();
            if asked > self.longest_wait {
                return Err(FetchError::WaitTooLong { url: url.to_owned(), asked, longest: self.longest_wait });
            }
            wait(asked.max(backoff));
            backoff = backoff.saturating_mul(2);
        }
    }
}
