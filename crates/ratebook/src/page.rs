//! Pages of vendors.

use crate::Date;

/// A page of a vendor that states limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct VendorPage {
    /// The page's id within the provider. The first or only page is `main`.
    pub id: &'static str,
    /// The URL.
    pub url: Option<&'static str>,
    /// The date on the page.
    pub date: Option<Date>,
    /// The day on which the page was last read with a change.
    pub read_on: Option<Date>,
    /// The day on which the page was last fetched, changed or not.
    pub checked_on: Option<Date>,
    /// The day from which the page no longer states limits. Its limits here are then the last reading.
    pub withdrawn_on: Option<Date>,
    /// Whether only an excerpt of the page was read. It may state more limits.
    pub is_partial: bool,
}
