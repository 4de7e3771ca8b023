//! Parses JSON one level at a time. Values stay raw text, so that a malformed value does not hide its siblings.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The fields of an object: decoded keys, raw values.
pub(crate) type Fields<'a> = Vec<(Cow<'a, str>, &'a str)>;

/// Returns the fields of an object in source order, duplicates included, or `None` if it cannot be parsed.
pub(crate) fn fields(raw: &str) -> Option<Fields<'_>> {
    serde_json::from_str(raw).ok().map(|Object(fields)| fields)
}

/// Calls `element` with each raw element of an array. Returns whether the array could be parsed.
pub(crate) fn each<'a>(raw: &'a str, element: impl FnMut(&'a str)) -> bool {
    Elements(element).deserialize(&mut serde_json::Deserializer::from_str(raw)).is_ok()
}

/// Decodes a JSON string. A string with invalid escapes, such as half of a surrogate pair, is returned undecoded.
pub(crate) fn decoded(raw: &str) -> Cow<'_, str> {
    let inside = raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(raw);
    if inside.contains('\\') {
        serde_json::from_str(raw).map_or(Cow::Borrowed(inside), Cow::Owned)
    } else {
        Cow::Borrowed(inside)
    }
}

/// Parses a non-negative number and rounds it up. Saturates at `u64::MAX`.
#[cfg(feature = "body")]
pub(crate) fn count(raw: &str) -> Option<u64> {
    let float = || raw.parse().ok().filter(|float: &f64| *float >= 0.0);
    // The conversion saturates.
    raw.parse().ok().or_else(|| float().map(|float| float.ceil() as u64))
}

struct Object<'a>(Fields<'a>);

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;

        impl<'de> Visitor<'de> for Pairs {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self::Value, A::Error> {
                let mut read = Vec::new();
                while let Some((key, value)) = fields.next_entry::<&RawValue, &RawValue>()? {
                    read.push((decoded(key.get()), value.get()));
                }
                Ok(Object(read))
            }
        }

        deserializer.deserialize_map(Pairs)
    }
}

struct Elements<F>(F);

impl<'de, F: FnMut(&'de str)> DeserializeSeed<'de> for Elements<F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, F: FnMut(&'de str)> Visitor<'de> for Elements<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut elements: A) -> Result<(), A::Error> {
        while let Some(element) = elements.next_element::<&RawValue>()? {
            (self.0)(element.get());
        }
        Ok(())
    }
}
