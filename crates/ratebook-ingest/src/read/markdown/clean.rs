//! Removes the syntax around a page's Markdown (front matter, shortcodes, components), and normalizes tables to GFM.

use super::super::line_number;

/// The Markdown of a page, with the page's line number of each line.
pub(super) struct Cleaned {
    pub(super) text: String,
    starts: Vec<usize>,
    lines: Vec<u32>,
}

impl Cleaned {
    /// Returns the line of the page that holds a byte of the text.
    pub(super) fn line_at(&self, byte: usize) -> u32 {
        let index = self.starts.partition_point(|&start| start <= byte).saturating_sub(1);
        self.lines.get(index).copied().unwrap_or(1)
    }

    fn push(&mut self, line: u32, text: &str) {
        self.starts.push(self.text.len());
        self.lines.push(line);
        self.text.push_str(text);
        self.text.push('\n');
    }
}

/// Returns whether a text has a mark that only Markdown has: a heading, a table's delimiter row, or a link.
pub(in crate::read) fn has_marks(text: &str) -> bool {
    let first = text.lines().find(|line| !line.trim().is_empty());
    text.lines().any(|line| {
        // A single `#` may be a number sign, except on the first line.
        let is_heading = heading_level(line).is_some_and(|level| level > 1 || Some(line) == first);
        is_heading || is_delimiter(line) || (line.contains("](") && line.contains('['))
    })
}

fn heading_level(line: &str) -> Option<usize> {
    let text = line.trim_start_matches('#');
    (text.starts_with(' ') && text.len() < line.len() && !text.contains('|')).then_some(line.len() - text.len())
}

pub(super) fn clean(source: &str) -> Cleaned {
    let lines: Vec<&str> = source.lines().collect();
    let mut cleaned = Cleaned { text: String::with_capacity(source.len()), starts: Vec::new(), lines: Vec::new() };
    let mut at = front_matter_len(&lines);
    let mut fence: Option<&str> = None;
    while at < lines.len() {
        let number = line_number(at);
        let trimmed = lines[at].trim_start();
        if let Some(mark) = ["```", "~~~"].into_iter().find(|mark| trimmed.starts_with(mark)) {
            fence = match fence {
                None => Some(mark),
                Some(open) if open == mark => None,
                other => other,
            };
        } else if fence.is_none() {
            if lines.get(at + 1).is_some_and(|next| is_delimiter(next)) && is_row(lines[at]) {
                at = push_table(&mut cleaned, &lines, at);
                continue;
            }
            cleaned.push(number, &without_components(lines[at]));
            at += 1;
            continue;
        }
        cleaned.push(number, lines[at]);
        at += 1;
    }
    cleaned
}

/// Returns the number of lines of the front matter. A blank line does not end it.
fn front_matter_len(lines: &[&str]) -> usize {
    let Some(start) = lines.iter().position(|line| !line.trim().is_empty()) else { return 0 };
    let mark = lines[start].trim_end();
    if mark != "---" && mark != "+++" {
        return 0;
    }
    const MAX_LINES: usize = 100;
    let rest = lines.iter().enumerate().skip(start + 1).take(MAX_LINES);
    rest.into_iter().find(|(_, line)| line.trim_end() == mark).map_or(0, |(end, _)| end + 1)
}

/// Appends the table whose header is at the line index `at`, between blank lines. Returns the index after it.
fn push_table(cleaned: &mut Cleaned, lines: &[&str], at: usize) -> usize {
    // A row above a delimiter row is the header of another table.
    let continues = |at: usize| {
        lines.get(at).is_some_and(|line| is_row(line)) && !lines.get(at + 1).is_some_and(|next| is_delimiter(next))
    };
    let mut end = at + 2;
    // One blank line does not end the table.
    while continues(end) || lines.get(end).is_some_and(|line| line.trim().is_empty()) && continues(end + 1) {
        end += 1;
    }
    cleaned.push(line_number(at), "");
    for (offset, line) in lines[at..end].iter().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let row = without_components(line.trim_start_matches(['>', ' ', '\t']));
        let row = row.trim();
        let pipe = if row.starts_with('|') { "" } else { "| " };
        cleaned.push(line_number(at + offset), &format!("{pipe}{row}"));
    }
    cleaned.push(line_number(end.saturating_sub(1)), "");
    end
}

fn is_row(line: &str) -> bool {
    line.replace("\\|", "").contains('|')
}

fn is_delimiter(line: &str) -> bool {
    let line = line.trim_start_matches(['>', ' ', '\t']).trim_end();
    line.contains('|') && line.contains("--") && line.chars().all(|c| matches!(c, '|' | '-' | ':' | ' '))
}

/// Returns the line without shortcodes, imports and the tags of MDX components. The content of components is kept.
fn without_components(line: &str) -> String {
    let trimmed = line.trim_start();
    let is_module = trimmed.starts_with("import ") && (trimmed.contains(" from ") || trimmed.contains(['"', '\'']))
        || trimmed.starts_with("export ") && trimmed.contains('=');
    if is_module || trimmed.starts_with(":::") {
        return String::new();
    }
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    let mut removed = false;
    while let Some(at) = rest.find(['{', '<']) {
        let tag = &rest[at..];
        let component = tag.trim_start_matches(['<', '/']).starts_with(|c: char| c.is_ascii_uppercase());
        let end = if tag.starts_with("{{<") || tag.starts_with("{{%") {
            tag.find("}}").map(|end| end + 2)
        } else if tag.starts_with('<') && component {
            tag.find('>').map(|end| end + 1)
        } else {
            None
        };
        let (keep, skip) = match end {
            Some(end) => (at, at + end),
            None => (at + 1, at + 1),
        };
        removed |= end.is_some();
        out.push_str(&rest[..keep]);
        rest = &rest[skip..];
    }
    out.push_str(rest);
    // Text indented under a component is not a code block.
    if removed || line.starts_with("    ") && !out.trim_start().starts_with(['-', '*', '+']) {
        out.trim().to_owned()
    } else {
        out
    }
}
