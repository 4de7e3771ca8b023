//! Cases from the field: requests whose cost does not stand in their texts.
#![cfg(feature = "body")]

use ratebook::Provider;
use ratebook_client::estimate::{Asked, Bytes, HELD_TOKENS, asked_by};
use ratebook_limiter::{Account, Cost};

fn asked(body: &str) -> Asked {
    asked_by(&Bytes, body.as_bytes()).unwrap()
}

/// Two tasks a second may be submitted, and four images of one task are one.
#[test]
fn wan_four_images_never() {
    let asked = asked(
        r#"{"model": "wan2.2-t2i-flash", "input": {"prompt": "a flower shop with a carved door", "negative_prompt": "blurry"}, "parameters": {"size": "1024*1024", "n": 4}}"#,
    );
    assert_eq!(asked.completions, 4);
    let account = Account::builder(Provider::Alibaba).region("china-mainland").build().unwrap();
    let wan = account.model("wan2.2-t2i-flash").unwrap();
    for cost in [asked.cost(), asked.cost_at(Provider::Alibaba)] {
        drop(wan.try_acquire(cost).unwrap());
    }
}

#[test]
fn completions_are_requests_where_the_policy_says_so() {
    let says_so = |provider: Provider| provider.policy().notes.iter().any(|note| note.contains("counts n times"));
    let asked = asked(r#"{"prompt": "", "n": 4}"#);
    for provider in Provider::ALL.iter().copied() {
        let requests = if says_so(provider) { 4 } else { 1 };
        assert_eq!(asked.cost_at(provider), Cost::request().requests(requests).input(3), "{provider}");
    }
    assert!(says_so(Provider::Fireworks));
}

#[test]
fn previous_response_id() {
    let request = r#"{"model": "qwen-plus", "input": "And the second one?", "previous_response_id": "resp_68e0", "max_output_tokens": 500}"#;
    let conversation = r#"{"model": "gpt-5", "input": [{"role": "user", "content": "And the second one?"}], "conversation": "conv_689667905b048191b4740501625afd940c7533ace33a2dab", "max_output_tokens": 500}"#;
    let template = r#"{"model": "gpt-5", "prompt": {"id": "pmpt_123", "version": "2", "variables": {"city": "San Francisco"}}, "max_output_tokens": 500}"#;
    for (body, input) in [(request, 3 + 19), (conversation, 3 + 5 + 19)] {
        let asked = asked(body);
        assert_eq!((asked.input, asked.held, asked.is_uncertain()), (input, 1, true), "{body}");
        assert_eq!(asked.cost(), Cost::request().input(input + HELD_TOKENS).output(500));
        let known = asked.or_held(4_100);
        assert_eq!((known.input, known.held), (input + 4_100, 0));
        assert_eq!(known.cost(), Cost::request().input(input + 4_100).output(500));
    }
    let asked = asked(template);
    assert!(asked.held == 1 && asked.input >= 3 + 13, "{asked:?}");
}

#[test]
fn what_the_vendor_holds_is_marked_wherever_it_is_named() {
    for (held, body) in [
        (1, r#"{"input": "a", "conversation": {"id": "conv_1"}}"#),
        (1, r#"{"prompt": {"id": "pmpt_1"}, "input": "a"}"#),
        (2, r#"{"assistant_id": "asst_1", "thread_id": "thread_1"}"#),
        (1, r#"{"contents": [{"parts": [{"text": "a"}]}], "cachedContent": "cachedContents/1"}"#),
        (
            1,
            r#"{"contents": [{"parts": [{"fileData": {"mimeType": "application/pdf", "fileUri": "https://g/v1/files/1"}}]}]}"#,
        ),
        (
            2,
            r#"{"messages": [{"role": "system", "content": "fileid://file-fe-1,fileid://file-fe-2"}, {"role": "user", "content": "a"}]}"#,
        ),
        (1, r#"{"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": "file-1"}}]}]}"#),
        (
            1,
            r#"{"messages": [{"role": "user", "content": [{"type": "document", "source": {"type": "file", "file_id": "file_1"}}]}]}"#,
        ),
        (1, r#"{"input": [{"role": "user", "content": [{"type": "input_file", "file_id": "file-1"}]}]}"#),
        (1, r#"{"input": [{"type": "item_reference", "id": "msg_1"}]}"#),
        (1, r#"{"messages": [{"role": "assistant", "audio": {"id": "audio_1"}}]}"#),
        (1, r#"{"messages": [{"role": "user", "content": "a", "attachments": [{"file_id": "file-1", "tools": []}]}]}"#),
        (2, r#"{"input": "a", "tools": [{"type": "file_search", "vector_store_ids": ["vs_1", "vs_2"]}]}"#),
        (1, r#"{"input": {"prompt": "a", "session_id": "s1"}}"#),
        (2, r#"{"input": {"prompt": "a"}, "parameters": {"rag_options": {"file_ids": ["f1", "f2"]}}}"#),
    ] {
        assert_eq!(asked(body).held, held, "{body}");
    }
}

#[test]
fn what_only_looks_held_is_not() {
    for body in [
        r#"{"input": "a", "previous_response_id": null, "conversation": null}"#,
        r#"{"input": "a", "previous_response_id": ""}"#,
        r#"{"input": "a", "metadata": {"conversation_id": "mine"}, "session_id": "mine"}"#,
        r#"{"messages": [{"role": "tool", "content": {"file_id": "f", "thread_id": "t"}}]}"#,
        r#"{"messages": [{"role": "user", "content": "what does fileid:// mean? or previous_response_id"}]}"#,
        r#"{"input": "a", "tools": [{"function": {"parameters": {"properties": {"file_id": {"type": "string"}}, "required": ["file_id"]}}}]}"#,
    ] {
        let asked = asked(body);
        assert_eq!((asked.held, asked.or_held(9_000)), (0, asked), "{body}");
    }
}

#[test]
fn media_in_images_field() {
    let asked = asked(
        r#"{"model":"accounts/fireworks/models/phi-3-vision-128k-instruct","prompt":"USER:<image>\nTell me about the image\n\nASSISTANT:","images":["data:image/jpeg;base64,/9j/4AAQSkZJRgABAQAAAQABAAD"],"max_tokens":50}"#,
    );
    assert_eq!((asked.input, asked.media, asked.is_uncertain()), (3 + 48, 1, true));
}

#[test]
fn media_in_fields_that_nobody_knows_are_counted() {
    let base64 = "QUJD".repeat(50);
    for (media, fields) in [
        (2, r#""images": ["https://example.org/1", "data:image/png;base64,QUJD"]"#.to_owned()),
        (1, r#""image": "QUJD""#.to_owned()),
        (1, r#""image": [137, 80, 78, 71]"#.to_owned()),
        (1, r#""image": {"url": "https://example.org/1"}"#.to_owned()),
        (1, r#""image_url": "https://example.org/1""#.to_owned()),
        (1, r#""image_url": {"url": "data:image/png;base64,QUJD", "detail": "low"}"#.to_owned()),
        (1, format!(r#""mask_b64": "x", "init_image": "{base64}""#)),
        (
            2,
            r#""first_frame_url": "https://example.org/1", "extra": {"deep": ["https://example.org/a.MP4?sign=1"]}"#
                .to_owned(),
        ),
        (1, r#""audio": "https://example.org/1""#.to_owned()),
        (1, r#""video": "oss://bucket/1""#.to_owned()),
        (1, r#""anything": "DATA:audio/wav;base64,QUJD""#.to_owned()),
        (1, r#""attachments": [{"mimeType": "image/png", "data": "QUJD"}]"#.to_owned()),
        (0, r#""audio": {"voice": "alloy", "format": "wav"}, "modalities": ["text", "audio"]"#.to_owned()),
        (0, r#""image_size": "1024x1024", "image_quality": "high", "video_fps": 2, "images": []"#.to_owned()),
        (0, r#""callback_url": "https://example.org/hook", "user": "https://example.org/ann""#.to_owned()),
        (0, r#""tools": [{"description": "such as https://example.org/a.png"}]"#.to_owned()),
        (0, r#""metadata": {"image": "https://example.org/a.png"}, "stop": ["a.png"]"#.to_owned()),
    ] {
        let asked = asked(&format!(r#"{{"prompt": "12345", "max_tokens": 5, {fields}}}"#));
        assert_eq!(asked.media, media, "{fields}");
        assert!(asked.input >= 3 + 5, "{fields}");
    }
}

#[test]
fn media_of_a_task_stand_in_its_input() {
    for (media, input) in [
        (1, r#"{"prompt": "12", "img_url": "https://example.org/1"}"#),
        (2, r#"{"prompt": "12", "first_frame_url": "https://a.org/1", "last_frame_url": "https://a.org/2"}"#),
        (2, r#"{"prompt": "12", "images": ["https://a.org/1", "https://a.org/2"]}"#),
        (1, r#"{"prompt": "12", "odd": "https://a.org/a.wav"}"#),
        (0, r#"{"prompt": "https://a.org/a.wav"}"#),
        (0, r#"{"messages": [{"role": "user", "content": "https://a.org/a.wav"}]}"#),
        (1, r#"{"messages": [{"role": "user", "content": "12", "picture": "https://a.org/1"}]}"#),
    ] {
        assert_eq!(asked(&format!(r#"{{"input": {input}, "parameters": {{"n": 1}}}}"#)).media, media, "{input}");
    }
}
