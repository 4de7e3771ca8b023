//! The line format: tab-separated fields, `-` for an absent one, `#` comments, `@` directives.

use std::fmt;
use std::str::FromStr;

use crate::column::Column;

/// Why a line of a source could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceError {
    /// The line of the source file, from 1; 0 where the whole file is meant.
    pub line: usize,
    /// What was expected, and what stood there.
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

/// The fields of one line, taken from left to right.
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

    /// The next field, which must be there and not be `-`.
    pub(crate) fn text(&mut self, what: &str) -> Result<&'a str, SourceError> {
        self.optional(what)?.ok_or_else(|| self.error(format!("{what} is absent: expected a value, found `-`")))
    }

    /// The next field, `None` for `-`.
    pub(crate) fn optional(&mut self, what: &str) -> Result<Option<&'a str>, SourceError> {
        match self.fields.next() {
            None => Err(self.error(format!("the line ends before its {what}: fields are separated by single tabs"))),
            Some("") => Err(self.error(format!("{what} is empty: write `-` for an absent value"))),
            Some("-") => Ok(None),
            Some(text) => Ok(Some(text)),
        }
    }

    pub(crate) fn parse<T: FromStr<Err: fmt::Display>>(&mut self, what: &str) -> Result<T, SourceError> {
        let text = self.text(what)?;
        text.parse().map_err(|error| self.error(format!("{what}: {error}")))
    }

    pub(crate) fn parse_optional<T: FromStr<Err: fmt::Display>>(
        &mut self,
        what: &str,
    ) -> Result<Option<T>, SourceError> {
        let Some(text) = self.optional(what)? else { return Ok(None) };
        text.parse().map(Some).map_err(|error| self.error(format!("{what}: {error}")))
    }

    /// A column of a record, which may have its default where the line ends before it.
    pub(crate) fn column<T: Column>(&mut self, what: &str) -> Result<T, SourceError> {
        match T::absent() {
            Some(absent) if self.fields.clone().next().is_none() => Ok(absent),
            Some(_) | None => T::read(self, what),
        }
    }

    /// Skips the next fields if all of them are `-`; whether they are.
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
            Some(extra) => Err(self.error(format!("one field too many: `{extra}`"))),
        }
    }
}
