//! Malformed and unusual bodies.

use proptest::prelude::*;
use ratebook_client::estimate::{Bytes, Rough, estimate_request, model_in_body};

use crate::{estimate, estimated};

#[test]
fn a_body_that_is_not_an_object_has_no_estimate() {
    for body in
        ["", "  ", "\u{feff}", "[]", "[1,2]", "null", "\"a\"", "a=b", "--x\r\nContent-Type: text/plain\r\n\r\n{"]
    {
        assert_eq!(estimate_request(&Bytes, body.as_bytes()), None, "{body}");
    }
}

#[test]
fn an_undecodable_string_counts_as_its_source() {
    let body = r#"{"messages": [
        {"role": "user", "content": "a\ud83d"},
        {"role": "user", "name\ud83d": "1", "content": [{"type": "text", "text": "123"}, {"type": "text", "text": "\udc00"}]}
    ]}"#;
    assert_eq!(estimated(body).input, 3 + (5 + 7) + (5 + 1 + 3 + 6));
}

#[test]
fn a_number_out_of_range_does_not_hide_text() {
    let body =
        r#"{"messages": [{"role": "user", "weight": 1e999, "content": "123"}, {"role": "user", "content": "4567"}]}"#;
    assert_eq!(estimated(body).input, 3 + (5 + 5 + 3) + (5 + 4));
}

#[test]
fn values_nested_too_deep_count_as_their_source() {
    let body = format!(r#"{{"messages": {}"{}"{}}}"#, "[".repeat(500), "x".repeat(5_000), "]".repeat(500));
    assert!(estimated(&body).input >= 5_000);
}

#[test]
fn deeply_nested_objects_do_not_overflow_the_stack() {
    for open in
        [r#"{"type":"document","source":{"type":"content","content":"#, r#"{"query":{"documents":"#, r#"[{"id":"#]
    {
        let close = open.chars().rev().filter(|at| "[{".contains(*at)).map(|at| if at == '[' { ']' } else { '}' });
        let close = close.collect::<String>();
        for field in ["messages", "input", "query"] {
            let body = format!(r#"{{"{field}": {}"12345"{}}}"#, open.repeat(3_000), close.repeat(3_000));
            assert!(estimated(&body).input >= 5, "{field} {open}");
        }
    }
}

#[test]
fn a_byte_order_mark_is_skipped() {
    let body = "\u{feff} {\"model\": \"m\", \"max_tokens\": 7, \"prompt\": \"12\"}";
    assert_eq!(estimated(body), estimate!(input: 3 + 2, output: Some(7)));
    assert_eq!(model_in_body(body.as_bytes()).as_deref(), Some("m"));
}

/// A replacement character has three bytes.
#[test]
fn invalid_utf8_counts_as_replacement_characters() {
    let body = b"{\"model\": \"m\", \"max_tokens\": 7, \"prompt\": \"12\xff\"}";
    let estimate = estimate_request(&Bytes, body);
    assert_eq!(estimate, Some(estimate!(input: 3 + 2 + 3, output: Some(7))));
    assert_eq!(model_in_body(body).as_deref(), Some("m"));
}

#[test]
fn a_malformed_object_counts_as_text() {
    for body in ["{", "{\"messages\": [}", "{\"max_tokens\": 5, \"prompt\": \"1", "{} {}", "{\"prompt\": \"a\nb\"}"] {
        let all = estimate!(input: 3 + body.len() as u64);
        assert_eq!(estimate_request(&Bytes, body.as_bytes()), Some(all), "{body}");
        assert_eq!(model_in_body(body.as_bytes()), None);
    }
}

#[test]
fn an_object_without_a_known_prompt_field_counts_as_text() {
    let body = r#"{"max_tokens": 5, "contents": [{"parts": [{"text": "12"}]}]}"#;
    assert_eq!(estimated(body), estimate!(input: 3 + body.len() as u64, output: Some(5)));
}

#[test]
fn of_duplicate_fields_all_texts_count_and_the_larger_limit() {
    let body = r#"{"max_tokens": 9, "max_tokens": 7, "n": 1, "n": 2, "prompt": "12", "prompt": "345"}"#;
    assert_eq!(estimated(body), estimate!(input: 3 + 5, output: Some(9), completions: 2));
    assert_eq!(model_in_body(br#"{"model": "a", "model": "b"}"#).as_deref(), Some("b"));
}

#[test]
fn deeply_nested_arrays_do_not_overflow_the_stack() {
    let body = format!(r#"{{"messages": {}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    let _ = estimate_request(&Bytes, body.as_bytes());
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(body in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = estimate_request(&Rough::default(), &body);
    }

    #[test]
    fn any_json_has_an_estimate(values in proptest::collection::vec(VALUE, 0..8)) {
        let fields = ["messages", "prompt", "input", "system", "tools", "parameters", "n", "max_tokens"];
        let body = fields.iter().zip(&values).map(|(key, value)| format!("\"{key}\":{value}")).collect::<Vec<_>>();
        let body = format!("{{{}}}", body.join(","));
        let estimate = estimate_request(&Rough::default(), body.as_bytes());
        prop_assert!(estimate.is_some(), "{}", body);
    }

    #[test]
    fn any_object_has_input(inside in proptest::collection::vec(any::<u8>(), 0..300)) {
        let body = [b"{".as_slice(), &inside].concat();
        prop_assert!(estimate_request(&Bytes, &body).is_some_and(|estimate| estimate.input > 0));
        let _ = model_in_body(&body);
    }

    #[test]
    fn a_malformed_value_in_a_chat_hides_no_text(
        texts in proptest::collection::vec("[a-z :;,]{0,40}", 1..6),
        invalid in prop::sample::select(&[r"\ud83d", r"\udc00\ud83d", "1e999", "-1e999", "-", "1.", ",1e999", ":", "\"", "\u{1}"]),
        at in any::<prop::sample::Index>(),
    ) {
        let messages = texts.iter().enumerate().map(|(at, text)| match at % 3 {
            0 => format!(r#"{{"role":"user","content":"{text}"}}"#),
            1 => format!(r#"{{"role":"user","weight":0.5,"content":[{{"type":"text","text":"{text}"}}]}}"#),
            _ => format!(r#"{{"role":"tool","tool_call_id":"c","content":{{"id":"{text}"}}}}"#),
        });
        let messages = messages.collect::<Vec<_>>().join(",");
        let mut body = format!(r#"{{"model":"m","max_tokens":9,"messages":[{messages}],"temperature":0.5}}"#);
        body.insert_str(at.index(body.len()), invalid);
        let length = texts.iter().map(|text| text.len() as u64).sum::<u64>();
        let estimate = estimate_request(&Bytes, body.as_bytes());
        // In front of the object, there is no object.
        prop_assert!(estimate.is_none_or(|estimate| estimate.input >= length) && (estimate.is_some() || !body.starts_with('{')), "{}", body);
    }
}

const VALUE: &str = r#"null|-?[1-9][0-9]{0,30}|1e9|true|"[a-z ]{0,9}"|\[\]|\{\}|\[("x"|\{"role":1,"content":\["y",\{"source":[0-9]\}\]\}|[0-9]|null)\]|\{"n":-1,"audio":\[\],"input":"z"\}"#;
