//! The value of a text: an amount, a range, a word that stands for an amount, or rates with their own units.

use ratebook_source::{Amount, Bound, Factor, Metric};

use super::matching::first_match;
use crate::number::{self, NumberError};
use crate::recipe::{self, AmountWord, Bindings, Column, KeyPart, MetricWindow, Recipe, TextRule, separate_rates};
use crate::vocabulary;

/// The value that a cell states for a limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// An amount.
    Amount {
        amount: Amount,
        /// The bound that the cell states: `up to`.
        bound: Option<Bound>,
    },
    /// A multiple of another plan's amount.
    Multiple(Factor),
}

impl Value {
    pub(super) const fn new(amount: Amount) -> Self {
        Self::Amount { amount, bound: None }
    }

    /// Returns the amount. `None` for a multiple.
    pub(super) const fn amount(&self) -> Option<Amount> {
        match self {
            Self::Amount { amount, .. } => Some(*amount),
            Self::Multiple(_) => None,
        }
    }

    /// Returns the bound that the cell states.
    pub(super) const fn bound(&self) -> Option<Bound> {
        match self {
            Self::Amount { bound, .. } => *bound,
            Self::Multiple(_) => None,
        }
    }

    /// Returns the value of a word that stands for an amount. `None` if the page states no limit there.
    pub(super) fn of_word(word: &AmountWord) -> Option<Self> {
        match word {
            AmountWord::Absent => None,
            AmountWord::Is(amount) => Some(Self::new(*amount)),
            AmountWord::Multiple(factor) => Some(Self::Multiple(factor.clone())),
        }
    }
}

/// The values of a text, each with its metric and window. Empty: the text states no limit.
pub(super) type Values = Vec<(MetricWindow, Value)>;

/// Reads the values of a text that a pattern consumed: what its placeholders bound, or the word that the pattern gives.
/// Empty if the text states no limit.
///
/// # Errors
/// Returns a message if the pattern binds no amount, or if nothing names the metric of an amount.
pub(super) fn of_pattern(
    recipe: &Recipe,
    text_rule: &TextRule,
    bindings: &Bindings,
    metric: Option<MetricWindow>,
) -> Result<Values, String> {
    let window = || metric.ok_or_else(|| format!("nothing names the metric of `{}`", text_rule.pattern));
    if let Some(factor) = factor_of(recipe, text_rule, bindings)? {
        return Ok(vec![(window()?, Value::Multiple(factor))]);
    }
    match (&text_rule.amount, bindings.get("rates"), bindings.get("rate"), bindings.get("amount")) {
        (Some(word), ..) => Value::of_word(word).map(|value| Ok((window()?, value))).into_iter().collect(),
        (None, Some(rates), ..) => of_rates(rates),
        (None, None, Some(rate), _) => match metric {
            Some(window) => of_cell(recipe, rate, window),
            None => Ok(vec![of_text(rate)?]),
        },
        (None, None, None, Some(amount)) => of_cell(recipe, amount, window()?),
        (None, None, None, None) => match (bindings.get("from"), bindings.get("to")) {
            (Some(from), Some(to)) => {
                let ends = number::count(from).and_then(|from| Ok((from, number::count(to)?)));
                let (from, to) = ends.map_err(|error| error.to_string())?;
                if from >= to {
                    return Err(format!("expected a range, found {from} to {to}"));
                }
                Ok(vec![(window()?, Value::new(Amount::Range { from, to }))])
            }
            _ => Err(format!("the pattern `{}` of the recipe binds no amount", text_rule.pattern)),
        },
    }
}

/// Returns the factor of a rule or of what its pattern bound, or `None` if it has none.
///
/// # Errors
/// Returns a message if the factor is out of range.
pub(super) fn factor_of(recipe: &Recipe, text_rule: &TextRule, bindings: &Bindings) -> Result<Option<Factor>, String> {
    if let Some(AmountWord::Multiple(factor)) = &text_rule.amount {
        return Ok(Some(factor.clone()));
    }
    if !text_rule.pattern.binds("factor") {
        return Ok(None);
    }
    let (Some(factor), Some(base)) = (bindings.get("factor"), bindings.get("base")) else { return Ok(None) };
    let percent = recipe::percent(factor).filter(|percent| *percent > 0);
    let percent =
        percent.ok_or_else(|| format!("expected a factor above 0 with two decimals at most, found `{factor}`"))?;
    Ok(Some(Factor { percent, plan: recipe.value(KeyPart::Plan, base) }))
}

/// Reads the values of a cell of a column, without regard to the label of the row.
///
/// # Errors
/// Returns a message if the cell states no amount of the column.
pub(super) fn of_column(
    recipe: &Recipe,
    rule: &recipe::TableRule,
    column: &Column,
    text: &str,
) -> Result<Values, String> {
    let metric = column.metric().or(rule.metric);
    if let Some((text_rule, own)) = first_match(&column.settings.read, text) {
        return of_pattern(recipe, text_rule, &own, text_rule.metric.or(metric));
    }
    match metric {
        Some(_) if !column.settings.read.is_empty() => Err(format!("no pattern of the column reads `{text}`")),
        Some(window) => of_cell(recipe, text, window),
        None => of_rates(text),
    }
}

/// Returns whether a pattern of a column of amounts reads a text.
pub(super) fn is_read(rule: &recipe::TableRule, text: &str) -> bool {
    let mut columns = rule.columns.values().filter(|column| column.is_value());
    columns.any(|column| first_match(&column.settings.read, text).is_some())
}

/// Reads an amount of a metric, or a word that the recipe gives for one. Empty if the cell states no limit.
pub(super) fn of_cell(recipe: &Recipe, text: &str, window: MetricWindow) -> Result<Values, String> {
    let word = recipe.amounts.iter().find(|(pattern, _)| pattern.matches(text).is_some());
    match word {
        Some((_, word)) => Ok(Value::of_word(word).map(|value| (window, value)).into_iter().collect()),
        None => match of_metric(text, window)? {
            Some(value) => Ok(vec![(window, value)]),
            None => Err(format!("expected an amount, found `{text}`: say what it means in [amounts]")),
        },
    }
}

/// Reads an amount of a metric. `Ok(None)` if the cell is blank or has a dash. `200+` is at least 200.
pub(super) fn of_metric(text: &str, window: MetricWindow) -> Result<Option<Value>, String> {
    if let Some(least) = text.trim().strip_suffix('+')
        && least.ends_with(|c: char| c.is_ascii_alphanumeric())
    {
        let value = of_metric(least, window)?;
        let amount = value.and_then(|value| value.amount());
        return Ok(amount.map(|amount| Value::Amount { amount, bound: Some(Bound::Floor) }));
    }
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
    Value::Amount { amount: Amount::Count(rate.amount), bound: rate.ceiling.then_some(Bound::Ceiling) }
}

/// Reads rates with their own units and periods: `20RPM/300RPD`.
pub(super) fn of_rates(text: &str) -> Result<Values, String> {
    match separate_rates(text).as_slice() {
        [] => Ok(vec![of_text(text)?]),
        rates => rates.iter().map(|rate| of_text(rate)).collect(),
    }
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
            of_metric("up to 60 per minute", requests).unwrap().and_then(|value| value.bound()),
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
