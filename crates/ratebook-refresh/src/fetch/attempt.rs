//! One attempt to fetch a page, with its redirects.

use std::io::{ErrorKind, Read as _};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ureq::http::{HeaderMap, Response, header};
use ureq::{Agent, Body};

use super::url::{is_allowed, join};
use super::{FetchError, Fetched, Fetcher};

/// The user agent, with a URL for complaints of vendors.
const USER_AGENT: &str =
    concat!("ratebook-refresh/", env!("CARGO_PKG_VERSION"), " (+", env!("CARGO_PKG_REPOSITORY"), ")");
const ACCEPT: &str = "text/html, text/markdown;q=0.9, text/plain;q=0.8";

pub(super) fn agent(fetcher: &Fetcher) -> Agent {
    let config = Agent::config_builder()
        .user_agent(USER_AGENT)
        .accept(ACCEPT)
        .http_status_as_error(false)
        // This module follows redirects, to check each URL.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_connect(Some(fetcher.connect_timeout))
        .timeout_global(Some(fetcher.timeout))
        .build();
    config.new_agent()
}

pub(super) fn attempt(agent: &Agent, url: &str, fetcher: &Fetcher) -> Result<Fetched, FetchError> {
    let mut url = url.to_owned();
    for _ in 0..=fetcher.max_redirects {
        if !is_allowed(&url, fetcher.https_only) {
            return Err(FetchError::NotHttps { url });
        }
        let response = agent.get(&url).header("accept-language", "en").call();
        let response = response.map_err(|error| from_ureq(&url, error))?;
        let status = response.status().as_u16();
        match status {
            301 | 302 | 303 | 307 | 308 => match text(response.headers(), header::LOCATION) {
                Some(location) => url = join(&url, location),
                None => return Err(FetchError::RedirectWithoutLocation { url }),
            },
            200 => return receive(url, response, fetcher.largest_body),
            _ => return Err(FetchError::Status { status, retry_after: retry_after(response.headers()), url }),
        }
    }
    Err(FetchError::TooManyRedirects { url, limit: fetcher.max_redirects })
}

fn receive(url: String, response: Response<Body>, largest: u64) -> Result<Fetched, FetchError> {
    let content_type = text(response.headers(), header::CONTENT_TYPE).unwrap_or("none").to_owned();
    let extension = extension(&url, &content_type)?;
    let mut bytes = Vec::new();
    // Read one byte more than allowed, to distinguish a page of the largest size from a larger one.
    let read = response.into_body().into_reader().take(largest.saturating_add(1)).read_to_end(&mut bytes);
    if bytes.len() as u64 > largest {
        return Err(FetchError::TooLarge { url, limit: largest });
    }
    read.map_err(|error| from_io(&url, &error))?;
    let page = std::str::from_utf8(&bytes).map_err(|error| FetchError::NotUtf8 {
        why: format!("byte {} is invalid", error.valid_up_to() + 1),
        url: url.clone(),
    })?;
    // A body that ends with the connection can be truncated without an error.
    let page = page.to_ascii_lowercase();
    if page[..page.floor_char_boundary(512)].contains("<html") && !page.contains("</html") {
        return Err(FetchError::Truncated { url, why: "expected a closing `</html>`, found none".into() });
    }
    Ok(Fetched { url, bytes, extension })
}

/// Returns the file extension of a content type.
fn extension(url: &str, content_type: &str) -> Result<Option<&'static str>, FetchError> {
    let lower = content_type.to_ascii_lowercase();
    let mut parts = lower.split(';').map(str::trim);
    let extension = match parts.next() {
        Some("text/html" | "application/xhtml+xml") => Some("html"),
        Some("text/markdown" | "text/x-markdown") => Some("md"),
        Some("text/plain") => None,
        _ => {
            return Err(FetchError::ContentType { url: url.to_owned(), content_type: content_type.to_owned() });
        }
    };
    match parts.find_map(|part| part.strip_prefix("charset=")).map(|charset| charset.trim_matches('"')) {
        None | Some("utf-8" | "utf8" | "us-ascii") => Ok(extension),
        Some(other) => Err(FetchError::NotUtf8 { url: url.to_owned(), why: format!("the charset is `{other}`") }),
    }
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// Returns the time of a `Retry-After` header, which has seconds or a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = text(headers, header::RETRY_AFTER)?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = u64::try_from(jiff::fmt::rfc2822::parse(value).ok()?.timestamp().as_second()).ok()?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
    Some(Duration::from_secs(at.saturating_sub(now)))
}

fn from_ureq(url: &str, error: ureq::Error) -> FetchError {
    match error {
        ureq::Error::Timeout(which) => FetchError::TimedOut { url: url.to_owned(), why: which.to_string() },
        ureq::Error::Io(error) => from_io(url, &error),
        ureq::Error::HostNotFound => FetchError::Connection { url: url.to_owned(), why: "the host is unknown".into() },
        error => FetchError::Connection { url: url.to_owned(), why: error.to_string() },
    }
}

fn from_io(url: &str, error: &std::io::Error) -> FetchError {
    let url = url.to_owned();
    // ureq wraps its errors in I/O errors while the body is read.
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<ureq::Error>());
    match (inner, error.kind()) {
        (Some(ureq::Error::Timeout(which)), _) => FetchError::TimedOut { url, why: which.to_string() },
        (_, ErrorKind::TimedOut) => FetchError::TimedOut { url, why: error.to_string() },
        (Some(ureq::Error::Protocol(_) | ureq::Error::Decompress(..)), _)
        | (_, ErrorKind::UnexpectedEof | ErrorKind::InvalidData | ErrorKind::InvalidInput) => {
            FetchError::Truncated { url, why: error.to_string() }
        }
        _ => FetchError::Connection { url, why: error.to_string() },
    }
}
