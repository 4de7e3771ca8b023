//! How a vendor's replies speak of limits, as data.

use ratebook::{Header, Provider, Reply, Says};

use super::reading::Reading;
use super::{Counted, Signals, error};

/// How a vendor's replies speak of limits: which headers say what, and which bodies refuse what.
///
/// The same header means different things at different vendors, so replies are read by vendor, never by shape. Every
/// dialect also reads `Retry-After`, as seconds or as an HTTP date, the statuses 429, 402, 413, 503 and 529, and in the
/// body of a refusal sentences that any vendor may write: `Try again in 2 minutes`, `20,000 input tokens per minute`,
/// `your daily limit`, `Limit 7000, Used 0, Requested 12903`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    pub(super) headers: &'static [Header],
    pub(super) replies: &'static [Reply],
    pub(super) body: &'static [Header],
    /// Whether of two limits of one metric and window the one named last is in force, rather than the stricter.
    pub(super) last_is_in_force: bool,
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
    /// A header of what is left is of the limit of its metric and window that is named last before it. Where two limits of
    /// one metric and window are named, the stricter is in force.
    pub const fn new(headers: &'static [Header], replies: &'static [Reply]) -> Self {
        Self { headers, replies, body: &[], last_is_in_force: false }
    }

    /// The same, where the body of a refusal speaks of limits as headers do: by the phrase that stands before a value.
    pub const fn with_body(self, body: &'static [Header]) -> Self {
        Self { body, ..self }
    }

    /// The same, where of two limits of one metric and window the one named last is in force.
    pub(super) const fn with_last_in_force(self) -> Self {
        Self { last_is_in_force: true, ..self }
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

    /// The header, or the phrase of a body, that says what a limit is.
    pub(super) fn name_of_limit(&self, of: Counted) -> &'static str {
        let mut headers = self.headers.iter().chain(self.body).filter(|header| header.says == Says::Limit);
        let exact = headers.clone().find(|header| Counted::by(header) == of);
        exact.or_else(|| headers.find(|header| header.metric == of.metric)).map_or("limit", |header| header.name)
    }

    /// Reads a reply: its HTTP status, its headers, its body as far as it is known, and the moment it came, in
    /// nanoseconds since 1970. Times that the reply names are counted from its own `Date` where it has one, since the
    /// vendor's clock made both. Allocates nothing, whatever the reply holds.
    pub fn read<H: Headers + ?Sized>(&self, status: u16, headers: &H, body: &[u8], unix_nanos: i128) -> Signals {
        let mut reading = Reading::new(self, headers, unix_nanos);
        reading.read_headers();
        if !(200..300).contains(&status) {
            reading.read_refusal(status, body);
        }
        reading.signals
    }

    /// Reads an error that stands inside a reply of status 200: an `error` event of a stream, or an error object as the
    /// body. Like [`read`](Self::read), but the refusal's status is found in this order:
    ///
    /// 1. `status`, what the stream itself says of it, such as DashScope's comment line `:HTTP_STATUS/429`;
    /// 2. a number in the error object, outermost first: `"code":429`, `"status":"503"`, `"status_code"`, `"http_code"`;
    /// 3. the kind of the error, by its type, code or status, by the name of the object or by the header
    ///    `x-amzn-errortype` or `:exception-type`: `overloaded_error` is a 529, `rate_limit_error`, `RESOURCE_EXHAUSTED`
    ///    and `Throttling.RateQuota` are a 429, `serviceUnavailableException` is a 503, and so on. It goes before a number
    ///    of 500;
    /// 4. that of a reply of the dialect whose phrase the body has, whatever its status.
    ///
    /// An error that is no refusal (an invalid request, a content filter) gives none. Only error objects are to be given:
    /// in a model's own words the same phrases mean nothing. Allocates nothing.
    ///
    /// ```
    /// use ratebook_limiter::feedback::Dialect;
    ///
    /// let body = br#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;
    /// let signals = Dialect::ANTHROPIC.read_error(None, &(), body, 0);
    /// assert_eq!(signals.refusal().unwrap().status, 529);
    /// ```
    pub fn read_error<H: Headers + ?Sized>(
        &self,
        status: Option<u16>,
        headers: &H,
        body: &[u8],
        unix_nanos: i128,
    ) -> Signals {
        let mut reading = Reading::new(self, headers, unix_nanos);
        reading.read_headers();
        let kind = || ["x-amzn-errortype", ":exception-type"].iter().find_map(|name| error::kind(headers.get(name)?));
        let status = status.filter(|status| *status >= 400).or_else(|| error::status(body)).or_else(kind);
        if let Some(status) = status.or_else(|| reading.status_of(body)) {
            reading.read_refusal(status, body);
        }
        reading.signals
    }
}
