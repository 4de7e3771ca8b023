//! Classifies the objects, fields and strings of a prompt.

use std::borrow::Cow;

use crate::json::decoded;

/// The kind of an object, by its type, its role and its keys.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A part with an image, audio, video or a file.
    Media,
    /// A part with encrypted or signed data.
    Sealed,
    /// A message, or any other known part.
    Known,
    /// An object without a type whose keys are those of a part or a function call.
    Untyped,
    /// Any other object: a tool's structured output, or an unknown part.
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
            None if [is_part_key, is_function_call_key].iter().any(|is| fields.iter().all(|(key, _)| is(key))) => {
                Self::Untyped
            }
            _ => Self::Other,
        }
    }

    /// Whether the type or the role is known.
    pub(super) fn is_typed(self) -> bool {
        matches!(self, Self::Media | Self::Sealed | Self::Known)
    }
}

const ROLES: [&str; 7] = ["system", "developer", "user", "assistant", "tool", "function", "bot"];

/// The kind of a field, by its key.
pub(super) enum FieldKind {
    /// Text, or parts that have texts.
    Text,
    /// An identifier or metadata.
    Name,
    /// A field that only messages have.
    Message,
    /// An image, audio, video or a file.
    Media,
    /// Named after media: possibly a URL.
    Linked,
    /// Media in a media part.
    Data,
    /// Media or text in a media part.
    Source,
    /// Encrypted data or a signature, in a sealed part.
    Seal,
    /// Arguments or a schema: JSON that the model reads or wrote.
    Json,
    /// An unknown key.
    Other,
}

impl FieldKind {
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

/// Whether a key belongs to a part without a type.
pub(super) fn is_part_key(key: &str) -> bool {
    matches!(key, "text" | "content" | "contents") || matches!(FieldKind::of(key), FieldKind::Media)
}

/// Whether a key belongs to a function call.
fn is_function_call_key(key: &str) -> bool {
    matches!(key, "name" | "arguments")
}

/// Whether a text is a complete base64 `data:` URL.
pub(super) fn is_data_url(text: &str) -> bool {
    const MARK: &[u8] = b";base64,";
    let text = text.as_bytes();
    let head = &text[..text.len().min(100)];
    let data = head.windows(MARK.len()).position(|window| window == MARK).map(|at| at + MARK.len());
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=-_%".contains(byte);
    let is_type = |byte: &u8| byte.is_ascii_graphic();
    text.starts_with(b"data:")
        && data.is_some_and(|at| text[..at].iter().all(is_type) && text[at..].iter().all(is_base64))
}

/// Whether a text is a URL, up to the length of signed storage URLs.
pub(super) fn is_url(text: &str) -> bool {
    text.len() < 2_000 && text.contains("://") && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Whether a text may be data, a URL or a name. Only prose has spaces or other scripts after its first 100 bytes.
pub(super) fn is_opaque(text: &str) -> bool {
    text.bytes().skip(100).all(|byte| byte.is_ascii() && byte != b' ')
}

/// Whether a text is base64 and longer than any word.
pub(super) fn is_base64(text: &str) -> bool {
    text.len() >= 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
}

/// Whether a text is a URL with the extension of an image, audio or video file.
pub(super) fn is_media_url(text: &str) -> bool {
    const EXTENSIONS: [&str; 29] = [
        "jpg", "jpeg", "png", "gif", "webp", "bmp", "tif", "tiff", "heic", "heif", "avif", "svg", "mp3", "wav", "flac",
        "ogg", "oga", "opus", "m4a", "aac", "amr", "wma", "mp4", "m4v", "mov", "avi", "mkv", "webm", "mpeg",
    ];
    let path = text.split(['?', '#']).next().unwrap_or_default();
    let end = path.rsplit_once('.').map(|(_, end)| end);
    is_url(text) && end.is_some_and(|end| EXTENSIONS.iter().any(|known| end.eq_ignore_ascii_case(known)))
}

/// Whether a field is named after media or files: `img_url`, `first_frame_url`, `ref_images`.
pub(super) fn names_media(key: &str) -> bool {
    const WORDS: [&str; 10] = ["image", "img", "picture", "photo", "audio", "video", "voice", "frame", "mask", "file"];
    let key = key.to_ascii_lowercase();
    WORDS.iter().any(|word| key.contains(word))
}
