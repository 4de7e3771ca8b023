//! The meaning of a text that stands in place of an amount.

use ratebook_source::{Amount, Factor};
use serde::Deserialize;
use serde::de::{self, Deserializer};

/// The meaning of a text that stands in place of an amount: a word such as `Unlimited`, or a multiple in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AmountWord {
    /// The page states no limit there. Written `absent`.
    Absent,
    /// An amount: `unlimited`, `custom`, `not-offered`, `elsewhere`, or a number such as `1`.
    Is(Amount),
    /// A multiple of another plan's amount: `2x tier-1`.
    Multiple(Factor),
}

impl<'de> Deserialize<'de> for AmountWord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        match word.as_str() {
            "absent" => Ok(Self::Absent),
            "unlimited" | "custom" | "not-offered" | "elsewhere" => {
                word.parse().map(Self::Is).map_err(de::Error::custom)
            }
            number if number.bytes().all(|byte| byte.is_ascii_digit()) => {
                number.parse().map(|count| Self::Is(Amount::Count(count))).map_err(de::Error::custom)
            }
            multiple => multiple.parse().map(Self::Multiple).map_err(|_| {
                de::Error::custom(format!(
                    "expected absent, unlimited, custom, not-offered, elsewhere, a number, or a multiple such as \
                     `2x tier-1`, found `{word}`"
                ))
            }),
        }
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for AmountWord {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "AmountWord".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let words = ["absent", "unlimited", "custom", "not-offered", "elsewhere"];
        let number = "^([0-9]+|[0-9]+([.][0-9]{1,2})?x .+)$";
        schemars::json_schema!({ "oneOf": [{ "enum": words }, { "type": "string", "pattern": number }] })
    }
}
