//! Constants of MDX: `export const LIMIT = 20;`, whose value stands where the content has `{LIMIT}`.
//!
//! A number or a string is a value. Other expressions are not evaluated. If one may be a value, or the content uses its name,
//! it is an unread block, and so an error at its line. Otherwise (a function, an element, an object) it is a component of the
//! page.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use super::frame::{front_matter_len, module_end};
use crate::page::Unread;

/// A constant: its name, and its value if that is a literal.
struct Constant<'a> {
    /// The index of its first line.
    at: usize,
    name: &'a str,
    value: Option<Cow<'a, str>>,
    /// Whether the expression may be a value that this reader does not evaluate.
    is_expression: bool,
}

/// The text of a page with the values of its constants.
#[derive(Debug, Default)]
pub(super) struct Resolved {
    /// The text, with as many lines as before.
    pub(super) text: String,
    /// The definitions of constants, by the index of their lines: `None` if the content uses the value, else how the
    /// definition is reported as unread.
    pub(super) definitions: BTreeMap<usize, Option<Unread>>,
}

/// Replaces the names of constants by their values, outside of code.
pub(super) fn resolve(source: &str) -> Resolved {
    let lines: Vec<&str> = source.split('\n').collect();
    let is_content = content(&lines);
    let constants = constants(&lines, &is_content);
    if constants.is_empty() {
        return Resolved { text: source.to_owned(), definitions: BTreeMap::new() };
    }
    let by_name: BTreeMap<&str, usize> =
        constants.iter().enumerate().rev().map(|(at, constant)| (constant.name, at)).collect();
    let mut used: Vec<bool> = vec![false; constants.len()];
    let mut text = String::with_capacity(source.len());
    for (at, line) in lines.iter().enumerate() {
        if at > 0 {
            text.push('\n');
        }
        if !is_content[at] {
            text.push_str(line);
            continue;
        }
        let mut done = 0;
        for (place, name) in names(line) {
            let Some(&index) = by_name.get(name) else { continue };
            used[index] = true;
            if let Some(value) = &constants[index].value {
                text.push_str(&line[done..place.start]);
                text.push_str(value);
                done = place.end;
            }
        }
        text.push_str(&line[done..]);
    }
    let definitions = constants.iter().zip(used).filter_map(|(constant, is_used)| {
        let what = match (&constant.value, is_used) {
            (Some(_), true) => None,
            (Some(_), false) => Some(Unread::Constant),
            (None, is_used) if is_used || constant.is_expression => Some(Unread::Expression),
            // A component, like other exports.
            (None, _) => return None,
        };
        Some((constant.at, what))
    });
    Resolved { text, definitions: definitions.collect() }
}

/// Returns which lines are content: neither front matter, nor code, nor an `import` or `export`.
fn content(lines: &[&str]) -> Vec<bool> {
    let mut is_content = vec![false; lines.len()];
    let mut fence = None;
    let mut at = front_matter_len(lines);
    while at < lines.len() {
        let was_fenced = fence.is_some();
        fence = super::fence_after(fence, lines[at]);
        if was_fenced || fence.is_some() {
            at += 1;
        } else if let Some(end) = module_end(lines, at) {
            at = end;
        } else {
            is_content[at] = true;
            at += 1;
        }
    }
    is_content
}

/// Returns the constants of a page. A name that is defined twice has no value.
fn constants<'a>(lines: &[&'a str], is_content: &[bool]) -> Vec<Constant<'a>> {
    let mut found: Vec<Constant<'a>> = Vec::new();
    let mut by_name: BTreeMap<&str, usize> = BTreeMap::new();
    let mut fence = None;
    for (at, &line) in lines.iter().enumerate().skip(front_matter_len(lines)) {
        let was_fenced = fence.is_some();
        fence = super::fence_after(fence, line);
        if was_fenced || fence.is_some() || is_content[at] {
            continue;
        }
        let Some((name, expression)) = line.strip_prefix("export const ").and_then(|rest| rest.split_once('=')) else {
            continue;
        };
        let (name, expression) = (name.trim(), expression.trim().trim_end_matches(';').trim());
        let is_one_line = module_end(lines, at) == Some(at + 1);
        let mut value = literal(expression).filter(|_| is_one_line);
        let is_twice = by_name.contains_key(name);
        if let Some(first) = by_name.get(name).and_then(|&first| found.get_mut(first)) {
            (first.value, first.is_expression, value) = (None, true, None);
        }
        by_name.entry(name).or_insert(found.len());
        let is_expression = is_twice || value.is_none() && is_one_line && !is_component(expression);
        found.push(Constant { at, name, value, is_expression });
    }
    found
}

/// Returns the text of a number or a string. `None` for another expression.
fn literal(expression: &str) -> Option<Cow<'_, str>> {
    let is_number = |text: &str| {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let is_digits = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_digit())
                && !part.ends_with('_')
                && part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_')
        };
        is_digits(whole) && is_digits(fraction)
    };
    if is_number(expression) {
        let text = if expression.contains('_') { Cow::Owned(expression.replace('_', "")) } else { expression.into() };
        return Some(text);
    }
    let quote = expression.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
    let text = expression.strip_prefix(quote)?.strip_suffix(quote)?;
    (!text.contains([quote, '\\', '$', '<', '{', '|'])).then_some(text.into())
}

/// Returns whether an expression is a function, an element, or a collection of values.
fn is_component(expression: &str) -> bool {
    expression.contains("=>")
        || expression.starts_with(['<', '{', '['])
        || ["function", "async ", "class ", "styled", "React."].iter().any(|word| expression.starts_with(word))
}

/// The longest name in braces, in bytes.
const MAX_NAME: usize = 100;

/// Returns the places of the names in braces of a line, outside of inline code: `{LIMIT}`.
fn names(line: &str) -> Vec<(Range<usize>, &str)> {
    let mut found = Vec::new();
    let mut is_code = false;
    let mut at = 0;
    while let Some(next) = line[at..].find(['`', '{']).map(|offset| at + offset) {
        at = next + 1;
        if line.as_bytes()[next] == b'`' {
            is_code = !is_code;
            continue;
        }
        let is_escaped = line[..next].ends_with(['\\', '=', '$', '{']);
        let end = line.as_bytes()[at..].iter().take(MAX_NAME).position(|&byte| byte == b'}');
        let Some(end) = end.map(|offset| at + offset) else { continue };
        let name = line[at..end].trim();
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if is_name && !is_code && !is_escaped {
            found.push((next..end + 1, name));
            at = end + 1;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_strings_are_values() {
        for (expression, value) in
            [("20", "20"), ("1_000", "1000"), ("1.5", "1.5"), ("\"60 RPM\"", "60 RPM"), ("'a'", "a")]
        {
            assert_eq!(literal(expression).as_deref(), Some(value), "{expression}");
        }
        for expression in
            ["2 * 10", "1e3", "LIMIT", "\"a\" + \"b\"", "`${LIMIT}`", "0x14", "-", "", "20;30", "_1", "1_"]
        {
            assert_eq!(literal(expression), None, "{expression}");
        }
    }

    #[test]
    fn a_name_stands_in_braces_outside_of_code() {
        let names_in = |line: &'static str| names(line).into_iter().map(|(_, name)| name).collect::<Vec<_>>();
        assert_eq!(names_in("| {A} | up to { B_2 } | `{C}` | \\{D} | prop={E} | ${F} | {a.b} | {{G}} |"), ["A", "B_2"]);
        assert_eq!(names_in("{A"), Vec::<&str>::new());
    }
}
