//! Makes the edits that vendors make.

use std::ops::Range;

use ratebook_ingest::page::Form;

use super::edit::Random;
use super::kinds::VendorEdit::{self, *};
use super::places::{
    aside_rows, gaps, heading_above, include_labels, is_used, notes, prose, tab_labels, trim_break, windows,
    windows_of_rows,
};
use super::sites::{Sites, numbers};

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
        UnitGlued => {
            let range = value(random).filter(|range| text[range.clone()] != *"0")?;
            after(range, (*random.pick(&["kTPM", "/7s", "RPM/9RPD", "RPS"])?).to_owned())
        }
        UnitUnspaced => {
            let units = [" RPM", " TPM", " RPD", " requests", " reqs"];
            let has_unit = |range: &&Range<usize>| units.iter().any(|unit| text[range.end..].starts_with(unit));
            let spaced: Vec<_> = sites.values.iter().filter(has_unit).collect();
            let end = random.pick(&spaced)?.end;
            vec![(end..end + 1, String::new())]
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
        WindowSwapped => {
            let (range, new) = random.pick(&windows(text, sites))?.clone();
            vec![(range, new.to_owned())]
        }
        WindowInRow => {
            let (range, new) = random.pick(&windows_of_rows(text, sites))?.clone();
            vec![(range, new.to_owned())]
        }
        RateInAsideRow if !is_text => {
            let row = random.pick(&aside_rows(text, sites))?.clone();
            let close = if form == Form::Html { "</td>" } else { "|" };
            let at = row.start + text[row.clone()].rfind(close)?;
            vec![(at..at, "(60 requests per minute) ".to_owned())]
        }
        NumberInAsideRow if !is_text => {
            let row = random.pick(&aside_rows(text, sites))?.clone();
            let found: Vec<_> = numbers(&text[row.clone()]).into_iter().map(|(range, _)| range).collect();
            let at = row.start + random.pick(&found)?.start;
            vec![(at..at + 1, other_digit(text.as_bytes()[at], random))]
        }
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
                // The ordinal of an item is no number of the prose.
                .filter(|&at| !text[..at].trim_end_matches(' ').ends_with('\n'))
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
        IncludesSwapped => {
            let tabs = include_labels(text);
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
        | RateInAsideRow | NumberInAsideRow | TabHidden => {
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
