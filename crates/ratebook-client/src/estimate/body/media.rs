//! Images, recordings, films and files outside of a prompt, in fields that need not be known.

use super::shape::{is_address, is_base64, is_data, is_media_address, names_media};
use crate::json;

/// Fields that hold nothing else.
const MEDIA: [&str; 8] = ["image", "images", "audio", "audios", "video", "videos", "media", "input_audio"];

/// Fields that are text, whatever they hold, or the form of what is asked for.
const TEXT: [&str; 8] = ["text", "content", "tools", "functions", "response_format", "metadata", "stop", "description"];

/// Objects and arrays further inside are passed over.
const DEEPEST: usize = 16;

/// How many media a field has that is no prompt: by its name, by their addresses, or by what they begin with.
pub(super) fn outside(key: &str, value: &str) -> u64 {
    walk(key, value, 0)
}

/// Whether a field holds media and nothing else.
pub(super) fn is_named(key: &str, value: &str) -> bool {
    MEDIA.contains(&key) && value.starts_with(['"', '[']) && walk(key, value, 0) > 0
}

fn walk(key: &str, value: &str, depth: usize) -> u64 {
    let mut sum = 0_u64;
    match value.as_bytes().first() {
        _ if TEXT.contains(&key) || depth > DEEPEST => {}
        Some(b'"') => sum = is_medium(key, &json::decoded(value)).into(),
        Some(b'[') => {
            let mut bytes = 0_u64;
            json::each(value, |element| {
                bytes += u64::from(element.starts_with(|first: char| first.is_ascii_digit()));
                sum = sum.saturating_add(walk(key, element, depth + 1));
            });
            // One, byte by byte.
            if bytes > 0 && MEDIA.contains(&key) {
                sum = sum.saturating_add(1);
            }
        }
        Some(b'{') => {
            let fields = json::fields(value).unwrap_or_default();
            let is_typed = fields.iter().any(|(key, _)| matches!(&**key, "mimeType" | "mime_type" | "media_type"));
            for (inner, value) in &fields {
                // Beside its type, data is a medium however short, and so is an address of a field for media.
                let is_data = is_typed && matches!(&**inner, "data" | "fileUri" | "file_uri");
                let is_linked =
                    matches!(&**inner, "url" | "uri" | "data") && (MEDIA.contains(&key) || names_media(key));
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
    if MEDIA.contains(&key) {
        return !text.is_empty();
    }
    is_inline(text) || is_media_address(text) || names_media(key) && (is_address(text) || is_base64(text))
}

/// An address that holds the data itself: `data:image/png;base64,…`.
fn is_inline(text: &str) -> bool {
    const KINDS: [&str; 4] = ["data:image/", "data:audio/", "data:video/", "data:application/"];
    let begins = |kind: &&str| text.get(..kind.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(kind));
    KINDS.iter().any(begins) || is_data(text)
}
