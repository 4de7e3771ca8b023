//! The line format: tab-separated fields, `-` for an absent field, `#` for comments, `@` for directives.

use std::fmt;
use std::str::FromStr;

/// The error of a line that is not in the format.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SourceError {
    /// The line of the source file, from 1. 0 if the error is about the whole file.
    pub line: usize,
    /// What was expected, and what was found.
    pub message: String,
}

impl SourceError {
    pub(crate) fn new(line: usize, message: impl Into<String>) -> Self {
        Self { line, message: message.into() }
    }
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 { f.write_str(&self.message) } else { write!(f, "line {}: {}", self.line, self.message) }
    }
}

impl std::error::Error for SourceError {}

/// The lines of a file with their numbers, without empty lines and comments.
#[derive(Clone)]
pub(crate) struct Lines<'a> {
    rest: &'a str,
    /// The number of lines before `rest`.
    before: usize,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { rest: text, before: 0 }
    }

    /// Returns the length of the remaining lines in bytes.
    pub(crate) fn len(&self) -> usize {
        self.rest.len()
    }

    /// Splits the remaining lines into at most `parts` parts of about equal length, at least one.
    pub(crate) fn split(mut self, parts: usize) -> Vec<Self> {
        let mut split = Vec::new();
        for left in (2..=parts).rev() {
            let middle = self.rest.len() / left;
            let Some(end) = self.rest.as_bytes()[middle..].iter().position(|byte| *byte == b'\n') else { break };
            let (part, rest) = self.rest.split_at(middle + end + 1);
            let before = self.before + part.matches('\n').count();
            split.push(Self { rest: part, before: self.before });
            self = Self { rest, before };
        }
        split.push(self);
        split
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = (usize, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        while !self.rest.is_empty() {
            let (line, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
            self.rest = rest;
            self.before += 1;
            let line = line.strip_suffix('\r').unwrap_or(line);
            if !line.is_empty() && !line.starts_with('#') {
                return Some((self.before, line));
            }
        }
        None
    }
}

/// The fields of one line, read from left to right.
pub(crate) struct Fields<'a> {
    line: usize,
    fields: std::str::Split<'a, char>,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(line: usize, text: &'a str) -> Self {
        Self { line, fields: text.split('\t') }
    }

    pub(crate) fn error(&self, message: impl Into<String>) -> SourceError {
        SourceError::new(self.line, message)
    }

    /// Reads the next field, which must have a value.
    pub(crate) fn text(&mut self, what: &str) -> Result<&'a str, SourceError> {
        self.optional(what)?.ok_or_else(|| self.absent(what))
    }

    /// Returns the error of a field that is `-` but must have a value.
    pub(crate) fn absent(&self, what: &str) -> SourceError {
        self.error(format!("{what}: expected a value, found `-`"))
    }

    /// Reads the next field. Returns `None` for `-`.
    pub(crate) fn optional(&mut self, what: &str) -> Result<Option<&'a str>, SourceError> {
        let Some(text) = self.fields.next() else {
            return Err(self.error(format!(
                "{what}: expected a field, found the end of the line; separate fields by single tabs"
            )));
        };
        // Bytes, because each comparison with a text is a call of `memcmp` in a build script, which is not optimized.
        match text.as_bytes() {
            [] => Err(self.error(format!("{what}: expected a value or `-`, found an empty field"))),
            [b'-'] => Ok(None),
            [..] => Ok(Some(text)),
        }
    }

    pub(crate) fn parse<T: FromStr<Err: fmt::Display>>(&mut self, what: &str) -> Result<T, SourceError> {
        let text = self.text(what)?;
        self.value(text, what)
    }

    pub(crate) fn parse_optional<T: FromStr<Err: fmt::Display>>(
        &mut self,
        what: &str,
    ) -> Result<Option<T>, SourceError> {
        match self.optional(what)? {
            Some(text) => self.value(text, what).map(Some),
            None => Ok(None),
        }
    }

    fn value<T: FromStr<Err: fmt::Display>>(&self, text: &str, what: &str) -> Result<T, SourceError> {
        match text.parse() {
            Ok(value) => Ok(value),
            Err(error) => Err(self.invalid(what, &error)),
        }
    }

    /// Returns the error of a field that does not parse.
    pub(crate) fn invalid(&self, what: &str, error: &dyn fmt::Display) -> SourceError {
        self.error(format!("{what}: {error}"))
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.fields.clone().next().is_none()
    }

    /// Skips the next `count` fields if all of them are `-`. Returns whether they are.
    pub(crate) fn skip_absent(&mut self, count: usize) -> bool {
        let mut after = self.fields.clone();
        let absent = (0..count).all(|_| after.next() == Some("-"));
        if absent {
            self.fields = after;
        }
        absent
    }

    pub(crate) fn end(mut self) -> Result<(), SourceError> {
        match self.fields.next() {
            None => Ok(()),
            Some(extra) => Err(self.error(format!("expected the end of the line, found the field `{extra}`"))),
        }
    }
}

/// Appends a line of tab-separated fields. `None` becomes `-`.
#[cfg(feature = "write")]
pub(crate) fn push_line(out: &mut String, fields: &[Option<&str>]) {
    for (index, field) in fields.iter().enumerate() {
        if index > 0 {
            out.push('\t');
        }
        let text = field.unwrap_or("-");
        // A tab or line break inside a field would parse as another field or line.
        out.extend(text.chars().map(|c| if c.is_control() { ' ' } else { c }));
    }
    out.push('\n');
}
