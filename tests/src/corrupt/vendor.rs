//! Edits of the kind that vendors make: at a number, at a name, of a line, of a table, and of the prose around.

use std::ops::Range;

use ratebook_ingest::page::Form;

use super::edit::Random;
use super::sites::{Sites, lines, numbers};

/// A kind of edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the table of `VendorEdit::ALL` describes them")]
pub enum VendorEdit {
    ValueChanged,
    ValueFullWidth,
    ValueInvisible,
    ValueGlued,
    ValueStruck,
    ValueReplaced,
    ValueCommented,
    CommentBeside,
    ValueMarked,
    ValueNoted,
    ValueInWords,
    ValueRange,
    ValueUnit,
    ValueShared,
    ValueReduced,
    NameInvisible,
    NameMarked,
    NameStruck,
    NameQualified,
    RowCommented,
    RowRepeated,
    RowDropped,
    WindowSwapped,
    TableCommented,
    TableHidden,
    TableInTab,
    TableInDetails,
    TableCaptioned,
    HeadingAbove,
    HeadingRenamed,
    ProseAdded,
    ProseAnywhere,
    ProseChanged,
    ProseNegated,
    NoteChanged,
    NoteRemoved,
    ItemAdded,
    SubItemAdded,
    CodeAdded,
    TabRelabelled,
    TabsSwapped,
    TabHidden,
    TabRemoved,
}

/// What an edit means for the limits of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Meaning {
    /// The limits stay as they are.
    Same,
    /// A limit is another, or no longer holds for what it held before.
    Other,
}

use Meaning::{Other, Same};
use VendorEdit::*;

impl VendorEdit {
    /// Every kind, with what it means and what it does.
    pub const ALL: [(Self, Meaning, &'static str); 43] = [
        (ValueChanged, Other, "another first digit"),
        (ValueFullWidth, Same, "full-width digits"),
        (ValueInvisible, Same, "an invisible character within a number"),
        (ValueGlued, Other, "a second number run together with the first"),
        (ValueStruck, Other, "a number that is struck out"),
        (ValueReplaced, Other, "a number that is struck out, before another"),
        (ValueCommented, Other, "a number within a comment"),
        (CommentBeside, Same, "a comment with a number beside a number"),
        (ValueMarked, Other, "a footnote mark at a number"),
        (ValueNoted, Other, "a footnote mark at a number, with its note"),
        (ValueInWords, Other, "`~10`, `N/A`, `—`, `Unlimited` and others in place of a number"),
        (ValueRange, Other, "a range in place of a number"),
        (ValueUnit, Other, "a unit or a window after a number"),
        (ValueShared, Other, "a number that is shared"),
        (ValueReduced, Other, "a number that is reduced"),
        (NameInvisible, Same, "an invisible character within a name"),
        (NameMarked, Other, "a footnote mark at a name"),
        (NameStruck, Other, "a name that is struck out"),
        (NameQualified, Other, "words after a name"),
        (RowCommented, Other, "a line within a comment"),
        (RowRepeated, Other, "a line once more, with another number"),
        (RowDropped, Other, "a line removed"),
        (WindowSwapped, Other, "another window or metric in a header or a line with limits"),
        (TableCommented, Other, "a table within a comment"),
        (TableHidden, Other, "a table that is hidden"),
        (TableInTab, Other, "a table in the panel of a tab"),
        (TableInDetails, Other, "a table in a panel that is closed"),
        (TableCaptioned, Other, "a caption with a window or a reduction"),
        (HeadingAbove, Other, "a heading between a table and its own"),
        (HeadingRenamed, Other, "another heading above a table"),
        (ProseAdded, Other, "a sentence after a table"),
        (ProseAnywhere, Other, "a sentence with a rate anywhere"),
        (ProseChanged, Other, "another number in prose"),
        (ProseNegated, Other, "another word in a sentence of limits"),
        (NoteChanged, Other, "another note of a footnote"),
        (NoteRemoved, Other, "a note of a footnote removed"),
        (ItemAdded, Other, "a list item with a rate"),
        (SubItemAdded, Other, "an item below an item"),
        (CodeAdded, Other, "a block of code with a rate"),
        (TabRelabelled, Other, "another label of a tab"),
        (TabsSwapped, Other, "the labels of two tabs exchanged"),
        (TabHidden, Other, "a tab that is hidden"),
        (TabRemoved, Other, "the label of a tab removed"),
    ];
}

/// A page that is edited.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The text.
    pub text: &'a str,
    /// The form.
    pub form: Form,
    /// The places of its limits.
    pub sites: &'a Sites,
}

const SENTENCES: [&str; 8] = [
    "Rockets are limited to 7 requests per minute.",
    "All of these limits are reduced to 50 %.",
    "Until 31 December, limits are doubled.",
    "These limits are shared by all models of an account.",
    "Preview models are exempt, and have at most 3 concurrent requests.",
    "In the EU, the limit is 11 requests per second.",
    "Every other model has 10 RPM.",
    "Calls with more than 200K tokens count twice against the quota.",
];

const MARKS: [&str; 6] = ["*", "†", "¹", "<sup>1</sup>", "[1]", "‡"];

/// Applies one edit of a kind. Returns the edited page, the line of the edit and a description, or `None` if the page has no
/// place for it.
pub fn apply_vendor(page: Source<'_>, edit: VendorEdit, random: &mut Random) -> Option<(String, u32, String)> {
    let Source { text, form, sites } = page;
    let is_text = form == Form::Text;
    let value = |random: &mut Random| random.pick(&sites.values).cloned();
    let name = |random: &mut Random| random.pick(&sites.names).cloned();
    let table = |random: &mut Random| random.pick(&sites.tables).cloned();
    let changes: Vec<(Range<usize>, String)> = match edit {
        ValueChanged => {
            let at = value(random)?.start;
            vec![(at..at + 1, other_digit(text.as_bytes()[at], random))]
        }
        ValueFullWidth => {
            let range = value(random)?;
            let wide = text[range.clone()].chars().map(|c| match c {
                '0'..='9' => char::from_u32(c as u32 - '0' as u32 + '０' as u32).unwrap_or(c),
                _ => c,
            });
            vec![(range.clone(), wide.collect())]
        }
        ValueInvisible => {
            let range = value(random)?;
            let at = range.start + usize::from(range.len() > 1);
            vec![(at..at, (*random.pick(&["\u{200b}", "\u{2060}", "\u{ad}", "\u{feff}"])?).to_owned())]
        }
        ValueGlued => after(value(random)?, (*random.pick(&["250", "1,500", "7"])?).to_owned()),
        ValueStruck if !is_text => around(text, value(random)?, struck(form, random)?),
        ValueReplaced if !is_text => {
            let range = value(random)?;
            let (open, close) = struck(form, random)?;
            let at = range.start;
            let new = format!("{}{}", other_digit(text.as_bytes()[at], random), &text[at + 1..range.end]);
            vec![(range.clone(), format!("{open}{}{close} {new}", &text[range]))]
        }
        ValueCommented if !is_text => around(text, value(random)?, ("<!-- ", " -->")),
        CommentBeside if !is_text => after(value(random)?, " <!-- formerly 7 -->".to_owned()),
        ValueMarked => after(value(random)?, mark(random)?),
        ValueNoted => {
            let range = value(random)?;
            let mark = *random.pick(&["*", "†", "¹"])?;
            let written = if mark == "*" && form == Form::Markdown { "\\*" } else { mark };
            let note = block(form, &format!("{written} Until the end of the year only."));
            let end = sites.tables.iter().find(|table| table.contains(&range.start)).map_or_else(
                || text[range.end..].find('\n').map_or(text.len(), |at| range.end + at + 1),
                |table| table.end,
            );
            vec![(range.end..range.end, written.to_owned()), (end..end, note)]
        }
        ValueInWords => {
            let words = ["~10", "N/A", "—", "Unlimited", "Dynamic rate limit", "TBD", "Contact us", "ten", "Custom"];
            let range = value(random)?;
            vec![(range, (*random.pick(&words)?).to_owned())]
        }
        ValueRange => {
            let range = value(random)?;
            let old = &text[range.clone()];
            let forms =
                [format!("{old}-99,000,000"), format!("up to {old}"), format!("{old} or less"), format!("> {old}")];
            vec![(range, random.pick(&forms)?.clone())]
        }
        ValueUnit => {
            let units = ["K", "M", " per second", "/s", " per week", " %", ".5", "e3"];
            // A thousand times nothing is nothing.
            let range = value(random).filter(|range| text[range.clone()] != *"0")?;
            after(range, (*random.pick(&units)?).to_owned())
        }
        ValueShared => {
            let words = [" (shared)", " (shared with rocket-2)", " across all models", " per user", " in total"];
            after(value(random)?, (*random.pick(&words)?).to_owned())
        }
        ValueReduced => {
            let words = [" (reduced to 50 %)", " (temporarily halved)", " until 31 December", " (was 7)", " x 2"];
            after(value(random)?, (*random.pick(&words)?).to_owned())
        }
        NameInvisible => {
            let at = name(random)?.start + 1;
            let at = (at..).find(|&at| text.is_char_boundary(at))?;
            vec![(at..at, (*random.pick(&["\u{200b}", "\u{2060}", "\u{ad}"])?).to_owned())]
        }
        NameMarked => after(name(random)?, mark(random)?),
        NameStruck if !is_text => around(text, name(random)?, struck(form, random)?),
        NameQualified => {
            let words = [" (preview)", " (EU only)", " and rocket-2", ", rocket-2", " (deprecated)", " batch"];
            after(name(random)?, (*random.pick(&words)?).to_owned())
        }
        RowCommented if !is_text => {
            let range = trim_break(text, random.pick(&sites.lines)?.clone());
            around(text, range, ("<!-- ", " -->"))
        }
        RowRepeated => {
            let line = random.pick(&sites.lines)?.clone();
            let at = sites.values.iter().find(|value| line.contains(&value.start))?.start;
            let digit = other_digit(text.as_bytes()[at], random);
            vec![(line.end..line.end, format!("{}{digit}{}", &text[line.start..at], &text[at + 1..line.end]))]
        }
        RowDropped => vec![(random.pick(&sites.lines)?.clone(), String::new())],
        WindowSwapped => vec![swap_window(text, sites, random)?],
        TableCommented if !is_text => around(text, table(random)?, ("\n<!--\n\n", "\n\n-->\n\n")),
        TableHidden if !is_text => {
            let open = [
                "\n<div hidden>\n\n",
                "\n<div style=\"display: none\">\n\n",
                "\n<section aria-hidden=\"true\" hidden>\n\n",
            ];
            let open = *random.pick(&open)?;
            around(
                text,
                table(random)?,
                (open, if open.contains("div") { "\n\n</div>\n\n" } else { "\n\n</section>\n\n" }),
            )
        }
        TableInTab if form == Form::Markdown => {
            around(text, table(random)?, ("\n<Tabs>\n<Tab title=\"Legacy\">\n\n", "\n\n</Tab>\n</Tabs>\n\n"))
        }
        TableInTab if form == Form::Html => {
            let open = "<div role=\"tablist\"><button role=\"tab\" id=\"t9\" aria-controls=\"p9\">Legacy</button></div><div role=\"tabpanel\" id=\"p9\" aria-labelledby=\"t9\">";
            around(text, table(random)?, (open, "</div>"))
        }
        TableInDetails if !is_text => {
            around(text, table(random)?, ("\n<details>\n<summary>Until June</summary>\n\n", "\n\n</details>\n\n"))
        }
        TableCaptioned => {
            let table = table(random)?;
            let caption = *random.pick(&[
                "Limits per second",
                "Half of these limits hold in the EU",
                "Limits of June 2024 per project",
            ])?;
            match form {
                Form::Html => {
                    let at = table.start + text[table].find('>')? + 1;
                    vec![(at..at, format!("<caption>{caption}</caption>"))]
                }
                Form::Markdown | Form::Text => vec![(table.start..table.start, block(form, caption))],
            }
        }
        HeadingAbove if !is_text => {
            let at = table(random)?.start;
            let heading = *random.pick(&["Legacy accounts", "Free plan", "Until June 2024", "EU"])?;
            let heading =
                if form == Form::Html { format!("<h6>{heading}</h6>") } else { format!("\n###### {heading}\n\n") };
            vec![(at..at, heading)]
        }
        HeadingRenamed if !is_text => {
            vec![(heading_above(text, form, table(random)?.start)?, "Legacy accounts".to_owned())]
        }
        ProseAdded => {
            let ends: Vec<usize> = match (sites.tables.is_empty(), is_text) {
                (false, false) => sites.tables.iter().map(|table| table.end).collect(),
                _ => sites.lines.iter().map(|line| line.end).collect(),
            };
            let at = *random.pick(&ends)?;
            vec![(at..at, block(form, random.pick(&SENTENCES)?))]
        }
        ProseAnywhere => {
            let at = *random.pick(&gaps(text, form))?;
            vec![(at..at, block(form, random.pick(&[SENTENCES[0], SENTENCES[5], SENTENCES[6]])?))]
        }
        ProseChanged => {
            let prose = prose(text, form, sites);
            let digits: Vec<usize> = prose
                .iter()
                .flat_map(|line| numbers(&text[line.clone()]).into_iter().map(|(range, _)| line.start + range.start))
                .collect();
            let at = *random.pick(&digits)?;
            vec![(at..at + 1, other_digit(text.as_bytes()[at], random))]
        }
        ProseNegated => {
            let words = [" limit is ", " limits are ", " shared ", " per minute"];
            let found: Vec<usize> = prose(text, form, sites)
                .iter()
                .flat_map(|line| {
                    let found = words.iter().flat_map(|word| text[line.clone()].match_indices(word));
                    found.map(|(at, word)| line.start + at + word.trim_end().len()).collect::<Vec<_>>()
                })
                .collect();
            let at = *random.pick(&found)?;
            vec![(at..at, (*random.pick(&[" not", " twice", " no longer"])?).to_owned())]
        }
        NoteChanged => after(random.pick(&notes(text))?.clone(), " Half of it in the EU.".to_owned()),
        NoteRemoved => {
            let near: Vec<_> = notes(text).into_iter().filter(|note| is_used(text, sites, note)).collect();
            vec![(random.pick(&near)?.clone(), String::new())]
        }
        ItemAdded => {
            let items =
                ["rocket-9: 60 requests per minute", "Burst: 1440 requests per minute", "rocket-9 has no limit"];
            let item = *random.pick(&items)?;
            let ends: Vec<usize> = match (sites.items.is_empty(), sites.tables.is_empty(), is_text) {
                (false, _, _) => sites.items.iter().map(|line| line.end).collect(),
                (true, false, false) => sites.tables.iter().map(|table| table.end).collect(),
                (true, _, _) => sites.lines.iter().map(|line| line.end).collect(),
            };
            let at = *random.pick(&ends)?;
            let is_item = sites.items.iter().any(|line| line.end == at);
            vec![(
                at..at,
                match form {
                    Form::Html if is_item => format!("<li>{item}</li>\n"),
                    Form::Html => format!("<ul><li>{item}</li></ul>\n"),
                    Form::Markdown if is_item => format!("- {item}\n"),
                    Form::Markdown => format!("\n- {item}\n\n"),
                    Form::Text => format!("{item}\n"),
                },
            )]
        }
        SubItemAdded if form == Form::Markdown => {
            let at = random.pick(&sites.items)?.end;
            vec![(at..at, "  - Burst: 1440 requests per minute\n".to_owned())]
        }
        CodeAdded if !is_text => {
            let at = *random.pick(&gaps(text, form))?;
            let sentence = *random.pick(&[SENTENCES[0], "rate_limit: 60 requests per minute", "RPM=60 TPM=1000"])?;
            let code = if form == Form::Html {
                format!("<pre><code>{sentence}</code></pre>\n")
            } else {
                format!("\n```\n{sentence}\n```\n\n")
            };
            vec![(at..at, code)]
        }
        TabRelabelled => vec![(random.pick(&tab_labels(text, sites))?.clone(), "Legacy".to_owned())],
        TabsSwapped => {
            let tabs = tab_labels(text, sites);
            let first = random.pick(&tabs)?.clone();
            let others: Vec<_> = tabs.into_iter().filter(|tab| text[tab.clone()] != text[first.clone()]).collect();
            let second = random.pick(&others)?.clone();
            vec![(first.clone(), text[second.clone()].to_owned()), (second, text[first].to_owned())]
        }
        TabHidden if form == Form::Html => {
            let tab = random.pick(&tab_labels(text, sites))?.clone();
            let open = text[..tab.start].rfind('<').filter(|&open| !text[open..tab.start].contains(['\n', '>']))?;
            let end = open + text[open..].find([' ', '>'])?;
            vec![(end..end, " hidden".to_owned())]
        }
        TabRemoved => vec![(random.pick(&tab_labels(text, sites))?.clone(), String::new())],
        ValueStruck | ValueReplaced | ValueCommented | CommentBeside | NameStruck | RowCommented | TableCommented
        | TableHidden | TableInTab | TableInDetails | HeadingAbove | HeadingRenamed | SubItemAdded | CodeAdded
        | TabHidden => {
            return None;
        }
    };
    let changes: Vec<_> = changes.into_iter().filter(|(range, with)| text[range.clone()] != **with).collect();
    let first = changes.first()?;
    let line = u32::try_from(text[..first.0.start].matches('\n').count() + 1).unwrap_or(u32::MAX);
    let shown: String =
        changes.iter().map(|(range, with)| format!(" `{}` → `{}`", cut(&text[range.clone()]), cut(with))).collect();
    Some((super::edit::replace(text, changes), line, format!("{edit:?}, line {line}:{shown}")))
}

fn cut(text: &str) -> String {
    text.chars().take(50).map(|c| if c == '\n' { '␤' } else { c }).collect()
}

fn other_digit(digit: u8, random: &mut Random) -> String {
    // Never 0, which would begin a number.
    let others: Vec<u8> = (b'1'..=b'9').filter(|&other| other != digit).collect();
    random.pick(&others).map(|&digit| char::from(digit).to_string()).unwrap_or_default()
}

fn after(range: Range<usize>, with: String) -> Vec<(Range<usize>, String)> {
    vec![(range.end..range.end, with)]
}

fn around(text: &str, range: Range<usize>, (open, close): (&str, &str)) -> Vec<(Range<usize>, String)> {
    vec![(range.clone(), format!("{open}{}{close}", &text[range]))]
}

fn trim_break(text: &str, range: Range<usize>) -> Range<usize> {
    range.start..range.start + text[range.clone()].trim_end().len()
}

/// Returns a footnote mark, which the recipe may know from other cells.
fn mark(random: &mut Random) -> Option<String> {
    random.pick(&MARKS).map(|mark| (*mark).to_owned())
}

fn struck(form: Form, random: &mut Random) -> Option<(&'static str, &'static str)> {
    let html = [("<s>", "</s>"), ("<del>", "</del>"), ("<strike>", "</strike>")];
    match form {
        Form::Html => random.pick(&html).copied(),
        Form::Markdown | Form::Text => random.pick(&[html[0], html[1], ("~~", "~~")]).copied(),
    }
}

/// Returns a paragraph of its own.
fn block(form: Form, text: &str) -> String {
    match form {
        Form::Html => format!("<p>{text}</p>\n"),
        Form::Markdown => format!("\n{text}\n\n"),
        Form::Text => format!("{text}\n"),
    }
}

/// Returns the places between blocks: empty lines in Markdown, ends of lines in text, the ends of blocks in HTML.
fn gaps(text: &str, form: Form) -> Vec<usize> {
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
fn prose(text: &str, form: Form, sites: &Sites) -> Vec<Range<usize>> {
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
fn notes(text: &str) -> Vec<Range<usize>> {
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
fn is_used(text: &str, sites: &Sites, note: &Range<usize>) -> bool {
    let plain = text[note.clone()].trim_start().trim_start_matches("<p>").trim_start_matches("<sup>");
    let mark: String = plain.chars().take_while(|c| !c.is_alphanumeric() && !c.is_whitespace() && *c != '<').collect();
    sites.lines.iter().any(|line| !mark.is_empty() && text[line.clone()].contains(&mark))
}

/// Returns the ranges of the labels of tabs and closed panels with limits below them.
fn tab_labels(text: &str, sites: &Sites) -> Vec<Range<usize>> {
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
    let has_limits = |panel: Range<usize>| {
        // A panel ends with its component, or at the next heading.
        let ends = ["</Tab", "</Acc", "</details", "-->", "\n## ", "\n### ", "\n---\n"];
        let end = ends
            .iter()
            .filter_map(|end| text[panel.clone()].find(end))
            .min()
            .map_or(panel.end, |len| panel.start + len);
        sites.values.iter().any(|value| (panel.start..end).contains(&value.start))
    };
    let around = labels.into_iter().zip(ends).filter(|(label, end)| has_limits(label.end..*end));
    around.map(|(label, _)| label).collect()
}

fn heading_above(text: &str, form: Form, at: usize) -> Option<Range<usize>> {
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

/// Exchanges a window or a metric in the header of a table, or in a line with limits that is no row of a table: a recipe may
/// set the words of a row aside, where another column names the metric.
fn swap_window(text: &str, sites: &Sites, random: &mut Random) -> Option<(Range<usize>, String)> {
    let header = sites.tables.iter().map(|table| {
        let first = sites.lines.iter().find(|line| table.contains(&line.start)).map_or(table.end, |line| line.start);
        table.start..first
    });
    let is_row = |line: &Range<usize>| sites.tables.iter().any(|table| table.contains(&line.start));
    let places: Vec<Range<usize>> = header.chain(sites.lines.iter().filter(|line| !is_row(line)).cloned()).collect();
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
    random.pick(&found).map(|(range, new)| (range.clone(), (*new).to_owned()))
}
