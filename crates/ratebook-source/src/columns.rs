//! The columns of `limits.tsv` and `lines.tsv`, by name.
//!
//! A file begins with a line of column names. A file written by hand names only the columns that it needs, and a file of an
//! older version has others. Where a file lacks a column, every limit has the column's default.

use std::fmt;
use std::str::FromStr;

#[cfg(feature = "write")]
use crate::limit::Weight;
use crate::limit::{Limit, Pool, RampPoint};
use crate::line::{Fields, SourceError};
use crate::words::Kind;
use crate::{Amount, Metric};

/// A column: its name, and how its field is read and written.
struct Column {
    name: &'static str,
    /// Whether the field may be `-`. The limit then has the column's default.
    may_be_absent: bool,
    /// Reads a field other than `-`, or returns what was expected and found.
    read: fn(&str, &mut Limit) -> Result<(), String>,
    /// Returns the field, or `None` for `-`.
    #[cfg(feature = "write")]
    write: fn(&Limit) -> Option<String>,
}

/// Defines a column by a field of a limit that is required or optional, or by two functions.
macro_rules! column {
    (required $field:ident) => {
        column!(required stringify!($field), |text, limit| set(&mut limit.$field, text), |limit| {
            Some(limit.$field.to_string())
        })
    };
    (optional $field:ident) => {
        column!(optional stringify!($field), |text, limit| set_optional(&mut limit.$field, text), |limit| {
            limit.$field.as_ref().map(ToString::to_string)
        })
    };
    (required $name:expr, $read:expr, $write:expr) => {
        column!(false, $name, $read, $write)
    };
    (optional $name:expr, $read:expr, $write:expr) => {
        column!(true, $name, $read, $write)
    };
    ($may_be_absent:literal, $name:expr, $read:expr, $write:expr) => {
        Column {
            name: $name,
            may_be_absent: $may_be_absent,
            read: $read,
            #[cfg(feature = "write")]
            write: $write,
        }
    };
}

/// Every column, in the order of the files.
static COLUMNS: &[Column] = &[
    column!(optional region),
    column!(optional plan),
    column!(optional deployment),
    column!(optional mode),
    column!(optional context),
    column!(required kind),
    column!(required name),
    column!(optional "aliases", read_aliases, |limit| list(&limit.aliases)),
    column!(required metric),
    column!(optional per),
    column!(required amount),
    column!(required calls),
    column!(required "pool", read_pool, |limit| Some(pool(limit))),
    column!(optional "weight", |text, limit| set(&mut limit.weight, text), weight),
    column!(required bound),
    column!(required evidence),
    column!(optional alternative),
    column!(optional "ramp", read_ramp, |limit| list(&limit.ramp)),
    column!(optional until),
    column!(optional factor),
    column!(optional page),
    column!(optional section),
    column!(optional retired_on),
    column!(optional changed),
    column!(optional line),
];

/// A file of limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum File {
    /// `limits.tsv`: everything but the lines of the pages. In version 1 it also had the aliases.
    Limits,
    /// `lines.tsv`: the keys of the limits, and the lines of the pages.
    Lines,
}

impl File {
    fn may_have(self, column: &str) -> bool {
        match self {
            Self::Limits => column != "line",
            Self::Lines => KEY.contains(&column) || column == "line",
        }
    }

    fn must_have(self) -> &'static [&'static str] {
        match self {
            Self::Limits => &["kind", "name", "metric", "per", "amount"],
            Self::Lines => &["kind", "name", "metric", "per", "line"],
        }
    }

    /// Returns the columns to write.
    #[cfg(feature = "write")]
    fn columns(self) -> impl Iterator<Item = &'static Column> {
        COLUMNS.iter().filter(move |column| self.may_have(column.name) && column.name != "aliases")
    }
}

/// The columns of a limit's key.
const KEY: [&str; 11] =
    ["region", "plan", "deployment", "mode", "context", "kind", "name", "metric", "per", "calls", "bound"];

/// The columns of a file, as its first line names them.
pub(crate) struct Header {
    columns: Vec<&'static Column>,
    has_pool: bool,
}

impl Header {
    /// Parses the line of column names.
    pub(crate) fn parse(file: File, fields: &mut Fields<'_>) -> Result<Self, SourceError> {
        let mut columns: Vec<&Column> = Vec::new();
        while !fields.is_at_end() {
            let name = fields.text("name of a column")?;
            let Some(column) = COLUMNS.iter().find(|column| column.name == name && file.may_have(name)) else {
                let mut message = format!("unknown column `{name}`");
                let mut before = ": expected some of ";
                for known in COLUMNS.iter().filter(|column| file.may_have(column.name)) {
                    message.push_str(before);
                    message.push_str(known.name);
                    before = ", ";
                }
                return Err(fields.error(message));
            };
            if columns.iter().any(|before| before.name == name) {
                return Err(fields.error(format!("expected each column once, found `{name}` twice")));
            }
            columns.push(column);
        }
        let missing = file.must_have().iter().find(|name| columns.iter().all(|column| column.name != **name));
        match missing {
            Some(name) => Err(fields.error(format!("expected a column `{name}`, found none"))),
            None => {
                let has_pool = columns.iter().any(|column| column.name == "pool");
                Ok(Self { columns, has_pool })
            }
        }
    }

    /// Parses a line of the file.
    pub(crate) fn limit(&self, fields: &mut Fields<'_>) -> Result<Limit, SourceError> {
        let mut limit = Limit::new(Kind::Model, "", Metric::Requests, Amount::Unlimited, Pool::Model);
        for column in &self.columns {
            match fields.optional(column.name)? {
                Some(text) => (column.read)(text, &mut limit).map_err(|error| fields.invalid(column.name, &error))?,
                None if column.may_be_absent => {}
                None => return Err(fields.absent(column.name)),
            }
        }
        // Without a column, the pool follows from the kind.
        if !self.has_pool && limit.kind != Kind::Model {
            limit.pool = Pool::Account;
        }
        Ok(limit)
    }
}

fn parse<T: FromStr<Err: fmt::Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| error.to_string())
}

fn set<T: FromStr<Err: fmt::Display>>(field: &mut T, text: &str) -> Result<(), String> {
    *field = parse(text)?;
    Ok(())
}

fn set_optional<T: FromStr<Err: fmt::Display>>(field: &mut Option<T>, text: &str) -> Result<(), String> {
    *field = Some(parse(text)?);
    Ok(())
}

fn read_aliases(list: &str, limit: &mut Limit) -> Result<(), String> {
    for alias in list.split(',') {
        limit.insert_alias(alias);
    }
    Ok(())
}

/// The end of a pool that each region has for itself.
const EACH_REGION: &str = "@region";

fn read_pool(text: &str, limit: &mut Limit) -> Result<(), String> {
    let pool = text.strip_suffix(EACH_REGION);
    limit.each_region = pool.is_some();
    limit.pool = match pool.unwrap_or(text) {
        "account" => Pool::Account,
        "model" => Pool::Model,
        group => Pool::Group(group.to_owned()),
    };
    Ok(())
}

#[cfg(feature = "write")]
fn pool(limit: &Limit) -> String {
    let pool = match &limit.pool {
        Pool::Account => "account",
        Pool::Group(group) => group,
        Pool::Model => "model",
    };
    format!("{pool}{}", if limit.each_region { EACH_REGION } else { "" })
}

#[cfg(feature = "write")]
fn weight(limit: &Limit) -> Option<String> {
    (limit.weight != Weight::ONE).then(|| limit.weight.to_string())
}

fn read_ramp(list: &str, limit: &mut Limit) -> Result<(), String> {
    limit.ramp = list.split(',').map(ramp_point).collect::<Result<_, _>>()?;
    Ok(())
}

fn ramp_point(text: &str) -> Result<RampPoint, String> {
    text.split_once(':')
        .and_then(|(after, amount)| {
            Some(RampPoint { after_minutes: after.parse().ok()?, amount: amount.parse().ok()? })
        })
        .ok_or_else(|| format!("expected a point minutes:amount such as 10:120, found `{text}`"))
}

/// Returns the items, separated by commas, or `None` if there are none.
#[cfg(feature = "write")]
fn list(items: &[impl ToString]) -> Option<String> {
    let items: Vec<String> = items.iter().map(ToString::to_string).collect();
    (!items.is_empty()).then(|| items.join(","))
}

#[cfg(feature = "write")]
pub(crate) use self::writing::{push_header, push_limit};

#[cfg(feature = "write")]
mod writing {
    use super::File;
    use crate::limit::Limit;
    use crate::line::push_line;

    /// Appends the line of column names.
    pub(crate) fn push_header(out: &mut String, file: File) {
        push_line(out, &file.columns().map(|column| Some(column.name)).collect::<Vec<_>>());
    }

    /// Appends the line of a limit.
    pub(crate) fn push_limit(out: &mut String, file: File, limit: &Limit) {
        let fields: Vec<Option<String>> = file.columns().map(|column| (column.write)(limit)).collect();
        push_line(out, &fields.iter().map(Option::as_deref).collect::<Vec<_>>());
    }
}
