//! Input that the vendor holds, and of which the request has a name only: a conversation, a stored prompt, a file.

use std::borrow::Cow;

use crate::json;

/// Fields of a body that name such input, or lists of it, wherever they stand outside of its texts.
const NAMES: [&str; 21] = [
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

/// Fields whose object names such input by its `id`.
const OBJECTS: [&str; 2] = ["conversation", "prompt"];

/// Fields that name it only within DashScope's `input`: elsewhere a session is a mark for the user's own books.
const OF_INPUT: [&str; 1] = ["session_id"];

/// How a text names files that DashScope holds, as a system message of its own.
const FILE: &str = "fileid://";

/// Objects and arrays further inside are passed over.
const DEEPEST: usize = 16;

/// How many such names a field has that is no prompt.
pub(super) fn outside(key: &str, value: &str) -> u64 {
    walk(key, value, 0)
}

/// How many such names an `input` has among its own fields.
pub(super) fn of_input(fields: &[(Cow<'_, str>, &str)]) -> u64 {
    let is_meant = |key: &str| NAMES.contains(&key) || OF_INPUT.contains(&key);
    count(fields, is_meant)
}

/// How many such names a message or a part has.
pub(super) fn of_part(fields: &[(Cow<'_, str>, &str)]) -> u64 {
    let is =
        |name: &str, wanted: &str| fields.iter().any(|(key, value)| key == name && *json::decoded(value) == *wanted);
    let is_reference = is("type", "item_reference") || is("role", "cache");
    // Of an assistant's earlier recording, and of a message's files.
    let within = fields
        .iter()
        .filter(|(key, _)| matches!(&**key, "audio" | "attachments"))
        .map(|(key, value)| if key == "audio" { named_object(value) } else { walk(key, value, 0) });
    let files = |key: &str| key.starts_with("file") && NAMES.contains(&key);
    within.fold(u64::from(is_reference), u64::saturating_add).saturating_add(count(fields, files))
}

/// How many files a text names that is no prose: `fileid://file-fe-1,fileid://file-fe-2`.
pub(super) fn of_text(text: &str) -> u64 {
    if text.starts_with(FILE) { text.matches(FILE).count() as u64 } else { 0 }
}

fn count(fields: &[(Cow<'_, str>, &str)], is_meant: impl Fn(&str) -> bool) -> u64 {
    let meant = fields.iter().filter(|(key, _): &&(Cow<'_, str>, &str)| is_meant(key));
    meant.fold(0, |sum, (_, value)| sum.saturating_add(names(value)))
}

fn walk(key: &str, value: &str, depth: usize) -> u64 {
    let mut sum = if NAMES.contains(&key) { names(value) } else { 0 };
    if OBJECTS.contains(&key) {
        sum = sum.saturating_add(named_object(value));
    }
    // What a user notes for itself names nothing.
    if sum > 0 || depth > DEEPEST || key == "metadata" {
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

/// A name, or each of a list.
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
