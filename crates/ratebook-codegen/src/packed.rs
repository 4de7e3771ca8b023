//! The packed tables of a catalog, and the version of its data.

use ratebook_source::{Date, Limit, ProviderSource, Removed};

use crate::hash::hash;
use crate::load::ProviderInput;

/// One entry, for the generated source.
#[derive(Debug)]
#[cfg_attr(
    not(feature = "rust"),
    allow(dead_code, reason = "the generated source has the limits in the documentation")
)]
pub(crate) struct Entry<'a> {
    pub(crate) provider: usize,
    /// The limits: at least one, all of one selector.
    pub(crate) limits: &'a [Limit],
}

/// An entry that its pages no longer state, for the generated source.
#[derive(Debug)]
#[cfg_attr(not(feature = "rust"), allow(dead_code, reason = "the generated source has their constants"))]
pub(crate) struct RemovedEntry<'a> {
    pub(crate) provider: usize,
    pub(crate) removed: &'a Removed,
}

/// The tables of a catalog. Words are sorted by name, and numbered in that order. Records are those of `layout.rs`.
#[derive(Debug)]
#[non_exhaustive]
pub struct Packed<'a> {
    /// The names of all providers' regions, such as `us-east-1`. At most 255, as of the next four.
    pub regions: Vec<&'a str>,
    /// The names of plans, such as `tier-1`.
    pub plans: Vec<&'a str>,
    /// The names of deployments, such as `global-standard`.
    pub deployments: Vec<&'a str>,
    /// The names of modes, such as `batch`.
    pub modes: Vec<&'a str>,
    /// The names of classes of context lengths, such as `> 272K`.
    pub contexts: Vec<&'a str>,
    pub(crate) entries: Vec<Entry<'a>>,
    /// The removed entries. They are numbered after all others, have no limits, and are found by no name.
    pub(crate) removed: Vec<RemovedEntry<'a>>,
    /// The latest day on which a page was read with a change.
    pub(crate) latest_reading: Option<Date>,
    /// The seed of the hash under which every name has a slot.
    pub seed: u32,
    /// The text of all names.
    pub strings: String,
    /// The slots, four bytes each.
    pub slots: Vec<u8>,
    /// The pilots, two bytes each.
    pub pilots: Vec<u8>,
    /// The records of entries.
    pub entry_records: Vec<u8>,
    /// The records of aliases.
    pub alias_records: Vec<u8>,
    /// The records of limits.
    pub limit_records: Vec<u8>,
    /// The records of the parts that few limits have.
    pub rare_records: Vec<u8>,
    /// The records of the points of ramps.
    pub ramp_records: Vec<u8>,
    /// The records of ranges of amounts.
    pub range_records: Vec<u8>,
}

impl Packed<'_> {
    #[cfg(feature = "rust")]
    pub(crate) fn files(self) -> Vec<(&'static str, Vec<u8>)> {
        vec![
            ("names.bin", self.strings.into_bytes()),
            ("slots.bin", self.slots),
            ("pilots.bin", self.pilots),
            ("entries.bin", self.entry_records),
            ("aliases.bin", self.alias_records),
            ("limits.bin", self.limit_records),
            ("rares.bin", self.rare_records),
            ("ramps.bin", self.ramp_records),
            ("ranges.bin", self.range_records),
        ]
    }

    /// Returns the version of the data of `providers`, from which the tables were packed: the latest day on which a page was
    /// read with a change, and a digest of all limits, names and policies.
    pub fn version(&self, providers: &[ProviderInput]) -> String {
        let mut digest = self.digest();
        for ProviderInput { source, policy } in providers {
            // The limits are in the tables. Pages have days that change although no limit does.
            let ProviderSource { provider, state, pages: _, plans, classes, limits: _, .. } = source;
            let ProviderSource { regions, families, renamings, removed, replacements, .. } = source;
            let names = (regions, families, renamings, removed, replacements);
            let rest = format!("{:?}", (provider, state, plans, classes, names, policy));
            digest = hash(digest, 0, rest.as_bytes()) as u32;
        }
        let read = match self.latest_reading {
            Some(date) => date.to_string(),
            None => "undated".to_owned(),
        };
        format!("{read}+{digest:08x}")
    }

    /// Returns a digest of every limit and name.
    fn digest(&self) -> u32 {
        let tables = [
            self.strings.as_bytes(),
            &self.entry_records,
            &self.alias_records,
            &self.limit_records,
            &self.rare_records,
            &self.ramp_records,
            &self.range_records,
        ];
        tables.iter().fold(0, |digest, table| hash(digest, 0, table) as u32)
    }

    /// Returns the range of the entries of a provider, by its position in the list of providers.
    pub fn entries_of(&self, provider: usize) -> std::ops::Range<usize> {
        let start = self.entries.partition_point(|entry| entry.provider < provider);
        start..self.entries.partition_point(|entry| entry.provider <= provider)
    }
}
