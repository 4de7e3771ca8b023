//! How a vendor's replies speak of limits, as data, and the reading of a reply by it.

use std::time::Duration;

use ratebook::{Header, HeaderFormat, Metric, Provider, Remedy, Reply, Says};

use super::{Counted, Nonsense, Refusal, Signal, Signals};
use super::{date, value};

/// How a vendor's replies speak of limits: which headers say what, and which bodies refuse what.
///
/// The same header means different things at different vendors, so replies are read by vendor, never by shape. Every
/// dialect also reads `Retry-After`, as seconds or as an HTTP date, and the statuses 429, 402, 413 and 503.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    pub(super) headers: &'static [Header],
    pub(super) replies: &'static [Reply],
}

/// The headers of a reply.
///
/// Names are compared without regard to case. Implemented for slices of pairs, for `()` where there are none, and with
/// the feature `http` for `http::HeaderMap`.
pub trait Headers {
    /// The value of a header, of the first one where there are several.
    fn get(&self, name: &str) -> Option<&[u8]>;
}

impl<N: AsRef<str>, V: AsRef<[u8]>> Headers for [(N, V)] {
    fn get(&self, name: &str) -> Option<&[u8]> {
        let header = self.iter().find(|(other, _)| other.as_ref().eq_ignore_ascii_case(name));
        header.map(|(_, value)| value.as_ref())
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
}

const RETRY_AFTER: Header = Header {
    name: "retry-after",
    says: Says::RetryAfter,
    metric: None,
    window_seconds: None,
    format: HeaderFormat::SecondsOrDate,
    meaning: "",
};

impl Dialect {
    /// A dialect of one's own, for a gateway or a vendor that is not in the catalog.
    pub const fn new(headers: &'static [Header], replies: &'static [Reply]) -> Self {
        Self { headers, replies }
    }

    /// What the catalog knows of a provider's replies.
    pub const fn of(provider: Provider) -> Self {
        let policy = provider.policy();
        Self { headers: policy.headers, replies: policy.replies }
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

    /// Reads a reply: its HTTP status, its headers, its body as far as it is known, and the moment it came, in
    /// nanoseconds since 1970. Times that the reply names are counted from its own `Date` where it has one, since the
    /// vendor's clock made both. Allocates nothing.
    pub fn read<H: Headers + ?Sized>(&self, status: u16, headers: &H, body: &[u8], unix_nanos: i128) -> Signals {
        let now = headers.get("date").and_then(|date| date::http(date.trim_ascii()).ok()).unwrap_or(unix_nanos);
        let mut reading = Reading { signals: Signals::new(), retry_after: None, elsewhere: false };
        for header in self.headers {
            if let Some(value) = headers.get(header.name) {
                reading.hear(header, value, now);
            }
        }
        if reading.retry_after.is_none()
            && let Some(value) = headers.get(RETRY_AFTER.name)
        {
            reading.hear(&RETRY_AFTER, value, now);
        }
        if !(200..300).contains(&status) {
            self.hear_refusal(&mut reading, status, headers, body, now);
        }
        reading.signals.check(self.headers)
    }

    fn hear_refusal<H: Headers + ?Sized>(
        &self,
        reading: &mut Reading,
        status: u16,
        headers: &H,
        body: &[u8],
        now: i128,
    ) {
        let texts = self.headers.iter().filter(|header| header.says == Says::Text);
        let texts = || texts.clone().filter_map(|header| headers.get(header.name)).chain([body]);
        let known = self.replies.iter().filter(|reply| reply.status == status).find_map(|reply| {
            let rest = texts().find_map(|text| behind(text, reply.contains.as_bytes()))?;
            Some((reply, rest))
        });
        let (metric, remedy) = match (known, status) {
            (Some((reply, _)), _) => (reply.metric, reply.remedy),
            (None, 429) => (None, Remedy::Wait),
            (None, 402) => (Some(Metric::SpendUsd), Remedy::Raise),
            (None, 413) => (None, Remedy::Split),
            (None, 503 | 529) => (None, Remedy::Elsewhere),
            _ => return,
        };
        let remedy = if reading.elsewhere && remedy == Remedy::Wait { Remedy::Elsewhere } else { remedy };
        let mut lasts = None;
        if let Some((Reply { time: Some(time), .. }, _)) = known
            && let Some(rest) = texts().find_map(|text| behind(text, time.after.as_bytes()))
        {
            match value::time(time.format, value::value_of(rest), now) {
                Ok(after) => lasts = Some(after),
                Err(why) => reading.signals.push(Signal::Nonsense { at: time.after, why }),
            }
        }
        let retry_after = reading.retry_after;
        reading.signals.push(Signal::Refused(Refusal { metric, remedy, retry_after, lasts }));
    }
}

/// A reply while it is read.
struct Reading {
    signals: Signals,
    retry_after: Option<Duration>,
    /// The vendor asks not to try again at the same place.
    elsewhere: bool,
}

impl Reading {
    fn hear(&mut self, header: &Header, text: &[u8], now: i128) {
        if header.format == HeaderFormat::Fields {
            let parameter = match header.says {
                Says::Limit => "q",
                Says::Remaining => "r",
                _ => "t",
            };
            let format = HeaderFormat::Integer;
            for value in value::fields(text, parameter) {
                self.hear(&Header { format, ..*header }, value, now);
            }
            return;
        }
        if let Err(why) = self.hear_one(header, text, now) {
            self.signals.push(Signal::Nonsense { at: header.name, why });
        }
    }

    fn hear_one(&mut self, header: &Header, text: &[u8], now: i128) -> Result<(), Nonsense> {
        let of = Counted::by(header);
        let time = || value::time(header.format, text, now);
        let signal = match header.says {
            Says::Limit => Signal::Limit { of, amount: value::amount(text)? },
            Says::Remaining => Signal::Remaining { of, amount: value::amount(text)? },
            Says::UntilFull => Signal::UntilFull { of, after: time()? },
            Says::UntilRoom => Signal::UntilRoom { of, after: time()? },
            Says::OverLimit => Signal::OverLimit(value::yes_no(text)?),
            Says::RetryAfter => {
                // The first that the dialect names is the most exact.
                self.retry_after = self.retry_after.or(Some(time()?));
                return Ok(());
            }
            Says::ShouldRetry => {
                self.elsewhere = !value::yes_no(text)?;
                return Ok(());
            }
            _ => return Ok(()),
        };
        self.signals.push(signal);
        Ok(())
    }
}

impl Counted {
    fn by(header: &Header) -> Self {
        let window = header.window_seconds.map(|seconds| Duration::from_secs(seconds.into()));
        Self { metric: header.metric, window }
    }
}

impl Signals {
    /// Tells of more left than a limit allows, instead of it.
    fn check(mut self, headers: &[Header]) -> Self {
        let limits = self.signals;
        for signal in self.signals.iter_mut().flatten() {
            let Signal::Remaining { of, amount } = *signal else { continue };
            let is_above = |limit: Signal| matches!(limit, Signal::Limit { of: same, amount: most } if same == of && amount > most);
            if of.metric.is_some() && limits.into_iter().flatten().any(is_above) {
                let header = headers.iter().find(|header| header.says == Says::Remaining && Counted::by(header) == of);
                let at = header.map_or("", |header| header.name);
                *signal = Signal::Nonsense { at, why: Nonsense::AboveLimit };
            }
        }
        self
    }
}

/// What stands behind the first place where a phrase stands, without regard to case.
fn behind<'a>(text: &'a [u8], phrase: &[u8]) -> Option<&'a [u8]> {
    if phrase.is_empty() {
        return Some(text);
    }
    let at = text.windows(phrase.len()).position(|window| window.eq_ignore_ascii_case(phrase))?;
    Some(&text[at + phrase.len()..])
}
