//! Values as columns of a line.

use std::fmt;
use std::str::FromStr;

use crate::line::{Fields, SourceError};

/// A value that stands in one column of a line, or in several that follow each other.
pub(crate) trait Column: Sized {
    /// How many columns it takes.
    const WIDTH: usize = 1;

    /// What it is where a line ends before it, if a line may: files of an older edition have fewer columns.
    fn absent() -> Option<Self> {
        None
    }

    /// Takes it from a line; `what` names it in errors.
    fn read(fields: &mut Fields<'_>, what: &str) -> Result<Self, SourceError>;

    /// Adds it to a line.
    #[cfg(feature = "write")]
    fn write(&self, row: &mut Row);
}

/// The columns of a line that is written; `None` for an absent one.
#[cfg(feature = "write")]
pub(crate) struct Row(pub(crate) Vec<Option<String>>);

#[cfg(feature = "write")]
impl Row {
    /// A line that begins with a word.
    pub(crate) fn of(word: &str, value: &impl Column) -> Self {
        let mut row = Self(vec![Some(word.to_owned())]);
        value.write(&mut row);
        row
    }

    pub(crate) fn push(&mut self, text: impl fmt::Display) {
        self.0.push(Some(text.to_string()));
    }
}

/// A value of one column that displays as it is read; `words.rs` calls this for each vocabulary.
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
        items.map_err(|error: T::Err| fields.error(format!("{what}: {error}")))
    }

    #[cfg(feature = "write")]
    fn write(&self, row: &mut Row) {
        row.push(self.iter().map(T::to_string).collect::<Vec<_>>().join(","));
    }
}
