//! Sample responses in every format, and the usage they report.

use ratebook_client::usage::Format;
use ratebook_limiter::Usage;

use Format::{Anthropic, Cloudflare, Cohere, Converse, DashScope, Gemini, Openai, Perplexity};

/// Hand-written responses in the formats of the vendors: name, format, body, usage.
pub(crate) fn responses() -> Vec<(&'static str, Format, &'static str, Usage)> {
    vec![
        (
            "a chat",
            Openai,
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
            Openai,
            r#"{"object":"list","data":[{"embedding":[0.5,-0.25],"index":0}],"usage":{"prompt_tokens":8,"total_tokens":8}}"#,
            Usage::new().input(8).output(0),
        ),
        (
            "a response",
            Openai,
            r#"{"object":"response","error":null,"output":[],"usage":{"input_tokens":75,"input_tokens_details":{"cached_tokens":64},
                "output_tokens":12,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":87}}"#,
            Usage::new().input(75).cached_input(64).output(12),
        ),
        (
            "a transcription with a duration",
            Openai,
            r#"{"text":"Rain by noon.","usage":{"type":"duration","seconds":95}}"#,
            Usage::new().audio_millis(95_000),
        ),
        (
            "a transcription with tokens",
            Openai,
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
            Openai,
            "data: {\"choices\":[{\"delta\":{\"content\":\"Snow\"}}],\"usage\":null}\n\n\
             data: {\"choices\":[{\"delta\":{\"content\":\".\"}}],\"usage\":null}\n\n\
             data: {\"choices\":[],\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":2,\"total_tokens\":13}}\n\n\
             data: [DONE]\n\n",
            Usage::new().input(11).output(2),
        ),
        (
            "a stream of a response reports its usage when it is complete",
            Openai,
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
            Openai,
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
            Openai,
            "{\"choices\":[{\"text\":\"é\"}],\"usage\":null}\n\
             {\"choices\":[],\"usage\":{\"prompt_tokens\":4,\"completion_tokens\":3}}\n",
            Usage::new().input(4).output(3),
        ),
        (
            "an event with several data lines",
            Openai,
            "data: {\"usage\":\ndata:   {\"prompt_tokens\": 4,\ndata: \"completion_tokens\": 3}}\n\n",
            Usage::new().input(4).output(3),
        ),
        (
            "a stream with a byte order mark and no final line end",
            Openai,
            "\u{FEFF}data: {\"usage\":{\"prompt_tokens\":4,\"completion_tokens\":3}}",
            Usage::new().input(4).output(3),
        ),
        (
            "Gemini counts thoughts and tool results beside the answer and the prompt",
            Gemini,
            r#"{"candidates":[{"content":{"parts":[{"text":"Moss."}],"role":"model"},"finishReason":"STOP"}],
                "usageMetadata":{"promptTokenCount":90,"cachedContentTokenCount":64,"candidatesTokenCount":4,
                "thoughtsTokenCount":30,"toolUsePromptTokenCount":25,"totalTokenCount":149}}"#,
            Usage::new().input(115).cached_input(64).output(34),
        ),
        (
            "a stream of Gemini repeats the prompt and raises the rest",
            Gemini,
            "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Fern\"}]}}],\"usageMetadata\":\
             {\"promptTokenCount\":8,\"candidatesTokenCount\":1,\"thoughtsTokenCount\":20,\"totalTokenCount\":29}}\r\n\r\n\
             data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"s.\"}]}}],\"usageMetadata\":\
             {\"promptTokenCount\":8,\"candidatesTokenCount\":3,\"thoughtsTokenCount\":20,\"totalTokenCount\":31}}\r\n\r\n",
            Usage::new().input(8).output(23),
        ),
        (
            "Gemini's stream as an array",
            Gemini,
            r#"[{"usageMetadata":{"promptTokenCount":6,"totalTokenCount":6}},
                {"usageMetadata":{"promptTokenCount":6,"candidatesTokenCount":2,"totalTokenCount":8}}]"#,
            Usage::new().input(6).output(2),
        ),
        (
            "Converse counts cached tokens beside the input",
            Converse,
            r#"{"output":{"message":{"role":"assistant","content":[{"text":"Slate."}]}},"stopReason":"end_turn",
                "usage":{"inputTokens":12,"outputTokens":5,"totalTokens":1017,"cacheReadInputTokens":800,
                "cacheWriteInputTokens":200},"metrics":{"latencyMs":410}}"#,
            Usage::new().input(1_012).cached_input(800).cache_written_input(200).output(5),
        ),
        (
            "a message by way of Bedrock",
            Converse,
            r#"{"type":"message","content":[{"type":"text","text":"Clay."}],"usage":{"input_tokens":20,
                "cache_creation_input_tokens":0,"cache_read_input_tokens":60,"output_tokens":7}}"#,
            Usage::new().input(80).cached_input(60).output(7),
        ),
        (
            "Cohere's chat of version 2 bills less than it counts",
            Cohere,
            r#"{"id":"c-2","finish_reason":"COMPLETE","message":{"role":"assistant","content":[{"type":"text","text":"Peat."}]},
                "usage":{"billed_units":{"input_tokens":9,"output_tokens":3},"tokens":{"input_tokens":74,"output_tokens":3},
                "cached_tokens":16}}"#,
            Usage::new().input(74).cached_input(16).output(3),
        ),
        (
            "Cohere's chat of version 1",
            Cohere,
            r#"{"text":"Peat.","meta":{"api_version":{"version":"1"},"billed_units":{"input_tokens":9,"output_tokens":3},
                "tokens":{"input_tokens":74,"output_tokens":4}}}"#,
            Usage::new().input(74).output(4),
        ),
        (
            "Cohere's embeddings",
            Cohere,
            r#"{"embeddings":{"float":[[0.5]]},"texts":["Loam"],"meta":{"billed_units":{"input_tokens":2}}}"#,
            Usage::new().input(2),
        ),
        (
            "a stream of Cohere reports its usage in the last event",
            Cohere,
            "event: content-delta\n\
             data: {\"type\":\"content-delta\",\"index\":0,\"delta\":{\"message\":{\"content\":{\"text\":\"Peat\"}}}}\n\n\
             event: message-end\n\
             data: {\"type\":\"message-end\",\"delta\":{\"finish_reason\":\"COMPLETE\",\"usage\":{\"billed_units\":\
             {\"input_tokens\":5,\"output_tokens\":2},\"tokens\":{\"input_tokens\":70,\"output_tokens\":2}}}}\n\n",
            Usage::new().input(70).output(2),
        ),
        (
            "a stream of Cohere's version 1 is JSON lines",
            Cohere,
            "{\"is_finished\":false,\"event_type\":\"text-generation\",\"text\":\"Peat\"}\n\
             {\"is_finished\":true,\"event_type\":\"stream-end\",\"response\":{\"text\":\"Peat\",\"meta\":\
             {\"billed_units\":{\"input_tokens\":5,\"output_tokens\":2},\"tokens\":{\"input_tokens\":70,\"output_tokens\":2}}}}\n",
            Usage::new().input(70).output(2),
        ),
        (
            "Perplexity counts citations and reasoning beside the rest",
            Perplexity,
            r#"{"choices":[{"index":0,"message":{"role":"assistant","content":"Shale."}}],"usage":{"prompt_tokens":33,
                "completion_tokens":40,"total_tokens":73,"citation_tokens":500,"num_search_queries":3,"reasoning_tokens":900}}"#,
            Usage::new().input(533).output(940),
        ),
        (
            "a stream of Perplexity has running totals",
            Perplexity,
            "data: {\"choices\":[{\"delta\":{\"content\":\"Sh\"}}],\"usage\":{\"prompt_tokens\":33,\"completion_tokens\":1,\"total_tokens\":34}}\r\n\r\n\
             data: {\"choices\":[{\"delta\":{\"content\":\"ale\"}}],\"usage\":{\"prompt_tokens\":33,\"completion_tokens\":2,\"total_tokens\":35}}\r\n\r\n",
            Usage::new().input(33).output(2),
        ),
    ]
}
