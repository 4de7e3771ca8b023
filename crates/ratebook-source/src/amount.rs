//! The amount of a limit.

use std::fmt;
use std::str::FromStr;

use crate::UnknownWord;

/// The amount of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Amount {
    /// A number of units of the metric.
    Count(u64),
    /// A range, by account or model. The lower end is enforced. Written `1000-10000`.
    Range {
        /// The lower end, in units of the metric.
        from: u64,
        /// The upper end, above the lower one.
        to: u64,
    },
    /// The page states that there is no limit.
    Unlimited,
    /// To be agreed with the vendor.
    Custom,
    /// The page states that such calls are not offered.
    NotOffered,
    /// The page refers to another place, such as a console or another page.
    Elsewhere,
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Range { from, to } => write!(f, "{from}-{to}"),
            Self::Unlimited => f.write_str("unlimited"),
            Self::Custom => f.write_str("custom"),
            Self::NotOffered => f.write_str("not-offered"),
            Self::Elsewhere => f.write_str("elsewhere"),
        }
    }
}

impl FromStr for Amount {
    type Err = UnknownWord;
    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        let amount = match word {
            "unlimited" => Some(Self::Unlimited),
            "custom" => Some(Self::Custom),
            "not-offered" => Some(Self::NotOffered),
            "elsewhere" => Some(Self::Elsewhere),
            _ => match word.split_once('-') {
                Some((from, to)) => {
                    let ends = number(from).zip(number(to)).filter(|(from, to)| from < to);
                    ends.map(|(from, to)| Self::Range { from, to })
                }
                None => number(word).map(Self::Count),
            },
        };
        amount.ok_or_else(|| UnknownWord {
            vocabulary: "amount",
            word: word.to_owned(),
            known: &[
                "a whole number below 2^64",
                "a range such as 1000-10000",
                "unlimited",
                "custom",
                "not-offered",
                "elsewhere",
            ],
        })
    }
}

/// Returns a whole number without sign.
fn number(digits: &str) -> Option<u64> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_reads_back_as_written() {
        for text in ["0", "18446744073709551615", "1000-10000", "unlimited", "custom", "not-offered", "elsewhere"] {
            assert_eq!(text.parse::<Amount>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn an_invalid_amount_is_an_error() {
        for text in ["", "-", "+1", "1-", "-1", "10-10", "10-1", "1-2-3", "18446744073709551616", "many"] {
            assert!(text.parse::<Amount>().is_err(), "{text}");
        }
    }
}
