//! The source line of an element. The parsed tree has no positions, so each start tag gets its line as an attribute.

use scraper::ElementRef;

const ATTRIBUTE: &str = "data-ratebook-line";

/// Returns the source with its line in every start tag. Comments, scripts and styles are unchanged.
pub(super) fn mark(source: &str) -> String {
    let mut out = String::with_capacity(source.len() + source.len() / 2);
    let mut line = 1u32;
    let mut rest = source;
    while let Some(at) = rest.find('<') {
        let (before, tag) = rest.split_at(at);
        line = line.saturating_add(newlines(before));
        out.push_str(before);
        let name_len = tag[1..].bytes().take_while(u8::is_ascii_alphanumeric).count();
        let opaque = ["!--", "script", "style"]
            .into_iter()
            .find(|name| tag.get(1..1 + name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)));
        let taken = if let Some(name) = opaque {
            let close = if name == "!--" { "-->".to_owned() } else { format!("</{name}") };
            tag.to_ascii_lowercase().find(&close).map_or(tag.len(), |end| end + close.len())
        } else {
            1 + name_len
        };
        out.push_str(&tag[..taken]);
        line = line.saturating_add(newlines(&tag[..taken]));
        if opaque.is_none() && name_len > 0 {
            out.push_str(&format!(" {ATTRIBUTE}=\"{line}\""));
        }
        rest = &tag[taken..];
    }
    out.push_str(rest);
    out
}

fn newlines(text: &str) -> u32 {
    u32::try_from(text.bytes().filter(|&byte| byte == b'\n').count()).unwrap_or(u32::MAX)
}

/// Returns the line of an element's start tag. An element that the parser inserted has the line of its parent.
pub(super) fn of(element: ElementRef<'_>) -> u32 {
    let own = |element: ElementRef<'_>| element.value().attr(ATTRIBUTE)?.parse().ok();
    own(element).or_else(|| element.ancestors().filter_map(ElementRef::wrap).find_map(own)).unwrap_or(1)
}

/// Returns the line on which an element's visible text begins.
pub(super) fn of_text(element: ElementRef<'_>) -> u32 {
    let mut line = of(element);
    for child in element.children() {
        if let Some(text) = child.value().as_text() {
            let lead = &text[..text.len() - text.trim_start().len()];
            line = line.saturating_add(newlines(lead));
            if lead.len() < text.len() {
                return line;
            }
        } else if let Some(child) = ElementRef::wrap(child)
            && child.text().any(|text| !text.trim().is_empty())
        {
            return of_text(child);
        }
    }
    of(element)
}
