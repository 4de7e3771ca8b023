//! The status that an error would have had as a reply of its own.
//!
//! An error inside a reply of status 200 says its status in one of three ways: as a number (`"code":429`), as the name of
//! its kind (`"type":"overloaded_error"`), or not at all, and then only the dialect's own replies know its wording.

/// The names of members that hold the status of an error, or the name of its kind.
const NAMES: [&str; 15] = [
    "code",
    "status",
    "type",
    "error",
    "status_code",
    "statusCode",
    "raw_status_code",
    "http_code",
    "http_status",
    "error_code",
    "error_type",
    "errorType",
    "reason",
    "__type",
    "name",
];

/// The kinds of error that are refusals, with their statuses. Case, separators and a trailing `Exception` do not count.
const KINDS: [(&str, u16); 52] = [
    ("rate limit", 429),
    ("rate limited", 429),
    ("rate limit error", 429),
    ("rate limit exceeded", 429),
    ("rate limit exceeded error", 429),
    ("rate limit reached", 429),
    ("rate limit reached error", 429),
    ("resource exhausted", 429),
    ("too many requests", 429),
    ("too many requests error", 429),
    ("too many tokens error", 429),
    ("too many concurrent requests", 429),
    ("concurrency limit exceeded", 429),
    ("throttled", 429),
    ("throttling", 429),
    ("throttling error", 429),
    ("limit exceeded", 429),
    ("request limit exceeded", 429),
    ("request quota exceeded", 429),
    ("token quota exceeded", 429),
    ("quota exceeded", 429),
    ("service quota exceeded", 429),
    ("insufficient quota", 429),
    ("insufficient user quota", 429),
    ("exceeded current quota error", 429),
    ("usage limit reached", 429),
    ("usage limit exceeded", 429),
    ("limit requests", 429),
    ("limit burst rate", 429),
    ("dynamic request limited", 429),
    ("dynamic token limited", 429),
    ("model not ready", 429),
    ("queue exceeded", 429),
    ("engine overloaded error", 429),
    ("payment required", 402),
    ("billing error", 402),
    ("insufficient balance", 402),
    ("insufficient credits", 402),
    ("request too large", 413),
    ("tokens limit reached", 413),
    ("unavailable", 503),
    ("service unavailable", 503),
    ("service unavailable error", 503),
    ("overloaded", 503),
    ("server overloaded", 503),
    ("server is overloaded", 503),
    ("model overloaded", 503),
    ("engine overloaded", 503),
    ("capacity exceeded", 503),
    ("slow down", 503),
    ("system busy", 503),
    ("overloaded error", 529),
];

/// The status of an error object: a number that it holds, or else that of its kind. Of several the outermost number
/// counts, and the first kind that is known. A number of 500 says no more than that there was an error.
pub(super) fn status(body: &[u8]) -> Option<u16> {
    let numbers = members(body).filter_map(|member| Some((member.depth, number(member)?)));
    let number = numbers.min_by_key(|(depth, _)| *depth).map(|(_, status)| status);
    let kinds = || members(body).find_map(|member| kind(member.key).or_else(|| named_kind(member)));
    match number {
        None => kinds(),
        Some(500) => kinds().or(number),
        Some(_) => number,
    }
}

/// The status of a kind of error, as a header names it too: `ThrottlingException:http://…`, `…#ThrottlingException`.
pub(super) fn kind(text: &[u8]) -> Option<u16> {
    let begin = text.iter().rposition(|byte| *byte == b'#').map_or(0, |at| at + 1);
    let name = text[begin..].split(|byte| *byte == b':').next().unwrap_or_default();
    // Alibaba's codes: `Throttling.RateQuota`.
    if name.get(..11).is_some_and(|begin| begin.eq_ignore_ascii_case(b"Throttling.")) {
        return Some(429);
    }
    KINDS.iter().find(|(kind, _)| is_kind(name, kind)).map(|(_, status)| *status)
}

fn is_kind(name: &[u8], kind: &str) -> bool {
    let letters = |text: &[u8]| text.iter().filter(|byte| byte.is_ascii_alphanumeric()).count();
    let mut name_letters = name.iter().filter(|byte| byte.is_ascii_alphanumeric());
    let mut kind_letters = kind.bytes().filter(|byte| *byte != b' ');
    let begins = kind_letters.all(|letter| name_letters.next().is_some_and(|byte| byte.eq_ignore_ascii_case(&letter)));
    let rest = letters(name).saturating_sub(letters(kind.as_bytes()));
    begins && (rest == 0 || rest == 9 && name_letters.map(u8::to_ascii_lowercase).eq(*b"exception"))
}

fn named_kind(member: Member<'_>) -> Option<u16> {
    is_named(member.key).then(|| kind(member.value)).flatten()
}

/// The status that a member holds as a number, or as a string of one.
fn number(member: Member<'_>) -> Option<u16> {
    let [first @ (b'4' | b'5'), second, third] = member.value else { return None };
    if !is_named(member.key) || !second.is_ascii_digit() || !third.is_ascii_digit() {
        return None;
    }
    Some([first, second, third].iter().fold(0, |sum, digit| sum * 10 + u16::from(**digit - b'0')))
}

fn is_named(key: &[u8]) -> bool {
    NAMES.iter().any(|name| key.eq_ignore_ascii_case(name.as_bytes()))
}

/// A member of one of the objects of a JSON text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Member<'a> {
    /// How many objects and lists it stands in.
    depth: usize,
    key: &'a [u8],
    /// A string's content or a number; empty where it is anything else.
    value: &'a [u8],
}

/// The members of all objects of a JSON text, in the order of the text. What is not JSON has none, or a few.
fn members(text: &[u8]) -> impl Iterator<Item = Member<'_>> {
    let (mut rest, mut depth) = (text, 0_usize);
    std::iter::from_fn(move || {
        loop {
            let (first, behind) = rest.split_first()?;
            rest = behind;
            match first {
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.saturating_sub(1),
                b'"' => {
                    let (key, behind) = string(rest)?;
                    rest = behind.trim_ascii_start();
                    let Some(value) = rest.strip_prefix(b":") else { continue };
                    rest = value.trim_ascii_start();
                    let value = match rest.first() {
                        Some(b'"') => {
                            let (value, behind) = string(&rest[1..])?;
                            rest = behind;
                            value
                        }
                        Some(b'-' | b'0'..=b'9') => {
                            let is_end = |byte: &u8| matches!(byte, b',' | b'}' | b']') || byte.is_ascii_whitespace();
                            let (value, behind) = rest.split_at(rest.iter().position(is_end).unwrap_or(rest.len()));
                            rest = behind;
                            value
                        }
                        _ => b"",
                    };
                    return Some(Member { depth, key, value });
                }
                _ => {}
            }
        }
    })
}

/// A string's content, and what stands behind it; `None` where it does not end.
fn string(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut is_escaped = false;
    for (at, byte) in text.iter().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return Some((&text[..at], &text[at + 1..])),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn is(body: &str, expected: Option<u16>) {
        assert_eq!(status(body.as_bytes()), expected, "{body}");
    }

    #[test]
    fn a_number_is_the_status_wherever_it_stands() {
        for body in [
            r#"{"error":{"code":429,"message":"m"}}"#,
            r#"{"error":{"status": "429"}}"#,
            r#"{"status_code":429}"#,
            r#"{"error":{"metadata":{"code":400},"code" : 429}}"#,
            r#"{"http_code":"429","type":"overloaded_error"}"#,
        ] {
            is(body, Some(429));
        }
    }

    #[test]
    fn a_kind_has_a_status_however_it_is_written() {
        is(r#"{"type":"error","error":{"type":"overloaded_error"}}"#, Some(529));
        is(r#"{"error":{"code":500,"type":"overloaded_error"}}"#, Some(529));
        is(r#"{"throttlingException":{"message":"m"}}"#, Some(429));
        is(r#"{"__type":"com.amazon.coral#ServiceUnavailableException"}"#, Some(503));
        is(r#"{"code":"Throttling.AllocationQuota"}"#, Some(429));
        is(r#"{"error":{"code":null,"type":"Rate-Limit-Exceeded"}}"#, Some(429));
        assert_eq!(kind(b"ThrottlingException:http://internal.amazon.com/"), Some(429));
    }

    #[test]
    fn what_a_message_says_is_no_status() {
        is(r#"{"error":{"message":"\"code\":429, type: rate_limit_error","type":"invalid_request_error"}}"#, None);
        is(r#"{"error":{"message":"","type":"","param":"","code":null}}"#, None);
        is(r#"{"code":4290,"id":"429"}"#, None);
        is(r#"{"error":{"code":500}}"#, Some(500));
        is(r#"{"error":"rate_limit"#, None);
        is("", None);
    }
}
