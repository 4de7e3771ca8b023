//! What bodies of requests ask for.
#![cfg(feature = "body")]

use proptest::prelude::*;
use ratebook_client::estimate::{Asked, Bytes, Rough, asked_by};
use ratebook_limiter::Cost;

/// Of a body, with a token for each byte of text.
fn asked(body: &str) -> Asked {
    asked_by(&Bytes, body.as_bytes()).unwrap()
}

/// 3 before the reply and 5 for each message are the overhead of a chat.
#[test]
fn a_chat_has_the_tokens_of_its_messages() {
    let body = r#"{"model": "m", "max_completion_tokens": 90, "temperature": 0.5, "messages": [
        {"role": "system", "content": "12345"},
        {"role": "user", "name": "ann", "content": [{"type": "text", "text": "123"}, {"type": "text", "text": "4567"}]}
    ]}"#;
    assert_eq!(asked(body), Asked { input: 3 + 5 + 5 + 5 + 3 + 7, output: Some(90), completions: 1, media: 0 });
}

#[test]
fn each_completion_is_a_request_with_the_most_output() {
    let asked = asked(r#"{"max_tokens": 50, "n": 3, "messages": [{"role": "user", "content": "12"}]}"#);
    assert_eq!((asked.completions, asked.output), (3, Some(50)));
    assert_eq!(asked.cost(), Cost::request().requests(3).input(10).output(150));
}

#[test]
fn a_body_that_names_no_output_has_none() {
    let asked = asked(r#"{"messages": [], "max_tokens": null, "n": null}"#);
    assert_eq!(asked, Asked { input: 3, output: None, completions: 1, media: 0 });
}

#[test]
fn a_message_of_anthropics_has_its_system_and_its_tools() {
    let body = r#"{"max_tokens": 20, "system": [{"type": "text", "text": "1234", "cache_control": {"type": "ephemeral"}}],
        "tools": [{"name":"f"}],
        "messages": [
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "f", "input": {"a":1}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "123"}]}
        ]}"#;
    assert_eq!(asked(body).input, 3 + 4 + 14 + (5 + 1 + 7) + (5 + 3));
}

#[test]
fn a_response_has_items_and_instructions() {
    let body = r#"{"max_output_tokens": 7, "instructions": "12", "input": [
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "123"}]},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{\"a\":1}"},
        {"type": "reasoning", "id": "r", "encrypted_content": "QUJD", "summary": []},
        {"type": "function_call_output", "call_id": "c", "output": "1234"}
    ]}"#;
    assert_eq!(asked(body).input, 3 + 2 + (5 + 3) + (5 + 1 + 7) + (5 + 4));
    assert_eq!(asked(body).output, Some(7));
}

#[test]
fn prompts_and_texts_to_embed_may_be_tokens() {
    assert_eq!(asked(r#"{"input": ["12", "345"]}"#).input, 3 + 5);
    assert_eq!(asked(r#"{"input": [[7, 8, 9], [10]]}"#).input, 3 + 4);
    let asked = asked(r#"{"prompt": ["12", "345"], "n": 2, "max_tokens": 5}"#);
    assert_eq!((asked.input, asked.completions), (3 + 5, 4));
}

#[test]
fn dashscopes_own_form_has_limits_among_its_parameters() {
    let body = r#"{"model": "m", "input": {"messages": [{"role": "user", "content": "123"}]}, "parameters": {"max_tokens": 40, "n": 2}}"#;
    assert_eq!(asked(body), Asked { input: 3 + 5 + 3, output: Some(40), completions: 2, media: 0 });
}

#[test]
fn images_audio_and_files_are_no_text() {
    let data = "QUJD".repeat(1_000);
    let body = format!(
        r#"{{"messages": [{{"role": "user", "content": [
            {{"type": "image_url", "image_url": {{"url": "data:image/png;base64,{data}"}}}},
            {{"type": "input_image", "image_url": "https://example.org/a.png"}},
            {{"type": "input_audio", "input_audio": {{"data": "{data}", "format": "wav"}}}},
            {{"type": "image", "source": {{"type": "base64", "media_type": "image/png", "data": "{data}"}}}},
            {{"type": "odd", "odd": "data:application/pdf;base64,{data}"}},
            {{"type": "document", "source": {{"type": "text", "media_type": "text/plain", "data": "1234"}}}}
        ]}}]}}"#
    );
    assert_eq!(asked(&body), Asked { input: 3 + 5 + 4, output: None, completions: 1, media: 5 });
}

#[test]
fn escapes_are_read() {
    assert_eq!(asked(r#"{"prompt": "\u00e9\n"}"#).input, 3 + 3);
}

#[test]
fn what_is_no_object_asks_for_nothing() {
    for body in ["", "  ", "[]", "[1,2]", "null", "\"a\"", "{", "{\"messages\": [}", "a=b"] {
        assert_eq!(asked_by(&Bytes, body.as_bytes()), None, "{body}");
    }
}

#[test]
fn depth_without_end_is_no_danger() {
    let body = format!(r#"{{"messages": {}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    let _ = asked_by(&Bytes, body.as_bytes());
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(body in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = asked_by(&Rough::default(), &body);
    }

    #[test]
    fn any_json_is_read(values in proptest::collection::vec(VALUE, 0..8)) {
        let fields = ["messages", "prompt", "input", "system", "tools", "parameters", "n", "max_tokens"];
        let body = fields.iter().zip(&values).map(|(key, value)| format!("\"{key}\":{value}")).collect::<Vec<_>>();
        let body = format!("{{{}}}", body.join(","));
        let asked = asked_by(&Rough::default(), body.as_bytes());
        prop_assert!(asked.is_some(), "{}", body);
    }
}

const VALUE: &str = r#"null|-?[1-9][0-9]{0,30}|1e9|true|"[a-z ]{0,9}"|\[\]|\{\}|\[("x"|\{"role":1,"content":\["y",\{"source":[0-9]\}\]\}|[0-9]|null)\]|\{"n":-1,"audio":\[\],"input":"z"\}"#;
