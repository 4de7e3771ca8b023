//! Stored inputs: input that the vendor keeps and the request only names, such as a conversation, a stored prompt or a
//! file.

use std::borrow::Cow;

use crate::json;

/// Fields that name a stored input or a list of them, anywhere outside of texts.
const NAME_FIELDS: [&str; 21] = [
    "previous_response_id",
    "previous_interaction_id",
    "conversation",
    "conversation_id",
    "parent_message_id",
    "thread_id",
    "assistant_id",
    "context_id",
    "prompt_id",
    "cachedContent",
    "cached_content",
    "file_id",
    "file_ids",
    "fileId",
    "fileIds",
    "file_uri",
    "fileUri",
    "vector_store_ids",
    "knowledge_base_ids",
    "pipeline_ids",
    "memory_id",
];

/// Fields whose object names a stored input by its `id`.
const OBJECT_FIELDS: [&str; 2] = ["conversation", "prompt"];

/// Fields that name a stored input only inside DashScope's `input`. Elsewhere a session is a label of the user's own.
const INPUT_NAME_FIELDS: [&str; 1] = ["session_id"];

/// Prefix of a DashScope file name in a system message.
const FILE_PREFIX: &str = "fileid://";

/// Objects and arrays nested deeper are not searched.
const MAX_DEPTH: usize = 16;

/// Counts the stored inputs that a field outside of the prompt names.
pub(super) fn in_field(key: &str, value: &str) -> u64 {
    walk(key, value, 0)
}

/// Counts the stored inputs that the fields of an `input` object name.
pub(super) fn in_input(fields: &[(Cow<'_, str>, &str)]) -> u64 {
    let is_name_field = |key: &str| NAME_FIELDS.contains(&key) || INPUT_NAME_FIELDS.contains(&key);
    count(fields, is_name_field)
}

/// Counts the stored inputs that a message or a part names.
pub(super) fn in_part(fields: &[(Cow<'_, str>, &str)]) -> u64 {
    let is =
        |name: &str, wanted: &str| fields.iter().any(|(key, value)| key == name && *json::decoded(value) == *wanted);
    let is_reference = is("type", "item_reference") || is("role", "cache");
    // An assistant's earlier audio, and the attachments of a message.
    let nested = fields
        .iter()
        .filter(|(key, _)| matches!(&**key, "audio" | "attachments"))
        .map(|(key, value)| if key == "audio" { named_object(value) } else { walk(key, value, 0) });
    let files = |key: &str| key.starts_with("file") && NAME_FIELDS.contains(&key);
    nested.fold(u64::from(is_reference), u64::saturating_add).saturating_add(count(fields, files))
}

/// Counts the files in a text that consists of file names: `fileid://file-fe-1,fileid://file-fe-2`.
pub(super) fn in_text(text: &str) -> u64 {
    if text.starts_with(FILE_PREFIX) { text.matches(FILE_PREFIX).count() as u64 } else { 0 }
}

fn count(fields: &[(Cow<'_, str>, &str)], is_name_field: impl Fn(&str) -> bool) -> u64 {
    let named = fields.iter().filter(|(key, _): &&(Cow<'_, str>, &str)| is_name_field(key));
    named.fold(0, |sum, (_, value)| sum.saturating_add(names(value)))
}

fn walk(key: &str, value: &str, depth: usize) -> u64 {
    let mut sum = if NAME_FIELDS.contains(&key) { names(value) } else { 0 };
    if OBJECT_FIELDS.contains(&key) {
        sum = sum.saturating_add(named_object(value));
    }
    // `metadata` is the user's own.
    if sum > 0 || depth > MAX_DEPTH || key == "metadata" {
        return sum;
    }
    match value.as_bytes().first() {
        Some(b'{') => {
            for (key, value) in json::fields(value).unwrap_or_default() {
                sum = sum.saturating_add(walk(&key, value, depth + 1));
            }
        }
        Some(b'[') => {
            json::each(value, |element| sum = sum.saturating_add(walk("", element, depth + 1)));
        }
        _ => {}
    }
    sum
}

/// Counts a name, or the names in a list.
fn names(value: &str) -> u64 {
    let mut sum = 0_u64;
    if value.starts_with('[') {
        json::each(value, |name| sum = sum.saturating_add(u64::from(is_name(name))));
        return sum;
    }
    is_name(value).into()
}

fn is_name(value: &str) -> bool {
    value.len() > 2 && value.starts_with('"')
}

fn named_object(value: &str) -> u64 {
    let is_id = |(key, value): &(Cow<'_, str>, &str)| key == "id" && is_name(value);
    (value.starts_with('{') && json::fields(value).is_some_and(|fields| fields.iter().any(is_id))).into()
}
