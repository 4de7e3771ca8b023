//! Media outside of the prompt: images, audio, video and files, in known and unknown fields.

use super::shape::{is_base64, is_data_url, is_media_url, is_url, names_media};
use crate::json;

/// Fields that contain nothing but media.
const MEDIA_FIELDS: [&str; 8] = ["image", "images", "audio", "audios", "video", "videos", "media", "input_audio"];

/// Fields that contain text or an output format, whatever their value.
const TEXT_FIELDS: [&str; 8] =
    ["text", "content", "tools", "functions", "response_format", "metadata", "stop", "description"];

/// Objects and arrays nested deeper are not searched.
const MAX_DEPTH: usize = 16;

/// Counts the media in a field outside of the prompt, by field name, by URL, or by `data:` prefix.
pub(super) fn in_field(key: &str, value: &str) -> u64 {
    walk(key, value, 0)
}

/// Whether a field contains nothing but media.
pub(super) fn is_media_field(key: &str, value: &str) -> bool {
    MEDIA_FIELDS.contains(&key) && value.starts_with(['"', '[']) && walk(key, value, 0) > 0
}

fn walk(key: &str, value: &str, depth: usize) -> u64 {
    let mut sum = 0_u64;
    match value.as_bytes().first() {
        _ if TEXT_FIELDS.contains(&key) || depth > MAX_DEPTH => {}
        Some(b'"') => sum = is_medium(key, &json::decoded(value)).into(),
        Some(b'[') => {
            let mut bytes = 0_u64;
            json::each(value, |element| {
                bytes += u64::from(element.starts_with(|first: char| first.is_ascii_digit()));
                sum = sum.saturating_add(walk(key, element, depth + 1));
            });
            // An array of bytes is one medium.
            if bytes > 0 && MEDIA_FIELDS.contains(&key) {
                sum = sum.saturating_add(1);
            }
        }
        Some(b'{') => {
            let fields = json::fields(value).unwrap_or_default();
            let is_typed = fields.iter().any(|(key, _)| matches!(&**key, "mimeType" | "mime_type" | "media_type"));
            for (inner, value) in &fields {
                // Data beside a media type is a medium, however short. So is a URL inside a media field.
                let is_data = is_typed && matches!(&**inner, "data" | "fileUri" | "file_uri");
                let is_linked =
                    matches!(&**inner, "url" | "uri" | "data") && (MEDIA_FIELDS.contains(&key) || names_media(key));
                sum = sum.saturating_add(match &**inner {
                    _ if is_data && value.len() > 2 => 1,
                    _ if is_linked => walk(key, value, depth + 1),
                    inner => walk(inner, value, depth + 1),
                });
            }
        }
        _ => {}
    }
    sum
}

fn is_medium(key: &str, text: &str) -> bool {
    if MEDIA_FIELDS.contains(&key) {
        return !text.is_empty();
    }
    is_inline(text) || is_media_url(text) || names_media(key) && (is_url(text) || is_base64(text))
}

/// Whether a text begins as a `data:` URL of a media type, such as `data:image/png;base64,…`, or is a whole `data:` URL in
/// base64.
fn is_inline(text: &str) -> bool {
    const KINDS: [&str; 4] = ["data:image/", "data:audio/", "data:video/", "data:application/"];
    let begins = |kind: &&str| text.get(..kind.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(kind));
    KINDS.iter().any(begins) || is_data_url(text)
}
