//! Parses a response in a dialect.

use super::reading::ResponseReader;
use super::{Dialect, Headers, Signals, error};

impl Dialect {
    /// Parses a response. `body` may be incomplete. `unix_nanos` is the moment of the response, in nanoseconds since
    /// 1970.
    ///
    /// Absolute times of the response are compared with its own `Date`, if it has one, because the vendor's clock
    /// produced both. Never allocates.
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
    ///    `Throttling.RateQuota` are a 429, `serviceUnavailableException` is a 503. A kind takes precedence over the
    ///    number 500;
    /// 4. the status of the dialect's pattern that matches the body.
    ///
    /// An error that is not a refusal, such as an invalid request or a content filter, has none. Pass error objects
    /// only: a model's output may contain the same phrases. Never allocates.
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
