//! Entries, limits and names as packed bytes, little-endian.
//!
//! The widths and offsets here are those of `ratebook`'s `packed` module; the tests of both read what this writes.

use ratebook_source::{Amount, Date, Kind, Limit, Pool};

use crate::Error;
use crate::hash::{fingerprint, hash};
use crate::key::{HEADER, scope};
use crate::load::Provider;
use crate::place::place;

/// One entry, as the source of the tables speaks of it.
pub(crate) struct Entry<'a> {
    pub(crate) provider: usize,
    /// Its limits, one at least, all of one selector.
    pub(crate) limits: &'a [Limit],
}

/// The tables of a catalog.
pub(crate) struct Packed<'a> {
    pub(crate) regions: Vec<&'a str>,
    pub(crate) plans: Vec<&'a str>,
    pub(crate) entries: Vec<Entry<'a>>,
    /// What tells this catalog's hashes from those under which some names found no place.
    pub(crate) seed: u32,
    strings: String,
    pub(crate) slots: Vec<u8>,
    pub(crate) pilots: Vec<u8>,
    entry_records: Vec<u8>,
    alias_records: Vec<u8>,
    limit_records: Vec<u8>,
    ramp_records: Vec<u8>,
}

impl Packed<'_> {
    pub(crate) fn files(self) -> Vec<(&'static str, Vec<u8>)> {
        vec![
            ("names.txt", self.strings.into_bytes()),
            ("slots.bin", self.slots),
            ("pilots.bin", self.pilots),
            ("entries.bin", self.entry_records),
            ("aliases.bin", self.alias_records),
            ("limits.bin", self.limit_records),
            ("ramps.bin", self.ramp_records),
        ]
    }

    /// A digest of every limit and name.
    pub(crate) fn digest(&self) -> u32 {
        let tables = [
            self.strings.as_bytes(),
            &self.entry_records,
            &self.alias_records,
            &self.limit_records,
            &self.ramp_records,
        ];
        tables.iter().fold(0, |digest, table| hash(digest, 0, table) as u32)
    }

    /// The range of a provider's entries.
    pub(crate) fn entries_of(&self, provider: usize) -> std::ops::Range<usize> {
        let start = self.entries.partition_point(|entry| entry.provider < provider);
        start..self.entries.partition_point(|entry| entry.provider <= provider)
    }
}

/// The text that all names are part of.
#[derive(Default)]
struct Strings<'a> {
    text: String,
    groups: Vec<(&'a str, (u32, u16))>,
}

impl<'a> Strings<'a> {
    /// A name that leads to an entry, behind its header.
    fn name(&mut self, scope: u32, entry: u32, name: &str) -> (u32, u16) {
        while !self.text.len().is_multiple_of(4) {
            self.text.push('\n');
        }
        for byte in (u64::from(spread(entry)) << 32 | u64::from(scope)).to_le_bytes() {
            self.text.push(char::from(byte));
        }
        let place = self.push(name);
        self.text.push('\n');
        place
    }

    fn push(&mut self, text: &str) -> (u32, u16) {
        let offset = self.text.len() as u32;
        self.text.push_str(text);
        (offset, text.len() as u16)
    }

    /// A group's name, which many limits share: once.
    fn group(&mut self, group: &'a str) -> (u32, u16) {
        // A handful: size classes and tasks.
        if let Some((_, place)) = self.groups.iter().find(|(known, _)| *known == group) {
            return *place;
        }
        let place = self.push(group);
        self.groups.push((group, place));
        place
    }
}

pub(crate) fn pack(providers: &[Provider]) -> Result<Packed<'_>, Error> {
    let limits = || providers.iter().flat_map(|provider| &provider.source.limits);
    let regions = numbered(limits().filter_map(|limit| limit.region.as_deref()), "regions")?;
    let plan_names = providers.iter().flat_map(|provider| provider.source.plans.iter().map(|plan| plan.name.as_str()));
    let plans = numbered(plan_names, "plans")?;
    if providers.len() > usize::from(u8::MAX) {
        return Err(Error::TooMany { what: "providers", most: usize::from(u8::MAX) });
    }
    let mut packer = Packer {
        strings: Strings::default(),
        names: Vec::new(),
        packed: Packed {
            regions,
            plans,
            entries: Vec::new(),
            seed: 0,
            strings: String::new(),
            slots: Vec::new(),
            pilots: Vec::new(),
            entry_records: Vec::new(),
            alias_records: Vec::new(),
            limit_records: Vec::new(),
            ramp_records: Vec::new(),
        },
    };
    for (number, provider) in providers.iter().enumerate() {
        for limits in provider.source.limits.chunk_by(|a, b| selector(a) == selector(b)) {
            packer.entry(number, limits);
        }
    }
    let text = &packer.strings.text;
    let longest = packer.names.iter().map(|name| name.text.len()).max().unwrap_or(0);
    if text.len() > MOST_BYTES || longest > usize::from(u16::MAX) || packer.packed.entries.len() > MOST_ENTRIES {
        return Err(Error::TooMany { what: "bytes of names", most: MOST_BYTES });
    }
    packer.finish()
}

/// A limit's key, what it counts aside.
fn selector(limit: &Limit) -> (Option<&str>, Option<&str>, Kind, &str) {
    let key = limit.key();
    (key.region, key.plan, key.kind, key.name)
}

/// Each word once, sorted; words are numbered from 1 in a byte.
fn numbered<'a>(words: impl Iterator<Item = &'a str>, what: &'static str) -> Result<Vec<&'a str>, Error> {
    let mut words: Vec<&str> = words.collect();
    words.sort_unstable();
    words.dedup();
    let most = usize::from(u8::MAX);
    if words.len() > most { Err(Error::TooMany { what, most }) } else { Ok(words) }
}

/// The number of a word in a list that [`numbered`] made; 0 where there is none.
fn number(words: &[&str], word: Option<&str>) -> u8 {
    let at = word.map(|word| words.partition_point(|known| *known < word));
    at.map_or(0, |at| at as u8 + 1)
}

/// A name of an entry: in which scope, where it stands, and whose it is.
struct Name<'a> {
    scope: u32,
    text: &'a str,
    offset: u32,
}

struct Packer<'a> {
    strings: Strings<'a>,
    names: Vec<Name<'a>>,
    packed: Packed<'a>,
}

impl<'a> Packer<'a> {
    fn entry(&mut self, provider: usize, limits: &'a [Limit]) {
        let first = &limits[0];
        let region = number(&self.packed.regions, first.region.as_deref());
        let plan = number(&self.packed.plans, first.plan.as_deref());
        // Scopes number no region and no plan behind the last.
        let behind = |number: u8, words: usize| if number == 0 { words as u8 } else { number - 1 };
        let (region_count, plan_count) = (self.packed.regions.len(), self.packed.plans.len());
        let scope = scope(provider as u8, behind(region, region_count), behind(plan, plan_count), first.kind as u8);
        let entry = self.packed.entries.len() as u32;
        let (offset, len) = self.strings.name(scope, entry, &first.name);
        self.names.push(Name { scope, text: &first.name, offset });

        let record = &mut self.packed.entry_records;
        record.extend_from_slice(&offset.to_le_bytes());
        record.extend_from_slice(&len.to_le_bytes());
        record.extend_from_slice(&[provider as u8, region, plan, first.kind as u8]);
        record.extend_from_slice(&(limits.len() as u16).to_le_bytes());
        record.extend_from_slice(&(self.packed.limit_records.len() as u32 / 48).to_le_bytes());
        record.extend_from_slice(&date(first.retired_on));
        record.extend_from_slice(&(self.packed.alias_records.len() as u32 / 8).to_le_bytes());
        record.extend_from_slice(&(first.aliases.len() as u16).to_le_bytes());
        record.extend_from_slice(&[0; 6]);

        for alias in &first.aliases {
            let (offset, len) = self.strings.name(scope, entry, alias);
            self.names.push(Name { scope, text: alias, offset });
            self.packed.alias_records.extend_from_slice(&offset.to_le_bytes());
            self.packed.alias_records.extend_from_slice(&u32::from(len).to_le_bytes());
        }
        for limit in limits {
            self.limit(limit, (offset, len));
        }
        self.packed.entries.push(Entry { provider, limits });
    }

    fn limit(&mut self, limit: &'a Limit, name: (u32, u16)) {
        let (amount_kind, count) = amount(Some(limit.amount));
        let (alternative_kind, alternative) = amount(limit.alternative);
        let (pool, (pool_offset, pool_len)) = match &limit.pool {
            Pool::Account => (0, (0, 0)),
            Pool::Group(group) => (1, self.strings.group(group)),
            Pool::Model => (2, name),
        };
        let record = &mut self.packed.limit_records;
        record.extend_from_slice(&count.to_le_bytes());
        record.extend_from_slice(&alternative.to_le_bytes());
        record.extend_from_slice(&[
            amount_kind,
            alternative_kind,
            limit.metric as u8,
            limit.per.map_or(0, |per| per as u8 + 1),
        ]);
        record.extend_from_slice(&[limit.calls as u8, limit.bound as u8, limit.evidence as u8, pool]);
        record.extend_from_slice(&pool_offset.to_le_bytes());
        record.extend_from_slice(&pool_len.to_le_bytes());
        record.extend_from_slice(&(limit.ramp.len() as u16).to_le_bytes());
        record.extend_from_slice(&(self.packed.ramp_records.len() as u32 / 16).to_le_bytes());
        record.extend_from_slice(&limit.line.unwrap_or(0).to_le_bytes());
        record.extend_from_slice(&date(limit.changed));
        record.extend_from_slice(&[0; 4]);
        for point in &limit.ramp {
            self.packed.ramp_records.extend_from_slice(&u64::from(point.after_minutes).to_le_bytes());
            self.packed.ramp_records.extend_from_slice(&point.amount.to_le_bytes());
        }
    }

    fn finish(mut self) -> Result<Packed<'a>, Error> {
        for seed in 0..MOST_SEEDS {
            let hashes: Vec<u64> = self.names.iter().map(|name| hash(name.scope, seed, name.text.as_bytes())).collect();
            let Some(placement) = place(&hashes) else { continue };
            for &name in &placement.slots {
                // An empty slot leads to the first name, which is compared as any other.
                let header = name.map_or(0, |name| self.names[name as usize].offset - HEADER as u32);
                let print = name.map_or(0, |name| fingerprint(hashes[name as usize]));
                // Headers stand at multiples of four: their places lose two bits, and leave eight to the fingerprint.
                self.packed.slots.extend_from_slice(&(header >> 2 << 8 | u32::from(print)).to_le_bytes());
            }
            self.packed.pilots = placement.pilots.iter().flat_map(|pilot| pilot.to_le_bytes()).collect();
            self.packed.seed = seed;
            self.packed.strings = self.strings.text;
            return Ok(self.packed);
        }
        Err(Error::SameName)
    }
}

/// Distinct names find a place under the first seed, nearly always.
const MOST_SEEDS: u32 = 8;

/// As many bytes of names as slots can tell places.
const MOST_BYTES: usize = 1 << 26;

/// As many entries as 28 bits can number.
const MOST_ENTRIES: usize = 1 << 28;

/// A number below 2^28 in four bytes below 128.
fn spread(number: u32) -> u32 {
    number & 0x7F | (number & 0x3F80) << 1 | (number & 0x1F_C000) << 2 | (number & 0xFE0_0000) << 3
}

fn amount(amount: Option<Amount>) -> (u8, u64) {
    match amount {
        None => (0, 0),
        Some(Amount::Count(count)) => (1, count),
        Some(Amount::Unlimited) => (2, 0),
        Some(Amount::Custom) => (3, 0),
    }
}

fn date(date: Option<Date>) -> [u8; 4] {
    date.map_or([0; 4], |date| {
        let [low, high] = date.year().to_le_bytes();
        [low, high, date.month(), date.day()]
    })
}
