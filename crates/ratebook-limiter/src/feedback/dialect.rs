//! The headers and error bodies of a vendor, as data.

use ratebook::{Header, HeaderMeaning, Provider, ResponsePattern};

use super::reading::ResponseReader;
use super::{Counted, Signals, error};

/// A vendor's format of headers and error bodies: the meaning of each header, and the patterns of refusals.
///
/// The same header has different meanings at different vendors, so the format is chosen by vendor and never detected. Every
/// dialect also reads:
///
/// - `Retry-After`, as seconds or as an HTTP date, and `Date`;
/// - the statuses 402, 413, 429, 503 and 529;
/// - common sentences in the body of a refusal, such as `Try again in 2 minutes`, `20,000 input tokens per minute`, `your
///   daily limit` or `Limit 7000, Used 0, Requested 12903`.
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

    /// Returns a dialect that also reads values in the body of a refusal. The name of each is the phrase before the value.
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
    pub(super) fn name_of_limit(&self, of: Counted) -> &'static str {
        let mut headers = self.headers.iter().chain(self.body).filter(|header| header.says == HeaderMeaning::Limit);
        let exact = headers.clone().find(|header| Counted::by(header) == of);
        exact.or_else(|| headers.find(|header| header.metric == of.metric)).map_or("limit", |header| header.name)
    }

    /// Parses a response. `body` may be incomplete. `unix_nanos` is the moment of the response, in nanoseconds since 1970.
    ///
    /// Absolute times of the response are compared with its own `Date`, if it has one, because the vendor's clock produced
    /// both. Never allocates.
    pub fn read<H: Headers + ?Sized>(&self, status: u16, headers: &H, body: &[u8], unix_nanos: i128) -> Signals {
        let mut reader = ResponseReader::new(self, headers, unix_nanos);
        reader.read_headers();
        if !(200..300).contains(&status) {
            reader.read_refusal(status, body);
        }
        reader.signals
    }

    /// Parses an error inside a response of status 200: an `error` event of a stream, or an error object as the body.
    ///
    /// Like [`read`](Self::read), but the refusal's status is the first of these:
    ///
    /// 1. `status`, which the stream itself states, such as DashScope's comment line `:HTTP_STATUS/429`;
    /// 2. a number in the error object, the outermost first: `"code":429`, `"status":"503"`, `"status_code"`,
    ///    `"http_code"`;
    /// 3. the kind of the error: its type, code or status, the name of its object, or the header `x-amzn-errortype` or
    ///    `:exception-type`. `overloaded_error` is a 529, `rate_limit_error`, `RESOURCE_EXHAUSTED` and
    ///    `Throttling.RateQuota` are a 429, `serviceUnavailableException` is a 503. A kind takes precedence over the number
    ///    500;
    /// 4. the status of the dialect's pattern that matches the body.
    ///
    /// An error that is not a refusal, such as an invalid request or a content filter, has none. Pass error objects only:
    /// a model's output may contain the same phrases. Never allocates.
    ///
    /// ```
    /// use ratebook::Provider;
    /// use ratebook_limiter::feedback::Dialect;
    ///
    /// let body = br#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;
    /// let signals = Dialect::of(Provider::Anthropic).read_error(None, &(), body, 0);
    /// assert_eq!(signals.refusal().unwrap().status, 529);
    /// ```
    pub fn read_error<H: Headers + ?Sized>(
        &self,
        status: Option<u16>,
        headers: &H,
        body: &[u8],
        unix_nanos: i128,
    ) -> Signals {
        let mut reader = ResponseReader::new(self, headers, unix_nanos);
        reader.read_headers();
        let kind = || ["x-amzn-errortype", ":exception-type"].iter().find_map(|name| error::kind(headers.get(name)?));
        let status = status.filter(|status| *status >= 400).or_else(|| error::status(body)).or_else(kind);
        if let Some(status) = status.or_else(|| reader.status_of(body)) {
            reader.read_refusal(status, body);
        }
        reader.signals
    }
}
