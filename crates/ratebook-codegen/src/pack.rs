//! Packing of entries, limits and names into bytes, in the layout of [`layout`](crate::layout).

use ratebook_source::{Amount, Date, EntryKey, Kind, Limit, Pool, Removed, Weight};

use crate::Error;
use crate::hash::{fingerprint, hash};
use crate::layout::{
    AliasRecord, EntryRecord, HEADER, KINDS, LimitRecord, MAX_ENTRIES, MAX_NAME_BYTES, PackedAmount, PackedPool,
    RampRecord, RangeRecord, RareRecord, Variant, hashed_key_bits, key_bits, pack_date, pack_optional, pack_period,
    pack_slot,
};
use crate::load::{ProviderInput, latest_reading};
use crate::packed::{Entry, Packed, RemovedEntry};
use crate::place::place;
use crate::strings::Strings;

/// Packs a catalog. The same providers give the same bytes.
///
/// # Errors
/// Returns an error if the catalog has more items than the tables can number, or two entries with the same name.
pub fn pack(providers: &[ProviderInput]) -> Result<Packed<'_>, Error> {
    let latest_reading = latest_reading(providers);
    let is_kept = |removed: &&Removed| latest_reading.is_none_or(|latest| removed.is_kept(latest));
    let (mut regions, mut plans) = (Vec::new(), Vec::new());
    let (mut deployments, mut modes, mut contexts) = (Vec::new(), Vec::new(), Vec::new());
    for ProviderInput { source, .. } in providers {
        for limit in &source.limits {
            number_word(&mut regions, &limit.region, "regions")?;
            number_word(&mut deployments, &limit.deployment, "deployments")?;
            number_word(&mut modes, &limit.mode, "modes")?;
            number_word(&mut contexts, &limit.context, "contexts")?;
        }
        for plan in &source.plans {
            insert_word(&mut plans, &plan.name, "plans")?;
        }
        for region in &source.regions {
            insert_word(&mut regions, &region.name, "regions")?;
        }
        for Removed { parts, .. } in source.removed.iter().filter(is_kept) {
            number_word(&mut regions, &parts.region, "regions")?;
            number_word(&mut plans, &parts.plan, "plans")?;
            number_word(&mut deployments, &parts.deployment, "deployments")?;
            number_word(&mut modes, &parts.mode, "modes")?;
            number_word(&mut contexts, &parts.context, "contexts")?;
        }
    }
    if providers.len() > usize::from(u8::MAX) {
        return Err(Error::TooMany { what: "providers", most: usize::from(u8::MAX) });
    }
    let mut packer = Packer {
        strings: Strings::default(),
        names: Vec::new(),
        pages: Vec::new(),
        packed: Packed {
            regions,
            plans,
            deployments,
            modes,
            contexts,
            entries: Vec::new(),
            removed: Vec::new(),
            latest_reading,
            seed: 0,
            strings: String::new(),
            slots: Vec::new(),
            pilots: Vec::new(),
            entry_records: Vec::new(),
            alias_records: Vec::new(),
            limit_records: Vec::new(),
            rare_records: NO_RARE_PARTS.pack().to_vec(),
            ramp_records: Vec::new(),
            range_records: Vec::new(),
        },
    };
    for (number, provider) in providers.iter().enumerate() {
        if provider.source.pages.len() > usize::from(u8::MAX) {
            return Err(Error::TooMany { what: "pages of a provider", most: usize::from(u8::MAX) });
        }
        packer.pages = provider.source.pages.iter().map(|page| page.id.as_str()).collect();
        for limits in provider.source.limits.chunk_by(|a, b| a.entry_key() == b.entry_key()) {
            check_counts(limits)?;
            packer.entry(number, limits);
        }
    }
    for (number, provider) in providers.iter().enumerate() {
        for removed in provider.source.removed.iter().filter(is_kept) {
            packer.removed(number, removed);
        }
    }
    let text = &packer.strings.text;
    let removed = packer.packed.removed.iter().map(|entry| entry.removed.name.len());
    let longest = packer.names.iter().map(|name| name.text.len()).chain(removed).max().unwrap_or(0);
    if longest > usize::from(u16::MAX) {
        return Err(Error::TooMany { what: "bytes of a name", most: usize::from(u16::MAX) });
    }
    if text.len() > MAX_NAME_BYTES {
        return Err(Error::TooMany { what: "bytes of names", most: MAX_NAME_BYTES });
    }
    check_entries(packer.packed.entries.len() + packer.packed.removed.len())?;
    packer.finish()
}

/// Checks that every entry can be numbered, removed ones included.
fn check_entries(entries: usize) -> Result<(), Error> {
    if entries > MAX_ENTRIES { Err(Error::TooMany { what: "entries", most: MAX_ENTRIES }) } else { Ok(()) }
}

/// Checks that the counts and lengths of an entry fit into its records, besides the lengths of names.
fn check_counts(limits: &[Limit]) -> Result<(), Error> {
    let most = usize::from(u16::MAX);
    let aliases = limits.first().map_or(0, |limit| limit.aliases.len());
    if limits.len().max(aliases) > most {
        return Err(Error::TooMany { what: "limits or aliases of an entry", most });
    }
    for limit in limits {
        if limit.ramp.len() > most {
            return Err(Error::TooMany { what: "points of a ramp", most });
        }
        let group = match &limit.pool {
            Pool::Group(group) => group.len(),
            Pool::Account | Pool::Model => 0,
        };
        if group.max(limit.section.as_ref().map_or(0, String::len)) > most {
            return Err(Error::TooMany { what: "bytes of a pool or section", most });
        }
    }
    Ok(())
}

fn number_word<'a>(words: &mut Vec<&'a str>, word: &'a Option<String>, what: &'static str) -> Result<(), Error> {
    match word {
        Some(word) => insert_word(words, word, what),
        None => Ok(()),
    }
}

/// Inserts a word into a sorted list, unless the list has it. A byte numbers the words: at most 255,
/// because one of its values is reserved for no word.
fn insert_word<'a>(words: &mut Vec<&'a str>, word: &'a str, what: &'static str) -> Result<(), Error> {
    let most = usize::from(u8::MAX);
    match words.binary_search(&word) {
        Ok(_) => Ok(()),
        Err(_) if words.len() == most => Err(Error::TooMany { what, most }),
        Err(at) => {
            words.insert(at, word);
            Ok(())
        }
    }
}

/// Returns the number of a word in a sorted list.
fn number(words: &[&str], word: Option<&str>) -> Option<u8> {
    word.map(|word| words.partition_point(|known| *known < word) as u8)
}

/// A name of an entry: its key bits and variant, its text, and its offset in bytes.
struct Name<'a> {
    key_bits: u32,
    variant: u32,
    text: &'a str,
    offset: u32,
}

struct Packer<'a> {
    strings: Strings<'a>,
    names: Vec<Name<'a>>,
    /// The ids of the current provider's pages.
    pages: Vec<&'a str>,
    packed: Packed<'a>,
}

impl<'a> Packer<'a> {
    fn entry(&mut self, provider: usize, limits: &'a [Limit]) {
        let first = &limits[0];
        let (key_bits, record) = self.record(provider, first.entry_key());
        let (variant, entry) = (record.variant, self.packed.entries.len() as u32);
        self.names.push(Name { key_bits, variant, text: &first.name, offset: record.name });
        let record = EntryRecord {
            limit_count: limits.len() as u16,
            retired_on: date(first.retired_on),
            alias_count: first.aliases.len() as u16,
            ..record
        };
        self.packed.entry_records.extend_from_slice(&record.pack());

        for alias in &first.aliases {
            let (name, name_len) = self.strings.name(key_bits, entry, alias);
            self.names.push(Name { key_bits, variant, text: alias, offset: name });
            self.packed.alias_records.extend_from_slice(&AliasRecord { name, name_len }.pack());
        }
        for limit in limits {
            self.limit(limit);
        }
        self.packed.entries.push(Entry { provider, limits });
    }

    /// Adds a removed entry, which follows all others.
    fn removed(&mut self, provider: usize, removed: &'a Removed) {
        let (_, record) = self.record(provider, removed.entry_key());
        let record = EntryRecord { retired_on: date(Some(removed.on)), ..record };
        self.packed.entry_records.extend_from_slice(&record.pack());
        self.packed.removed.push(RemovedEntry { provider, removed });
    }

    /// Returns the key bits and the record of the next entry, without limits and aliases, after adding its name.
    fn record(&mut self, provider: usize, key: EntryKey<'_>) -> (u32, EntryRecord) {
        let region = number(&self.packed.regions, key.region);
        let plan = number(&self.packed.plans, key.plan);
        let (no_region, no_plan) = (self.packed.regions.len() as u8, self.packed.plans.len() as u8);
        let variant = Variant {
            deployment: number(&self.packed.deployments, key.deployment),
            mode: number(&self.packed.modes, key.mode),
            context: number(&self.packed.contexts, key.context),
        }
        .pack();
        let (region_number, plan_number) = (region.unwrap_or(no_region), plan.unwrap_or(no_plan));
        let key_bits = key_bits(provider as u8, region_number, plan_number, key.kind as u8, variant != 0);
        let entry = (self.packed.entries.len() + self.packed.removed.len()) as u32;
        let (name, name_len) = self.strings.name(key_bits, entry, key.name);
        let record = EntryRecord {
            name,
            name_len,
            provider: provider as u8,
            region: pack_optional(region),
            plan: pack_optional(plan),
            kind: key.kind as u8,
            variant,
            limit_count: 0,
            first_limit: (self.packed.limit_records.len() / LimitRecord::WIDTH) as u32,
            retired_on: 0,
            first_alias: (self.packed.alias_records.len() / AliasRecord::WIDTH) as u32,
            alias_count: 0,
        };
        (key_bits, record)
    }

    fn limit(&mut self, limit: &'a Limit) {
        let (amount_kind, count) = self.amount(Some(limit.amount)).pack();
        let (pool_kind, (group, group_len)) = match &limit.pool {
            Pool::Account => (PackedPool::Account, (0, 0)),
            Pool::Group(group) => (PackedPool::Group, self.strings.shared(group)),
            Pool::Model if limit.kind == Kind::Model => (PackedPool::Model, (0, 0)),
            Pool::Model => (PackedPool::EachModel, (0, 0)),
        };
        let (section, section_len) = limit.section.as_deref().map_or((0, 0), |section| self.strings.shared(section));
        let page = limit.page.as_deref().and_then(|page| self.pages.iter().position(|known| *known == page));
        let record = LimitRecord {
            amount: count,
            amount_kind,
            metric: limit.metric as u8,
            period: pack_period(limit.per.map(|per| (per.seconds() as u32, per.is_calendar()))),
            calls: limit.calls as u8,
            bound: limit.bound as u8,
            evidence: limit.evidence as u8,
            pool_kind: pool_kind.pack(),
            page: pack_optional(page.map(|page| page as u8)),
            group,
            group_len,
            section,
            section_len,
            line: limit.line.unwrap_or(0),
            changed_on: date(limit.changed),
            rare: self.rare(limit),
        };
        self.packed.limit_records.extend_from_slice(&record.pack());
    }

    /// Returns the index of the record of a limit's rare parts. Appends the record unless it equals [`NO_RARE_PARTS`], which has
    /// the index 0, or the last record.
    fn rare(&mut self, limit: &Limit) -> u32 {
        let Limit { alternative, each_region, weight, factor, ramp, until, .. } = limit;
        if alternative.is_none()
            && !each_region
            && *weight == Weight::ONE
            && factor.is_none()
            && ramp.is_empty()
            && until.is_none()
        {
            return 0;
        }
        let (alternative_kind, alternative) = self.amount(limit.alternative).pack();
        let factor_plan = limit.factor.as_ref().map(|factor| factor.plan.as_str());
        let record = RareRecord {
            alternative,
            alternative_kind,
            each_region: u8::from(limit.each_region),
            weight: limit.weight.each,
            output_weight: limit.weight.output,
            factor_percent: limit.factor.as_ref().map_or(0, |factor| factor.percent),
            factor_plan: pack_optional(number(&self.packed.plans, factor_plan)),
            ramp_len: limit.ramp.len() as u16,
            first_ramp: if limit.ramp.is_empty() {
                0
            } else {
                (self.packed.ramp_records.len() / RampRecord::WIDTH) as u32
            },
            until: date(limit.until),
        };
        for point in &limit.ramp {
            let record = RampRecord { after_minutes: point.after_minutes, amount: point.amount };
            self.packed.ramp_records.extend_from_slice(&record.pack());
        }
        let (record, records) = (record.pack(), &mut self.packed.rare_records);
        if !records.ends_with(&record) {
            records.extend_from_slice(&record);
        }
        (records.len() / RareRecord::WIDTH - 1) as u32
    }

    fn amount(&mut self, amount: Option<Amount>) -> PackedAmount {
        match amount {
            None => PackedAmount::Absent,
            Some(Amount::Count(count)) => PackedAmount::Count(count),
            Some(Amount::Range { from, to }) => {
                let index = self.packed.range_records.len() / RangeRecord::WIDTH;
                self.packed.range_records.extend_from_slice(&RangeRecord { from, to }.pack());
                PackedAmount::Range(index as u64)
            }
            Some(Amount::Unlimited) => PackedAmount::Unlimited,
            Some(Amount::Custom) => PackedAmount::Custom,
            Some(Amount::NotOffered) => PackedAmount::NotOffered,
            Some(Amount::Elsewhere) => PackedAmount::Elsewhere,
        }
    }

    fn finish(mut self) -> Result<Packed<'a>, Error> {
        for seed in 0..MAX_SEEDS {
            let hash_of =
                |name: &Name<'_>| hash(hashed_key_bits(name.key_bits, name.variant, seed), seed, name.text.as_bytes());
            let hashes: Vec<u64> = self.names.iter().map(hash_of).collect();
            let Some(placement) = place(&hashes) else { continue };
            for &name in &placement.slots {
                // An empty slot refers to the first name, which a lookup compares like any other.
                let header = name.map_or(0, |name| self.names[name as usize].offset - HEADER as u32);
                let print = name.map_or(0, |name| fingerprint(hashes[name as usize]));
                self.packed.slots.extend_from_slice(&pack_slot(header, print).to_le_bytes());
            }
            for pilot in &placement.pilots {
                self.packed.pilots.extend_from_slice(&pilot.to_le_bytes());
            }
            self.packed.seed = seed;
            self.packed.strings = self.strings.text;
            return Ok(self.packed);
        }
        Err(Error::SameKey)
    }
}

/// The rare parts of most limits: none.
const NO_RARE_PARTS: RareRecord = RareRecord {
    alternative: 0,
    alternative_kind: 0,
    each_region: 0,
    weight: 1,
    output_weight: 1,
    factor_percent: 0,
    factor_plan: 0,
    ramp_len: 0,
    first_ramp: 0,
    until: 0,
};

/// The number of seeds to try. Distinct names nearly always have slots under the first one.
const MAX_SEEDS: u32 = 8;

// The key bits have three bits for the kind.
const _: () = assert!(Kind::ALL.len() <= KINDS);

fn date(date: Option<Date>) -> u32 {
    pack_date(date.map(|date| (date.year(), date.month(), date.day())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A catalog of so many entries needs more memory than tests have.
    #[test]
    fn one_entry_too_many_is_an_error_of_its_own() {
        assert!(check_entries(MAX_ENTRIES).is_ok());
        let error = check_entries(MAX_ENTRIES + 1).unwrap_err();
        assert_eq!(error.to_string(), "the catalog has more than 268435456 entries");
    }
}
