//! The places of a page where limits stand: numbers, names and tables in the source text.
//!
//! A number is a place if a limit of the clean reading names its line and has its amount, and no other number of the line has
//! that amount. What a rule sets aside is therefore no place, and an edit of a place changes what the page states.

use std::collections::BTreeMap;
use std::ops::Range;

use ratebook_source::{Amount, Limit};

/// The places of limits in a page's text, as ranges of bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sites {
    /// The numbers that are amounts of limits.
    pub values: Vec<Range<usize>>,
    /// The names of limits, on the lines of their amounts.
    pub names: Vec<Range<usize>>,
    /// The lines with such a number, with their line breaks.
    pub lines: Vec<Range<usize>>,
    /// The lines of the table around such a number: in Markdown, lines with pipes; in HTML, the element.
    pub tables: Vec<Range<usize>>,
    /// The lines of list items with such a number.
    pub items: Vec<Range<usize>>,
    /// The lines of prose that a rule reads or that are set aside.
    pub prose: Vec<Range<usize>>,
}

impl Sites {
    /// Finds the places of limits in a text.
    pub fn find(text: &str, limits: &[Limit]) -> Self {
        let lines = lines(text);
        let mut sites = Self::default();
        let mut by_line: BTreeMap<usize, Vec<&Limit>> = BTreeMap::new();
        for limit in limits {
            let index = limit.line.and_then(|line| usize::try_from(line).ok()).and_then(|line| line.checked_sub(1));
            if let Some(index) = index.filter(|&index| index < lines.len()) {
                by_line.entry(index).or_default().push(limit);
            }
        }
        for (index, limits) in by_line {
            let line = &lines[index];
            let mut values: Vec<Range<usize>> = Vec::new();
            for limit in &limits {
                let Amount::Count(amount) = limit.amount else { continue };
                let same = numbers(&text[line.clone()]).into_iter().filter(|(_, value)| is_amount(*value, amount));
                let same: Vec<Range<usize>> = same.map(|(range, _)| range).collect();
                if let [one] = same.as_slice() {
                    values.push(line.start + one.start..line.start + one.end);
                }
            }
            values.sort_by_key(|range| range.start);
            values.dedup();
            if values.is_empty() {
                continue;
            }
            for limit in limits {
                let found: Vec<usize> = text[line.clone()].match_indices(&limit.name).map(|(at, _)| at).collect();
                if let ([at], true) = (found.as_slice(), limit.name.len() > 2) {
                    let range = line.start + at..line.start + at + limit.name.len();
                    if !sites.names.contains(&range) && is_whole(text, &range) {
                        sites.names.push(range);
                    }
                }
            }
            let shown = text[line.clone()].trim_start();
            if shown.starts_with(['-', '*']) || shown.starts_with("<li") {
                sites.items.push(line.clone());
            }
            if let Some(table) = table_around(text, &lines, index).filter(|table| !sites.tables.contains(table)) {
                sites.tables.push(table);
            }
            sites.values.append(&mut values);
            sites.lines.push(line.clone());
        }
        sites
    }
}

/// Returns the range of each line, with its line break.
pub(super) fn lines(text: &str) -> Vec<Range<usize>> {
    let mut start = 0;
    let range = |line: &str| {
        let range = start..start + line.len();
        start = range.end;
        range
    };
    text.split_inclusive('\n').map(range).collect()
}

/// Returns the numbers of a text with their values. `K` and `M` after the digits are part of a number.
pub(super) fn numbers(text: &str) -> Vec<(Range<usize>, u64)> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let start = at;
        while at < bytes.len()
            && (bytes[at].is_ascii_digit() || bytes[at] == b',' && bytes.get(at + 1).is_some_and(u8::is_ascii_digit))
        {
            at += 1;
        }
        let before = text[..start].chars().next_back();
        let after = text[at..].chars().next();
        // A part of a name, of a fraction or of a version.
        let joined = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '/'));
        let ends_sentence = text[at..].starts_with(". ") || text[at..].starts_with(".\n") || &text[at..] == ".";
        let digits = text[start..at].replace(',', "");
        let Ok(value) = digits.parse::<u64>() else { continue };
        if !joined(before) && (!joined(after) || ends_sentence) {
            found.push((start..at, value));
        }
    }
    found
}

/// Returns whether a number as written is an amount: in ones, thousands or millions, which a column may name.
fn is_amount(value: u64, amount: u64) -> bool {
    [1, 1_000, 1_000_000].iter().any(|scale| value.checked_mul(*scale) == Some(amount))
}

/// Returns whether a name does not begin or end within a longer name.
fn is_whole(text: &str, range: &Range<usize>) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | '@');
    !text[..range.start].ends_with(is_part) && !text[range.end..].starts_with(is_part)
}

fn table_around(text: &str, lines: &[Range<usize>], index: usize) -> Option<Range<usize>> {
    let start = lines[index].start;
    if let Some(open) = text[..start + 1].rfind("<table").filter(|&open| !text[open..start].contains("</table>")) {
        let end = open + text[open..].find("</table>")? + "</table>".len();
        return Some(open..end);
    }
    let is_row = |index: &usize| lines.get(*index).is_some_and(|line| text[line.clone()].contains('|'));
    if !is_row(&index) {
        return None;
    }
    let first = (0..index).rev().take_while(is_row).last().unwrap_or(index);
    let last = (index..).take_while(is_row).last().unwrap_or(index);
    // A separator makes it a table.
    let is_rule = |line: &Range<usize>| {
        let line = text[line.clone()].trim();
        line.contains("--") && line.chars().all(|c| matches!(c, '|' | '-' | ':' | ' '))
    };
    lines[first..=last].iter().any(is_rule).then(|| lines[first].start..lines[last].end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratebook_source::Metric;

    #[test]
    fn numbers_are_whole_and_no_parts_of_names() {
        let values = |text: &str| numbers(text).into_iter().map(|(_, value)| value).collect::<Vec<_>>();
        assert_eq!(values("| gpt-4 | 1,000 | 30 RPM, 5.5 |"), [1000, 30]);
        assert_eq!(values("At most 60."), [60]);
    }

    #[test]
    fn a_number_that_stands_twice_in_its_line_is_no_place() {
        let limit = |amount, line| Limit {
            line: Some(line),
            ..Limit::model("rocket", Metric::Requests, Amount::Count(amount))
        };
        let text = "# A\n\n| rocket | 5 | 5 | 70 |\n|--|--|--|--|\n";
        let sites = Sites::find(text, &[limit(5, 3), limit(70, 3)]);
        assert_eq!(sites.values.iter().map(|range| &text[range.clone()]).collect::<Vec<_>>(), ["70"]);
        assert_eq!(sites.names.iter().map(|range| &text[range.clone()]).collect::<Vec<_>>(), ["rocket"]);
        assert_eq!(sites.tables.iter().map(|range| (range.start, range.end)).collect::<Vec<_>>(), [(5, text.len())]);
    }
}
