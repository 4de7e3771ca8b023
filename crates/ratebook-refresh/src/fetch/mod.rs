//! Fetching a page over HTTPS: time-outs, a size cap, bounded redirects, retries with backoff.

mod address;
mod attempt;
mod error;
#[cfg(test)]
pub(crate) mod server;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub use error::FetchError;

/// How pages are fetched.
#[derive(Clone, Debug)]
pub struct Fetcher {
    /// Longest time until a connection stands.
    pub connect_timeout: Duration,
    /// Longest time for one request, from the look-up of its host to the last byte of its body.
    pub timeout: Duration,
    /// Largest body, in bytes after decompression.
    pub largest_body: u64,
    /// How many redirects are followed.
    pub redirects: u32,
    /// How many times a page is tried.
    pub tries: u32,
    /// The wait before the second try; it doubles with each further one.
    pub backoff: Duration,
    /// Longest `Retry-After` that is waited for; asked for more, the page counts as not to be had.
    pub longest_wait: Duration,
    /// Whether anything but HTTPS is refused, after a redirect too. Tests fetch `http://127.0.0.1` without it,
    /// and nothing more.
    pub https_only: bool,
}

impl Default for Fetcher {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
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

/// A page as it came.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fetched {
    /// The address that served it, after redirects.
    pub(crate) url: String,
    /// Its bytes, decompressed: valid UTF-8.
    pub(crate) bytes: Vec<u8>,
    /// What its content type suggests as a file's ending.
    pub(crate) ending: Option<&'static str>,
}

impl Fetcher {
    /// Fetches a page, trying again after what may pass.
    pub(crate) fn fetch(&self, url: &str) -> Result<Fetched, FetchError> {
        self.fetch_waiting(url, &mut std::thread::sleep)
    }

    /// Fetches a page; `wait` waits between tries, the same times on every run.
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
