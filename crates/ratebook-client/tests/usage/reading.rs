//! Reading bodies: in chunks, with any line ends, incomplete, malformed.

use proptest::prelude::*;
use ratebook::Provider;
use ratebook_client::usage::{Format, InnerError, MAX_DOCUMENT_BYTES, UsageReader, usage_of};
use ratebook_limiter::Usage;

use Format::{Anthropic, Cloudflare, Cohere, Converse, DashScope, Gemini, Openai, Perplexity};

use crate::responses::responses;

#[test]
fn responses_in_every_format_report_their_usage() {
    for (name, format, body, usage) in responses() {
        assert_eq!(usage_of(format, body.as_bytes()), Some(usage), "{name}");
    }
}

#[test]
fn a_body_may_arrive_byte_by_byte() {
    for (name, format, body, usage) in responses() {
        let mut reader = UsageReader::new(format);
        body.as_bytes().chunks(1).for_each(|byte| reader.push(byte));
        assert_eq!(reader.usage(), Some(usage), "{name}");
    }
}

#[test]
fn lines_may_end_in_a_carriage_return() {
    for (name, format, body, usage) in responses() {
        let body = body.replace("\r\n", "\n").replace('\n', "\r\n");
        assert_eq!(usage_of(format, body.as_bytes()), Some(usage), "{name}");
    }
}

#[test]
fn vendors_that_also_serve_openais_api_are_read_in_both_formats() {
    for (name, format, body, usage) in responses() {
        for other in [DashScope, Cloudflare, Gemini, Converse].into_iter().filter(|_| format == Openai) {
            assert_eq!(usage_of(other, body.as_bytes()), Some(usage), "{name}");
        }
    }
}

#[test]
fn each_provider_has_its_format() {
    for (provider, format) in [
        (Provider::Alibaba, DashScope),
        (Provider::Anthropic, Anthropic),
        (Provider::Azure, Openai),
        (Provider::Bedrock, Converse),
        (Provider::Castai, Openai),
        (Provider::Cloudflare, Cloudflare),
        (Provider::Cohere, Cohere),
        (Provider::Fireworks, Openai),
        (Provider::Gemini, Gemini),
        (Provider::GithubModels, Openai),
        (Provider::Groq, Openai),
        (Provider::Mistral, Openai),
        (Provider::Openai, Openai),
        (Provider::Perplexity, Perplexity),
        (Provider::Vertex, Gemini),
        (Provider::Xai, Openai),
    ] {
        assert_eq!(Format::of(provider), format, "{provider}");
    }
}

#[test]
fn a_stream_is_complete_at_its_last_event_and_a_document_only_at_its_end() {
    for (name, format, body, _) in responses() {
        let ends = ["[DONE]", "message_stop", "response.completed", "message-end", "stream-end"];
        let end = ends.into_iter().filter_map(|end| body.rfind(end)).max();
        let mut reader = UsageReader::new(format);
        let (begin, rest) = body.split_at(end.unwrap_or(0));
        reader.push(begin.as_bytes());
        assert!(!reader.is_complete(), "{name}");
        reader.push(rest.as_bytes());
        assert_eq!(reader.is_complete(), end.is_some(), "{name}");
    }
    let mut reader = UsageReader::new(Openai);
    for piece in ["data: [DO", "NE", "]\n"] {
        assert!(!reader.is_complete());
        reader.push(piece.as_bytes());
    }
    assert!(reader.is_complete());
    let mut reader = UsageReader::new(Openai);
    reader.push(b"data: [DONT]\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"[DONE]\"}}]}\n\n");
    assert!(!reader.is_complete());
}

#[test]
fn lines_may_end_in_a_carriage_return_alone() {
    for (name, format, body, usage) in responses() {
        if body.contains("data:") {
            let body = body.replace("\r\n", "\r").replace('\n', "\r");
            assert_eq!(usage_of(format, body.as_bytes()), Some(usage), "{name}");
        }
    }
}

#[test]
fn the_rest_of_a_total_is_output() {
    let body = br#"{"usage":{"prompt_tokens":20,"completion_tokens":198,"total_tokens":623}}"#;
    assert_eq!(usage_of(Openai, body), Some(Usage::new().input(20).output(603)));
}

#[test]
fn a_body_without_usage_has_none() {
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
        for format in [Openai, Anthropic, DashScope, Cloudflare, Gemini, Converse, Cohere, Perplexity] {
            assert_eq!(usage_of(format, body.as_bytes()), None, "{body}");
        }
    }
}

#[test]
fn an_invalid_value_is_ignored_and_the_others_count() {
    for invalid in ["null", "-7", "\"7\"", "true", "[7]", "{\"n\":7}", "7.5", "1e999", "99999999999999999999"] {
        let body =
            format!("{{\"usage\":{{\"prompt_tokens\":{invalid},\"completion_tokens\":3,\"total_tokens\":{invalid}}}}}");
        assert_eq!(usage_of(Openai, body.as_bytes()), Some(Usage::new().output(3)), "{invalid}");
        let body =
            format!("{{\"usage\":{{\"seconds\":{invalid},\"prompt_tokens_details\":{invalid},\"input_tokens\":3}}}}");
        assert!(usage_of(Openai, body.as_bytes()).is_some(), "{invalid}");
    }
    let body =
        br#"{"usage":{"prompt_tokens":7.0,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":"x"}}}"#;
    assert_eq!(usage_of(Openai, body), Some(Usage::new().input(7).output(3)));
}

#[test]
fn a_fraction_of_a_second_of_audio_counts() {
    let body = br#"{"text":"Hm.","usage":{"type":"duration","seconds":1.1}}"#;
    assert_eq!(usage_of(Openai, body), Some(Usage::new().audio_millis(1_100)));
}

#[test]
fn a_total_below_its_part_gives_no_output() {
    let body = br#"{"usage":{"prompt_tokens":8,"total_tokens":5}}"#;
    assert_eq!(usage_of(Openai, body), Some(Usage::new().input(8).tokens(5)));
}

#[test]
fn an_unfinished_event_does_not_hide_the_next() {
    let body = b"data: {\"choices\":[{\"delta\":{\"content\":\"Ash\n\ndata: {\"usage\":{\"prompt_tokens\":4,\"completion_tokens\":3}}\n\n";
    assert_eq!(usage_of(Openai, body), Some(Usage::new().input(4).output(3)));
}

#[test]
fn an_error_in_a_stream_keeps_the_usage_before_it() {
    let body = b"data: {\"usage\":{\"prompt_tokens\":4,\"completion_tokens\":3}}\n\ndata: {\"error\":{\"message\":\"gone\"}}\n\n";
    assert_eq!(usage_of(Openai, body), Some(Usage::new().input(4).output(3)));
}

#[test]
fn an_object_that_is_too_long_is_skipped() {
    let usage = "\"usage\":{\"prompt_tokens\":4,\"completion_tokens\":3}";
    let of_length = |length: usize| {
        let empty = format!("{{\"text\":\"\",{usage}}}").len();
        format!("{{\"text\":\"{}\",{usage}}}", "x".repeat(length - empty))
    };
    let reported = Some(Usage::new().input(4).output(3));
    assert_eq!(usage_of(Openai, of_length(MAX_DOCUMENT_BYTES).as_bytes()), reported);
    let long = of_length(MAX_DOCUMENT_BYTES + 1);
    assert_eq!(usage_of(Openai, long.as_bytes()), None);

    let mut reader = UsageReader::new(Openai);
    reader.push(b"data: ");
    long.as_bytes().chunks(1 << 16).for_each(|chunk| reader.push(chunk));
    assert_eq!(reader.usage(), None);
    reader.push(format!("\n\ndata: {{{usage}}}\n\n").as_bytes());
    assert_eq!(reader.usage(), reported);
}

#[test]
fn debug_output_does_not_contain_the_body() {
    let mut reader = UsageReader::new(Openai);
    reader.push(b"{\"text\":\"a secret");
    assert_eq!(format!("{reader:?}"), "UsageReader { format: Openai, usage: None, .. }");
}

/// Bytes with many fragments of events, JSON and usage.
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

/// Reads a body in chunks. Returns its usage and the error inside it.
fn in_chunks(format: Format, body: &[u8], mut cuts: Vec<usize>) -> (Option<Usage>, Option<InnerError>) {
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
    fn usage_does_not_depend_on_chunk_boundaries(at in any::<prop::sample::Index>(), cuts in prop::collection::vec(0_usize..4_096, 0..9)) {
        let responses = responses();
        let (_, format, body, usage) = at.get(&responses);
        prop_assert_eq!(in_chunks(*format, body.as_bytes(), cuts), (Some(*usage), None));
    }

    #[test]
    fn any_bytes_are_read_without_panic_and_alike_in_any_chunks(body in bytes(), cuts in prop::collection::vec(0_usize..512, 0..9)) {
        for format in [Openai, Anthropic, DashScope, Cloudflare, Gemini, Converse, Cohere, Perplexity] {
            let whole = in_chunks(format, &body, Vec::new());
            prop_assert_eq!(whole.0, usage_of(format, &body));
            prop_assert_eq!(in_chunks(format, &body, cuts.clone()), whole);
        }
    }
}
