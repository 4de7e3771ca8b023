//! The reading of a reply, by a dialect.

use std::time::Duration;

use ratebook::{Header, HeaderFormat, Metric, Says};

use super::fields::{self, Item};
use super::{Counted, Dialect, Headers, InvalidValue, Signal, Signals, date, value};

/// HTTP's own header: seconds or a date, whoever sends it.
const RETRY_AFTER: Header = Header {
    name: "retry-after",
    says: Says::RetryAfter,
    metric: None,
    window_seconds: None,
    format: HeaderFormat::SecondsOrDate,
    meaning: "",
};

/// A reply while it is read.
pub(super) struct Reading<'a, H: ?Sized> {
    pub(super) dialect: &'a Dialect,
    pub(super) headers: &'a H,
    /// In nanoseconds since 1970.
    pub(super) now: i128,
    pub(super) signals: Signals,
    pub(super) retry_after: Option<Duration>,
    /// The vendor asks not to try again at the same place.
    pub(super) elsewhere: bool,
}

impl<'a, H: Headers + ?Sized> Reading<'a, H> {
    pub(super) fn new(dialect: &'a Dialect, headers: &'a H, unix_nanos: i128) -> Self {
        let mut signals = Signals::new();
        let now = match headers.get("date").map(|text| date::http(text.trim_ascii())) {
            Some(Ok(date)) => date,
            Some(Err(why)) => {
                signals.push(Signal::Invalid { at: "date", why });
                unix_nanos
            }
            None => unix_nanos,
        };
        Self { dialect, headers, now, signals, retry_after: None, elsewhere: false }
    }

    pub(super) fn read_headers(&mut self) {
        let headers = self.headers;
        self.read_all(self.dialect.headers, |name| headers.get(name));
        self.read_all(&[RETRY_AFTER], |name| headers.get(name));
    }

    /// Hears what some headers say, or what stands in a body where headers would.
    pub(super) fn read_all<'t>(&mut self, all: &[Header], text_of: impl Fn(&str) -> Option<&'t [u8]>) {
        for (index, header) in all.iter().enumerate() {
            let Some(text) = text_of(header.name) else { continue };
            let heard = match header.format {
                HeaderFormat::Fields => self.read_fields(header),
                _ => {
                    let limit = all[..index]
                        .iter()
                        .rfind(|other| other.says == Says::Limit && Counted::by(other) == Counted::by(header));
                    let limit = limit.and_then(|limit| text_of(limit.name)).map(|text| limit_of(header, text));
                    let window = all.iter().find(|other| other.says == Says::Window && other.metric == header.metric);
                    let window = window.and_then(|window| value::window(text_of(window.name)?).ok());
                    self.apply_response(header, text, limit, window)
                }
            };
            if let Err(why) = heard {
                self.signals.push(Signal::Invalid { at: header.name, why });
            }
        }
    }

    /// Hears one header, given the limit that it is left of and the window's length, where others tell.
    fn apply_response(
        &mut self,
        header: &Header,
        text: &[u8],
        limit: Option<Result<u64, InvalidValue>>,
        window: Option<Duration>,
    ) -> Result<(), InvalidValue> {
        let of = Counted::by(header);
        let of = Counted { window: of.window.or(window), ..of };
        let format = if header.name == RETRY_AFTER.name { RETRY_AFTER.format } else { header.format };
        let time = || value::time(format, text, self.now);
        let signal = match header.says {
            Says::Limit => Signal::Limit { of, amount: limit_of(header, text)? },
            Says::Remaining => match (amount_of(header, text)?, limit) {
                (_, Some(Err(_))) => return Err(InvalidValue::NoLimit),
                (amount, Some(Ok(limit))) if amount > limit => return Err(InvalidValue::AboveLimit),
                (amount, _) => Signal::Remaining { of, amount },
            },
            Says::UntilFull => Signal::UntilFull { of, after: time()? },
            Says::UntilRoom => Signal::UntilRoom { of, after: time()? },
            Says::Cost => Signal::Cost { of, amount: value::amount(text)? },
            Says::Window => return value::window(text).map(drop),
            Says::OverLimit => Signal::OverLimit(value::yes_no(text)?),
            Says::RetryAfter => {
                let after = time()?;
                // The first that the dialect names is the most exact, unless it says nothing.
                if self.retry_after.is_none_or(|first| first.is_zero()) {
                    self.retry_after = Some(after);
                }
                return Ok(());
            }
            Says::ShouldRetry => {
                self.elsewhere = !value::yes_no(text)?;
                return Ok(());
            }
            _ => return Ok(()),
        };
        if self.dialect.last_is_in_force {
            self.signals.push(signal);
        } else {
            self.signals.push_stricter(signal);
        }
        Ok(())
    }

    /// Hears a header of the IETF draft, which may be a list over several lines.
    fn read_fields(&mut self, header: &Header) -> Result<(), InvalidValue> {
        let headers = self.headers;
        let lines = |name: &'static str| (0..).map_while(move |after| headers.nth(name, after));
        let lists = self.dialect.headers.iter();
        let lists = lists.filter(|other| other.says == Says::Limit && other.format == HeaderFormat::Fields);
        let policies = lists.flat_map(|list| lines(list.name)).filter_map(|line| fields::items(line).ok()).flatten();
        // No more than can be told, whatever the list's length.
        let policies = policies.filter(|item| item.value("q").is_some()).take(Signals::MAX);
        for line in lines(header.name) {
            for item in fields::items(line)?.take(Signals::MAX) {
                match self.field(header, item, policies.clone()) {
                    Ok(Some(signal)) => self.signals.push(signal),
                    Ok(None) => {}
                    Err(why) => self.signals.push(Signal::Invalid { at: header.name, why }),
                }
            }
        }
        Ok(())
    }

    /// What a member of a list says.
    fn field<'t>(
        &self,
        header: &Header,
        item: Item<'t>,
        policies: impl Iterator<Item = Item<'t>> + Clone,
    ) -> Result<Option<Signal>, InvalidValue> {
        let of = |policy: Option<Item<'_>>| {
            let window = policy.map(Item::window).transpose().map_err(|_| InvalidValue::NoLimit)?.flatten();
            let counts = policy.is_none_or(Item::counts_requests);
            Ok(Counted { metric: header.metric.filter(|_| counts), window })
        };
        Ok(Some(match header.says {
            Says::Limit if item.is_rest() || item.is_told_by(policies.clone()) => return Ok(None),
            Says::Limit => {
                let (amount, _) = (item.quota()?, item.window()?);
                Signal::Limit { of: of(Some(item))?, amount }
            }
            Says::Remaining => {
                let policy = item.policy(policies);
                Signal::Remaining { of: of(policy)?, amount: item.rest_of(policy)? }
            }
            Says::UntilFull => {
                // It may be left out.
                let Some(text) = item.value("t") else { return Ok(None) };
                let after = value::time(HeaderFormat::Integer, text, self.now)?;
                Signal::UntilFull { of: of(item.policy(policies))?, after }
            }
            _ => return Ok(None),
        }))
    }
}

/// What a header says that a limit allows.
fn limit_of(header: &Header, text: &[u8]) -> Result<u64, InvalidValue> {
    // Of less than a unit nothing can be made.
    match in_units(header, value::limit(text)?) {
        0 => Err(InvalidValue::Zero),
        amount => Ok(amount),
    }
}

/// The amount that a header says.
fn amount_of(header: &Header, text: &[u8]) -> Result<u64, InvalidValue> {
    value::amount(text).map(|amount| in_units(header, amount))
}

/// An amount in units of its metric. Audio is counted in minutes, and some write it in seconds.
fn in_units(header: &Header, amount: u64) -> u64 {
    let is_seconds = header.metric == Some(Metric::AudioMinutes) && header.format == HeaderFormat::Seconds;
    if is_seconds { amount / 60 } else { amount }
}

impl Counted {
    pub(super) fn by(header: &Header) -> Self {
        let window = header.window_seconds.map(|seconds| Duration::from_secs(seconds.into()));
        Self { metric: header.metric, window }
    }
}
