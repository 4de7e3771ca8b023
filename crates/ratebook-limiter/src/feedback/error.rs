//! Finds the HTTP status that an error object stands for.
//!
//! An error inside a response of status 200 states its status as a number (`"code":429`) or as the name of its kind
//! (`"type":"overloaded_error"`). If it states neither, only the dialect's patterns can identify it.

/// The names of the members that hold the status of an error, or the name of its kind.
const STATUS_KEYS: [&str; 15] = [
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

/// The kinds of errors that are refusals, with their statuses. Case, separators and a trailing `Exception` are ignored.
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

/// Returns the status of an error object: the outermost number, or else the status of the first known kind. A known
/// kind takes precedence over 500, which states only that there was an error.
pub(super) fn status(body: &[u8]) -> Option<u16> {
    let numbers = members(body).filter_map(|member| Some((member.depth, number(member)?)));
    let number = numbers.min_by_key(|(depth, _)| *depth).map(|(_, status)| status);
    let kinds = || members(body).find_map(|member| kind(member.key).or_else(|| kind_in(member)));
    match number {
        None => kinds(),
        Some(500) => kinds().or(number),
        Some(_) => number,
    }
}

/// Returns the status of a kind of error. Accepts the forms of AWS: `ThrottlingException:http://…`,
/// `…#ThrottlingException`.
pub(super) fn kind(text: &[u8]) -> Option<u16> {
    let begin = text.iter().rposition(|byte| *byte == b'#').map_or(0, |at| at + 1);
    let name = text[begin..].split(|byte| *byte == b':').next().unwrap_or_default();
    // Alibaba Cloud's codes: `Throttling.RateQuota`.
    if name.get(..11).is_some_and(|begin| begin.eq_ignore_ascii_case(b"Throttling.")) {
        return Some(429);
    }
    KINDS.iter().find(|(kind, _)| is_kind(name, kind)).map(|(_, status)| *status)
}

/// Whether a name is a kind of error, ignoring case, separators and a trailing `Exception`.
fn is_kind(name: &[u8], kind: &str) -> bool {
    let letters = |text: &[u8]| text.iter().filter(|byte| byte.is_ascii_alphanumeric()).count();
    let mut name_letters = name.iter().filter(|byte| byte.is_ascii_alphanumeric());
    let mut kind_letters = kind.bytes().filter(|byte| *byte != b' ');
    let begins = kind_letters.all(|letter| name_letters.next().is_some_and(|byte| byte.eq_ignore_ascii_case(&letter)));
    let rest = letters(name).saturating_sub(letters(kind.as_bytes()));
    begins && (rest == 0 || rest == 9 && name_letters.map(u8::to_ascii_lowercase).eq(*b"exception"))
}

/// Returns the status of a kind that a member names in its value.
fn kind_in(member: Member<'_>) -> Option<u16> {
    is_status_key(member.key).then(|| kind(member.value)).flatten()
}

/// Returns the status, 400 to 599, that a member holds as a number or as a string of digits.
fn number(member: Member<'_>) -> Option<u16> {
    let [first @ (b'4' | b'5'), second, third] = member.value else { return None };
    if !is_status_key(member.key) || !second.is_ascii_digit() || !third.is_ascii_digit() {
        return None;
    }
    Some([first, second, third].iter().fold(0, |sum, digit| sum * 10 + u16::from(**digit - b'0')))
}

fn is_status_key(key: &[u8]) -> bool {
    STATUS_KEYS.iter().any(|name| key.eq_ignore_ascii_case(name.as_bytes()))
}

/// A member of one of the objects of a JSON text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Member<'a> {
    /// The number of objects and arrays around it.
    depth: usize,
    key: &'a [u8],
    /// The content of a string, or a number. Empty for any other value.
    value: &'a [u8],
}

/// Returns the members of all objects of a JSON text, in the order of the text. The text is not validated: one that is
/// not JSON has some members or none.
fn members(text: &[u8]) -> impl Iterator<Item = Member<'_>> {
    let (mut rest, mut depth) = (text, 0_usize);
    std::iter::from_fn(move || {
        loop {
            let (first, after) = rest.split_first()?;
            rest = after;
            match first {
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.saturating_sub(1),
                b'"' => {
                    let (key, after) = string(rest)?;
                    rest = after.trim_ascii_start();
                    let Some(value) = rest.strip_prefix(b":") else { continue };
                    rest = value.trim_ascii_start();
                    let value = match rest.first() {
                        Some(b'"') => {
                            let (value, after) = string(&rest[1..])?;
                            rest = after;
                            value
                        }
                        Some(b'-' | b'0'..=b'9') => {
                            let is_end = |byte: &u8| matches!(byte, b',' | b'}' | b']') || byte.is_ascii_whitespace();
                            let (value, after) = rest.split_at(rest.iter().position(is_end).unwrap_or(rest.len()));
                            rest = after;
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

/// Returns the content of a string and the text after it. `text` begins after the opening quote. `None` if the string
/// is not terminated.
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
    fn a_number_is_the_status_in_any_member() {
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
    fn a_kind_has_a_status_in_any_spelling() {
        is(r#"{"type":"error","error":{"type":"overloaded_error"}}"#, Some(529));
        is(r#"{"error":{"code":500,"type":"overloaded_error"}}"#, Some(529));
        is(r#"{"throttlingException":{"message":"m"}}"#, Some(429));
        is(r#"{"__type":"com.amazon.coral#ServiceUnavailableException"}"#, Some(503));
        is(r#"{"code":"Throttling.AllocationQuota"}"#, Some(429));
        is(r#"{"error":{"code":null,"type":"Rate-Limit-Exceeded"}}"#, Some(429));
        assert_eq!(kind(b"ThrottlingException:http://internal.amazon.com/"), Some(429));
    }

    #[test]
    fn a_message_does_not_state_a_status() {
        is(r#"{"error":{"message":"\"code\":429, type: rate_limit_error","type":"invalid_request_error"}}"#, None);
        is(r#"{"error":{"message":"","type":"","param":"","code":null}}"#, None);
        is(r#"{"code":4290,"id":"429"}"#, None);
        is(r#"{"error":{"code":500}}"#, Some(500));
        is(r#"{"error":"rate_limit"#, None);
        is("", None);
    }
}
