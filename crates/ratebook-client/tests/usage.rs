//! What replies of LLM APIs say that their calls have used, whole and in pieces.
#![cfg(feature = "usage")]

use proptest::prelude::*;
use ratebook::Provider;
use ratebook_client::usage::{Format, InnerError, MAX_DOCUMENT_BYTES, UsageReader, usage_of};
use ratebook_limiter::Usage;

use Format::{Anthropic, Cloudflare, DashScope, OpenAi};

/// Replies by hand, in the shapes of the vendors, and what they say.
fn replies() -> Vec<(&'static str, Format, &'static str, Usage)> {
    vec![
        (
            "a chat",
            OpenAi,
            r#"{
              "id": "c-1", "object": "chat.completion",
              "choices": [{"index": 0, "message": {"role": "assistant", "content": "A brace } and a \" and a {"}}],
              "usage": {
                "prompt_tokens": 31, "completion_tokens": 9, "total_tokens": 40,
                "prompt_tokens_details": {"cached_tokens": 16, "audio_tokens": 0},
                "completion_tokens_details": {"reasoning_tokens": 4}
              }
            }"#,
            Usage::new().input(31).cached_input(16).output(9),
        ),
        (
            "embeddings have no output",
            OpenAi,
            r#"{"object":"list","data":[{"embedding":[0.5,-0.25],"index":0}],"usage":{"prompt_tokens":8,"total_tokens":8}}"#,
            Usage::new().input(8).output(0),
        ),
        (
            "a response",
            OpenAi,
            r#"{"object":"response","error":null,"output":[],"usage":{"input_tokens":75,"input_tokens_details":{"cached_tokens":64},
                "output_tokens":12,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":87}}"#,
            Usage::new().input(75).cached_input(64).output(12),
        ),
        (
            "a transcription by its length",
            OpenAi,
            r#"{"text":"Rain by noon.","usage":{"type":"duration","seconds":95}}"#,
            Usage::new().audio_millis(95_000),
        ),
        (
            "a transcription by tokens",
            OpenAi,
            r#"{"text":"Rain.","usage":{"type":"tokens","input_tokens":14,"output_tokens":3,"total_tokens":17}}"#,
            Usage::new().input(14).output(3),
        ),
        (
            "a message",
            Anthropic,
            r#"{"type":"message","content":[{"type":"text","text":"Tide at six."}],"usage":{"input_tokens":20,
                "cache_creation_input_tokens":300,"cache_read_input_tokens":1000,"output_tokens":7}}"#,
            Usage::new().input(1_320).cached_input(1_000).output(7),
        ),
        (
            "DashScope's own",
            DashScope,
            r#"{"output":{"text":"Bread.","finish_reason":"stop"},"usage":{"input_tokens":22,"output_tokens":5,"total_tokens":27,
                "image_tokens":10,"prompt_tokens_details":{"cached_tokens":2}},"request_id":"r-1"}"#,
            Usage::new().input(22).cached_input(2).output(5),
        ),
        (
            "DashScope's embeddings name the total only",
            DashScope,
            r#"{"output":{"embeddings":[]},"usage":{"total_tokens":23},"request_id":"r-2"}"#,
            Usage::new().tokens(23),
        ),
        (
            "Workers AI",
            Cloudflare,
            r#"{"result":{"response":"Salt.","usage":{"prompt_tokens":18,"completion_tokens":2,"total_tokens":20}},
                "success":true,"errors":[],"messages":[]}"#,
            Usage::new().input(18).output(2),
        ),
        (
            "a stream of a chat tells its usage in the last chunk",
            OpenAi,
            "data: {\"choices\":[{\"delta\":{\"content\":\"Snow\"}}],\"usage\":null}\n\n\
             data: {\"choices\":[{\"delta\":{\"content\":\".\"}}],\"usage\":null}\n\n\
             data: {\"choices\":[],\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":2,\"total_tokens\":13}}\n\n\
             data: [DONE]\n\n",
            Usage::new().input(11).output(2),
        ),
        (
            "a stream of a response tells its usage when it is complete",
            OpenAi,
            "event: response.created\n\
             data: {\"type\":\"response.created\",\"response\":{\"status\":\"in_progress\",\"usage\":null}}\n\n\
             event: response.output_text.delta\n\
             data: {\"type\":\"response.output_text.delta\",\"delta\":\"Fog\"}\n\n\
             event: response.completed\n\
             data: {\"type\":\"response.completed\",\"response\":{\"error\":null,\"usage\":{\"input_tokens\":37,\
             \"input_tokens_details\":{\"cached_tokens\":0},\"output_tokens\":11,\"total_tokens\":48}}}\n\n",
            Usage::new().input(37).output(11),
        ),
        (
            "of usage so far, the most counts",
            OpenAi,
            "data: {\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":1,\"total_tokens\":10}}\r\n\r\n\
             : still here\r\n\r\n\
             data: {\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":6,\"total_tokens\":15}}\r\n\r\n\
             data: [DONE]\r\n\r\n",
            Usage::new().input(9).output(6),
        ),
        (
            "a stream of a message tells the input first and the output last",
            Anthropic,
            "event: message_start\n\
             data: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":25,\"cache_creation_input_tokens\":0,\
             \"cache_read_input_tokens\":400,\"output_tokens\":1}}}\n\n\
             event: ping\ndata: {\"type\": \"ping\"}\n\n\
             event: content_block_delta\n\
             data: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"data: {\\\"usage\\\"\"}}\n\n\
             event: message_delta\n\
             data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":15}}\n\n\
             event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
            Usage::new().input(425).cached_input(400).output(15),
        ),
        (
            "the end of a message may correct its input",
            Anthropic,
            "data: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":0,\"output_tokens\":0}}}\n\n\
             data: {\"type\":\"message_delta\",\"usage\":{\"input_tokens\":52,\"cache_read_input_tokens\":8,\"output_tokens\":3}}\n\n",
            Usage::new().input(60).cached_input(8).output(3),
        ),
        (
            "a stream of DashScope's own",
            DashScope,
            "id:1\nevent:result\n:HTTP_STATUS/200\n\
             data:{\"output\":{\"text\":\"Tea\"},\"usage\":{\"input_tokens\":6,\"output_tokens\":1,\"total_tokens\":7}}\n\n\
             id:2\nevent:result\n:HTTP_STATUS/200\n\
             data:{\"output\":{\"text\":\"Tea?\"},\"usage\":{\"input_tokens\":6,\"output_tokens\":2,\"total_tokens\":8}}\n\n",
            Usage::new().input(6).output(2),
        ),
        (
            "a stream of Workers AI, whose end of an emoji is half a character",
            Cloudflare,
            "data: {\"response\":\"\\ud83d\",\"p\":\"abc\"}\n\n\
             data: {\"response\":\"\\ude00\",\"usage\":{\"prompt_tokens\":12,\"completion_tokens\":2,\"total_tokens\":14}}\n\n\
             data: [DONE]\n\n",
            Usage::new().input(12).output(2),
        ),
        (
            "JSON lines",
            OpenAi,
            "{\"choices\":[{\"text\":\"é\"}],\"usage\":null}\n\
             {\"choices\":[],\"usage\":{\"prompt_tokens\":4,\"completion_tokens\":3}}\n",
            Usage::new().input(4).output(3),
        ),
        (
            "an event of several lines",
            OpenAi,
            "data: {\"usage\":\ndata:   {\"prompt_tokens\": 4,\ndata: \"completion_tokens\": 3}}\n\n",
            Usage::new().input(4).output(3),
        ),
        (
            "a stream that ends without a line's end, after a byte order mark",
            OpenAi,
            "\u{FEFF}data: {\"usage\":{\"prompt_tokens\":4,\"completion_tokens\":3}}",
            Usage::new().input(4).output(3),
        ),
    ]
}

#[test]
fn replies_of_every_shape_say_what_their_calls_have_used() {
    for (name, format, body, usage) in replies() {
        assert_eq!(usage_of(format, body.as_bytes()), Some(usage), "{name}");
    }
}

#[test]
fn a_body_may_arrive_byte_by_byte() {
    for (name, format, body, usage) in replies() {
        let mut reader = UsageReader::new(format);
        body.as_bytes().chunks(1).for_each(|byte| reader.push(byte));
        assert_eq!(reader.usage(), Some(usage), "{name}");
    }
}

#[test]
fn lines_may_end_in_a_carriage_return() {
    for (name, format, body, usage) in replies() {
        let body = body.replace("\r\n", "\n").replace('\n', "\r\n");
        assert_eq!(usage_of(format, body.as_bytes()), Some(usage), "{name}");
    }
}

#[test]
fn vendors_that_serve_openais_api_too_are_read_in_either_form() {
    for (name, format, body, usage) in replies() {
        if format == OpenAi {
            assert_eq!(usage_of(DashScope, body.as_bytes()), Some(usage), "{name}");
            assert_eq!(usage_of(Cloudflare, body.as_bytes()), Some(usage), "{name}");
        }
    }
}

#[test]
fn each_provider_has_its_form() {
    let forms = [DashScope, OpenAi, Cloudflare, OpenAi];
    let providers = [Provider::Alibaba, Provider::Castai, Provider::Cloudflare, Provider::Fireworks];
    assert_eq!(providers.map(Format::of), forms);
}

#[test]
fn a_stream_is_complete_when_it_says_so_and_a_document_only_at_its_end() {
    for (name, format, body, _) in replies() {
        let end = ["[DONE]", "message_stop", "response.completed"].into_iter().filter_map(|end| body.rfind(end)).max();
        let mut reader = UsageReader::new(format);
        let (begin, rest) = body.split_at(end.unwrap_or(0));
        reader.push(begin.as_bytes());
        assert!(!reader.is_complete(), "{name}");
        reader.push(rest.as_bytes());
        assert_eq!(reader.is_complete(), end.is_some(), "{name}");
    }
    let mut reader = UsageReader::new(OpenAi);
    for piece in ["data: [DO", "NE", "]\n"] {
        assert!(!reader.is_complete());
        reader.push(piece.as_bytes());
    }
    assert!(reader.is_complete());
    let mut reader = UsageReader::new(OpenAi);
    reader.push(b"data: [DONT]\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"[DONE]\"}}]}\n\n");
    assert!(!reader.is_complete());
}

#[test]
fn lines_may_end_in_a_carriage_return_alone() {
    for (name, format, body, usage) in replies() {
        if body.contains("data:") {
            let body = body.replace("\r\n", "\r").replace('\n', "\r");
            assert_eq!(usage_of(format, body.as_bytes()), Some(usage), "{name}");
        }
    }
}

#[test]
fn what_a_total_has_beyond_its_parts_is_output() {
    let body = br#"{"usage":{"prompt_tokens":20,"completion_tokens":198,"total_tokens":623}}"#;
    assert_eq!(usage_of(OpenAi, body), Some(Usage::new().input(20).output(603)));
}

#[test]
fn a_body_without_usage_says_nothing() {
    for body in [
        "",
        "  \n",
        "Bad gateway {\"usage\":{\"prompt_tokens\":1}}",
        "null",
        "{}",
        "{\"usage\":null}",
        "{\"usage\":{}}",
        "{\"usage\":[5,6]}",
        "[[{\"usage\":{\"prompt_tokens\":1}}]]",
        "{\"choices\":[{\"message\":{\"usage\":{\"prompt_tokens\":1}}}]}",
        "{\"usage\":{\"prompt_tokens\":1}",
        "{\"usage\":{\"prompt_tokens\":1}]}",
        "{\"error\":{\"message\":\"slow down\"}}",
        "{\"error\":{\"message\":\"slow down\"},\"usage\":{\"prompt_tokens\":1}}",
        "{\"result\":null,\"success\":false,\"errors\":[{\"code\":3040,\"message\":\"busy\"}]}",
        "{\"code\":\"Throttling\",\"message\":\"slow down\",\"request_id\":\"r-3\"}",
        "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}\n\n",
        "data: [DONE]\n\n",
    ] {
        for format in [OpenAi, Anthropic, DashScope, Cloudflare] {
            assert_eq!(usage_of(format, body.as_bytes()), None, "{body}");
        }
    }
}

#[test]
fn an_odd_value_is_as_if_missing_and_the_others_count() {
    for odd in ["null", "-7", "\"7\"", "true", "[7]", "{\"n\":7}", "7.5", "1e999", "99999999999999999999"] {
        let body = format!("{{\"usage\":{{\"prompt_tokens\":{odd},\"completion_tokens\":3,\"total_tokens\":{odd}}}}}");
        assert_eq!(usage_of(OpenAi, body.as_bytes()), Some(Usage::new().output(3)), "{odd}");
        let body = format!("{{\"usage\":{{\"seconds\":{odd},\"prompt_tokens_details\":{odd},\"input_tokens\":3}}}}");
        assert!(usage_of(OpenAi, body.as_bytes()).is_some(), "{odd}");
    }
    let body =
        br#"{"usage":{"prompt_tokens":7.0,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":"x"}}}"#;
    assert_eq!(usage_of(OpenAi, body), Some(Usage::new().input(7).output(3)));
}

#[test]
fn a_fraction_of_a_second_of_audio_counts() {
    let body = br#"{"text":"Hm.","usage":{"type":"duration","seconds":1.1}}"#;
    assert_eq!(usage_of(OpenAi, body), Some(Usage::new().audio_millis(1_100)));
}

#[test]
fn a_total_less_than_its_part_tells_no_output() {
    let body = br#"{"usage":{"prompt_tokens":8,"total_tokens":5}}"#;
    assert_eq!(usage_of(OpenAi, body), Some(Usage::new().input(8).tokens(5)));
}

#[test]
fn an_event_that_breaks_off_does_not_hide_the_next() {
    let body = b"data: {\"choices\":[{\"delta\":{\"content\":\"Ash\n\ndata: {\"usage\":{\"prompt_tokens\":4,\"completion_tokens\":3}}\n\n";
    assert_eq!(usage_of(OpenAi, body), Some(Usage::new().input(4).output(3)));
}

#[test]
fn an_error_amid_a_stream_leaves_what_was_said_before() {
    let body = b"data: {\"usage\":{\"prompt_tokens\":4,\"completion_tokens\":3}}\n\ndata: {\"error\":{\"message\":\"gone\"}}\n\n";
    assert_eq!(usage_of(OpenAi, body), Some(Usage::new().input(4).output(3)));
}

#[test]
fn what_is_too_long_is_passed_over() {
    let usage = "\"usage\":{\"prompt_tokens\":4,\"completion_tokens\":3}";
    let of_length = |length: usize| {
        let empty = format!("{{\"text\":\"\",{usage}}}").len();
        format!("{{\"text\":\"{}\",{usage}}}", "x".repeat(length - empty))
    };
    let said = Some(Usage::new().input(4).output(3));
    assert_eq!(usage_of(OpenAi, of_length(MAX_DOCUMENT_BYTES).as_bytes()), said);
    let long = of_length(MAX_DOCUMENT_BYTES + 1);
    assert_eq!(usage_of(OpenAi, long.as_bytes()), None);

    let mut reader = UsageReader::new(OpenAi);
    reader.push(b"data: ");
    long.as_bytes().chunks(1 << 16).for_each(|chunk| reader.push(chunk));
    assert_eq!(reader.usage(), None);
    reader.push(format!("\n\ndata: {{{usage}}}\n\n").as_bytes());
    assert_eq!(reader.usage(), said);
}

#[test]
fn debug_output_shows_nothing_of_the_conversation() {
    let mut reader = UsageReader::new(OpenAi);
    reader.push(b"{\"text\":\"a secret");
    assert_eq!(format!("{reader:?}"), "UsageReader { format: OpenAi, usage: None, .. }");
}

/// Bytes of which many are such as the reader looks at.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        any::<u8>().prop_map(|byte| vec![byte]),
        proptest::sample::select(vec![
            "{",
            "}",
            "[",
            "\"",
            "\\",
            ":",
            ",",
            "\n",
            "\r\n",
            "data:",
            "data: ",
            "\"usage\":",
            "\"response\":",
            "\"error\":",
            "\"prompt_tokens\":",
            "\"seconds\":",
            "\"choices\":[",
            "\"code\":",
            "\"message\":\"m\"",
            "{\"error\":\"m\"}",
            "event: error",
            ":HTTP_STATUS/429",
            "1",
            "-1e9",
            "null",
            "{\"usage\":{\"total_tokens\":5}}",
        ])
        .prop_map(|word| word.as_bytes().to_vec()),
    ];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

/// What a body says that comes in these pieces: its usage, and an error inside it.
fn in_pieces(format: Format, body: &[u8], mut cuts: Vec<usize>) -> (Option<Usage>, Option<InnerError>) {
    cuts.iter_mut().for_each(|cut| *cut %= body.len() + 1);
    cuts.extend([0, body.len()]);
    cuts.sort_unstable();
    let mut reader = UsageReader::new(format);
    cuts.windows(2).for_each(|ends| reader.push(&body[ends[0]..ends[1]]));
    reader.finish();
    (reader.usage(), reader.error().cloned())
}

proptest! {
    #[test]
    fn a_reply_says_the_same_wherever_it_is_cut(at in any::<prop::sample::Index>(), cuts in prop::collection::vec(0_usize..4_096, 0..9)) {
        let replies = replies();
        let (_, format, body, usage) = at.get(&replies);
        prop_assert_eq!(in_pieces(*format, body.as_bytes(), cuts), (Some(*usage), None));
    }

    #[test]
    fn any_bytes_are_read_without_panic_and_alike_wherever_they_are_cut(body in bytes(), cuts in prop::collection::vec(0_usize..512, 0..9)) {
        for format in [OpenAi, Anthropic, DashScope, Cloudflare] {
            let whole = in_pieces(format, &body, Vec::new());
            prop_assert_eq!(whole.0, usage_of(format, &body));
            prop_assert_eq!(in_pieces(format, &body, cuts.clone()), whole);
        }
    }
}
