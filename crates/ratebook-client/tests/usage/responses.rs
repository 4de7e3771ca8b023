//! Sample responses in every format, and the usage they report.

use ratebook_client::usage::Format;
use ratebook_limiter::Usage;

use Format::{Anthropic, Cloudflare, DashScope, OpenAi};

/// Hand-written responses in the formats of the vendors: name, format, body, usage.
pub(crate) fn responses() -> Vec<(&'static str, Format, &'static str, Usage)> {
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
            "a transcription with a duration",
            OpenAi,
            r#"{"text":"Rain by noon.","usage":{"type":"duration","seconds":95}}"#,
            Usage::new().audio_millis(95_000),
        ),
        (
            "a transcription with tokens",
            OpenAi,
            r#"{"text":"Rain.","usage":{"type":"tokens","input_tokens":14,"output_tokens":3,"total_tokens":17}}"#,
            Usage::new().input(14).output(3),
        ),
        (
            "a message",
            Anthropic,
            r#"{"type":"message","content":[{"type":"text","text":"Tide at six."}],"usage":{"input_tokens":20,
                "cache_creation_input_tokens":300,"cache_read_input_tokens":1000,"output_tokens":7}}"#,
            Usage::new().input(1_320).cached_input(1_000).cache_written_input(300).output(7),
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
            "a chat stream reports its usage in the last chunk",
            OpenAi,
            "data: {\"choices\":[{\"delta\":{\"content\":\"Snow\"}}],\"usage\":null}\n\n\
             data: {\"choices\":[{\"delta\":{\"content\":\".\"}}],\"usage\":null}\n\n\
             data: {\"choices\":[],\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":2,\"total_tokens\":13}}\n\n\
             data: [DONE]\n\n",
            Usage::new().input(11).output(2),
        ),
        (
            "a stream of a response reports its usage when it is complete",
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
            "of running totals, the largest counts",
            OpenAi,
            "data: {\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":1,\"total_tokens\":10}}\r\n\r\n\
             : still here\r\n\r\n\
             data: {\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":6,\"total_tokens\":15}}\r\n\r\n\
             data: [DONE]\r\n\r\n",
            Usage::new().input(9).output(6),
        ),
        (
            "a message stream reports the input first and the output last",
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
            "a stream in DashScope's native format",
            DashScope,
            "id:1\nevent:result\n:HTTP_STATUS/200\n\
             data:{\"output\":{\"text\":\"Tea\"},\"usage\":{\"input_tokens\":6,\"output_tokens\":1,\"total_tokens\":7}}\n\n\
             id:2\nevent:result\n:HTTP_STATUS/200\n\
             data:{\"output\":{\"text\":\"Tea?\"},\"usage\":{\"input_tokens\":6,\"output_tokens\":2,\"total_tokens\":8}}\n\n",
            Usage::new().input(6).output(2),
        ),
        (
            "a Workers AI stream that splits a surrogate pair",
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
            "an event with several data lines",
            OpenAi,
            "data: {\"usage\":\ndata:   {\"prompt_tokens\": 4,\ndata: \"completion_tokens\": 3}}\n\n",
            Usage::new().input(4).output(3),
        ),
        (
            "a stream with a byte order mark and no final line end",
            OpenAi,
            "\u{FEFF}data: {\"usage\":{\"prompt_tokens\":4,\"completion_tokens\":3}}",
            Usage::new().input(4).output(3),
        ),
    ]
}
