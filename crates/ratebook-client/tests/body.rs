//! What bodies of requests ask for.
#![cfg(feature = "body")]

use proptest::prelude::*;
use ratebook::Provider;
use ratebook_client::estimate::{Asked, Bytes, Rough, asked_by, model_named_by};
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
    assert_eq!(
        asked(body),
        Asked { input: 3 + 5 + 5 + 5 + 3 + 7, output: Some(90), completions: 1, media: 0, held: 0 }
    );
}

#[test]
fn each_completion_has_the_most_output_and_is_a_request_where_the_provider_counts_it_so() {
    let asked = asked(r#"{"max_tokens": 50, "n": 3, "messages": [{"role": "user", "content": "12"}]}"#);
    assert_eq!((asked.completions, asked.output), (3, Some(50)));
    assert_eq!(asked.cost(), Cost::request().input(10).output(150));
    assert_eq!(asked.cost_at(Provider::Fireworks), Cost::request().requests(3).input(10).output(150));
    for provider in [Provider::Alibaba, Provider::Castai, Provider::Cloudflare] {
        assert_eq!(asked.cost_at(provider), asked.cost(), "{provider}");
    }
}

#[test]
fn a_body_that_names_no_output_has_none() {
    let asked = asked(r#"{"messages": [], "max_tokens": null, "n": null}"#);
    assert_eq!(asked, Asked { input: 3, output: None, completions: 1, media: 0, held: 0 });
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
    assert_eq!(asked(body), Asked { input: 3 + 5 + 3, output: Some(40), completions: 2, media: 0, held: 0 });
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
    assert_eq!(asked(&body), Asked { input: 3 + 5 + 4, output: None, completions: 1, media: 5, held: 0 });
}

#[test]
fn escapes_are_read() {
    assert_eq!(asked(r#"{"prompt": "\u00e9\n"}"#).input, 3 + 3);
}

#[test]
fn what_is_no_object_asks_for_nothing() {
    for body in
        ["", "  ", "\u{feff}", "[]", "[1,2]", "null", "\"a\"", "a=b", "--x\r\nContent-Type: text/plain\r\n\r\n{"]
    {
        assert_eq!(asked_by(&Bytes, body.as_bytes()), None, "{body}");
    }
}

#[test]
fn a_string_that_cannot_be_decoded_counts_as_it_is_written() {
    let body = r#"{"messages": [
        {"role": "user", "content": "a\ud83d"},
        {"role": "user", "name\ud83d": "1", "content": [{"type": "text", "text": "123"}, {"type": "text", "text": "\udc00"}]}
    ]}"#;
    assert_eq!(asked(body).input, 3 + (5 + 7) + (5 + 1 + 3 + 6));
}

#[test]
fn a_number_out_of_range_hides_nothing() {
    let body =
        r#"{"messages": [{"role": "user", "weight": 1e999, "content": "123"}, {"role": "user", "content": "4567"}]}"#;
    assert_eq!(asked(body).input, 3 + (5 + 5 + 3) + (5 + 4));
}

#[test]
fn what_lies_too_deep_counts_as_it_is_written() {
    let body = format!(r#"{{"messages": {}"{}"{}}}"#, "[".repeat(500), "x".repeat(5_000), "]".repeat(500));
    assert!(asked(&body).input >= 5_000);
}

#[test]
fn objects_within_objects_are_no_danger() {
    for open in
        [r#"{"type":"document","source":{"type":"content","content":"#, r#"{"query":{"documents":"#, r#"[{"id":"#]
    {
        let close = open.chars().rev().filter(|at| "[{".contains(*at)).map(|at| if at == '[' { ']' } else { '}' });
        let close = close.collect::<String>();
        for field in ["messages", "input", "query"] {
            let body = format!(r#"{{"{field}": {}"12345"{}}}"#, open.repeat(3_000), close.repeat(3_000));
            assert!(asked(&body).input >= 5, "{field} {open}");
        }
    }
}

#[test]
fn text_that_begins_like_data_is_text() {
    let text = format!("data: what is ;base64? {}", "x".repeat(5_000));
    let dense = "data:image/png;base64,QUJD";
    let part = format!(r#"[{{"type": "text", "text": "{dense}"}}]"#);
    for (content, length) in [(format!("\"{text}\""), text.len()), (format!("\"{dense}\""), 26), (part, 26)] {
        let body = format!(r#"{{"messages": [{{"role": "user", "content": {content}}}]}}"#);
        assert_eq!((asked(&body).input, asked(&body).media), (3 + 5 + length as u64, 0), "{content}");
    }
    for field in ["prompt", "input", "system", "instructions", "query"] {
        assert_eq!(asked(&format!(r#"{{"{field}": "{dense}"}}"#)).input, 3 + 26, "{field}");
    }
    assert_eq!(asked(&format!(r#"{{"prompt": ["{dense}", "a"]}}"#)).input, 3 + 27);
}

#[test]
fn a_field_that_nobody_knows_has_data_only_where_it_is_base64_throughout() {
    let part = |odd: &str| asked(&format!(r#"{{"messages": [{{"role": "user", "odd": "{odd}"}}]}}"#));
    assert_eq!((part("data:a/b;base64,QUJD").input, part("data:a/b;base64,QUJD").media), (3 + 5, 1));
    for text in ["data:a/b;base64,QUJD what?", "data:a/b;base64,QU?D", "data:a/b,QUJD", "data:;base64"] {
        assert_eq!((part(text).input, part(text).media), (3 + 5 + text.len() as u64, 0), "{text}");
    }
}

#[test]
fn names_that_the_api_knows_may_hold_text_elsewhere() {
    let text = "a long text ".repeat(400);
    for name in
        ["status", "detail", "id", "file", "image", "audio", "video", "signature", "source", "url", "data", "type"]
    {
        for around in [
            format!(r#"{{"role": "tool", "content": {{"{name}": "{text}"}}}}"#),
            format!(r#"{{"role": "tool", "content": [{{"rows": [{{"{name}": "{text}", "a": 1}}]}}]}}"#),
            format!(r#"{{"role": "tool", "{name}": "{text}", "content": ""}}"#),
            format!(r#"{{"type": "message", "role": "user", "content": [{{"type": "text", "{name}": "{text}"}}]}}"#),
            format!(r#"{{"type": "image_url", "{name}": "{text}"}}"#),
            format!(r#"{{"role": "tool", "content": {{"{name}": {{"a": ["{text}"]}}}}}}"#),
        ] {
            let asked = asked(&format!(r#"{{"messages": [{around}]}}"#));
            assert!(asked.input >= text.len() as u64, "{name} {:.60} {}", around, asked.input);
        }
    }
}

#[test]
fn a_structured_output_counts_as_the_json_it_is_written_in() {
    for output in [
        r#"{"rows":[{"id":"a1","status":"shipped","paid":true,"price":-12.5}]}"#,
        r#"[{"name":"Ann","title":"keeper"},{"name":"Bo","title":null}]"#,
        r#"{"type":"order","id":"a1"}"#,
    ] {
        let body = format!(r#"{{"messages": [{{"role": "tool", "tool_call_id": "c", "content": {output}}}]}}"#);
        // What stands between the elements of an array is not counted.
        let between = if output.starts_with('[') { 3 } else { 0 };
        assert_eq!(asked(&body).input, 3 + 5 + output.len() as u64 - between, "{output}");
    }
}

#[test]
fn a_call_of_a_function_has_its_name_and_its_arguments() {
    let body = r#"{"messages": [{"role": "assistant", "content": null, "tool_calls": [
        {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{\"a\":1}"}}
    ]}]}"#;
    assert_eq!(asked(body).input, 3 + 5 + 1 + 7);
}

#[test]
fn parts_without_a_type_are_known_by_their_keys() {
    let data = "QUJD".repeat(1_000);
    let short = "QUJD".repeat(200);
    let body = format!(
        r#"{{"input": {{"messages": [{{"role": "user", "content": [
            {{"image": "data:image/png;base64,{data}"}}, {{"image": "https://example.org/a.png?{short}"}},
            {{"video": ["oss://a/1.png", "oss://a/2.png"], "fps": 2}}, {{"text": "12345"}}
        ]}}]}}}}"#
    );
    assert_eq!((asked(&body).input, asked(&body).media), (3 + 5 + 4 + 5, 4));
}

#[test]
fn what_is_encrypted_or_signed_is_no_text() {
    let data = "QUJD".repeat(1_000);
    let body = format!(
        r#"{{"messages": [{{"role": "assistant", "content": [
            {{"type": "thinking", "thinking": "12345", "signature": "{data}"}},
            {{"type": "reasoning", "id": "r", "encrypted_content": "{data}"}},
            {{"type": "image_generation_call", "id": "i", "status": "completed", "result": "{data}"}}
        ]}}]}}"#
    );
    assert_eq!((asked(&body).input, asked(&body).media), (3 + 5 + 5, 1));
}

#[test]
fn dashscopes_own_form_has_tools_among_its_parameters() {
    let body =
        r#"{"input": {"prompt": "12"}, "parameters": {"tools": [{"a":1}], "functions": [2], "response_format": {}}}"#;
    assert_eq!(asked(body).input, 3 + 2 + 9 + 3 + 2);
}

#[test]
fn of_fields_named_twice_the_larger_limit_and_all_texts_count() {
    let body = r#"{"max_tokens": 9, "max_tokens": 7, "n": 1, "n": 2, "prompt": "12", "prompt": "345"}"#;
    assert_eq!(asked(body), Asked { input: 3 + 5, output: Some(9), completions: 2, media: 0, held: 0 });
    assert_eq!(model_named_by(br#"{"model": "a", "model": "b"}"#).as_deref(), Some("b"));
}

#[test]
fn a_byte_order_mark_is_passed_over() {
    let body = "\u{feff} {\"model\": \"m\", \"max_tokens\": 7, \"prompt\": \"12\"}";
    assert_eq!(asked(body), Asked { input: 3 + 2, output: Some(7), completions: 1, media: 0, held: 0 });
    assert_eq!(model_named_by(body.as_bytes()).as_deref(), Some("m"));
}

/// A replacement character has three bytes.
#[test]
fn a_byte_that_is_no_utf8_counts_as_the_character_that_replaces_it() {
    let body = b"{\"model\": \"m\", \"max_tokens\": 7, \"prompt\": \"12\xff\"}";
    let asked = asked_by(&Bytes, body);
    assert_eq!(asked, Some(Asked { input: 3 + 2 + 3, output: Some(7), completions: 1, media: 0, held: 0 }));
    assert_eq!(model_named_by(body).as_deref(), Some("m"));
}

#[test]
fn a_limit_may_be_written_as_a_float() {
    let output = |number: &str| asked(&format!(r#"{{"prompt": "", "max_tokens": {number}}}"#)).output;
    for (number, tokens) in [("100", 100), ("100.0", 100), ("1e2", 100), ("100.5", 101), ("1e999", u64::MAX), ("0", 0)]
    {
        assert_eq!(output(number), Some(tokens), "{number}");
    }
    for none in ["null", "-1", "-1.5", "\"100\"", "true", "[1]", "{}"] {
        assert_eq!(output(none), None, "{none}");
    }
}

#[test]
fn an_object_that_cannot_be_parsed_counts_as_text_throughout() {
    for body in ["{", "{\"messages\": [}", "{\"max_tokens\": 5, \"prompt\": \"1", "{} {}", "{\"prompt\": \"a\nb\"}"] {
        let all = Asked { input: 3 + body.len() as u64, output: None, completions: 1, media: 0, held: 0 };
        assert_eq!(asked_by(&Bytes, body.as_bytes()), Some(all), "{body}");
        assert_eq!(model_named_by(body.as_bytes()), None);
    }
}

#[test]
fn an_object_without_a_prompt_that_is_known_counts_as_text_throughout() {
    let body = r#"{"max_tokens": 5, "contents": [{"parts": [{"text": "12"}]}]}"#;
    assert_eq!(asked(body), Asked { input: 3 + body.len() as u64, output: Some(5), completions: 1, media: 0, held: 0 });
}

#[test]
fn a_query_counts_once_for_each_document_it_is_compared_with() {
    let documents = r#""query": "1234", "documents": ["12", {"text": "345"}]"#;
    assert_eq!(asked(&format!("{{{documents}}}")).input, 3 + 2 * 4 + 2 + 3);
    assert_eq!(asked(&format!(r#"{{"input": {{{documents}}}}}"#)).input, 3 + 2 * 4 + 2 + 3);
    assert_eq!(asked(r#"{"query": "1234", "contexts": [{"text": "12"}]}"#).input, 3 + 4 + 2);
    assert_eq!(asked(r#"{"query": "1234", "documents": []}"#).input, 3 + 4);
    assert_eq!(asked(r#"{"query": {"text": "1234"}, "documents": "12"}"#).input, 3 + 4 + 2);
}

#[test]
fn each_number_of_a_token_is_one() {
    assert_eq!(asked(r#"{"input": [[1000, 2000, 3000]]}"#).input, 3 + 3);
    assert_eq!(asked(r#"{"input": [1000, 2000, 3000]}"#).input, 3 + 3);
    assert_eq!(asked(r#"{"prompt": [1000, 2000, 3000]}"#).completions, 1);
    assert_eq!(asked(r#"{"input": [{"text": [1000, 20]}]}"#).input, 3 + 6, "elsewhere a number is text");
}

#[test]
fn a_thinking_budget_is_more_output_except_where_the_most_includes_it() {
    let output = |fields: &str| asked(&format!(r#"{{"prompt": "", {fields}}}"#)).output;
    assert_eq!(output(r#""max_tokens": 50, "thinking_budget": 700"#), Some(750));
    assert_eq!(output(r#""parameters": {"max_tokens": 50, "thinking_budget": 700}"#), Some(750));
    assert_eq!(output(r#""max_tokens": 50, "parameters": {"thinking_budget": 700}"#), Some(750));
    assert_eq!(output(r#""max_tokens": 50, "thinking_budget": null"#), Some(50));
    assert_eq!(output(r#""max_tokens": 900, "thinking": {"type": "enabled", "budget_tokens": 700}"#), Some(900));
    assert_eq!(output(r#""thinking_budget": 700"#), None, "of the answer nothing is known");
    assert_eq!(output(&format!(r#""max_tokens": {}, "thinking_budget": 700"#, u64::MAX)), Some(u64::MAX));
}

#[test]
fn where_the_body_names_no_output_another_stands_in() {
    let named = asked(r#"{"prompt": ["1", "2"], "max_tokens": 50}"#);
    assert_eq!(named.or_output(400), named);
    let open = asked(r#"{"prompt": ["1", "2"]}"#);
    assert_eq!(open.or_output(400), Asked { output: Some(400), ..open });
    assert_eq!(open.or_output(400).cost(), Cost::request().input(5).output(800));
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

    #[test]
    fn any_bytes_in_an_object_ask_for_something(inside in proptest::collection::vec(any::<u8>(), 0..300)) {
        let body = [b"{".as_slice(), &inside].concat();
        prop_assert!(asked_by(&Bytes, &body).is_some_and(|asked| asked.input > 0));
        let _ = model_named_by(&body);
    }

    #[test]
    fn nothing_odd_in_a_chat_hides_its_texts(
        texts in proptest::collection::vec("[a-z :;,]{0,40}", 1..6),
        odd in prop::sample::select(&[r"\ud83d", r"\udc00\ud83d", "1e999", "-1e999", "-", "1.", ",1e999", ":", "\"", "\u{1}"]),
        at in any::<prop::sample::Index>(),
    ) {
        let messages = texts.iter().enumerate().map(|(at, text)| match at % 3 {
            0 => format!(r#"{{"role":"user","content":"{text}"}}"#),
            1 => format!(r#"{{"role":"user","weight":0.5,"content":[{{"type":"text","text":"{text}"}}]}}"#),
            _ => format!(r#"{{"role":"tool","tool_call_id":"c","content":{{"id":"{text}"}}}}"#),
        });
        let messages = messages.collect::<Vec<_>>().join(",");
        let mut body = format!(r#"{{"model":"m","max_tokens":9,"messages":[{messages}],"temperature":0.5}}"#);
        body.insert_str(at.index(body.len()), odd);
        let length = texts.iter().map(|text| text.len() as u64).sum::<u64>();
        let asked = asked_by(&Bytes, body.as_bytes());
        // Before the object, it makes it none.
        prop_assert!(asked.is_none_or(|asked| asked.input >= length) && (asked.is_some() || !body.starts_with('{')), "{}", body);
    }
}

const VALUE: &str = r#"null|-?[1-9][0-9]{0,30}|1e9|true|"[a-z ]{0,9}"|\[\]|\{\}|\[("x"|\{"role":1,"content":\["y",\{"source":[0-9]\}\]\}|[0-9]|null)\]|\{"n":-1,"audio":\[\],"input":"z"\}"#;
