//! Values as columns of a line format.

use std::fmt;
use std::str::FromStr;

use crate::line::{Fields, SourceError};

/// A value in one column of a line, or in several adjacent ones.
pub(crate) trait Column: Sized {
    /// The number of columns. Default: 1.
    const WIDTH: usize = 1;

    /// Returns the value for a line that ends before the column, or `None` if the column is required. Files of an older
    /// version have fewer columns.
    fn absent() -> Option<Self> {
        None
    }

    /// Reads the value from a line. Errors name it `what`.
    fn read(fields: &mut Fields<'_>, what: &str) -> Result<Self, SourceError>;

    /// Appends the value to a line.
    #[cfg(feature = "write")]
    fn write(&self, row: &mut Row);
}

impl Fields<'_> {
    /// Reads a column of a record. If the line ends before it, returns the column's default, if it has one.
    pub(crate) fn column<T: Column>(&mut self, what: &str) -> Result<T, SourceError> {
        match T::absent() {
            Some(absent) if self.is_at_end() => Ok(absent),
            Some(_) | None => T::read(self, what),
        }
    }
}

/// The columns of a line to write. An absent one is `None`.
#[cfg(feature = "write")]
pub(crate) struct Row(pub(crate) Vec<Option<String>>);

#[cfg(feature = "write")]
impl Row {
    /// Returns a line of a word and a value.
    pub(crate) fn of(word: &str, value: &impl Column) -> Self {
        let mut row = Self(vec![Some(word.to_owned())]);
        value.write(&mut row);
        row
    }

    pub(crate) fn push(&mut self, text: impl fmt::Display) {
        self.0.push(Some(text.to_string()));
    }
}

/// Implements [`Column`] for a type whose `Display` output parses back. `words.rs` calls it for each vocabulary.
macro_rules! column {
    ($name:ty) => {
        impl crate::column::Column for $name {
            fn read(fields: &mut crate::line::Fields<'_>, what: &str) -> Result<Self, crate::SourceError> {
                fields.parse(what)
            }

            #[cfg(feature = "write")]
            fn write(&self, row: &mut crate::column::Row) {
                row.push(self);
            }
        }
    };
}

column!(u16);
column!(u32);
column!(String);

impl Column for bool {
    fn absent() -> Option<Self> {
        Some(false)
    }

    fn read(fields: &mut Fields<'_>, what: &str) -> Result<Self, SourceError> {
        match fields.text(what)? {
            "yes" => Ok(true),
            "no" => Ok(false),
            other => Err(fields.error(format!("{what}: expected yes or no, found `{other}`"))),
        }
    }

    #[cfg(feature = "write")]
    fn write(&self, row: &mut Row) {
        row.push(if *self { "yes" } else { "no" });
    }
}

impl<T: Column> Column for Option<T> {
    const WIDTH: usize = T::WIDTH;

    fn absent() -> Option<Self> {
        Some(None)
    }

    fn read(fields: &mut Fields<'_>, what: &str) -> Result<Self, SourceError> {
        if fields.skip_absent(T::WIDTH) { Ok(None) } else { T::read(fields, what).map(Some) }
    }

    #[cfg(feature = "write")]
    fn write(&self, row: &mut Row) {
        match self {
            Some(value) => value.write(row),
            None => row.0.extend((0..T::WIDTH).map(|_| None)),
        }
    }
}

/// A list in one column, separated by commas.
impl<T: FromStr<Err: fmt::Display> + fmt::Display> Column for Vec<T> {
    fn read(fields: &mut Fields<'_>, what: &str) -> Result<Self, SourceError> {
        let items = fields.text(what)?.split(',').map(str::parse).collect::<Result<_, _>>();
        items.map_err(|error: T::Err| fields.invalid(what, &error))
    }

    #[cfg(feature = "write")]
    fn write(&self, row: &mut Row) {
        row.push(self.iter().map(T::to_string).collect::<Vec<_>>().join(","));
    }
}
