//! Parses the header fields of the IETF draft on rate limits (`draft-ietf-httpapi-ratelimit-headers`).
//!
//! `RateLimit-Policy` lists policies, such as `"minute";q=100;w=60`, and `RateLimit` the remaining amount of each, such
//! as `"minute";r=50;t=30`. Before the eighth revision a policy was identified by its quota (`100;w=60`), and
//! `RateLimit` was a dictionary (`limit=100, remaining=50, reset=30`). Still older revisions had a header for each of
//! the three.

use std::time::Duration;

use super::InvalidValue::{self, AboveLimit, NoLimit, Unreadable};
use super::value;

/// A member of a list, or a whole dictionary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Item<'a> {
    text: &'a [u8],
    is_dictionary: bool,
}

/// Returns the members of a field.
///
/// # Errors
///
/// [`Unreadable`] if a string in it is not terminated.
pub(super) fn items(text: &[u8]) -> Result<impl Iterator<Item = Item<'_>> + Clone, InvalidValue> {
    let is_dictionary = is_dictionary(text);
    let whole = is_dictionary.then_some(Item { text, is_dictionary });
    let members = Parts { rest: (!is_dictionary).then_some(text), separator: b',' };
    if end_of(text, |_| false).is_none() {
        return Err(Unreadable);
    }
    Ok(whole.into_iter().chain(members.map(|text| Item { text, is_dictionary: false })))
}

/// Whether a field is a dictionary: it begins with `key=value`.
fn is_dictionary(text: &[u8]) -> bool {
    let first = Parts { rest: Some(text), separator: b',' }.next().unwrap_or_default();
    let first = Parts { rest: Some(first), separator: b';' }.next().unwrap_or_default();
    !first.starts_with(b"\"") && first.contains(&b'=')
}

/// Splits a text at a separator, except within strings.
#[derive(Clone, Copy, Debug)]
struct Parts<'a> {
    rest: Option<&'a [u8]>,
    separator: u8,
}

/// Returns the position of the first end byte outside of strings, or else the length. `None` if a string is not
/// terminated.
fn end_of(text: &[u8], is_end: impl Fn(u8) -> bool) -> Option<usize> {
    let (mut is_string, mut is_escaped) = (false, false);
    for (at, byte) in text.iter().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_string => is_escaped = true,
            b'"' => is_string = !is_string,
            _ if !is_string && is_end(*byte) => return Some(at),
            _ => {}
        }
    }
    (!is_string).then_some(text.len())
}

impl<'a> Iterator for Parts<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let text = self.rest?;
        let end = end_of(text, |byte| byte == self.separator).unwrap_or(text.len());
        self.rest = text.get(end + 1..);
        Some(text[..end].trim_ascii())
    }
}

impl<'a> Item<'a> {
    fn parts(self) -> Parts<'a> {
        Parts { rest: Some(self.text), separator: if self.is_dictionary { b',' } else { b';' } }
    }

    /// Returns the value of a parameter. Of several with the same name, the last counts.
    fn parameter(self, key: &str) -> Option<&'a [u8]> {
        let key = match key {
            "q" if self.is_dictionary => "limit",
            "r" if self.is_dictionary => "remaining",
            "t" if self.is_dictionary => "reset",
            key => key,
        };
        let value = |part: &'a [u8]| part.strip_prefix(key.as_bytes())?.strip_prefix(b"=");
        self.parts().filter_map(value).last().map(<[u8]>::trim_ascii)
    }

    /// Returns the value of a parameter. In older revisions it took the place of the name.
    pub(super) fn value(self, key: &str) -> Option<&'a [u8]> {
        let is_number = |part: &&[u8]| part.first().is_some_and(|byte| byte.is_ascii_digit() || *byte == b'-');
        self.parameter(key).or_else(|| self.parts().next().filter(is_number))
    }

    /// Returns the names of a policy. Hugging Face sends two: `"fixed window";"api"`.
    fn names(self) -> impl Iterator<Item = &'a [u8]> {
        let first = self.parts().next().filter(|part| part.first().is_some_and(u8::is_ascii_alphabetic));
        let first = first.filter(|_| !self.is_dictionary);
        first.into_iter().chain(self.parts().filter_map(|part| part.strip_prefix(b"\"")?.strip_suffix(b"\"")))
    }

    /// Whether the item states a remaining amount, rather than a quota.
    pub(super) fn is_remaining(self) -> bool {
        !self.is_dictionary && self.parameter("r").is_some()
    }

    /// Returns the quota of a policy.
    pub(super) fn quota(self) -> Result<u64, InvalidValue> {
        value::limit(self.value("q").ok_or(Unreadable)?)
    }

    /// Returns the window of a policy. `None` if it is not stated.
    pub(super) fn window(self) -> Result<Option<Duration>, InvalidValue> {
        self.parameter("w").map(value::window).transpose()
    }

    /// Whether a policy counts requests, the default unit. Revisions of the draft call it `request` or `requests`.
    pub(super) fn counts_requests(self) -> bool {
        self.parameter("qu")
            .is_none_or(|unit| matches!(unit, b"\"requests\"" | b"\"request\"" | b"requests" | b"request"))
    }

    /// Whether the item has neither name nor window, and one of the policies states the same quota with a window.
    pub(super) fn is_repeated_in(self, mut policies: impl Iterator<Item = Self>) -> bool {
        let quota = self.value("q");
        self.names().next().is_none()
            && self.parameter("w").is_none()
            && policies.any(|policy| policy.value("q") == quota && policy.parameter("w").is_some())
    }

    /// Returns the policy that a remaining amount belongs to: by name and partition key, or by quota if it has no name.
    pub(super) fn policy(self, policies: impl Iterator<Item = Self> + Clone) -> Option<Self> {
        let is_same_partition =
            |policy: &Self| policy.parameter("pk").is_none_or(|key| self.parameter("pk") == Some(key));
        if self.names().next().is_some() {
            let is_named = |policy: &Self| policy.names().any(|name| self.names().any(|own| own == name));
            return policies.filter(is_same_partition).find(is_named);
        }
        let unnamed = policies.filter(|policy| policy.names().next().is_none());
        let in_force = unnamed.clone().find(|policy| policy.parameter("w").is_none());
        let quota = self.parameter("q").or_else(|| in_force?.value("q"));
        let with_window = |policy: &Self| policy.parameter("w").is_some();
        match quota {
            Some(_) => unnamed.filter(with_window).find(|policy| policy.value("q") == quota).or(in_force),
            // Without a quota, it belongs to the only policy.
            None => Some(unnamed.clone().next()?).filter(|_| unnamed.count() == 1),
        }
    }

    /// Returns the remaining amount, checked against the quota of its policy.
    pub(super) fn remaining_of(self, policy: Option<Self>) -> Result<u64, InvalidValue> {
        let remaining = value::amount(self.value("r").ok_or(Unreadable)?)?;
        let quota = policy.map(Self::quota).transpose().map_err(|_| NoLimit)?;
        if quota.is_some_and(|quota| remaining > quota) { Err(AboveLimit) } else { Ok(remaining) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Vec<Item<'_>> {
        items(text.as_bytes()).unwrap().collect()
    }

    #[test]
    fn strings_may_contain_separators_and_escapes() {
        let list = list(r#""a, b;q=9 \" c" ; w=60;q=100, plain;q=5"#);
        assert_eq!(list.len(), 2);
        assert_eq!(list[0].names().collect::<Vec<_>>(), [br#"a, b;q=9 \" c"#]);
        assert_eq!((list[0].quota(), list[0].window()), (Ok(100), Ok(Some(Duration::from_secs(60)))));
        assert_eq!(list[1].names().collect::<Vec<_>>(), [b"plain"]);
    }

    #[test]
    fn an_unterminated_string_invalidates_the_field() {
        assert!(items(br#""a;q=100;w=60, "b";q=5"#).is_err());
        assert!(items(br#""a\"#).is_err());
    }

    #[test]
    fn the_last_duplicate_of_a_parameter_counts() {
        assert_eq!(list(r#""a";q=1;q=2"#)[0].quota(), Ok(2));
    }

    #[test]
    fn policies_are_found_by_name_and_partition() {
        let policies = list(r#""a";q=1;pk=:eA==:, "a";q=2;pk=:eQ==:, "b";q=3"#);
        let found = |text| list(text)[0].policy(policies.iter().copied()).map(|policy| policy.quota().unwrap());
        assert_eq!(found(r#""a";r=1;pk=:eQ==:"#), Some(2));
        assert_eq!(found(r#""a";r=1"#), None);
        assert_eq!(found(r#""b";r=1;pk=:eQ==:"#), Some(3));
        assert_eq!(found(r#""c";r=1"#), None);
    }

    #[test]
    fn unnamed_policies_are_found_by_quota() {
        let policies = list("100, 100;w=60, 5000;w=86400");
        let found = |text| list(text)[0].policy(policies.iter().copied()).and_then(|policy| policy.window().unwrap());
        assert_eq!(found("limit=5000, remaining=1"), Some(Duration::from_secs(86_400)));
        assert_eq!(found("50"), Some(Duration::from_secs(60)));
    }
}
