//! How a vendor's replies speak of limits, as data.

use ratebook::{Header, Provider, Reply};

use super::Signals;
use super::reading::Reading;

/// How a vendor's replies speak of limits: which headers say what, and which bodies refuse what.
///
/// The same header means different things at different vendors, so replies are read by vendor, never by shape. Every
/// dialect also reads `Retry-After`, as seconds or as an HTTP date, and the statuses 429, 402, 413 and 503.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    pub(super) headers: &'static [Header],
    pub(super) replies: &'static [Reply],
    pub(super) body: &'static [Header],
}

/// The headers of a reply.
///
/// Names are compared without regard to case. Implemented for slices of pairs, for `()` where there are none, and with
/// the feature `http` for `http::HeaderMap`.
pub trait Headers {
    /// The value of a header, of the first one where there are several.
    fn get(&self, name: &str) -> Option<&[u8]>;

    /// The value of the header of that name which comes after so many others of it. A list may be spread over several.
    fn nth(&self, name: &str, after: usize) -> Option<&[u8]> {
        if after == 0 { self.get(name) } else { None }
    }
}

impl<N: AsRef<str>, V: AsRef<[u8]>> Headers for [(N, V)] {
    fn get(&self, name: &str) -> Option<&[u8]> {
        self.nth(name, 0)
    }

    fn nth(&self, name: &str, after: usize) -> Option<&[u8]> {
        let mut headers = self.iter().filter(|(other, _)| other.as_ref().eq_ignore_ascii_case(name));
        headers.nth(after).map(|(_, value)| value.as_ref())
    }
}

impl Headers for () {
    fn get(&self, _: &str) -> Option<&[u8]> {
        None
    }
}

#[cfg(feature = "http")]
impl Headers for http::HeaderMap {
    fn get(&self, name: &str) -> Option<&[u8]> {
        self.get(name).map(http::HeaderValue::as_bytes)
    }

    fn nth(&self, name: &str, after: usize) -> Option<&[u8]> {
        self.get_all(name).iter().nth(after).map(http::HeaderValue::as_bytes)
    }
}

impl Dialect {
    /// A dialect of one's own, for a gateway or a vendor that is not in the catalog.
    ///
    /// A header of what is left is of the limit of its metric and window that is named last before it.
    pub const fn new(headers: &'static [Header], replies: &'static [Reply]) -> Self {
        Self { headers, replies, body: &[] }
    }

    /// The same, where the body of a refusal speaks of limits as headers do: by the phrase that stands before a value.
    pub const fn with_body(self, body: &'static [Header]) -> Self {
        Self { body, ..self }
    }

    /// What the catalog knows of a provider's replies.
    pub const fn of(provider: Provider) -> Self {
        let policy = provider.policy();
        Self::new(policy.headers, policy.replies)
    }

    /// The dialect of that name in [`Dialect::NAMED`], as a configuration says it.
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMED.iter().find(|(other, _)| *other == name).map(|(_, dialect)| *dialect)
    }

    /// The headers that it reads, beside `Retry-After` and `Date`.
    pub const fn headers(&self) -> &'static [Header] {
        self.headers
    }

    /// The refusals that it knows by their bodies.
    pub const fn replies(&self) -> &'static [Reply] {
        self.replies
    }

    /// The names of the headers that it reads, beside `Retry-After` and `Date`.
    pub fn header_names(&self) -> impl Iterator<Item = &'static str> {
        self.headers.iter().map(|header| header.name)
    }

    /// The phrases of a refusal's body that it reads a value behind.
    pub fn body_phrases(&self) -> impl Iterator<Item = &'static str> {
        let times = self.replies.iter().filter_map(|reply| reply.time);
        self.body.iter().map(|value| value.name).chain(times.map(|time| time.after))
    }

    /// Reads a reply: its HTTP status, its headers, its body as far as it is known, and the moment it came, in
    /// nanoseconds since 1970. Times that the reply names are counted from its own `Date` where it has one, since the
    /// vendor's clock made both. Allocates nothing, whatever the reply holds.
    pub fn read<H: Headers + ?Sized>(&self, status: u16, headers: &H, body: &[u8], unix_nanos: i128) -> Signals {
        let mut reading = Reading::new(self, headers, unix_nanos);
        reading.hear_headers();
        if !(200..300).contains(&status) {
            reading.hear_refusal(status, body);
        }
        reading.signals
    }
}
