//! The tags of MDX components, Hugo's shortcodes and templates, as text of one place in a line.

/// A tag: `<Tab title="A">`, `</Tab>`, `<Render file="x" />`, `{{< tab "A" >}}`, `{{% /tab %}}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tag<'a> {
    pub(super) name: &'a str,
    /// What follows the name.
    pub(super) arguments: &'a str,
    pub(super) is_end: bool,
    /// Whether the tag has no content: `<Render />`.
    pub(super) is_empty: bool,
    /// The number of bytes of the tag.
    pub(super) len: usize,
}

/// The largest length of a tag, in bytes.
const LONGEST: usize = 4096;

impl<'a> Tag<'a> {
    /// Reads the component's tag with which a text begins. The name of a component begins with a capital letter.
    pub(super) fn component(text: &'a str) -> Option<Self> {
        let inside = text.strip_prefix('<')?;
        let is_end = inside.starts_with('/');
        let inside = inside.strip_prefix('/').unwrap_or(inside);
        if !inside.starts_with(|c: char| c.is_ascii_uppercase()) {
            return None;
        }
        let end = end_of(inside)?;
        let (name, arguments) = name_of(&inside[..end]);
        let is_empty = arguments.ends_with('/');
        let arguments = arguments.trim_end_matches('/').trim();
        let len = text.len() - inside.len() + end + 1;
        Some(Self { name, arguments, is_end, is_empty, len })
    }

    /// Reads the shortcode of Hugo with which a text begins. A shortcode that is escaped with `/* … */` is one too.
    pub(super) fn shortcode(text: &'a str) -> Option<Self> {
        let (inside, close) = match text.strip_prefix("{{<") {
            Some(inside) => (inside, ">}}"),
            None => (text.strip_prefix("{{%")?, "%}}"),
        };
        let end = floor(inside, LONGEST).find(close)?;
        let body = inside[..end].trim();
        let body = body.strip_prefix("/*").map_or(body, |body| body.strip_suffix("*/").unwrap_or(body).trim());
        let is_end = body.starts_with('/');
        let body = body.trim_start_matches('/').trim_start();
        let (name, arguments) = name_of(body);
        let is_empty = arguments.ends_with('/');
        let arguments = arguments.trim_end_matches('/').trim();
        let len = text.len() - inside.len() + end + close.len();
        (!name.is_empty()).then_some(Self { name, arguments, is_end, is_empty, len })
    }

    /// Returns the value of the first attribute with one of the names, or a shortcode's first argument without a name.
    pub(super) fn attribute(&self, names: &[&str]) -> Option<String> {
        let mut found: Option<(usize, String)> = None;
        let mut rest = self.arguments;
        while !rest.is_empty() {
            let (name, value, after) = next_attribute(rest);
            let rank = match name {
                "" => Some(names.len()),
                name => names.iter().position(|known| *known == name),
            };
            if let (Some(rank), Some(value)) = (rank, value)
                && found.as_ref().is_none_or(|(best, _)| rank < *best)
            {
                found = Some((rank, value));
            }
            rest = after;
        }
        found.map(|(_, value)| value)
    }

    /// Returns whether the tag has an attribute that hides its content.
    pub(super) fn is_hidden(&self) -> bool {
        let mut rest = self.arguments;
        let mut is_hidden = false;
        while !rest.is_empty() {
            let (name, value, after) = next_attribute(rest);
            let value = value.unwrap_or_default().replace([' ', '"', '\''], "").to_ascii_lowercase();
            is_hidden |= match name {
                "hidden" => value != "false",
                "style" => value.contains("display:none") || value.contains("visibility:hidden"),
                _ => false,
            };
            rest = after;
        }
        is_hidden
    }
}

/// Returns the index of the tag's `>`, which is outside quotes and braces.
fn end_of(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut braces = 0usize;
    for (at, byte) in text.bytes().enumerate().take(LONGEST) {
        match (quote, byte) {
            (Some(open), _) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'{') => braces += 1,
            (None, b'}') => braces = braces.saturating_sub(1),
            (None, b'>') if braces == 0 => return Some(at),
            (None, _) => {}
        }
    }
    None
}

fn name_of(text: &str) -> (&str, &str) {
    let len = text.find(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '_' | '-'))).unwrap_or(text.len());
    (&text[..len], text[len..].trim())
}

/// Returns the next attribute's name and value, and what follows. An argument without a name has the name ``.
fn next_attribute(text: &str) -> (&str, Option<String>, &str) {
    let text = text.trim_start();
    if text.starts_with(['"', '\'', '`']) {
        let (value, after) = quoted(text);
        return ("", Some(value), after);
    }
    let (name, after) = name_of(text);
    if name.is_empty() {
        let skip = text.chars().next().map_or(0, char::len_utf8);
        return ("-", None, text[skip..].trim_start());
    }
    match after.strip_prefix('=').map(str::trim_start) {
        None => (name, None, after),
        Some(value) if value.starts_with(['"', '\'', '`']) => {
            let (value, after) = quoted(value);
            (name, Some(value), after)
        }
        Some(value) if value.starts_with('{') => {
            let end = value.rfind('}').map_or(value.len(), |end| end + 1);
            let end = value.find("} ").map_or(end, |first| first + 1);
            let inner = value[..end].trim_start_matches('{').trim_end_matches('}').trim();
            (name, Some(inner.trim_matches(['"', '\'', '`']).to_owned()), value[end..].trim_start())
        }
        Some(value) => {
            let end = value.find(char::is_whitespace).unwrap_or(value.len());
            (name, Some(value[..end].to_owned()), value[end..].trim_start())
        }
    }
}

fn quoted(text: &str) -> (String, &str) {
    let mut chars = text.char_indices();
    let quote = chars.next().map_or('"', |(_, c)| c);
    let end = chars.find(|(_, c)| *c == quote).map_or(text.len(), |(at, _)| at);
    let value = text.get(1..end).unwrap_or_default().to_owned();
    (value, text.get(end + 1..).unwrap_or_default().trim_start())
}

/// Returns the longest prefix of at most `len` bytes.
pub(super) fn floor(text: &str, len: usize) -> &str {
    &text[..(0..=len.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use super::Tag;

    fn title(text: &str) -> Option<String> {
        let tag = Tag::component(text).or_else(|| Tag::shortcode(text))?;
        tag.attribute(&["title", "label", "name"])
    }

    #[test]
    fn a_title_is_read_in_every_spelling() {
        for text in [
            "<Tab title=\"Tier > 1\">",
            "<TabItem value='t1' label='Tier > 1'>",
            "<Tab icon={<X/>} title={\"Tier > 1\"} >",
            "{{< tab \"Tier > 1\" >}}",
            "{{% tab name=\"Tier > 1\" %}}",
            "{{</* tab \"Tier > 1\" */>}}",
        ] {
            assert_eq!(title(text).as_deref(), Some("Tier > 1"), "{text}");
        }
    }

    #[test]
    fn ends_and_empty_tags_are_told_apart() {
        let tag = Tag::component("</Tab> x").unwrap();
        assert!(tag.is_end && !tag.is_empty);
        assert_eq!(tag.len, 6);
        assert!(Tag::component("<Render file=\"x\" />").unwrap().is_empty);
        assert!(Tag::shortcode("{{< /tab >}}").unwrap().is_end);
        assert_eq!(Tag::component("<40B"), None);
        assert_eq!(Tag::component("<Tab title"), None);
    }

    #[test]
    fn hiding_attributes_are_seen() {
        let is_hidden = |text| Tag::component(text).unwrap().is_hidden();
        assert!(is_hidden("<Panel hidden>"));
        assert!(is_hidden("<Panel style={{display: \"none\"}}>"));
        assert!(!is_hidden("<Panel hidden={false} title=\"hidden\">"));
    }
}
