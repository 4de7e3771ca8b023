//! The places of a page where a vendor edits what is around its limits: prose, notes, tabs, headings and windows.

use std::ops::Range;

use ratebook_ingest::page::Form;

use super::sites::{Sites, lines};

/// Returns a range without the white space at its end.
pub(super) fn trim_break(text: &str, range: Range<usize>) -> Range<usize> {
    range.start..range.start + text[range.clone()].trim_end().len()
}

/// Returns the places between blocks: empty lines in Markdown, ends of lines in text, the ends of blocks in HTML.
pub(super) fn gaps(text: &str, form: Form) -> Vec<usize> {
    let lines = lines(text);
    let after_front_matter = front_matter_len(text);
    // Within a block of code or a component, a sentence is not prose.
    let mut is_code = false;
    let ends = lines.iter().filter_map(|line| {
        let shown = text[line.clone()].trim();
        if shown.starts_with("```") || shown.starts_with("~~~") {
            is_code = !is_code;
        }
        let is_end = match form {
            Form::Html => {
                ["</p>", "</table>", "</ul>", "</h1>", "</h2>", "</h3>"].iter().any(|end| shown.ends_with(end))
            }
            Form::Markdown => shown.is_empty() && !is_code,
            Form::Text => !shown.is_empty(),
        };
        (is_end && line.end > after_front_matter).then_some(line.end)
    });
    ends.collect()
}

/// Returns the length of the front matter, with its fences.
fn front_matter_len(text: &str) -> usize {
    let end = text.strip_prefix("---\n").and_then(|rest| rest.find("\n---\n"));
    end.map_or(0, |at| "---\n".len() + at + "\n---\n".len())
}

/// Returns the lines of prose.
pub(super) fn prose(text: &str, form: Form, sites: &Sites) -> Vec<Range<usize>> {
    let is_prose = |line: &str| {
        let line = line.trim();
        let is_sentence = line.split_whitespace().count() >= 5 && line.contains(char::is_lowercase);
        is_sentence
            && match form {
                Form::Html => line.starts_with("<p>") && line.ends_with("</p>"),
                Form::Markdown => line.starts_with(|c: char| c.is_alphabetic()),
                Form::Text => line.ends_with('.'),
            }
    };
    let after_front_matter = front_matter_len(text);
    let mut is_code = false;
    let all = lines(text).into_iter().filter(|line| {
        let shown = text[line.clone()].trim();
        if shown.starts_with("```") {
            is_code = !is_code;
        }
        line.start >= after_front_matter && !is_code && is_prose(shown) && sites.prose.contains(line)
    });
    all.collect()
}

/// Returns the notes of footnotes: lines that begin with a mark.
pub(super) fn notes(text: &str) -> Vec<Range<usize>> {
    let is_note = |line: &str| {
        let line = line.trim_start().trim_start_matches("<p>").trim_start_matches("<sup>");
        ["\\*", "†", "‡", "¹", "²", "³", "[^"].iter().any(|mark| line.starts_with(mark))
            || line.starts_with('*')
                && !line.starts_with("* ")
                && !line.starts_with("**")
                && !line.trim_end().ends_with('*')
    };
    lines(text).into_iter().filter(|line| is_note(&text[line.clone()])).map(|line| trim_break(text, line)).collect()
}

/// Returns whether the mark of a note is on a line with limits.
pub(super) fn is_used(text: &str, sites: &Sites, note: &Range<usize>) -> bool {
    let plain = text[note.clone()].trim_start().trim_start_matches("<p>").trim_start_matches("<sup>");
    let mark: String = plain.chars().take_while(|c| !c.is_alphanumeric() && !c.is_whitespace() && *c != '<').collect();
    sites.lines.iter().any(|line| !mark.is_empty() && text[line.clone()].contains(&mark))
}

/// Returns the ranges of the labels of tabs and closed panels with limits below them.
pub(super) fn tab_labels(text: &str, sites: &Sites) -> Vec<Range<usize>> {
    labels_of(text, |panel| sites.values.iter().any(|value| panel.contains(&value.start)))
}

/// Returns the ranges of the labels of tabs and closed panels around text that another page has.
pub(super) fn include_labels(text: &str) -> Vec<Range<usize>> {
    let is_include = |panel: Range<usize>| {
        ["[!INCLUDE", "<Render ", "{{<include"].iter().any(|tag| text[panel.clone()].contains(tag))
    };
    labels_of(text, is_include)
}

/// Returns the ranges of the labels of tabs and closed panels whose panel is one of those.
fn labels_of(text: &str, is_one: impl Fn(Range<usize>) -> bool) -> Vec<Range<usize>> {
    let mut labels = Vec::new();
    for (open, close) in [
        ("<Tab title=\"", "\""),
        ("<TabItem label=\"", "\""),
        ("<Accordion title=\"", "\""),
        ("=== \"", "\""),
        ("{% tab title=\"", "\""),
        ("\n# [", "](#tab/"),
        ("<summary>", "</summary>"),
    ] {
        for (at, _) in text.match_indices(open) {
            let start = at + open.len();
            let end = text[start..].find(close).filter(|len| !text[start..start + len].contains('\n'));
            labels.extend(end.map(|len| start..start + len));
        }
    }
    for (at, _) in text.match_indices("role=\"tab\"") {
        let start = text[at..].find('>').map(|len| at + len + 1);
        let range = start.and_then(|start| Some(start..start + text[start..].find('<')?));
        labels.extend(range);
    }
    labels.retain(|label| !label.is_empty());
    labels.sort_by_key(|label| label.start);
    let ends: Vec<usize> = labels.iter().skip(1).map(|label| label.start).chain([text.len()]).collect();
    let fits = |panel: Range<usize>| {
        // A panel ends with its component, or at the next heading.
        let ends = ["</Tab", "</Acc", "</details", "-->", "\n## ", "\n### ", "\n---\n"];
        let end = ends
            .iter()
            .filter_map(|end| text[panel.clone()].find(end))
            .min()
            .map_or(panel.end, |len| panel.start + len);
        is_one(panel.start..end)
    };
    let around = labels.into_iter().zip(ends).filter(|(label, end)| fits(label.end..*end));
    around.map(|(label, _)| label).collect()
}

pub(super) fn heading_above(text: &str, form: Form, at: usize) -> Option<Range<usize>> {
    if form == Form::Html {
        let close = text[..at].rfind("</h")?;
        let open = text[..close].rfind('>')? + 1;
        return Some(open..close);
    }
    let line = lines(text).into_iter().rfind(|line| line.end <= at && text[line.clone()].starts_with('#'))?;
    let marks = text[line.clone()].find(|c| c != '#')?;
    Some(line.start + marks + 1..line.start + text[line.clone()].trim_end().len())
}

/// Words that are exchanged for each other.
const WINDOWS: [(&str, &str); 12] = [
    ("per minute", "per second"),
    ("per second", "per minute"),
    ("per day", "per hour"),
    ("/min", "/s"),
    ("RPM", "RPS"),
    ("RPD", "RPM"),
    ("TPM", "TPD"),
    ("ITPM", "OTPM"),
    ("minute", "second"),
    ("requests", "tokens"),
    ("tokens", "requests"),
    ("QPM", "QPS"),
];

/// Returns the windows and metrics in the header of a table, or in a line with limits that is no row of a table, each with
/// another: a recipe may set the words of a row aside, where another column names the metric.
pub(super) fn windows(text: &str, sites: &Sites) -> Vec<(Range<usize>, &'static str)> {
    let header = sites.tables.iter().map(|table| {
        let first = sites.lines.iter().find(|line| table.contains(&line.start)).map_or(table.end, |line| line.start);
        table.start..first
    });
    let is_row = |line: &Range<usize>| sites.tables.iter().any(|table| table.contains(&line.start));
    windows_in(text, header.chain(sites.lines.iter().filter(|line| !is_row(line)).cloned()))
}

/// Returns the windows and metrics in the rows of tables with limits, whether a row has limits or not.
pub(super) fn windows_of_rows(text: &str, sites: &Sites) -> Vec<(Range<usize>, &'static str)> {
    let body = sites.tables.iter().map(|table| {
        let first = sites.lines.iter().find(|line| table.contains(&line.start)).map_or(table.end, |line| line.start);
        first..table.end
    });
    windows_in(text, body)
}

/// Returns the rows of tables with limits that have no limit, below one that has.
pub(super) fn aside_rows(text: &str, sites: &Sites) -> Vec<Range<usize>> {
    let in_body = |line: &Range<usize>| {
        sites.tables.iter().any(|table| {
            let first = sites.lines.iter().find(|of| table.contains(&of.start));
            table.contains(&line.start) && first.is_some_and(|first| first.start < line.start)
        })
    };
    let is_row = |line: &str| line.trim_end().ends_with('|') && line.trim().len() > 2 || line.contains("<td");
    let rows = lines(text).into_iter().filter(|line| !sites.lines.contains(line) && is_row(&text[line.clone()]));
    rows.filter(in_body).collect()
}

fn windows_in(text: &str, places: impl Iterator<Item = Range<usize>>) -> Vec<(Range<usize>, &'static str)> {
    let mut found = Vec::new();
    for place in places {
        for (old, new) in WINDOWS {
            for (at, _) in text[place.clone()].match_indices(old) {
                let start = place.start + at;
                let is_part = |c: char| c.is_alphabetic() || matches!(c, '_' | '=' | '-');
                let end = start + old.len();
                let is_whole = !text[..start].ends_with(is_part) && !text[end..].starts_with(is_part);
                if is_whole {
                    found.push((start..end, new));
                }
            }
        }
    }
    found
}
