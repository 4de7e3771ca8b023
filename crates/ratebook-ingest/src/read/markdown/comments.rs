//! Comments of HTML, MDX, Hugo and Liquid, which are not content, also across blank lines and around whole tabs.

use super::tag::{Tag, floor};

/// Markdown without comments.
#[derive(Debug)]
pub(super) struct Uncommented {
    /// The text, with the line breaks of its comments.
    pub(super) text: String,
    /// The lines of comments that do not end. What follows their beginning is kept.
    pub(super) endless: Vec<u32>,
}

/// The kinds of comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Html,
    Mdx,
    Hugo,
    HugoShortcode,
    Liquid,
    Jinja,
}

impl Kind {
    const ALL: [Self; 6] = [Self::Html, Self::Mdx, Self::Hugo, Self::HugoShortcode, Self::Liquid, Self::Jinja];

    /// Returns the length of the beginning of a comment of this kind, if the text begins with one.
    fn begins(self, text: &str) -> Option<usize> {
        let fixed = |start: &str| text.starts_with(start).then_some(start.len());
        match self {
            Self::Html => fixed("<!--"),
            Self::Mdx => fixed("{/*"),
            Self::Hugo => fixed("{{/*").or_else(|| fixed("{{- /*")),
            Self::HugoShortcode => {
                Tag::shortcode(text).filter(|tag| tag.name == "comment" && !tag.is_end).map(|tag| tag.len)
            }
            Self::Liquid => template_tag(text, "comment"),
            Self::Jinja => fixed("{# "),
        }
    }

    /// Returns the index after the end of the comment, in the text after its beginning.
    fn end(self, text: &str) -> Option<usize> {
        let fixed = |end: &str| text.find(end).map(|at| at + end.len());
        match self {
            Self::Html => fixed("-->"),
            Self::Mdx => fixed("*/}"),
            Self::Hugo => match (fixed("*/}}"), fixed("*/ -}}")) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            },
            Self::HugoShortcode => text.match_indices("{{").find_map(|(at, _)| {
                let tag = Tag::shortcode(&text[at..])?;
                (tag.name == "comment" && tag.is_end).then_some(at + tag.len)
            }),
            Self::Liquid => {
                text.match_indices("{%").find_map(|(at, _)| template_tag(&text[at..], "endcomment").map(|len| at + len))
            }
            Self::Jinja => fixed(" #}"),
        }
    }
}

/// Returns the length of the tag `{% name %}` with which a text begins.
fn template_tag(text: &str, name: &str) -> Option<usize> {
    let inside = text.strip_prefix("{%")?;
    let inside = inside.strip_prefix('-').unwrap_or(inside).trim_start_matches(' ').strip_prefix(name)?;
    let inside = inside.trim_start_matches(' ');
    let after = inside.strip_prefix("%}").or_else(|| inside.strip_prefix("-%}"))?;
    Some(text.len() - after.len())
}

/// Removes the comments of Markdown. Comments in fenced code and in code spans are code.
pub(super) fn remove(source: &str) -> Uncommented {
    let mut out = Uncommented { text: String::with_capacity(source.len()), endless: Vec::new() };
    // A kind whose end was not found has no end further on either.
    let mut endless: Vec<Kind> = Vec::new();
    let mut fence: Option<(u8, usize)> = None;
    let mut line = 1u32;
    let mut at = 0;
    let mut line_begins = true;
    while at < source.len() {
        let rest = &source[at..];
        if std::mem::take(&mut line_begins) {
            let end = rest.find('\n').map_or(rest.len(), |end| end + 1);
            let was_fenced = fence.is_some();
            fence = super::fence_after(fence, &rest[..end]);
            if was_fenced || fence.is_some() {
                out.text.push_str(&rest[..end]);
                line = line.saturating_add(1);
                at += end;
                line_begins = true;
                continue;
            }
        }
        let byte = rest.as_bytes()[0];
        let mut taken = match byte {
            b'`' => code_span_len(rest),
            b'<' | b'{' => 1,
            _ => rest.find(['`', '<', '{', '\n']).unwrap_or(rest.len()).max(1),
        };
        if matches!(byte, b'<' | b'{')
            && let Some((kind, begin)) = Kind::ALL.iter().find_map(|kind| Some((*kind, kind.begins(rest)?)))
        {
            let end = if endless.contains(&kind) { None } else { kind.end(&rest[begin..]) };
            match end {
                Some(end) => {
                    let breaks = rest[..begin + end].bytes().filter(|&byte| byte == b'\n').count();
                    out.text.extend(std::iter::repeat_n('\n', breaks));
                    line = line.saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX));
                    at += begin + end;
                    continue;
                }
                None => {
                    endless.push(kind);
                    out.endless.push(line);
                    at += begin;
                    continue;
                }
            }
        }
        if byte == b'\n' {
            taken = 1;
            line = line.saturating_add(1);
            line_begins = true;
        }
        out.text.push_str(&rest[..taken]);
        at += taken;
    }
    out
}

/// The largest length of a code span, in bytes.
const LONGEST_SPAN: usize = 4096;

/// Returns the length of the code span, or of the run of backticks that begins none, at the start of a text.
pub(super) fn code_span_len(text: &str) -> usize {
    let run = text.bytes().take_while(|&byte| byte == b'`').count();
    let near = floor(text, LONGEST_SPAN);
    let line = &near[..near.find('\n').unwrap_or(near.len())];
    if run > line.len() {
        return run;
    }
    let mut at = run;
    while let Some(next) = line[at..].find('`') {
        let start = at + next;
        let len = line[start..].bytes().take_while(|&byte| byte == b'`').count();
        if len == run {
            return start + len;
        }
        at = start + len;
    }
    run
}

#[cfg(test)]
mod tests {
    use super::remove;

    #[test]
    fn comments_of_every_kind_are_removed_across_blank_lines() {
        for (open, close) in [
            ("<!--", "-->"),
            ("{/*", "*/}"),
            ("{{/*", "*/}}"),
            ("{{- /*", "*/ -}}"),
            ("{{< comment >}}", "{{< /comment >}}"),
            ("{{</* comment */>}}", "{{</* /comment */>}}"),
            ("{{% comment %}}", "{{% /comment %}}"),
            ("{% comment %}", "{% endcomment %}"),
            ("{%- comment -%}", "{%- endcomment -%}"),
            ("{# ", " #}"),
        ] {
            let source = format!("a\n{open}\n\n<Tab title=\"x\">\n- b\n</Tab>\n\n```\n{close}\nc {open} d {close} e\n");
            let out = remove(&source);
            assert_eq!(out.text, "a\n\n\n\n\n\n\n\n\nc  e\n", "{open}");
            assert!(out.endless.is_empty());
        }
    }

    #[test]
    fn comments_in_code_are_code() {
        let source = "`<!-- a -->` ``{/* ` */}``\n```\n<!-- b -->\n```\n";
        assert_eq!(remove(source).text, source);
    }

    #[test]
    fn a_comment_without_an_end_is_reported_and_its_text_kept() {
        let out = remove("a\n<!-- b\n\nc <!-- d\n");
        assert_eq!(out.text, "a\n b\n\nc  d\n");
        assert_eq!(out.endless, [2, 4]);
    }
}
