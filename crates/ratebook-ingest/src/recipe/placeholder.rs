//! Placeholders of patterns and templates, and the texts that they accept.

use super::after::After;
use super::separate::{separate_names, separate_rates};
use crate::{duration, number};

/// The texts that a placeholder accepts. Its name determines it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Accepts {
    /// `{range}`: a range of parameters.
    Range,
    /// `{rate}`: an amount of a unit in a period.
    Rate,
    /// `{amount}`: the amount of a limit.
    Amount,
    /// `{rates}`: rates, separated by `&`, `and`, commas or slashes.
    Rates,
    /// `{usd}`, `{n}`, `{from}`, `{to}`: a whole number.
    Count,
    /// `{factor}`: a decimal factor, such as `2` or `0.5`, of the amount of the plan `{base}`.
    Factor,
    /// `{raise}`, `{above}`, `{lower}`, `{most}`: a whole percentage, without the sign.
    Percent,
    /// `{every}`, `{lower_after}`: a length of time, such as `15 minutes` or `hour`.
    Time,
    /// `{after}`: a length of time, or an amount of dollars.
    After,
    /// `{models}`: names, separated by commas, `and`, `+` or line breaks.
    Names,
    /// `{id}`: one word.
    Word,
    /// `{any}`: a text without numbers.
    Words,
    /// Any other name: a name without brackets or signs of comparison.
    Name,
}

impl Accepts {
    pub(super) fn of(name: &str) -> Self {
        match name {
            "range" => Self::Range,
            "rate" => Self::Rate,
            "amount" => Self::Amount,
            "rates" => Self::Rates,
            "usd" | "n" | "from" | "to" => Self::Count,
            "factor" | "most_times" => Self::Factor,
            "raise" | "above" | "lower" | "most" => Self::Percent,
            "every" | "lower_after" => Self::Time,
            "after" => Self::After,
            "models" => Self::Names,
            "id" => Self::Word,
            "any" => Self::Words,
            _ => Self::Name,
        }
    }

    /// Returns whether a text is one that the placeholder accepts.
    pub(super) fn accepts(self, text: &str) -> bool {
        match self {
            Self::Range => number::parameter_range(text).is_ok(),
            Self::Rate => number::rate(text).is_ok(),
            Self::Amount => matches!(number::amount(text), Ok(Some(_))),
            Self::Rates => separate_rates(text).into_iter().all(|rate| number::rate(rate).is_ok()),
            Self::Count => number::count(text).is_ok(),
            Self::Factor => percent(text).is_some(),
            Self::Percent => !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()),
            Self::Time => duration::seconds(text).is_some(),
            Self::After => After::parse(text).is_some(),
            Self::Names => separate_names(text).into_iter().all(is_name),
            Self::Word => !text.contains(char::is_whitespace) && is_name(text),
            Self::Words => number::numbers(text).is_empty(),
            Self::Name => is_name(text),
        }
    }
}

/// Returns whether a text may be a name: it has a letter or digit, and no brackets, signs of comparison or strike-through.
fn is_name(text: &str) -> bool {
    text.contains(char::is_alphanumeric) && !text.contains(['(', ')', '≤', '≥', '<', '>', '–', '~', '|', '\n'])
}

/// A part of a text with placeholders.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Literal(String),
    Placeholder { name: String, accepts: Accepts },
}

/// Splits a text at its placeholders.
pub(super) fn parts(text: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find('{') {
        let end = rest[start..].find('}').ok_or_else(|| format!("expected `}}` after `{}`", &rest[start..]))? + start;
        let name = &rest[start + 1..end];
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') {
            return Err(format!("expected a placeholder such as {{model}}, found `{{{name}}}`"));
        }
        if start > 0 {
            parts.push(Part::Literal(rest[..start].to_owned()));
        } else if !parts.is_empty() {
            return Err(format!("expected a separator before `{{{name}}}`"));
        }
        parts.push(Part::Placeholder { name: name.to_owned(), accepts: Accepts::of(name) });
        rest = &rest[end + 1..];
    }
    if !rest.is_empty() {
        parts.push(Part::Literal(rest.to_owned()));
    }
    Ok(parts)
}

/// Returns a decimal factor with at most two places in percent: 50 for `0.5`.
pub(crate) fn percent(text: &str) -> Option<u32> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || fraction.len() > 2 || !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let hundredths: u32 = format!("{fraction:0<2}").parse().ok()?;
    whole.parse::<u32>().ok()?.checked_mul(100)?.checked_add(hundredths)
}
