//! What objects and texts of a prompt are taken for.

use std::borrow::Cow;

use crate::json::decoded;

/// What an object is, as far as its type, its role and its keys say.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A part that is an image, a recording, a film or a file.
    Media,
    /// A part that has something encrypted or signed.
    Sealed,
    /// A message, or another part of one.
    Known,
    /// An object without a type whose keys are those of a part or of a call.
    Untyped,
    /// Anything: a tool's structured output, or a part that is not known.
    Other,
}

impl Shape {
    pub(super) fn of(fields: &[(Cow<'_, str>, &str)]) -> Self {
        let named = |name| fields.iter().find(|(key, _)| key == name).map(|(_, value)| decoded(value));
        let is_message = named("role").is_some_and(|role| ROLES.contains(&&*role));
        match named("type").as_deref() {
            Some(
                "image"
                | "image_url"
                | "input_image"
                | "output_image"
                | "audio"
                | "audio_url"
                | "input_audio"
                | "output_audio"
                | "video"
                | "video_url"
                | "input_video"
                | "file"
                | "file_url"
                | "input_file"
                | "document"
                | "computer_screenshot"
                | "container_upload"
                | "image_generation_call",
            ) => Self::Media,
            Some("thinking" | "reasoning") => Self::Sealed,
            Some(
                "text"
                | "input_text"
                | "output_text"
                | "summary_text"
                | "reasoning_text"
                | "refusal"
                | "message"
                | "function"
                | "function_call"
                | "function_call_output"
                | "custom"
                | "custom_tool_call"
                | "custom_tool_call_output"
                | "tool_use"
                | "tool_result"
                | "server_tool_use"
                | "redacted_thinking"
                | "computer_call"
                | "computer_call_output"
                | "search_result"
                | "content"
                | "ephemeral"
                | "item_reference",
            ) => Self::Known,
            _ if is_message => Self::Known,
            None if [is_of_parts, is_of_calls].iter().any(|is| fields.iter().all(|(key, _)| is(key))) => Self::Untyped,
            _ => Self::Other,
        }
    }

    /// Whether its type or its role is one of the API.
    pub(super) fn is_typed(self) -> bool {
        matches!(self, Self::Media | Self::Sealed | Self::Known)
    }
}

const ROLES: [&str; 7] = ["system", "developer", "user", "assistant", "tool", "function", "bot"];

/// What stands under a key.
pub(super) enum Key {
    /// Text, or parts that have texts.
    Text,
    /// It names something, or is of the form only.
    Name,
    /// Beside it stands a message.
    Message,
    /// An image, a recording, a film, a file.
    Media,
    /// Named after such: perhaps one of these, by its address.
    Linked,
    /// In a part that is one of these, the same.
    Data,
    /// In such a part, either that or a text.
    Source,
    /// In a part that has some, what is encrypted or a signature.
    Seal,
    /// Arguments or a schema: JSON that the model reads or has written.
    Json,
    /// Not known.
    Other,
}

impl Key {
    pub(super) fn of(key: &str) -> Self {
        match key {
            "role" | "call_id" | "tool_call_id" => Self::Message,
            "type" | "id" | "tool_use_id" | "status" | "detail" | "cache_control" | "media_type" => Self::Name,
            "signature" | "encrypted_content" => Self::Seal,
            "image_url" | "image" | "input_audio" | "audio" | "video_url" | "video" | "file" | "file_data"
            | "file_url" | "file_id" => Self::Media,
            "url" | "data" | "result" => Self::Data,
            "source" => Self::Source,
            "input" | "arguments" | "parameters" | "input_schema" | "format" => Self::Json,
            "text" | "texts" | "content" | "contents" | "messages" | "history" | "user" | "bot" | "system"
            | "prompt" | "query" | "documents" | "document" | "contexts" | "name" | "title" | "context" | "output"
            | "thinking" | "reasoning" | "reasoning_content" | "summary" | "refusal" | "transcript" => Self::Text,
            _ if names_media(key) => Self::Linked,
            _ => Self::Other,
        }
    }
}

/// Whether it is a key of parts that have no type.
pub(super) fn is_of_parts(key: &str) -> bool {
    matches!(key, "text" | "content" | "contents") || matches!(Key::of(key), Key::Media)
}

/// Whether it is a key of a function that an assistant calls.
fn is_of_calls(key: &str) -> bool {
    matches!(key, "name" | "arguments")
}

/// An address that holds the data itself, and nothing else.
pub(super) fn is_data(text: &str) -> bool {
    const MARK: &[u8] = b";base64,";
    let text = text.as_bytes();
    let head = &text[..text.len().min(100)];
    let data = head.windows(MARK.len()).position(|window| window == MARK).map(|at| at + MARK.len());
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=-_%".contains(byte);
    let is_type = |byte: &u8| byte.is_ascii_graphic();
    text.starts_with(b"data:")
        && data.is_some_and(|at| text[..at].iter().all(is_type) && text[at..].iter().all(is_base64))
}

/// An address in the network, no longer than those of stores that sign them.
pub(super) fn is_address(text: &str) -> bool {
    text.len() < 2_000 && text.contains("://") && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Whether it can be data, an address or a name: only prose has spaces and other letters further on.
pub(super) fn is_opaque(text: &str) -> bool {
    text.bytes().skip(100).all(|byte| byte.is_ascii() && byte != b' ')
}

/// Base64 and nothing else, longer than any word.
pub(super) fn is_base64(text: &str) -> bool {
    text.len() >= 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
}

/// An address that ends as files of images, recordings and films do.
pub(super) fn is_media_address(text: &str) -> bool {
    const ENDS: [&str; 29] = [
        "jpg", "jpeg", "png", "gif", "webp", "bmp", "tif", "tiff", "heic", "heif", "avif", "svg", "mp3", "wav", "flac",
        "ogg", "oga", "opus", "m4a", "aac", "amr", "wma", "mp4", "m4v", "mov", "avi", "mkv", "webm", "mpeg",
    ];
    let path = text.split(['?', '#']).next().unwrap_or_default();
    let end = path.rsplit_once('.').map(|(_, end)| end);
    is_address(text) && end.is_some_and(|end| ENDS.iter().any(|known| end.eq_ignore_ascii_case(known)))
}

/// Whether a field is named after images, recordings, films or files: `img_url`, `first_frame_url`, `ref_images`.
pub(super) fn names_media(key: &str) -> bool {
    const WORDS: [&str; 10] = ["image", "img", "picture", "photo", "audio", "video", "voice", "frame", "mask", "file"];
    let key = key.to_ascii_lowercase();
    WORDS.iter().any(|word| key.contains(word))
}
