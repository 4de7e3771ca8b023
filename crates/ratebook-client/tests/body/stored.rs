//! Inputs that the vendor stores and a body only names.

use ratebook_client::estimate::STORED_INPUT_TOKENS;
use ratebook_limiter::Cost;

use crate::estimated;

#[test]
fn a_stored_input_adds_a_default_or_the_given_tokens() {
    let request = r#"{"model": "qwen-plus", "input": "And the second one?", "previous_response_id": "resp_68e0", "max_output_tokens": 500}"#;
    let conversation = r#"{"model": "gpt-5", "input": [{"role": "user", "content": "And the second one?"}], "conversation": "conv_689667905b048191b4740501625afd940c7533ace33a2dab", "max_output_tokens": 500}"#;
    let template = r#"{"model": "gpt-5", "prompt": {"id": "pmpt_123", "version": "2", "variables": {"city": "San Francisco"}}, "max_output_tokens": 500}"#;
    for (body, input) in [(request, 3 + 19), (conversation, 3 + 5 + 19)] {
        let estimate = estimated(body);
        assert_eq!((estimate.input, estimate.stored_inputs, estimate.is_uncertain()), (input, 1, true), "{body}");
        assert_eq!(estimate.cost(), Cost::request().input(input + STORED_INPUT_TOKENS).output(500));
        let known = estimate.or_stored_input(4_100);
        assert_eq!((known.input, known.stored_inputs), (input + 4_100, 0));
        assert_eq!(known.cost(), Cost::request().input(input + 4_100).output(500));
    }
    let estimate = estimated(template);
    assert!(estimate.stored_inputs == 1 && estimate.input >= 3 + 13, "{estimate:?}");
}

#[test]
fn stored_inputs_are_counted_in_any_field() {
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
        assert_eq!(estimated(body).stored_inputs, held, "{body}");
    }
}

#[test]
fn fields_that_only_resemble_stored_inputs_are_not_counted() {
    for body in [
        r#"{"input": "a", "previous_response_id": null, "conversation": null}"#,
        r#"{"input": "a", "previous_response_id": ""}"#,
        r#"{"input": "a", "metadata": {"conversation_id": "mine"}, "session_id": "mine"}"#,
        r#"{"messages": [{"role": "tool", "content": {"file_id": "f", "thread_id": "t"}}]}"#,
        r#"{"messages": [{"role": "user", "content": "what does fileid:// mean? or previous_response_id"}]}"#,
        r#"{"input": "a", "tools": [{"function": {"parameters": {"properties": {"file_id": {"type": "string"}}, "required": ["file_id"]}}}]}"#,
    ] {
        let estimate = estimated(body);
        assert_eq!((estimate.stored_inputs, estimate.or_stored_input(9_000)), (0, estimate), "{body}");
    }
}
