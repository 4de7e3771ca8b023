//! Turns the Markdown of a documentation site into Markdown with HTML, line by line.
//!
//! Panels (tabs, accordions, admonitions, in the spellings of MDX, Hugo, DocFX, Docusaurus and MkDocs) become elements
//! `ratebook-panel`, and what is not read becomes an element `ratebook-unread`. Tables are normalized to GFM, and text
//! that is indented under a component loses that indentation.

use std::collections::{BTreeMap, HashMap};

use super::cleaned::{Cleaned, PANEL_END, panel};
use super::constants::{self, Resolved};
use super::directive::{self, Directive};
use super::frame::{front_matter_len, is_break, module_end};
use super::tables::{self, Found, Rows, Table};
use super::tag::Tag;
use super::{grid, pandoc};
use crate::page::{LabelKind, Unread};
use crate::read::labelled::{self, Run};
use crate::read::line_map::LineMap;

/// What encloses the present line.
#[derive(Debug)]
struct Open<'a> {
    kind: OpenKind<'a>,
    /// The indentation of its content, once a line of it is known.
    indent: Option<usize>,
    is_panel: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum OpenKind<'a> {
    Tag(&'a str),
    /// `:::note`, of a number of colons.
    Colons,
    /// `# [Label](#tab/x)`, of the heading's level.
    TabHeading(usize),
    /// `=== "Label"` or `!!! note`, of an indentation.
    Indented(usize),
}

/// Cleans one page's Markdown, without comments.
pub(super) fn clean(source: &str) -> Cleaned {
    let Resolved { text, definitions } = constants::resolve(source);
    let lines: Vec<&str> = text.split('\n').collect();
    let mut cleaner = Cleaner {
        out: Cleaned { text: String::with_capacity(source.len() * 2), lines: LineMap::default() },
        open: Vec::new(),
        ends: ends(&lines),
        fence: None,
        headings: Vec::new(),
        definitions,
    };
    let mut at = front_matter_len(&lines);
    while at < lines.len() {
        at = cleaner.line(&lines, at);
    }
    while cleaner.open.pop().is_some_and(|open| cleaner.close_panel(super::super::line_number(at - 1), &open)) {}
    cleaner.out
}

/// Counts the end tags of each name. A tag without an end tag has no content.
fn ends<'a>(lines: &[&'a str]) -> HashMap<&'a str, usize> {
    let mut ends = HashMap::new();
    for line in lines {
        for (at, _) in line.match_indices(['<', '{']) {
            let rest = &line[at..];
            if let Some(tag) = Tag::component(rest).or_else(|| Tag::shortcode(rest))
                && tag.is_end
            {
                *ends.entry(tag.name).or_default() += 1;
            }
        }
    }
    ends
}

struct Cleaner<'a> {
    out: Cleaned,
    open: Vec<Open<'a>>,
    ends: HashMap<&'a str, usize>,
    fence: Option<(u8, usize)>,
    /// The headings above the present line, outermost first, as written.
    headings: Vec<&'a str>,
    /// The definitions of constants, by the index of their lines: how each is reported as unread, if it is.
    definitions: BTreeMap<usize, Option<Unread>>,
}

impl<'a> Cleaner<'a> {
    /// Cleans the line at an index. Returns the index of the next.
    fn line(&mut self, lines: &[&'a str], at: usize) -> usize {
        let number = super::super::line_number(at);
        if self.fence.is_none() {
            self.end_indented(number, lines[at]);
        }
        let line = self.dedent(lines[at]);
        let was_fenced = self.fence.is_some();
        self.fence = super::fence_after(self.fence, line);
        if was_fenced || self.fence.is_some() {
            self.out.push(number, line);
            return at + 1;
        }
        let rest = Rows { lines, at };
        let table = tables::gfm(rest).map(Found::Table).or_else(|| pandoc::table(rest));
        let table = table.or_else(|| grid::table(rest)).or_else(|| tables::loose(rest));
        match table {
            Some(Found::Table(table)) => {
                self.push_table(number, &table);
                return table.end;
            }
            Some(Found::Unread { at: broken, end }) => {
                let number = super::super::line_number(broken);
                self.out.unread(number, Unread::Table, &lines[at..end].join(" "));
                return end;
            }
            None => {}
        }
        if let Some(run) = labelled::run(&lines[at..]) {
            self.labelled(at, &run);
            return at + run.rows.len();
        }
        if let Some(end) = module_end(lines, at) {
            if let Some(what) = self.definitions.get(&at).copied().unwrap_or(Some(Unread::Import)) {
                self.out.unread(number, what, &lines[at..end].join(" "));
            }
            return end;
        }
        let previous = at.checked_sub(1).map_or("", |before| lines[before]);
        let next = lines.get(at + 1).copied().unwrap_or_default();
        self.single(number, line, previous, next);
        at + 1
    }

    fn push_table(&mut self, number: u32, table: &Table) {
        self.out.push(number, "");
        let mut set_apart = Vec::new();
        for (line, row) in &table.rows {
            let row = without_tags(row, |tag| set_apart.push((*line, tag.to_owned())));
            self.out.push(*line, &row);
        }
        self.out.push(number, "");
        for (line, tag) in set_apart {
            self.out.unread(line, Unread::Include, &tag);
        }
    }

    /// Writes the rows that a run of lines states, in panels for the labels of its section that no heading has.
    fn labelled(&mut self, at: usize, run: &Run<'a>) {
        let number = super::super::line_number(at);
        let headed = (0..=run.section.len()).rev().find(|&count| self.headings.ends_with(&run.section[..count]));
        let missing = &run.section[headed.unwrap_or(0)..];
        for label in missing {
            self.out.block(number, &panel(LabelKind::Accordion, label, false));
        }
        let row = |cells: &mut dyn Iterator<Item = &str>| {
            let cells: Vec<String> = cells.map(|cell| cell.replace('|', "\\|")).collect();
            format!("| {} |", cells.join(" | "))
        };
        let mut rows = vec![(number, row(&mut run.columns.iter().copied()))];
        rows.push((number, format!("|{}", "---|".repeat(run.columns.len()))));
        for (index, cells) in run.rows.iter().enumerate() {
            let line = super::super::line_number(at + index);
            rows.push((line, row(&mut cells.iter().map(|cell| cell.unwrap_or(" ")))));
        }
        self.push_table(number, &Table { rows, end: at + run.rows.len() });
        for _ in missing {
            self.out.block(number, PANEL_END);
        }
    }

    fn single(&mut self, number: u32, line: &'a str, previous: &str, next: &str) {
        let trimmed = line.trim();
        match directive::read(line) {
            Some(Directive::Begin { kind, label }) => {
                self.enter(number, OpenKind::Colons, kind, &label, false);
                return;
            }
            Some(Directive::End) => {
                if let Some(at) = self.open.iter().rposition(|open| open.kind == OpenKind::Colons) {
                    self.close_from(number, at);
                }
                return;
            }
            Some(Directive::Indented { kind, label, indent }) => {
                self.enter(number, OpenKind::Indented(indent), kind, &label, false);
                return;
            }
            Some(Directive::TabHeading { level, label }) => {
                self.end_tab_headings(number, level);
                self.enter(number, OpenKind::TabHeading(level), LabelKind::Tab, &label, false);
                return;
            }
            Some(Directive::Unread(what)) => {
                self.out.unread(number, what, trimmed);
                return;
            }
            Some(Directive::Alert { quote, kind, text }) => {
                self.out.push(number, &format!("{quote}[!{kind}]"));
                self.out.push(number, &format!("{quote}{text}"));
                return;
            }
            None => {}
        }
        if is_break(trimmed) && previous.trim().is_empty() {
            self.end_tab_headings(number, 1);
        } else if let Some(level) = super::heading_level(line) {
            self.end_tab_headings_above(number, level);
            self.headings.truncate(level - 1);
            self.headings.push(trimmed.trim_matches(['#', ' ']));
        }
        if trimmed.starts_with(['<', '{']) && self.tags(number, trimmed) {
            return;
        }
        let mut set_apart = Vec::new();
        let text = without_tags(line, |tag| set_apart.push(tag.to_owned()));
        self.out.push(number, &directive::escape(&text, previous, next));
        for tag in set_apart {
            self.out.unread(number, Unread::Include, &tag);
        }
    }

    /// Reads a line that begins with the tag of a component or a shortcode. Returns whether it does.
    fn tags(&mut self, number: u32, line: &'a str) -> bool {
        let mut rest = line;
        let mut is_read = false;
        while let Some(tag) = Tag::component(rest).or_else(|| Tag::shortcode(rest)) {
            is_read = true;
            self.tag(number, &tag, &rest[..tag.len]);
            rest = rest[tag.len..].trim_start();
        }
        if is_read && !rest.is_empty() {
            // The text may be followed by the end tag.
            let end = rest.rfind("</").or_else(|| rest.rfind("{{"));
            let end = end.filter(|&end| {
                let tag = Tag::component(&rest[end..]).or_else(|| Tag::shortcode(&rest[end..]));
                tag.is_some_and(|tag| tag.is_end && end + tag.len == rest.len())
            });
            let (text, end) = rest.split_at(end.unwrap_or(rest.len()));
            self.single(number, text, "", "");
            if !end.is_empty() {
                self.tags(number, end);
            }
        }
        is_read
    }

    fn tag(&mut self, number: u32, tag: &Tag<'a>, source: &str) {
        if tag.is_end {
            if let Some(count) = self.ends.get_mut(tag.name) {
                *count = count.saturating_sub(1);
            }
            if let Some(at) = self.open.iter().rposition(|open| open.kind == OpenKind::Tag(tag.name)) {
                self.close_from(number, at);
            }
            return;
        }
        if tag.is_empty || self.ends.get(tag.name).is_none_or(|count| *count == 0) {
            self.out.unread(number, Unread::Include, source);
            return;
        }
        match directive::panel_of(tag) {
            Some((kind, label)) => self.enter(number, OpenKind::Tag(tag.name), kind, &label, tag.is_hidden()),
            None if tag.is_hidden() => {
                self.enter(number, OpenKind::Tag(tag.name), LabelKind::Accordion, tag.name, true);
            }
            None => self.open.push(Open { kind: OpenKind::Tag(tag.name), indent: None, is_panel: false }),
        }
    }

    fn enter(&mut self, number: u32, open: OpenKind<'a>, kind: LabelKind, label: &str, is_hidden: bool) {
        self.out.block(number, &panel(kind, label, is_hidden));
        let indent = match open {
            OpenKind::Tag(_) => None,
            OpenKind::Colons | OpenKind::TabHeading(_) => Some(0),
            OpenKind::Indented(indent) => Some(indent),
        };
        self.open.push(Open { kind: open, indent, is_panel: true });
    }

    fn close_from(&mut self, number: u32, at: usize) {
        while self.open.len() > at && self.open.pop().is_some_and(|open| self.close_panel(number, &open)) {}
    }

    /// Ends a panel. Returns true.
    fn close_panel(&mut self, number: u32, open: &Open<'_>) -> bool {
        if open.is_panel {
            self.out.block(number, PANEL_END);
        }
        true
    }

    fn end_tab_headings(&mut self, number: u32, level: usize) {
        let is_it = |open: &Open<'_>| matches!(open.kind, OpenKind::TabHeading(own) if own >= level);
        if let Some(at) = self.open.iter().position(is_it) {
            self.close_from(number, at);
        }
    }

    fn end_tab_headings_above(&mut self, number: u32, level: usize) {
        let is_it = |open: &Open<'_>| matches!(open.kind, OpenKind::TabHeading(own) if level <= own);
        if let Some(at) = self.open.iter().position(is_it) {
            self.close_from(number, at);
        }
    }

    /// Ends the blocks that are made by indentation before a line with less.
    fn end_indented(&mut self, number: u32, line: &str) {
        let indent = line.len() - line.trim_start().len();
        let is_it = |open: &Open<'_>| matches!(open.kind, OpenKind::Indented(own) if indent < own);
        if !line.trim().is_empty()
            && let Some(at) = self.open.iter().position(is_it)
        {
            self.close_from(number, at);
        }
    }

    /// Removes the indentation of the enclosing component's content.
    fn dedent(&mut self, line: &'a str) -> &'a str {
        let own = line.len() - line.trim_start_matches([' ', '\t']).len();
        let Some(open) = self.open.last_mut() else { return line };
        if line.trim().is_empty() {
            return line;
        }
        let is_end = line.trim_start().starts_with("</");
        let indent = match open.indent {
            Some(indent) => indent,
            None if is_end => 0,
            None => *open.indent.insert(own),
        };
        &line[own.min(indent)..]
    }
}

/// Returns a line without the tags of components and shortcodes. Tags without content are reported.
fn without_tags(line: &str, mut report: impl FnMut(&str)) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find(['<', '{', '`']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let len = if rest.starts_with('`') {
            super::comments::code_span_len(rest)
        } else if let Some(tag) = Tag::component(rest).or_else(|| Tag::shortcode(rest)) {
            if tag.is_empty || tag.arguments.contains('=') || rest.starts_with("{{") && !tag.is_end {
                report(&rest[..tag.len]);
            }
            rest = &rest[tag.len..];
            continue;
        } else {
            1
        };
        out.push_str(&rest[..len]);
        rest = &rest[len..];
    }
    out.push_str(rest);
    out
}
