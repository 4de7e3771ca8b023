//! The value of a cell: an amount, or a rate whose unit and period must be those of its column.

use ratebook_source::{Amount, Bound, Metric};

use crate::number::{self, NumberError};
use crate::recipe::MetricWindow;
use crate::vocabulary;

/// An amount with what the cell says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) amount: Amount,
    /// The bound that the cell states: `up to`.
    pub(super) bound: Option<Bound>,
}

impl Value {
    const fn new(amount: Amount) -> Self {
        Self { amount, bound: None }
    }
}

/// Reads an amount of a metric. `Ok(None)` if the cell is blank or has a dash.
pub(super) fn of_metric(text: &str, window: MetricWindow) -> Result<Option<Value>, String> {
    let is_spend = window.metric == Metric::SpendUsd;
    let has_dollars = text.trim_start().starts_with('$');
    let wrong = |error: NumberError| error.to_string();
    match number::amount(text) {
        Ok(None) => Ok(None),
        Ok(Some(amount)) if matches!(amount, Amount::Count(_)) && is_spend != has_dollars => {
            let expected = if is_spend { "dollars" } else { "no dollars" };
            Err(format!("expected {expected} in a column of {window}, found `{text}`"))
        }
        Ok(Some(amount)) => Ok(Some(Value::new(amount))),
        Err(not_an_amount) => {
            let rate = number::rate(text).map_err(|_| wrong(not_an_amount))?;
            let fits = Some(rate.per) == window.per
                && (is_spend && has_dollars && rate.unit.is_empty()
                    || !is_spend
                        && !has_dollars
                        && (rate.unit.is_empty() || vocabulary::metric(&rate.unit) == Some(window.metric)));
            if !fits {
                return Err(format!("expected {window}, found `{text}`"));
            }
            Ok(Some(of_rate(&rate)))
        }
    }
}

fn of_rate(rate: &number::Rate) -> Value {
    Value { amount: Amount::Count(rate.amount), bound: rate.ceiling.then_some(Bound::Ceiling) }
}

/// Reads a rate with its own unit and period.
pub(super) fn of_text(text: &str) -> Result<(MetricWindow, Value), String> {
    let rate = number::rate(text).map_err(|error| error.to_string())?;
    let metric = match text.trim_start().starts_with('$') {
        true if rate.unit.is_empty() => Metric::SpendUsd,
        true => return Err(format!("expected an amount of dollars or of `{}`, found `{text}`", rate.unit)),
        false => vocabulary::metric(&rate.unit)
            .ok_or_else(|| format!("unknown unit `{}` in `{text}`: add it to the vocabulary of units", rate.unit))?,
    };
    Ok((MetricWindow { metric, per: Some(rate.per) }, of_rate(&rate)))
}

/// Returns whether a text is an amount or a rate alone.
pub(super) fn is_value(text: &str) -> bool {
    number::count(text).is_ok() || number::rate(text).is_ok()
}

/// Returns whether a text is a value, possibly with a typo.
pub(super) fn is_value_like(text: &str) -> bool {
    is_value(text)
        || matches!(number::amount(text), Ok(Some(_)))
        || !text.contains(' ') && text.contains(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use ratebook_source::Period;

    use super::*;

    const fn minute(metric: Metric) -> MetricWindow {
        MetricWindow { metric, per: Some(Period::Minute) }
    }

    #[test]
    fn a_rate_in_a_column_has_its_unit_and_period() {
        let requests = minute(Metric::Requests);
        let count = |amount| Ok(Some(Value::new(Amount::Count(amount))));
        assert_eq!(of_metric("6,000", requests), count(6_000));
        assert_eq!(of_metric("300 requests per minute", requests), count(300));
        assert_eq!(of_metric("—", requests), Ok(None));
        assert_eq!(
            of_metric("up to 60 per minute", requests).unwrap().and_then(|value| value.bound),
            Some(Bound::Ceiling)
        );
        for text in ["300 requests per second", "300 tokens per minute", "~10", "$50", "Dynamic rate limit"] {
            assert!(of_metric(text, requests).is_err(), "{text}");
        }
        let spend = MetricWindow { metric: Metric::SpendUsd, per: Some(Period::Month) };
        assert_eq!(of_metric("$5,000/mo", spend), count(5_000));
        assert_eq!(of_metric("Unlimited", spend), Ok(Some(Value::new(Amount::Unlimited))));
        assert!(of_metric("5,000", spend).is_err() && of_metric("$5/day", spend).is_err());
    }
}
