//! Errors inside responses of status 200.

use ratebook_client::usage::{Format, InnerError, UsageReader, usage_of};
use ratebook_limiter::Usage;

use Format::Openai;

fn error_of(body: &str) -> Option<InnerError> {
    let whole = {
        let mut reader = UsageReader::new(Openai);
        reader.push(body.as_bytes());
        reader.finish();
        reader.error().cloned()
    };
    let mut reader = UsageReader::new(Openai);
    body.as_bytes().chunks(1).for_each(|byte| reader.push(byte));
    reader.finish();
    assert_eq!(reader.error(), whole.as_ref(), "byte by byte: {body}");
    whole
}

#[test]
fn an_empty_error_object_is_not_an_error() {
    let body = r#"{"id":"x","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"ok"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3100,"completion_tokens":20,"total_tokens":3120},"error":{"message":"","type":"","param":"","code":null}}"#;
    assert_eq!(usage_of(Openai, body.as_bytes()), Some(Usage::new().input(3_100).output(20)));
    assert_eq!(error_of(body), None);
}

#[test]
fn an_error_without_content_is_not_an_error() {
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
        assert_eq!(usage_of(Openai, body.as_bytes()), Some(Usage::new().input(8).output(2)), "{error}");
        for body in [body.clone(), format!("data: {body}\n\n")] {
            assert_eq!(error_of(&body), None, "{body}");
        }
    }
}

#[test]
fn an_error_inside_a_response_is_found_in_every_format() {
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

/// The generated text of these responses is worded like a refusal.
#[test]
fn generated_text_is_not_an_error() {
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
fn an_error_keeps_the_usage_reported_before() {
    let mut reader = UsageReader::new(Openai);
    reader.push(b"data: {\"usage\":{\"prompt_tokens\":4,\"completion_tokens\":3}}\n\n");
    assert_eq!(reader.error(), None);
    reader.push(b"data: {\"error\":{\"message\":\"gone\"}}\n\n");
    assert!(reader.error().is_some());
    assert_eq!(reader.usage(), Some(Usage::new().input(4).output(3)));
}

#[test]
fn debug_output_does_not_contain_the_error_body() {
    let error = error_of(r#"{"error":"a secret"}"#).unwrap();
    assert!(!format!("{error:?}").contains("secret"));
}
