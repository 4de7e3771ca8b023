//! Where responses report usage, and which counts are read.

use ratebook_client::usage::{Format, MAX_USAGE, UsageReader, usage_of};
use ratebook_limiter::Usage;

use Format::{Anthropic, Cloudflare, DashScope, Openai};

#[test]
fn usage_is_read_from_a_choice() {
    let body = r#"data: {"id":"c-1","object":"chat.completion.chunk","created":1698999575,"model":"moonshot-v1-8k","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}

data: {"id":"c-1","object":"chat.completion.chunk","created":1698999575,"model":"moonshot-v1-8k","choices":[{"index":0,"delta":{"content":"你好"},"finish_reason":null}]}

data: {"id":"c-1","object":"chat.completion.chunk","created":1698999575,"model":"moonshot-v1-8k","choices":[{"index":0,"delta":{},"finish_reason":"stop","usage":{"prompt_tokens":19,"completion_tokens":13,"total_tokens":32}}]}

data: [DONE]

"#;
    assert_eq!(usage_of(Openai, body.as_bytes()), Some(Usage::new().input(19).output(13)));
}

#[test]
fn usage_is_read_beside_the_choices_or_in_any_of_them() {
    for body in [
        r#"data: {"choices":[],"x_groq":{"id":"r","usage":{"queue_time":0.1,"prompt_tokens":19,"completion_tokens":13}}}"#,
        r#"{"choices":[{"index":0,"usage":null},{"index":1,"usage":{"prompt_tokens":19,"completion_tokens":13}}]}"#,
        r#"{"choices":[{"index":0,"usage":{"prompt_tokens":19}}],"usage":{"completion_tokens":13}}"#,
        r#"{"usageMetadata":{"promptTokenCount":19,"candidatesTokenCount":10,"thoughtsTokenCount":3,"totalTokenCount":32}}"#,
        r#"[{"candidates":[],"usageMetadata":{"promptTokenCount":19,"totalTokenCount":19}}
           ,{"candidates":[],"usageMetadata":{"promptTokenCount":19,"candidatesTokenCount":13,"totalTokenCount":32}}]"#,
        r#"[{"usage":{"prompt_tokens":19,"completion_tokens":13}}]"#,
    ] {
        for format in [Openai, DashScope, Cloudflare] {
            assert_eq!(usage_of(format, body.as_bytes()), Some(Usage::new().input(19).output(13)), "{body}");
        }
    }
}

#[test]
fn a_zero_in_a_later_anthropic_event_is_ignored() {
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
fn a_later_smaller_count_is_ignored_in_every_format() {
    let usage = Usage::new().input(90).cached_input(40).output(15);
    let first = r#"{"usage":{"prompt_tokens":90,"completion_tokens":15,"total_tokens":105,"prompt_tokens_details":{"cached_tokens":40}}}"#;
    for later in [
        r#"{"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0,"prompt_tokens_details":{"cached_tokens":0}}}"#,
        r#"{"usage":{"prompt_tokens":90,"completion_tokens":3,"total_tokens":93}}"#,
        r#"{"usage":{"prompt_tokens":null}}"#,
        r#"{"usage":{}}"#,
    ] {
        for format in [Openai, DashScope, Cloudflare] {
            let body = format!("data: {first}\n\ndata: {later}\n\n");
            assert_eq!(usage_of(format, body.as_bytes()), Some(usage), "{later}");
        }
    }
}

#[test]
fn vendor_specific_names_of_cached_tokens_are_read() {
    let deepseek = r#"{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":20,"total_tokens":30,"prompt_cache_hit_tokens":8,"prompt_cache_miss_tokens":2}}"#;
    let moonshot = r#"{"id":"x","choices":[{"index":0,"message":{"content":"ok"}}],"usage":{"prompt_tokens":3200,"completion_tokens":9,"total_tokens":3209,"cached_tokens":3072}}"#;
    assert_eq!(usage_of(Openai, deepseek.as_bytes()), Some(Usage::new().input(10).cached_input(8).output(20)));
    assert_eq!(usage_of(Openai, moonshot.as_bytes()), Some(Usage::new().input(3_200).cached_input(3_072).output(9)));
}

#[test]
fn cache_reads_count_as_cached_and_cache_writes_as_written() {
    let cached = |field: &str| {
        let body = format!(r#"{{"usage":{{"prompt_tokens":90,"completion_tokens":1,{field}}}}}"#);
        let usage = usage_of(Openai, body.as_bytes()).unwrap();
        assert_eq!((usage.input_tokens(), usage.output_tokens()), (Some(90), Some(1)));
        (usage.cached_input_tokens(), usage.cache_written_input_tokens())
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
        r#""prompt_tokens_details":{"cached_tokens":0},"cached_tokens":40"#,
    ] {
        assert_eq!(cached(field), (40, 0), "{field}");
    }
    for field in [
        r#""prompt_cache_miss_tokens":40"#,
        r#""cache_discount":40"#,
        r#""completion_tokens_details":{"cached_tokens":40}"#,
    ] {
        assert_eq!(cached(field), (0, 0), "{field}");
    }
    for field in [
        r#""cache_creation_input_tokens":40"#,
        r#""cache_write_tokens":40"#,
        r#""prompt_tokens_details":{"cache_write_tokens":40}"#,
    ] {
        assert_eq!(cached(field), (0, 40), "{field}");
    }
    assert_eq!(cached(r#""input_token_details":{"cache_read":30,"cache_creation":40}"#), (30, 40));
}

#[test]
fn usage_with_an_implausible_count_is_ignored() {
    let read = |counts: &str| {
        let mut reader = UsageReader::new(Anthropic);
        reader.push(format!("{{\"usage\":{{{counts}}}}}").as_bytes());
        (reader.usage(), reader.implausible())
    };
    for implausible in [MAX_USAGE + 1, 1 << 63, u64::MAX] {
        for counts in
            ["\"input_tokens\":N", "\"input_tokens\":5,\"output_tokens\":N", "\"input_tokens\":5,\"seconds\":1e12"]
        {
            let (usage, found) = read(&counts.replace('N', &implausible.to_string()));
            assert_eq!(usage, None, "{implausible} {counts}");
            assert!(found.is_some_and(|count| count > MAX_USAGE), "{implausible} {counts}");
        }
    }
    let all = format!("\"input_tokens\":{0},\"cache_read_input_tokens\":{0},\"output_tokens\":{0}", u64::MAX);
    assert_eq!(read(&all), (None, Some(u64::MAX)), "the sum of the parts");
    let half = MAX_USAGE / 2;
    let most = format!("\"input_tokens\":{half},\"cache_read_input_tokens\":{half},\"output_tokens\":{MAX_USAGE}");
    assert_eq!(read(&most), (Some(Usage::new().input(MAX_USAGE).cached_input(half).output(MAX_USAGE)), None));
}

#[test]
fn an_implausible_count_in_a_stream_is_kept() {
    let mut reader = UsageReader::new(Openai);
    reader.push(b"data: {\"usage\":{\"prompt_tokens\":9223372036854775807}}\n\n");
    reader.push(b"data: {\"usage\":{\"prompt_tokens\":4,\"completion_tokens\":3}}\n\n");
    assert_eq!((reader.usage(), reader.implausible()), (None, Some(i64::MAX as u64)));
}
