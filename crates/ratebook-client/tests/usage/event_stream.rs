//! Amazon's event stream: Converse, and model invocations with the vendor's own events.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
#[cfg(feature = "http")]
use ratebook::Provider;
use ratebook_client::usage::{Format, MAX_DOCUMENT_BYTES, UsageReader, usage_of};
use ratebook_limiter::Usage;
#[cfg(feature = "http")]
use ratebook_limiter::feedback::Dialect;

/// Returns a message: headers of texts, and a payload. The checksums are zero, because they are not read.
fn message(headers: &[(&str, &str)], payload: &[u8]) -> Vec<u8> {
    let mut head = Vec::new();
    for (name, value) in headers {
        head.push(u8::try_from(name.len()).unwrap());
        head.extend_from_slice(name.as_bytes());
        head.push(7);
        head.extend_from_slice(&u16::try_from(value.len()).unwrap().to_be_bytes());
        head.extend_from_slice(value.as_bytes());
    }
    let total = u32::try_from(12 + head.len() + payload.len() + 4).unwrap();
    let head_length = u32::try_from(head.len()).unwrap();
    [&total.to_be_bytes()[..], &head_length.to_be_bytes(), &[0; 4], &head, payload, &[0; 4]].concat()
}

fn event(kind: &str, payload: &str) -> Vec<u8> {
    message(&[(":event-type", kind), (":message-type", "event")], payload.as_bytes())
}

fn converse() -> Vec<u8> {
    [
        event("messageStart", r#"{"p":"ab","role":"assistant"}"#),
        event("contentBlockDelta", r#"{"contentBlockIndex":0,"delta":{"text":"Flint"},"p":"abc"}"#),
        event("messageStop", r#"{"stopReason":"end_turn"}"#),
        event(
            "metadata",
            r#"{"metrics":{"latencyMs":9},"usage":{"inputTokens":14,"outputTokens":3,"totalTokens":17,"cacheReadInputTokens":50}}"#,
        ),
    ]
    .concat()
}

#[test]
fn the_metadata_of_a_converse_stream_states_its_usage() {
    let usage = Usage::new().input(64).cached_input(50).output(3);
    assert_eq!(usage_of(Format::Converse, &converse()), Some(usage));
    for length in [1, 7, 11, 13] {
        let mut reader = UsageReader::new(Format::Converse);
        converse().chunks(length).for_each(|chunk| reader.push(chunk));
        assert_eq!((reader.usage(), reader.is_complete()), (Some(usage), true), "chunks of {length}");
    }
}

#[test]
fn a_stream_is_complete_at_its_metadata() {
    let stream = converse();
    let mut reader = UsageReader::new(Format::Converse);
    let (begin, last) = stream.split_at(stream.len() - 1);
    reader.push(begin);
    assert!(!reader.is_complete() && reader.usage().is_none());
    reader.push(last);
    assert!(reader.is_complete());
}

#[test]
fn a_model_invocation_holds_the_vendors_events_in_base64() {
    let chunk = |inner: &str| event("chunk", &format!(r#"{{"bytes":"{}","p":"x"}}"#, BASE64_STANDARD.encode(inner)));
    let stream = [
        chunk(
            r#"{"type":"message_start","message":{"usage":{"input_tokens":9,"cache_read_input_tokens":40,"output_tokens":1}}}"#,
        ),
        chunk(r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":6}}"#),
        chunk(
            r#"{"type":"message_stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":9,"outputTokenCount":6,"invocationLatency":8}}"#,
        ),
    ]
    .concat();
    let mut reader = UsageReader::new(Format::Converse);
    reader.push(&stream);
    assert_eq!(reader.usage(), Some(Usage::new().input(49).cached_input(40).output(6)));
    assert!(reader.is_complete());
}

// The dialect is a part of the limiter's feature `feedback`, which `http` has.
#[cfg(feature = "http")]
#[test]
fn an_exception_is_an_error_with_its_status() {
    let headers = [(":exception-type", "throttlingException"), (":message-type", "exception")];
    let exception = message(&headers, br#"{"message":"Too many tokens, please wait before trying again."}"#);
    let mut reader = UsageReader::new(Format::Converse);
    reader.push(&[event("messageStart", r#"{"role":"assistant"}"#), exception].concat());
    let error = reader.error().unwrap();
    let refusal = Dialect::of(Provider::Bedrock).read_error(error.status, &(), &error.body, 0).refusal().unwrap();
    assert_eq!((refusal.status, refusal.metric), (429, Some(ratebook::Metric::Tokens)));
}

#[test]
fn a_message_that_is_too_long_is_skipped() {
    let long = vec![b' '; MAX_DOCUMENT_BYTES];
    let first = event("messageStart", r#"{"role":"assistant"}"#);
    let stream = [first, message(&[(":event-type", "chunk")], &long), converse()].concat();
    assert!(usage_of(Format::Converse, &stream).is_some());
}

#[test]
fn impossible_lengths_end_the_reading() {
    for broken in [&[0, 0, 0, 3][..], &[0, 0, 0, 20, 0, 0, 0, 9]] {
        let prelude = [broken, &vec![0; 12 - broken.len()]].concat();
        let stream = [prelude, converse()].concat();
        assert_eq!(usage_of(Format::Converse, &stream), None);
    }
}
