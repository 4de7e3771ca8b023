//! Parses a response in a dialect.

use std::time::Duration;

use ratebook::{Header, HeaderFormat, HeaderMeaning};

use super::fields::{self, Item};
use super::{Counted, Dialect, Headers, InvalidValue, Signal, Signals, date, value};

/// The standard `Retry-After` header: seconds or an HTTP date, whatever the dialect states.
const RETRY_AFTER: Header = Header::new("retry-after", HeaderMeaning::RetryAfter, HeaderFormat::SecondsOrDate);

/// Parses one response, and collects its signals.
pub(super) struct ResponseReader<'a, H: ?Sized> {
    pub(super) dialect: &'a Dialect,
    pub(super) headers: &'a H,
    /// The moment of the response, in nanoseconds since 1970: its `Date`, or else the caller's clock.
    pub(super) now: i128,
    pub(super) signals: Signals,
    pub(super) retry_after: Option<Duration>,
    /// Whether the vendor asks not to retry at the same endpoint.
    pub(super) elsewhere: bool,
}

impl<'a, H: Headers + ?Sized> ResponseReader<'a, H> {
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

    /// Reads the dialect's headers, then `Retry-After`.
    pub(super) fn read_headers(&mut self) {
        let headers = self.headers;
        self.read_values(self.dialect.headers, |name| headers.get(name));
        self.read_values(&[RETRY_AFTER], |name| headers.get(name));
    }

    /// Reads the values of `all`, which `text_of` finds by their names: in the headers, or in a body.
    ///
    /// A remaining amount belongs to the last limit of its metric and window before it in `all`. A header that states
    /// the length of a window applies to all values of its metric.
    pub(super) fn read_values<'t>(&mut self, all: &[Header], text_of: impl Fn(&str) -> Option<&'t [u8]>) {
        for (index, header) in all.iter().enumerate() {
            let Some(text) = text_of(header.name) else { continue };
            let result = if header.format == HeaderFormat::Fields {
                self.read_fields(header)
            } else {
                let limit = all[..index]
                    .iter()
                    .rfind(|other| other.meaning == HeaderMeaning::Limit && Counted::by(other) == Counted::by(header));
                let limit = limit.and_then(|limit| text_of(limit.name)).map(limit_of);
                let window =
                    all.iter().find(|other| other.meaning == HeaderMeaning::Window && other.metric == header.metric);
                let window = window.and_then(|window| value::window(text_of(window.name)?).ok());
                self.read_value(header, text, limit, window)
            };
            if let Err(why) = result {
                self.signals.push(Signal::Invalid { at: header.name, why });
            }
        }
    }

    /// Reads one value. `limit` and `window` are stated by other headers: the limit of a remaining amount, and the
    /// length of the window.
    fn read_value(
        &mut self,
        header: &Header,
        text: &[u8],
        limit: Option<Result<u64, InvalidValue>>,
        window: Option<Duration>,
    ) -> Result<(), InvalidValue> {
        let counted = Counted::by(header);
        let counted = Counted { window: counted.window.or(window), ..counted };
        let format = if header.name == RETRY_AFTER.name { RETRY_AFTER.format } else { header.format };
        let time = || value::time(format, text, self.now);
        let signal = match header.meaning {
            HeaderMeaning::Limit => Signal::Limit { counted, amount: limit_of(text)? },
            HeaderMeaning::Remaining => match (value::amount(text)?, limit) {
                (_, Some(Err(_))) => return Err(InvalidValue::NoLimit),
                (amount, Some(Ok(limit))) if amount > limit => return Err(InvalidValue::AboveLimit),
                (amount, _) => Signal::Remaining { counted, amount },
            },
            HeaderMeaning::UntilFull => Signal::UntilFull { counted, after: time()? },
            HeaderMeaning::UntilRoom => Signal::UntilRoom { counted, after: time()? },
            HeaderMeaning::Cost => Signal::Cost { counted, amount: value::amount(text)? },
            HeaderMeaning::Window => return value::window(text).map(drop),
            HeaderMeaning::OverLimit => Signal::OverLimit(value::yes_no(text)?),
            HeaderMeaning::RetryAfter => {
                let after = time()?;
                // The dialect lists the most precise header first. A zero leaves it to the next one.
                if self.retry_after.is_none_or(|first| first.is_zero()) {
                    self.retry_after = Some(after);
                }
                return Ok(());
            }
            HeaderMeaning::ShouldRetry => {
                self.elsewhere = !value::yes_no(text)?;
                return Ok(());
            }
            // A text is read with the body.
            HeaderMeaning::Text => return Ok(()),
        };
        if self.dialect.last_is_in_force {
            self.signals.push(signal);
        } else {
            self.signals.push_stricter(signal);
        }
        Ok(())
    }

    /// Reads a field of the IETF draft: a list, which may be spread over several lines.
    fn read_fields(&mut self, header: &Header) -> Result<(), InvalidValue> {
        let headers = self.headers;
        let lines = |name: &'static str| (0..).map_while(move |after| headers.nth(name, after));
        let lists = self.dialect.headers.iter();
        let lists = lists.filter(|other| other.meaning == HeaderMeaning::Limit && other.format == HeaderFormat::Fields);
        let policies = lists.flat_map(|list| lines(list.name)).filter_map(|line| fields::items(line).ok()).flatten();
        // Bounds the work: further policies would have no room in the signals.
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

    /// Returns the signal of a list member. `None` if the member does not have what `header` states.
    fn field<'t>(
        &self,
        header: &Header,
        item: Item<'t>,
        policies: impl Iterator<Item = Item<'t>> + Clone,
    ) -> Result<Option<Signal>, InvalidValue> {
        let counted_by = |policy: Option<Item<'_>>| {
            let window = policy.map(Item::window).transpose().map_err(|_| InvalidValue::NoLimit)?.flatten();
            let counts = policy.is_none_or(Item::counts_requests);
            Ok(Counted { metric: header.metric.filter(|_| counts), window })
        };
        Ok(Some(match header.meaning {
            HeaderMeaning::Limit if item.is_remaining() || item.is_repeated_in(policies.clone()) => return Ok(None),
            HeaderMeaning::Limit => {
                let (amount, _) = (item.quota()?, item.window()?);
                Signal::Limit { counted: counted_by(Some(item))?, amount }
            }
            HeaderMeaning::Remaining => {
                let policy = item.policy(policies);
                Signal::Remaining { counted: counted_by(policy)?, amount: item.remaining_of(policy)? }
            }
            HeaderMeaning::UntilFull => {
                // The draft makes it optional.
                let Some(text) = item.value("t") else { return Ok(None) };
                let after = value::time(HeaderFormat::Integer, text, self.now)?;
                Signal::UntilFull { counted: counted_by(item.policy(policies))?, after }
            }
            // No member of the draft's lists states these.
            HeaderMeaning::UntilRoom
            | HeaderMeaning::RetryAfter
            | HeaderMeaning::OverLimit
            | HeaderMeaning::ShouldRetry
            | HeaderMeaning::Text
            | HeaderMeaning::Cost
            | HeaderMeaning::Window => return Ok(None),
        }))
    }
}

/// Returns the amount of a limit, in units of its metric.
fn limit_of(text: &[u8]) -> Result<u64, InvalidValue> {
    match value::limit(text)? {
        0 => Err(InvalidValue::Zero),
        amount => Ok(amount),
    }
}
