//! Lines that are not CommonMark: directives, admonitions, tabs by heading, included files, and lines that CommonMark
//! takes for something else.

use super::tag::Tag;
use crate::page::{LabelKind, Unread};

/// A line that begins or ends a panel, or that stands for content that the page does not have.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Directive {
    /// `:::note Title`
    Begin { kind: LabelKind, label: String },
    /// `:::`
    End,
    /// `=== "Label"`, `!!! note "Title"`, `??? note "Title"`; the content is indented.
    Indented { kind: LabelKind, label: String, indent: usize },
    /// `# [Label](#tab/id)`
    TabHeading { level: usize, label: String },
    /// `> [!NOTE] text`, with text on the line.
    Alert { quote: String, kind: String, text: String },
    /// A line that is not read.
    Unread(Unread),
}

/// Reads a line as a directive.
pub(super) fn read(line: &str) -> Option<Directive> {
    let trimmed = line.trim();
    colons(trimmed)
        .or_else(|| indented(line))
        .or_else(|| tab_heading(trimmed))
        .or_else(|| alert(line))
        .or_else(|| unread(trimmed).map(Directive::Unread))
}

fn colons(line: &str) -> Option<Directive> {
    let rest = line.strip_prefix(":::")?.trim_start_matches(':').trim();
    if rest.is_empty() {
        return Some(Directive::End);
    }
    let len = rest.find(|c: char| !(c.is_alphanumeric() || c == '-')).unwrap_or(rest.len());
    let (name, rest) = rest.split_at(len);
    if name.ends_with("-end") {
        return Some(Directive::End);
    }
    if rest.ends_with(":::") {
        return Some(Directive::Unread(Unread::Include));
    }
    let title = rest.trim().trim_matches(['[', ']', '"', '{', '}']).trim();
    let kind = match name {
        "details" => LabelKind::Details,
        "zone" | "moniker" | "tab" => LabelKind::Tab,
        _ => LabelKind::Admonition,
    };
    Some(Directive::Begin { kind, label: if title.is_empty() { name } else { title }.to_owned() })
}

fn indented(line: &str) -> Option<Directive> {
    let trimmed = line.trim_start();
    let indent = line.len() - trimmed.len() + 4;
    let (kind, rest) = [
        ("=== ", LabelKind::Tab),
        ("===! ", LabelKind::Tab),
        ("!!! ", LabelKind::Admonition),
        ("???+ ", LabelKind::Details),
        ("??? ", LabelKind::Details),
    ]
    .into_iter()
    .find_map(|(mark, kind)| Some((kind, trimmed.strip_prefix(mark)?.trim())))?;
    let quoted = rest.split_once('"').and_then(|(_, rest)| rest.rsplit_once('"')).map(|(title, _)| title);
    // `=== Title ===` is a heading elsewhere.
    if kind == LabelKind::Tab && quoted.is_none() {
        return None;
    }
    let label = quoted.filter(|title| !title.is_empty()).unwrap_or(rest);
    Some(Directive::Indented { kind, label: label.to_owned(), indent })
}

fn tab_heading(line: &str) -> Option<Directive> {
    let level = super::heading_level(line)?;
    let text = line.trim_start_matches('#').trim().trim_end_matches('#').trim();
    let (label, target) = text.strip_prefix('[')?.rsplit_once("](")?;
    target.starts_with("#tab/").then(|| Directive::TabHeading { level, label: label.to_owned() })
}

fn alert(line: &str) -> Option<Directive> {
    let quote_len = line.find("[!")?;
    let (quote, rest) = line.split_at(quote_len);
    if !quote.contains('>') || !quote.chars().all(|c| matches!(c, '>' | ' ')) {
        return None;
    }
    let (kind, text) = rest[2..].split_once(']')?;
    let is_kind = !kind.is_empty() && kind.len() < 20 && kind.chars().all(|c| c.is_ascii_alphabetic());
    let text = text.trim();
    (is_kind && !kind.eq_ignore_ascii_case("include") && !text.is_empty()).then(|| Directive::Alert {
        quote: quote.to_owned(),
        kind: kind.to_owned(),
        text: text.to_owned(),
    })
}

fn unread(line: &str) -> Option<Unread> {
    let without_quote = line.trim_start_matches(['>', ' ']);
    if without_quote.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("[!INCLUDE")) {
        return Some(Unread::Include);
    }
    if line.starts_with("{%") && line.ends_with("%}") {
        return Some(Unread::TemplateTag);
    }
    let is_expression = line.starts_with('{') && line.ends_with('}') && !line.starts_with("{{") && !line.contains("#}");
    is_expression.then_some(Unread::Expression)
}

/// Returns the kind and the label of the panel that a component or a shortcode is, or `None` if it has no label.
pub(super) fn panel_of(tag: &Tag<'_>) -> Option<(LabelKind, String)> {
    let title = tag.attribute(&["title", "label", "name", "header", "summary", "tab", "value"]);
    let name = tag.name.to_ascii_lowercase();
    let kind = match name.as_str() {
        "tab" | "tabitem" | "tabpanel" | "tabpane" | "tab-item" => LabelKind::Tab,
        "details" | "expand" | "expandable" | "collapse" | "collapsible" | "toggle" => LabelKind::Details,
        "note" | "tip" | "info" | "warning" | "caution" | "danger" | "important" | "check" | "success" | "error"
        | "callout" | "aside" | "admonition" | "alert" | "notice" | "hint" => {
            let kind = tag.attribute(&["type", "kind", "intent", "variant", "severity"]);
            return Some((LabelKind::Admonition, title.or(kind).unwrap_or(name)));
        }
        _ => LabelKind::Accordion,
    };
    title.map(|title| (kind, title))
}

/// Escapes the beginning of a line that CommonMark takes for something else: a comparison for a quotation, a note for
/// the target of a link.
pub(super) fn escape(line: &str, previous: &str, next: &str) -> String {
    let start = line.len() - line.trim_start().len();
    let (indent, rest) = line.split_at(start + bullet_len(&line[start..]));
    let is_quote = |line: &str| line.trim_start().starts_with('>');
    let after = rest.strip_prefix('>').map(str::trim_start);
    if after.is_some_and(|after| after.starts_with(|c: char| c.is_ascii_digit()))
        && !is_quote(previous)
        && !is_quote(next)
    {
        return format!("{indent}\\{rest}");
    }
    let target = rest.strip_prefix('[').and_then(|rest| rest.split_once("]:"));
    if let Some((label, target)) = target
        && !label.starts_with('^')
        && !label.contains(['[', ']'])
        && !is_target(target.trim())
    {
        return format!("{indent}\\{rest}");
    }
    line.to_owned()
}

/// Returns the length of the bullet of a list item: `- `, `* `, `+ ` or `1. `. 0 if there is none.
fn bullet_len(text: &str) -> usize {
    let after_digits = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let bullets: &[&str] = if after_digits.len() < text.len() { &[". ", ") "] } else { &["- ", "* ", "+ "] };
    bullets.iter().find_map(|bullet| after_digits.strip_prefix(bullet)).map_or(0, |rest| text.len() - rest.len())
}

fn is_target(text: &str) -> bool {
    let word = text.split(' ').next().unwrap_or_default();
    word.contains("://")
        || word.starts_with(['/', '#', '<', '.'])
        || word.starts_with("mailto:")
        || word.contains(".md")
}

#[cfg(test)]
mod tests {
    use super::{Directive, escape, read};
    use crate::page::{LabelKind, Unread};

    #[test]
    fn a_comparison_is_not_a_quotation_and_a_note_is_not_a_target() {
        assert_eq!(escape("> 272K input tokens", "", ""), "\\> 272K input tokens");
        assert_eq!(escape("> 100 calls", "> at most", ""), "> 100 calls");
        assert_eq!(escape("- > 720 calls", "", "- 1"), "- \\> 720 calls");
        assert_eq!(escape("  1. > 720 calls", "", ""), "  1. \\> 720 calls");
        assert_eq!(escape("[1]: 300", "", ""), "\\[1]: 300");
        assert_eq!(escape("[1]: https://example.org/300", "", ""), "[1]: https://example.org/300");
    }

    #[test]
    fn directives_of_several_generators_are_read() {
        let begin = |kind, label: &str| Some(Directive::Begin { kind, label: label.into() });
        assert_eq!(read(":::warning"), begin(LabelKind::Admonition, "warning"));
        assert_eq!(read(":::tip[A title]"), begin(LabelKind::Admonition, "A title"));
        assert_eq!(read(":::"), Some(Directive::End));
        assert_eq!(
            read("=== \"Tier 1\""),
            Some(Directive::Indented { kind: LabelKind::Tab, label: "Tier 1".into(), indent: 4 })
        );
        assert_eq!(read("## [Tier 1](#tab/t1)"), Some(Directive::TabHeading { level: 2, label: "Tier 1".into() }));
        assert_eq!(read("=== Title ==="), None);
    }

    #[test]
    fn what_stands_for_other_text_is_named() {
        assert_eq!(read("[!INCLUDE [x](y.md)]"), Some(Directive::Unread(Unread::Include)));
        assert_eq!(read("{% if tier == 1 %}"), Some(Directive::Unread(Unread::TemplateTag)));
        assert_eq!(read("{rows.map(row => row.rpm)}"), Some(Directive::Unread(Unread::Expression)));
    }
}
