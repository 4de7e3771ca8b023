//! Prompts and limits of every API.

use ratebook::Provider;
use ratebook_limiter::{Account, Cost};

use crate::{estimate, estimated};

/// 3 before the reply and 5 for each message are the overhead of a chat.
#[test]
fn a_chat_has_the_tokens_of_its_messages() {
    let body = r#"{"model": "m", "max_completion_tokens": 90, "temperature": 0.5, "messages": [
        {"role": "system", "content": "12345"},
        {"role": "user", "name": "ann", "content": [{"type": "text", "text": "123"}, {"type": "text", "text": "4567"}]}
    ]}"#;
    assert_eq!(estimated(body), estimate!(input: 3 + 5 + 5 + 5 + 3 + 7, output: Some(90)));
}

#[test]
fn each_completion_may_use_the_output_limit_and_counts_as_the_provider_counts_it() {
    let estimate = estimated(r#"{"max_tokens": 50, "n": 3, "messages": [{"role": "user", "content": "12"}]}"#);
    assert_eq!((estimate.completions, estimate.output), (3, Some(50)));
    assert_eq!(estimate.cost(), Cost::request().input(10).output(150));
    assert_eq!(estimate.cost_at(Provider::Fireworks), Cost::request().requests(3).input(10).output(150));
    for provider in [Provider::Alibaba, Provider::Castai, Provider::Cloudflare] {
        assert_eq!(estimate.cost_at(provider), estimate.cost(), "{provider}");
    }
}

#[test]
fn a_body_without_an_output_limit_has_none() {
    let estimate = estimated(r#"{"messages": [], "max_tokens": null, "n": null}"#);
    assert_eq!(estimate, estimate!(input: 3));
}

#[test]
fn an_anthropic_body_includes_system_and_tools() {
    let body = r#"{"max_tokens": 20, "system": [{"type": "text", "text": "1234", "cache_control": {"type": "ephemeral"}}],
        "tools": [{"name":"f"}],
        "messages": [
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "f", "input": {"a":1}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "123"}]}
        ]}"#;
    assert_eq!(estimated(body).input, 3 + 4 + 14 + (5 + 1 + 7) + (5 + 3));
}

#[test]
fn a_responses_body_includes_items_and_instructions() {
    let body = r#"{"max_output_tokens": 7, "instructions": "12", "input": [
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "123"}]},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{\"a\":1}"},
        {"type": "reasoning", "id": "r", "encrypted_content": "QUJD", "summary": []},
        {"type": "function_call_output", "call_id": "c", "output": "1234"}
    ]}"#;
    assert_eq!(estimated(body).input, 3 + 2 + (5 + 3) + (5 + 1 + 7) + (5 + 4));
    assert_eq!(estimated(body).output, Some(7));
}

#[test]
fn prompts_and_embedding_inputs_may_be_token_arrays() {
    assert_eq!(estimated(r#"{"input": ["12", "345"]}"#).input, 3 + 5);
    assert_eq!(estimated(r#"{"input": [[7, 8, 9], [10]]}"#).input, 3 + 4);
    let estimate = estimated(r#"{"prompt": ["12", "345"], "n": 2, "max_tokens": 5}"#);
    assert_eq!((estimate.input, estimate.completions), (3 + 5, 4));
}

#[test]
fn dashscope_reads_limits_from_parameters() {
    let body = r#"{"model": "m", "input": {"messages": [{"role": "user", "content": "123"}]}, "parameters": {"max_tokens": 40, "n": 2}}"#;
    assert_eq!(estimated(body), estimate!(input: 3 + 5 + 3, output: Some(40), completions: 2));
}

#[test]
fn string_escapes_are_decoded() {
    assert_eq!(estimated(r#"{"prompt": "\u00e9\n"}"#).input, 3 + 3);
}

#[test]
fn a_structured_tool_output_counts_as_its_json_source() {
    for output in [
        r#"{"rows":[{"id":"a1","status":"shipped","paid":true,"price":-12.5}]}"#,
        r#"[{"name":"Ann","title":"keeper"},{"name":"Bo","title":null}]"#,
        r#"{"type":"order","id":"a1"}"#,
    ] {
        let body = format!(r#"{{"messages": [{{"role": "tool", "tool_call_id": "c", "content": {output}}}]}}"#);
        // The separators between array elements are not counted.
        let between = if output.starts_with('[') { 3 } else { 0 };
        assert_eq!(estimated(&body).input, 3 + 5 + output.len() as u64 - between, "{output}");
    }
}

#[test]
fn a_function_call_includes_its_name_and_arguments() {
    let body = r#"{"messages": [{"role": "assistant", "content": null, "tool_calls": [
        {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{\"a\":1}"}}
    ]}]}"#;
    assert_eq!(estimated(body).input, 3 + 5 + 1 + 7);
}

#[test]
fn dashscope_reads_tools_from_parameters() {
    let body =
        r#"{"input": {"prompt": "12"}, "parameters": {"tools": [{"a":1}], "functions": [2], "response_format": {}}}"#;
    assert_eq!(estimated(body).input, 3 + 2 + 9 + 3 + 2);
}

#[test]
fn a_limit_may_be_a_float() {
    let output = |number: &str| estimated(&format!(r#"{{"prompt": "", "max_tokens": {number}}}"#)).output;
    for (number, tokens) in [("100", 100), ("100.0", 100), ("1e2", 100), ("100.5", 101), ("1e999", u64::MAX), ("0", 0)]
    {
        assert_eq!(output(number), Some(tokens), "{number}");
    }
    for none in ["null", "-1", "-1.5", "\"100\"", "true", "[1]", "{}"] {
        assert_eq!(output(none), None, "{none}");
    }
}

#[test]
fn a_rerank_query_counts_once_per_document() {
    let documents = r#""query": "1234", "documents": ["12", {"text": "345"}]"#;
    assert_eq!(estimated(&format!("{{{documents}}}")).input, 3 + 2 * 4 + 2 + 3);
    assert_eq!(estimated(&format!(r#"{{"input": {{{documents}}}}}"#)).input, 3 + 2 * 4 + 2 + 3);
    assert_eq!(estimated(r#"{"query": "1234", "contexts": [{"text": "12"}]}"#).input, 3 + 4 + 2);
    assert_eq!(estimated(r#"{"query": "1234", "documents": []}"#).input, 3 + 4);
    assert_eq!(estimated(r#"{"query": {"text": "1234"}, "documents": "12"}"#).input, 3 + 4 + 2);
}

#[test]
fn each_token_number_is_one_token() {
    assert_eq!(estimated(r#"{"input": [[1000, 2000, 3000]]}"#).input, 3 + 3);
    assert_eq!(estimated(r#"{"input": [1000, 2000, 3000]}"#).input, 3 + 3);
    assert_eq!(estimated(r#"{"prompt": [1000, 2000, 3000]}"#).completions, 1);
    assert_eq!(estimated(r#"{"input": [{"text": [1000, 20]}]}"#).input, 3 + 6, "elsewhere a number is text");
}

#[test]
fn a_thinking_budget_adds_to_the_output_limit_unless_included_in_it() {
    let output = |fields: &str| estimated(&format!(r#"{{"prompt": "", {fields}}}"#)).output;
    assert_eq!(output(r#""max_tokens": 50, "thinking_budget": 700"#), Some(750));
    assert_eq!(output(r#""parameters": {"max_tokens": 50, "thinking_budget": 700}"#), Some(750));
    assert_eq!(output(r#""max_tokens": 50, "parameters": {"thinking_budget": 700}"#), Some(750));
    assert_eq!(output(r#""max_tokens": 50, "thinking_budget": null"#), Some(50));
    assert_eq!(output(r#""max_tokens": 900, "thinking": {"type": "enabled", "budget_tokens": 700}"#), Some(900));
    assert_eq!(output(r#""thinking_budget": 700"#), None, "of the answer nothing is known");
    assert_eq!(output(&format!(r#""max_tokens": {}, "thinking_budget": 700"#, u64::MAX)), Some(u64::MAX));
}

#[test]
fn or_output_sets_a_missing_output_limit() {
    let named = estimated(r#"{"prompt": ["1", "2"], "max_tokens": 50}"#);
    assert_eq!(named.or_output(400), named);
    let open = estimated(r#"{"prompt": ["1", "2"]}"#);
    assert_eq!((open.output, open.or_output(400)), (None, estimate!(input: 5, completions: 2, output: Some(400))));
    assert_eq!(open.or_output(400).cost(), Cost::request().input(5).output(800));
}

/// The limit is two tasks per second. Four images of one task are one request.
#[test]
fn four_images_of_one_task_are_one_request() {
    let estimate = estimated(
        r#"{"model": "wan2.2-t2i-flash", "input": {"prompt": "a flower shop with a carved door", "negative_prompt": "blurry"}, "parameters": {"size": "1024*1024", "n": 4}}"#,
    );
    assert_eq!(estimate.completions, 4);
    let account = Account::builder(Provider::Alibaba).region("china-mainland").build().unwrap();
    let wan = account.model("wan2.2-t2i-flash").unwrap();
    for cost in [estimate.cost(), estimate.cost_at(Provider::Alibaba)] {
        drop(wan.try_acquire(cost).unwrap());
    }
}

#[test]
fn completions_count_as_requests_if_the_policy_says_so() {
    let estimate = estimated(r#"{"prompt": "", "n": 4}"#);
    for provider in Provider::ALL.iter().copied() {
        let requests = if provider == Provider::Fireworks { 4 } else { 1 };
        assert_eq!(estimate.cost_at(provider), Cost::request().requests(requests).input(3), "{provider}");
    }
}

/// cohere, rate-limits.mdx; openai, embeddings.
#[test]
fn the_inputs_of_embeddings_are_counted() {
    for (body, inputs) in [
        (r#"{"input": ["a", "b", "c"]}"#, 3),
        (r#"{"input": "a"}"#, 1),
        (r#"{"input": [[1, 2], [3]]}"#, 2),
        (r#"{"input": [1, 2, 3]}"#, 1),
        (r#"{"texts": ["a", "b"]}"#, 2),
        (r#"{"input": {"texts": ["a", "b"]}}"#, 2),
        (r#"{"input": [{"role": "user", "content": "a"}]}"#, 0),
        (r#"{"messages": [{"role": "user", "content": "a"}]}"#, 0),
    ] {
        let estimate = estimated(body);
        assert_eq!((estimate.inputs, estimate.cost().input_count()), (inputs, inputs), "{body}");
    }
}

/// stability, rest-api-v2beta_rate-limiting_excerpt.md; elevenlabs.
#[test]
fn images_to_generate_and_characters_to_speak_are_counted() {
    let counts = |body: &str| (estimated(body).cost().image_count(), estimated(body).cost().character_count());
    assert_eq!(counts(r#"{"prompt": "a door", "n": 3, "size": "1024x1024"}"#), (3, 0));
    assert_eq!(counts(r#"{"prompt": "a door", "aspect_ratio": "16:9"}"#), (1, 0));
    assert_eq!(counts(r#"{"input": {"prompt": "a door"}, "parameters": {"size": "1024*1024", "n": 4}}"#), (4, 0));
    assert_eq!(counts(r#"{"prompt": "a door", "n": 3}"#), (0, 0));
    let speech = estimated(r#"{"input": "Gr\u00fc\u00dfe", "voice": "ash"}"#);
    assert_eq!((speech.cost().character_count(), speech.inputs), (5, 0));
    assert_eq!(counts(r#"{"text": "Hello", "voice": {"id": "x"}}"#), (0, 5));
}
