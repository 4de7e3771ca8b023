//! Cases from the field: usage that stands elsewhere, and errors inside replies of status 200.
#![cfg(feature = "usage")]

use ratebook_client::usage::{Format, InnerError, MOST, UsageReader, usage_of};
use ratebook_limiter::Usage;

use Format::{Anthropic, Cloudflare, DashScope, OpenAi};

#[test]
fn usage_in_choices() {
    let body = r#"data: {"id":"c-1","object":"chat.completion.chunk","created":1698999575,"model":"moonshot-v1-8k","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}

data: {"id":"c-1","object":"chat.completion.chunk","created":1698999575,"model":"moonshot-v1-8k","choices":[{"index":0,"delta":{"content":"你好"},"finish_reason":null}]}

data: {"id":"c-1","object":"chat.completion.chunk","created":1698999575,"model":"moonshot-v1-8k","choices":[{"index":0,"delta":{},"finish_reason":"stop","usage":{"prompt_tokens":19,"completion_tokens":13,"total_tokens":32}}]}

data: [DONE]

"#;
    assert_eq!(usage_of(OpenAi, body.as_bytes()), Some(Usage::new().input(19).output(13)));
}

#[test]
fn usage_stands_beside_the_choices_or_with_any_of_them() {
    for body in [
        r#"data: {"choices":[],"x_groq":{"id":"r","usage":{"queue_time":0.1,"prompt_tokens":19,"completion_tokens":13}}}"#,
        r#"{"choices":[{"index":0,"usage":null},{"index":1,"usage":{"prompt_tokens":19,"completion_tokens":13}}]}"#,
        r#"{"choices":[{"index":0,"usage":{"prompt_tokens":19}}],"usage":{"completion_tokens":13}}"#,
        r#"{"usageMetadata":{"promptTokenCount":19,"candidatesTokenCount":10,"thoughtsTokenCount":3,"totalTokenCount":32}}"#,
        r#"[{"candidates":[],"usageMetadata":{"promptTokenCount":19,"totalTokenCount":19}}
           ,{"candidates":[],"usageMetadata":{"promptTokenCount":19,"candidatesTokenCount":13,"totalTokenCount":32}}]"#,
        r#"[{"usage":{"prompt_tokens":19,"completion_tokens":13}}]"#,
    ] {
        for format in [OpenAi, DashScope, Cloudflare] {
            assert_eq!(usage_of(format, body.as_bytes()), Some(Usage::new().input(19).output(13)), "{body}");
        }
    }
}

#[test]
fn anthropic_delta_with_zero_input() {
    let body = r#"event: message_start
data: {"type":"message_start","message":{"id":"m","type":"message","role":"assistant","content":[],"usage":{"input_tokens":2095,"cache_creation_input_tokens":0,"cache_read_input_tokens":1000,"output_tokens":1}}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello"}}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"input_tokens":0,"cache_read_input_tokens":0,"cache_creation_input_tokens":0,"output_tokens":15}}

event: message_stop
data: {"type":"message_stop"}

"#;
    let usage = Usage::new().input(3_095).cached_input(1_000).output(15);
    assert_eq!(usage_of(Anthropic, body.as_bytes()), Some(usage));
}

#[test]
fn a_later_zero_or_smaller_count_undoes_none_in_any_form() {
    let usage = Usage::new().input(90).cached_input(40).output(15);
    let first = r#"{"usage":{"prompt_tokens":90,"completion_tokens":15,"total_tokens":105,"prompt_tokens_details":{"cached_tokens":40}}}"#;
    for later in [
        r#"{"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0,"prompt_tokens_details":{"cached_tokens":0}}}"#,
        r#"{"usage":{"prompt_tokens":90,"completion_tokens":3,"total_tokens":93}}"#,
        r#"{"usage":{"prompt_tokens":null}}"#,
        r#"{"usage":{}}"#,
    ] {
        for format in [OpenAi, DashScope, Cloudflare] {
            let body = format!("data: {first}\n\ndata: {later}\n\n");
            assert_eq!(usage_of(format, body.as_bytes()), Some(usage), "{later}");
        }
    }
}

#[test]
fn empty_error_object() {
    let body = r#"{"id":"x","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"ok"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3100,"completion_tokens":20,"total_tokens":3120},"error":{"message":"","type":"","param":"","code":null}}"#;
    assert_eq!(usage_of(OpenAi, body.as_bytes()), Some(Usage::new().input(3_100).output(20)));
    assert_eq!(error_of(body), None);
}

#[test]
fn an_error_that_says_nothing_is_none() {
    for error in [
        "null",
        "{}",
        "\"\"",
        "false",
        "[]",
        "0",
        r#"{"message":"","type":"new_api_error","code":""}"#,
        r#"{"message":null,"code":0}"#,
        r#"{"message":"success","code":200}"#,
    ] {
        let body = format!(r#"{{"error":{error},"usage":{{"prompt_tokens":8,"completion_tokens":2}}}}"#);
        assert_eq!(usage_of(OpenAi, body.as_bytes()), Some(Usage::new().input(8).output(2)), "{error}");
        for body in [body.clone(), format!("data: {body}\n\n")] {
            assert_eq!(error_of(&body), None, "{body}");
        }
    }
}

#[test]
fn cached_tokens_by_other_names() {
    let deepseek = r#"{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":20,"total_tokens":30,"prompt_cache_hit_tokens":8,"prompt_cache_miss_tokens":2}}"#;
    let moonshot = r#"{"id":"x","choices":[{"index":0,"message":{"content":"ok"}}],"usage":{"prompt_tokens":3200,"completion_tokens":9,"total_tokens":3209,"cached_tokens":3072}}"#;
    assert_eq!(usage_of(OpenAi, deepseek.as_bytes()), Some(Usage::new().input(10).cached_input(8).output(20)));
    assert_eq!(usage_of(OpenAi, moonshot.as_bytes()), Some(Usage::new().input(3_200).cached_input(3_072).output(9)));
}

#[test]
fn cached_tokens_have_many_names_and_others_are_not_cached() {
    let cached = |field: &str| {
        let body = format!(r#"{{"usage":{{"prompt_tokens":90,"completion_tokens":1,{field}}}}}"#);
        let of = |cached| Usage::new().input(90).cached_input(cached).output(1);
        let usage = usage_of(OpenAi, body.as_bytes()).unwrap();
        (0..=90).find(|tokens| usage == of(*tokens)).unwrap()
    };
    for field in [
        r#""cached_tokens":40"#,
        r#""cache_read_input_tokens":40"#,
        r#""cacheReadInputTokens":40"#,
        r#""cachedContentTokenCount":40"#,
        r#""num_cached_tokens":40"#,
        r#""input_cached_tokens":40"#,
        r#""prompt_cache_hit_tokens":40,"prompt_cache_miss_tokens":50"#,
        r#""prompt_tokens_details":{"cached_tokens":40}"#,
        r#""prompt_tokens_details":null,"cached_tokens":40"#,
        r#""input_tokens_details":{"cached_tokens":40}"#,
        r#""input_token_details":{"cache_read":40,"cache_creation":50}"#,
        r#""prompt_tokens_details":{"cached_tokens":0},"cached_tokens":40"#,
    ] {
        assert_eq!(cached(field), 40, "{field}");
    }
    for field in [
        r#""prompt_cache_miss_tokens":40"#,
        r#""cache_creation_input_tokens":40"#,
        r#""cache_write_tokens":40"#,
        r#""cache_discount":40"#,
        r#""completion_tokens_details":{"cached_tokens":40}"#,
    ] {
        assert_eq!(cached(field), 0, "{field}");
    }
}

#[test]
fn a_count_that_no_call_can_have_is_not_believed() {
    let of = |counts: &str| {
        let mut reader = UsageReader::new(Anthropic);
        reader.push(format!("{{\"usage\":{{{counts}}}}}").as_bytes());
        (reader.usage(), reader.absurd())
    };
    for absurd in [MOST + 1, 1 << 63, u64::MAX] {
        for counts in
            ["\"input_tokens\":N", "\"input_tokens\":5,\"output_tokens\":N", "\"input_tokens\":5,\"seconds\":1e12"]
        {
            let (usage, found) = of(&counts.replace('N', &absurd.to_string()));
            assert_eq!(usage, None, "{absurd} {counts}");
            assert!(found.is_some_and(|count| count > MOST), "{absurd} {counts}");
        }
    }
    let all = format!("\"input_tokens\":{0},\"cache_read_input_tokens\":{0},\"output_tokens\":{0}", u64::MAX);
    assert_eq!(of(&all), (None, Some(u64::MAX)), "the sum of the parts");
    let half = MOST / 2;
    let most = format!("\"input_tokens\":{half},\"cache_read_input_tokens\":{half},\"output_tokens\":{MOST}");
    assert_eq!(of(&most), (Some(Usage::new().input(MOST).cached_input(half).output(MOST)), None));
}

#[test]
fn an_absurd_count_amid_a_stream_is_not_forgotten() {
    let mut reader = UsageReader::new(OpenAi);
    reader.push(b"data: {\"usage\":{\"prompt_tokens\":9223372036854775807}}\n\n");
    reader.push(b"data: {\"usage\":{\"prompt_tokens\":4,\"completion_tokens\":3}}\n\n");
    assert_eq!((reader.usage(), reader.absurd()), (None, Some(i64::MAX as u64)));
}

fn error_of(body: &str) -> Option<InnerError> {
    let whole = {
        let mut reader = UsageReader::new(OpenAi);
        reader.push(body.as_bytes());
        reader.finish();
        reader.error().cloned()
    };
    let mut reader = UsageReader::new(OpenAi);
    body.as_bytes().chunks(1).for_each(|byte| reader.push(byte));
    reader.finish();
    assert_eq!(reader.error(), whole.as_ref(), "byte by byte: {body}");
    whole
}

#[test]
fn an_error_inside_a_reply_is_found_in_every_form() {
    for (body, status, error) in [
        (
            "id:1\nevent:error\n:HTTP_STATUS/429\ndata:{\"code\":\"Throttling.AllocationQuota\",\"message\":\"m\"}\n\n",
            Some(429),
            r#"{"code":"Throttling.AllocationQuota","message":"m"}"#,
        ),
        (
            "data: {\"error\":{\"message\":\"m\"}}\nevent: error\n: HTTP_STATUS\n\n",
            None,
            r#"{"error":{"message":"m"}}"#,
        ),
        ("data:{\"a\":1}\n:HTTP_STATUS/503\n\n", Some(503), r#"{"a":1}"#),
        ("event: error\ndata: Too many requests\n\n", None, "Too many requests"),
        ("event: error\n\n", None, ""),
        (
            "event: error\ndata: {\"error\":{\"code\":1,\ndata: \"message\":\"m\"}}\n\n",
            None,
            "{\"error\":{\"code\":1, \"message\":\"m\"}}",
        ),
        (
            "data: {\"error\":\"busy\",\"error_type\":\"overloaded\"}",
            None,
            r#"{"error":"busy","error_type":"overloaded"}"#,
        ),
        ("{\"error\":\"busy\"}\n", None, r#"{"error":"busy"}"#),
        ("{\"response\":\"a\"}\n{\"error\":\"busy\"}\n", None, r#"{"error":"busy"}"#),
        ("[{\"error\":{\"code\":429,\"message\":\"m\"}}]", None, r#"{"error":{"code":429,"message":"m"}}"#),
        (
            r#"{"error":{"code":"429"},"choices":[],"output":null}"#,
            None,
            r#"{"error":{"code":"429"},"choices":[],"output":null}"#,
        ),
        (r#"{"type":"exception","message":"m"}"#, None, r#"{"type":"exception","message":"m"}"#),
        (r#"{"throttlingException":{"message":"m"}}"#, None, r#"{"throttlingException":{"message":"m"}}"#),
        (
            r#"{"__type":"ThrottlingException","message":"m"}"#,
            None,
            r#"{"__type":"ThrottlingException","message":"m"}"#,
        ),
        (r#"{"object":"error","message":"m","code":null}"#, None, r#"{"object":"error","message":"m","code":null}"#),
        (r#"{"error_code":18,"error_msg":"m"}"#, None, r#"{"error_code":18,"error_msg":"m"}"#),
        (
            r#"{"result":null,"success":false,"errors":[{"code":3040,"message":"m"}]}"#,
            None,
            r#"{"result":null,"success":false,"errors":[{"code":3040,"message":"m"}]}"#,
        ),
        (
            r#"data: {"type":"response.failed","response":{"status":"failed","error":{"code":"rate_limit_exceeded","message":"m"},"output":[{"content":"mine"}]}}"#,
            None,
            r#"{"error":{"code":"rate_limit_exceeded","message":"m"}}"#,
        ),
        (
            r#"data: {"choices":[{"delta":{"content":""},"finish_reason":"error"}],"error":{"code":429,"message":"m"}}"#,
            None,
            r#"{"choices":[{"delta":{"content":""},"finish_reason":"error"}],"error":{"code":429,"message":"m"}}"#,
        ),
        (
            r#"data: {"choices":[{"delta":{"content":"mine"},"finish_reason":"error"}],"error":{"code":429,"message":"m"}}"#,
            None,
            r#"{"error":{"code":429,"message":"m"}}"#,
        ),
        (
            r#"data: {"type":"error","code":"rate_limit_exceeded","message":"m"}"#,
            None,
            r#"{"type":"error","code":"rate_limit_exceeded","message":"m"}"#,
        ),
    ] {
        for body in [body.to_owned(), body.replace('\n', "\r\n")] {
            let found = error_of(&body).unwrap_or_else(|| panic!("{body}"));
            let text = String::from_utf8(found.body).unwrap().replace(['\r', '\n'], "");
            assert_eq!((found.status, &*text), (status, error), "{body}");
        }
    }
}

/// What the models of these replies say is worded like a refusal.
#[test]
fn the_models_own_words_are_no_error() {
    let words =
        r#"event: error\ndata: {\"error\":{\"code\":429,\"message\":\"Rate limit reached\"}}\n\n:HTTP_STATUS/429\n"#;
    for body in [
        format!(r#"data: {{"choices":[{{"delta":{{"content":"{words}"}}}}]}}"#),
        format!(r#"{{"choices":[{{"message":{{"content":"{words}"}}}}],"code":"429","message":"a title"}}"#),
        format!(
            r#"{{"choices":[{{"message":{{"content":"{words}"}}}}],"error":{{"code":"a","message":"a warning"}}}}"#
        ),
        format!(r#"data:{{"output":{{"text":"{words}"}},"usage":{{}}}}"#),
        format!(r#"data: {{"response":"{words}"}}"#),
        format!(
            "event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\"delta\":{{\"text\":\"{words}\"}}}}\n\n"
        ),
        format!(
            r#"{{"output":[{{"type":"mcp_call","error":"{words}"}},{{"content":[{{"text":"a"}}]}}],"error":null}}"#
        ),
        format!(r#"{{"message":{{"role":"assistant","content":"{words}"}},"done":true}}"#),
        format!(r#"{{"text":"{words}"}}"#),
        r#"{"code":"","message":"","output":{"task_status":"PENDING"},"status_code":200}"#.to_owned(),
        r#"{"code":0,"message":"success","data":[[0.5]]}"#.to_owned(),
        r#"{"code":20000,"message":"Ok","data":{"embedding":[0.5]}}"#.to_owned(),
        r#"{"base_resp":{"status_code":0,"status_msg":"success"}}"#.to_owned(),
        "event: result\n:HTTP_STATUS/200\ndata: {}\n\n".to_owned(),
        "data: event: error\n\n".to_owned(),
        ": event: error\n\n".to_owned(),
    ] {
        assert_eq!(error_of(&body), None, "{body}");
    }
}

#[test]
fn an_error_keeps_the_usage_that_was_said_before() {
    let mut reader = UsageReader::new(OpenAi);
    reader.push(b"data: {\"usage\":{\"prompt_tokens\":4,\"completion_tokens\":3}}\n\n");
    assert_eq!(reader.error(), None);
    reader.push(b"data: {\"error\":{\"message\":\"gone\"}}\n\n");
    assert!(reader.error().is_some());
    assert_eq!(reader.usage(), Some(Usage::new().input(4).output(3)));
}

#[test]
fn debug_output_shows_nothing_of_an_errors_body() {
    let error = error_of(r#"{"error":"a secret"}"#).unwrap();
    assert!(!format!("{error:?}").contains("secret"));
}
