//! The headers and error bodies of a vendor, as data.

use std::time::Duration;

use ratebook::{Header, HeaderMeaning, Provider, ResponsePattern};

use super::Counted;

/// A vendor's format of headers and error bodies: the meaning of each header, and the patterns of refusals.
///
/// The same header has different meanings at different vendors, so the format is chosen by vendor and never detected.
/// Every dialect also reads:
///
/// - `Retry-After`, as seconds or as an HTTP date, and `Date`;
/// - the statuses 402, 413, 429, 503 and 529;
/// - common sentences in the body of a refusal, such as `Try again in 2 minutes`, `20,000 input tokens per minute`,
///   `your daily limit` or `Limit 7000, Used 0, Requested 12903`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    pub(super) headers: &'static [Header],
    /// The patterns of refusals.
    pub(super) responses: &'static [ResponsePattern],
    /// Values in the body of a refusal, located by the phrase before them.
    pub(super) body: &'static [Header],
    /// Whether the last of two limits with the same metric and window is in force, rather than the smaller one.
    pub(super) last_is_in_force: bool,
}

/// The headers of a response.
///
/// Implemented for slices of pairs, for `()` (no headers), and with the feature `http` for `http::HeaderMap`.
/// Implementations compare names without regard to ASCII case.
pub trait Headers {
    /// Returns the first value of a header.
    fn get(&self, name: &str) -> Option<&[u8]>;

    /// Returns the value of a header after the first `after` ones of the same name. A list may be spread over several
    /// headers. Default: the first value only.
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
    /// Creates a dialect, for a gateway or for a vendor that is not in the catalog.
    ///
    /// A remaining amount belongs to the last limit of the same metric and window before it in `headers`. Of two limits
    /// with the same metric and window, the smaller is in force.
    pub const fn new(headers: &'static [Header], responses: &'static [ResponsePattern]) -> Self {
        Self { headers, responses, body: &[], last_is_in_force: false }
    }

    /// Returns a dialect that also reads values in the body of a refusal. The name of each is the phrase before the
    /// value.
    pub const fn with_body(self, body: &'static [Header]) -> Self {
        Self { body, ..self }
    }

    /// Returns a dialect in which the last of two limits with the same metric and window is in force.
    pub(super) const fn with_last_in_force(self) -> Self {
        Self { last_is_in_force: true, ..self }
    }

    /// Returns the dialect of a provider, from the catalog's policy.
    pub const fn of(provider: Provider) -> Self {
        let policy = provider.policy();
        Self::new(policy.headers, policy.responses).with_body(policy.body)
    }

    /// Returns the dialect of a provider of the catalog, or else the one with a name from [`Dialect::NAMED`], for
    /// configuration files. `None` if the name is unknown.
    ///
    /// ```
    /// use ratebook::Provider;
    /// use ratebook_limiter::feedback::Dialect;
    ///
    /// assert_eq!(Dialect::named("openai"), Some(Dialect::of(Provider::Openai)));
    /// assert_eq!(Dialect::named("together"), Some(Dialect::TOGETHER));
    /// ```
    pub fn named(name: &str) -> Option<Self> {
        let own = || Self::NAMED.iter().find(|(other, _)| *other == name).map(|(_, dialect)| *dialect);
        Provider::from_name(name).map(Self::of).or_else(own)
    }

    /// Returns the headers that the dialect reads, without `Retry-After` and `Date`.
    pub const fn headers(&self) -> &'static [Header] {
        self.headers
    }

    /// Returns the patterns of refusals.
    pub const fn responses(&self) -> &'static [ResponsePattern] {
        self.responses
    }

    /// Returns the names of the headers that the dialect reads, without `Retry-After` and `Date`.
    pub fn header_names(&self) -> impl Iterator<Item = &'static str> {
        self.headers.iter().map(|header| header.name)
    }

    /// Returns the phrases after which the dialect reads a value in the body of a refusal.
    pub fn body_phrases(&self) -> impl Iterator<Item = &'static str> {
        let times = self.responses.iter().filter_map(|pattern| pattern.time);
        self.body.iter().map(|value| value.name).chain(times.map(|time| time.after))
    }

    /// Returns the header, or the phrase of a body, that states a limit.
    pub(super) fn name_of_limit(&self, counted: Counted) -> &'static str {
        let mut headers = self.headers.iter().chain(self.body).filter(|header| header.meaning == HeaderMeaning::Limit);
        let exact = headers.clone().find(|header| Counted::by(header) == counted);
        exact.or_else(|| headers.find(|header| header.metric == counted.metric)).map_or("limit", |header| header.name)
    }
}

impl Counted {
    /// Returns the metric and the window of a header.
    pub(super) fn by(header: &Header) -> Self {
        let window = header.window_seconds.map(|seconds| Duration::from_secs(seconds.into()));
        Self { metric: header.metric, window }
    }
}
