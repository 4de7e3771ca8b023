//! Conversion of the source's types to those of the tables, which live as long as the process, and back.

use std::borrow::ToOwned as _;
use std::string::String;
use std::vec::Vec;

use ratebook_source as source;

use super::word::interned;
use crate::limit::period;
use crate::{Date, Pattern, Period, SizeClass, VendorPage};

/// A type of the source with a type of the tables for the same values.
pub(super) trait Stored: Sized {
    /// The type of the tables.
    type Static: 'static;

    /// Returns the value of the tables. What it refers to is not freed.
    fn store(&self) -> Self::Static;

    /// Returns the value of the source.
    fn restore(stored: &Self::Static) -> Self;
}

macro_rules! stored_numbers {
    ($($number:ty),+) => { $(
        impl Stored for $number {
            type Static = Self;

            fn store(&self) -> Self {
                *self
            }

            fn restore(stored: &Self) -> Self {
                *stored
            }
        }
    )+ };
}

stored_numbers!(bool, u16, u32, u64);

/// Implements [`Stored`] for vocabularies. Both crates generate them from the same schema, in the same order.
macro_rules! stored_words {
    ($($name:ident),+ $(,)?) => { $(
        impl Stored for ratebook_source::$name {
            type Static = crate::$name;

            fn store(&self) -> crate::$name {
                crate::$name::ALL[*self as usize]
            }

            fn restore(stored: &crate::$name) -> Self {
                Self::ALL[*stored as usize]
            }
        }
    )+ };
}
pub(super) use stored_words;

/// Implements [`Stored`] for structs whose fields have the same names in both crates.
macro_rules! stored {
    ($source:ident => $stored:ident { $($field:ident),+ $(,)? }) => {
        impl Stored for ratebook_source::$source {
            type Static = crate::$stored;

            fn store(&self) -> crate::$stored {
                crate::$stored { $($field: self.$field.store()),+ }
            }

            fn restore(stored: &crate::$stored) -> Self {
                Self { $($field: Stored::restore(&stored.$field)),+ }
            }
        }
    };
}
pub(super) use stored;

// Besides those of policies.
stored_words!(Bound, Invocation, Evidence, Kind, ProviderState);
stored!(Family => Family { name, patterns, members, exceptions });

impl Stored for String {
    type Static = &'static str;

    fn store(&self) -> &'static str {
        interned(self)
    }

    fn restore(stored: &&'static str) -> Self {
        (*stored).to_owned()
    }
}

impl<T: Stored> Stored for Option<T> {
    type Static = Option<T::Static>;

    fn store(&self) -> Self::Static {
        self.as_ref().map(T::store)
    }

    fn restore(stored: &Self::Static) -> Self {
        stored.as_ref().map(T::restore)
    }
}

impl<T: Stored> Stored for Vec<T> {
    type Static = &'static [T::Static];

    fn store(&self) -> Self::Static {
        if self.is_empty() { &[] } else { self.iter().map(T::store).collect::<Vec<_>>().leak() }
    }

    fn restore(stored: &Self::Static) -> Self {
        stored.iter().map(T::restore).collect()
    }
}

impl Stored for source::Period {
    type Static = Period;

    fn store(&self) -> Period {
        period(self.seconds() as u32, self.is_calendar())
    }

    fn restore(stored: &Period) -> Self {
        let same = |named: &Self| (named.seconds(), named.is_calendar()) == (stored.seconds(), stored.is_calendar());
        let named = Self::NAMED.into_iter().find(same);
        named
            .or_else(|| Self::from_seconds(stored.seconds() as u32))
            .expect("a period of the tables is above 0 seconds")
    }
}

impl Stored for source::Date {
    type Static = Date;

    fn store(&self) -> Date {
        Date::new(self.year(), self.month(), self.day()).expect("a date is a day")
    }

    fn restore(stored: &Date) -> Self {
        Self::new(stored.year(), stored.month(), stored.day()).expect("a date of the tables is a day")
    }
}

impl Stored for source::Pattern {
    type Static = Pattern;

    fn store(&self) -> Pattern {
        Pattern(interned(self.as_str()))
    }

    fn restore(stored: &Pattern) -> Self {
        stored.as_str().parse().expect("a pattern of the tables was parsed from its text")
    }
}

impl Stored for source::SizeClass {
    type Static = SizeClass;

    fn store(&self) -> SizeClass {
        let Self { from, to, name, members } = self;
        SizeClass { name: name.store(), from: *from, to: *to, members: members.store() }
    }

    fn restore(stored: &SizeClass) -> Self {
        let SizeClass { name, from, to, members } = stored;
        Self { from: *from, to: *to, name: Stored::restore(name), members: Stored::restore(members) }
    }
}

impl Stored for source::VendorPage {
    type Static = VendorPage;

    fn store(&self) -> VendorPage {
        let Self { id, url, date, read, checked, withdrawn_on, is_partial } = self;
        VendorPage {
            id: id.store(),
            url: url.store(),
            date: date.store(),
            read_on: read.store(),
            checked_on: checked.store(),
            withdrawn_on: withdrawn_on.store(),
            is_partial: *is_partial,
        }
    }

    fn restore(stored: &VendorPage) -> Self {
        let VendorPage { id, url, date, read_on, checked_on, withdrawn_on, is_partial } = stored;
        Self {
            id: Stored::restore(id),
            url: Stored::restore(url),
            date: Stored::restore(date),
            read: Stored::restore(read_on),
            checked: Stored::restore(checked_on),
            withdrawn_on: Stored::restore(withdrawn_on),
            is_partial: *is_partial,
        }
    }
}
