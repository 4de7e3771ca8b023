//! Media, data and URLs in bodies.

use crate::{estimate, estimated};

#[test]
fn images_audio_and_files_do_not_count_as_text() {
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
    assert_eq!(estimated(&body), estimate!(input: 3 + 5 + 4, media: 5));
}

#[test]
fn text_that_begins_like_a_data_url_counts_as_text() {
    let text = format!("data: what is ;base64? {}", "x".repeat(5_000));
    let dense = "data:image/png;base64,QUJD";
    let part = format!(r#"[{{"type": "text", "text": "{dense}"}}]"#);
    for (content, length) in [(format!("\"{text}\""), text.len()), (format!("\"{dense}\""), 26), (part, 26)] {
        let body = format!(r#"{{"messages": [{{"role": "user", "content": {content}}}]}}"#);
        assert_eq!((estimated(&body).input, estimated(&body).media), (3 + 5 + length as u64, 0), "{content}");
    }
    for field in ["prompt", "input", "system", "instructions", "query"] {
        assert_eq!(estimated(&format!(r#"{{"{field}": "{dense}"}}"#)).input, 3 + 26, "{field}");
    }
    assert_eq!(estimated(&format!(r#"{{"prompt": ["{dense}", "a"]}}"#)).input, 3 + 27);
}

#[test]
fn an_unknown_field_is_data_only_if_it_is_a_complete_base64_data_url() {
    let part = |odd: &str| estimated(&format!(r#"{{"messages": [{{"role": "user", "odd": "{odd}"}}]}}"#));
    assert_eq!((part("data:a/b;base64,QUJD").input, part("data:a/b;base64,QUJD").media), (3 + 5, 1));
    for text in ["data:a/b;base64,QUJD what?", "data:a/b;base64,QU?D", "data:a/b,QUJD", "data:;base64"] {
        assert_eq!((part(text).input, part(text).media), (3 + 5 + text.len() as u64, 0), "{text}");
    }
}

#[test]
fn known_field_names_count_as_text_in_other_places() {
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
            let estimate = estimated(&format!(r#"{{"messages": [{around}]}}"#));
            assert!(estimate.input >= text.len() as u64, "{name} {:.60} {}", around, estimate.input);
        }
    }
}

#[test]
fn untyped_parts_are_recognized_by_their_keys() {
    let data = "QUJD".repeat(1_000);
    let short = "QUJD".repeat(200);
    let body = format!(
        r#"{{"input": {{"messages": [{{"role": "user", "content": [
            {{"image": "data:image/png;base64,{data}"}}, {{"image": "https://example.org/a.png?{short}"}},
            {{"video": ["oss://a/1.png", "oss://a/2.png"], "fps": 2}}, {{"text": "12345"}}
        ]}}]}}}}"#
    );
    assert_eq!((estimated(&body).input, estimated(&body).media), (3 + 5 + 4 + 5, 4));
}

#[test]
fn encrypted_and_signed_data_does_not_count_as_text() {
    let data = "QUJD".repeat(1_000);
    let body = format!(
        r#"{{"messages": [{{"role": "assistant", "content": [
            {{"type": "thinking", "thinking": "12345", "signature": "{data}"}},
            {{"type": "reasoning", "id": "r", "encrypted_content": "{data}"}},
            {{"type": "image_generation_call", "id": "i", "status": "completed", "result": "{data}"}}
        ]}}]}}"#
    );
    assert_eq!((estimated(&body).input, estimated(&body).media), (3 + 5 + 5, 1));
}

#[test]
fn media_in_an_images_field_are_counted() {
    let estimate = estimated(
        r#"{"model":"accounts/fireworks/models/phi-3-vision-128k-instruct","prompt":"USER:<image>\nTell me about the image\n\nASSISTANT:","images":["data:image/jpeg;base64,/9j/4AAQSkZJRgABAQAAAQABAAD"],"max_tokens":50}"#,
    );
    assert_eq!((estimate.input, estimate.media, estimate.is_uncertain()), (3 + 48, 1, true));
}

#[test]
fn media_in_unknown_fields_are_counted() {
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
        let estimate = estimated(&format!(r#"{{"prompt": "12345", "max_tokens": 5, {fields}}}"#));
        assert_eq!(estimate.media, media, "{fields}");
        assert!(estimate.input >= 3 + 5, "{fields}");
    }
}

#[test]
fn media_in_the_input_of_a_task_are_counted() {
    for (media, input) in [
        (1, r#"{"prompt": "12", "img_url": "https://example.org/1"}"#),
        (2, r#"{"prompt": "12", "first_frame_url": "https://a.org/1", "last_frame_url": "https://a.org/2"}"#),
        (2, r#"{"prompt": "12", "images": ["https://a.org/1", "https://a.org/2"]}"#),
        (1, r#"{"prompt": "12", "odd": "https://a.org/a.wav"}"#),
        (0, r#"{"prompt": "https://a.org/a.wav"}"#),
        (0, r#"{"messages": [{"role": "user", "content": "https://a.org/a.wav"}]}"#),
        (1, r#"{"messages": [{"role": "user", "content": "12", "picture": "https://a.org/1"}]}"#),
    ] {
        assert_eq!(estimated(&format!(r#"{{"input": {input}, "parameters": {{"n": 1}}}}"#)).media, media, "{input}");
    }
}
