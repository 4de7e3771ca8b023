//! The fields of the IETF draft on rate limit headers, and of its older editions.
//!
//! `RateLimit-Policy` lists policies, `RateLimit` what is left of each: `"minute";q=100;w=60` and `"minute";r=50;t=30`.
//! Before the eighth edition a policy had no name but its quota: `100;w=60`, and `limit=100, remaining=50, reset=30`, or
//! each of the three in a header of its own.

use std::time::Duration;

use super::InvalidValue::{self, AboveLimit, NoLimit, Unreadable};
use super::value;

/// A member of a list, or a dictionary as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Item<'a> {
    text: &'a [u8],
    is_dictionary: bool,
}

/// The members of a field; none where a string in it does not end.
pub(super) fn items(text: &[u8]) -> Result<impl Iterator<Item = Item<'_>> + Clone, InvalidValue> {
    let is_dictionary = is_dictionary(text);
    let whole = is_dictionary.then_some(Item { text, is_dictionary });
    let members = Parts { rest: (!is_dictionary).then_some(text), by: b',' };
    if end_of(text, |_| false).is_none() {
        return Err(Unreadable);
    }
    Ok(whole.into_iter().chain(members.map(|text| Item { text, is_dictionary: false })))
}

/// Whether a field begins with a key and its value.
fn is_dictionary(text: &[u8]) -> bool {
    let first = Parts { rest: Some(text), by: b',' }.next().unwrap_or_default();
    let first = Parts { rest: Some(first), by: b';' }.next().unwrap_or_default();
    !first.starts_with(b"\"") && first.contains(&b'=')
}

/// The parts of a text between separators, which do not count within strings.
#[derive(Clone, Copy, Debug)]
struct Parts<'a> {
    rest: Option<&'a [u8]>,
    by: u8,
}

/// Where a text first ends, or has its end, outside of strings; `None` where a string does not end.
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
        let end = end_of(text, |byte| byte == self.by).unwrap_or(text.len());
        self.rest = text.get(end + 1..);
        Some(text[..end].trim_ascii())
    }
}

impl<'a> Item<'a> {
    fn parts(self) -> Parts<'a> {
        Parts { rest: Some(self.text), by: if self.is_dictionary { b',' } else { b';' } }
    }

    /// A parameter's value; of the last one of its name.
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

    /// A parameter's value, which in older editions stood in the place of the name.
    pub(super) fn value(self, key: &str) -> Option<&'a [u8]> {
        let is_number = |part: &&[u8]| part.first().is_some_and(|byte| byte.is_ascii_digit() || *byte == b'-');
        self.parameter(key).or_else(|| self.parts().next().filter(is_number))
    }

    /// The names that a policy goes by: Hugging Face writes two, as `"fixed window";"api"`.
    fn names(self) -> impl Iterator<Item = &'a [u8]> {
        let first = self.parts().next().filter(|part| part.first().is_some_and(u8::is_ascii_alphabetic));
        let first = first.filter(|_| !self.is_dictionary);
        first.into_iter().chain(self.parts().filter_map(|part| part.strip_prefix(b"\"")?.strip_suffix(b"\"")))
    }

    /// Whether it says what is left, rather than what is allowed.
    pub(super) fn is_rest(self) -> bool {
        !self.is_dictionary && self.parameter("r").is_some()
    }

    /// What a policy allows.
    pub(super) fn quota(self) -> Result<u64, InvalidValue> {
        value::limit(self.value("q").ok_or(Unreadable)?)
    }

    /// What a policy is counted over, where it says so.
    pub(super) fn window(self) -> Result<Option<Duration>, InvalidValue> {
        self.parameter("w").map(value::window).transpose()
    }

    /// Whether a policy counts requests, as it does unless it names another unit. (Editions have called the unit `request`
    /// and `requests`.)
    pub(super) fn counts_requests(self) -> bool {
        self.parameter("qu")
            .is_none_or(|unit| matches!(unit, b"\"requests\"" | b"\"request\"" | b"requests" | b"request"))
    }

    /// Whether one of the policies says the same and more: it has no name, and another of its quota has a window.
    pub(super) fn is_told_by(self, mut policies: impl Iterator<Item = Self>) -> bool {
        let quota = self.value("q");
        self.names().next().is_none()
            && self.parameter("w").is_none()
            && policies.any(|policy| policy.value("q") == quota && policy.parameter("w").is_some())
    }

    /// The policy that it is what is left of: of its name and partition, or without a name of its quota.
    pub(super) fn policy(self, policies: impl Iterator<Item = Self> + Clone) -> Option<Self> {
        let is_ours = |policy: &Self| policy.parameter("pk").is_none_or(|key| self.parameter("pk") == Some(key));
        if self.names().next().is_some() {
            let named = |policy: &Self| policy.names().any(|name| self.names().any(|own| own == name));
            return policies.filter(is_ours).find(named);
        }
        let nameless = policies.filter(|policy| policy.names().next().is_none());
        let in_force = nameless.clone().find(|policy| policy.parameter("w").is_none());
        let quota = self.parameter("q").or_else(|| in_force?.value("q"));
        let with_window = |policy: &Self| policy.parameter("w").is_some();
        match quota {
            Some(_) => nameless.filter(with_window).find(|policy| policy.value("q") == quota).or(in_force),
            // A policy alone is meant.
            None => Some(nameless.clone().next()?).filter(|_| nameless.count() == 1),
        }
    }

    /// What is left of a policy.
    pub(super) fn rest_of(self, policy: Option<Self>) -> Result<u64, InvalidValue> {
        let rest = value::amount(self.value("r").ok_or(Unreadable)?)?;
        let most = policy.map(Self::quota).transpose().map_err(|_| NoLimit)?;
        if most.is_some_and(|most| rest > most) { Err(AboveLimit) } else { Ok(rest) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Vec<Item<'_>> {
        items(text.as_bytes()).unwrap().collect()
    }

    #[test]
    fn strings_may_hold_separators_and_escapes() {
        let list = list(r#""a, b;q=9 \" c" ; w=60;q=100, plain;q=5"#);
        assert_eq!(list.len(), 2);
        assert_eq!(list[0].names().collect::<Vec<_>>(), [br#"a, b;q=9 \" c"#]);
        assert_eq!((list[0].quota(), list[0].window()), (Ok(100), Ok(Some(Duration::from_secs(60)))));
        assert_eq!(list[1].names().collect::<Vec<_>>(), [b"plain"]);
    }

    #[test]
    fn a_string_that_does_not_end_spoils_the_field() {
        assert!(items(br#""a;q=100;w=60, "b";q=5"#).is_err());
        assert!(items(br#""a\"#).is_err());
    }

    #[test]
    fn the_last_of_a_parameter_counts() {
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
    fn policies_without_names_are_found_by_quota() {
        let policies = list("100, 100;w=60, 5000;w=86400");
        let found = |text| list(text)[0].policy(policies.iter().copied()).and_then(|policy| policy.window().unwrap());
        assert_eq!(found("limit=5000, remaining=1"), Some(Duration::from_secs(86_400)));
        assert_eq!(found("50"), Some(Duration::from_secs(60)));
    }
}
