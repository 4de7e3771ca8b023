// The layout of the packed tables, for both sides: the generator writes by it, the catalog reads by it. The catalog's build
// script copies this file beside the tables, from where the catalog includes it, as it does `hash.rs`.
//
// Numbers are little-endian. A record has no padding. `NAMES` is one text: a name that leads to an entry stands at a
// multiple of four bytes, so that a lookup finds all it compares in one place: four bytes that say its scope, four that
// say its entry, the name, a line break. Both numbers are written in bytes below 128, so that the whole is text.

use core::mem::{offset_of, size_of};

/// Defines a record by its fields: what packs them, and for each field what reads it from the packed bytes.
macro_rules! record {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $field:ident: $type:ty),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Clone, Copy)]
        #[repr(C, packed)]
        pub(crate) struct $name { $($(#[$doc])* pub(crate) $field: $type),+ }

        impl $name {
            /// The bytes of one record.
            pub(crate) const WIDTH: usize = size_of::<Self>();

            /// The record's bytes.
            pub(crate) fn pack(self) -> [u8; Self::WIDTH] {
                let mut bytes = [0; Self::WIDTH];
                $(put(&mut bytes, offset_of!(Self, $field), &self.$field.to_le_bytes());)+
                bytes
            }

            $(
                $(#[$doc])*
                #[inline]
                pub(crate) const fn $field(bytes: &[u8; Self::WIDTH]) -> $type {
                    <$type>::from_le_bytes(*take(bytes, offset_of!(Self, $field)))
                }
            )+
        }
    };
}

fn put(bytes: &mut [u8], at: usize, field: &[u8]) {
    bytes[at..at + field.len()].copy_from_slice(field);
}

#[inline]
const fn take<const N: usize>(bytes: &[u8], at: usize) -> &[u8; N] {
    match bytes.split_at(at).1.first_chunk() {
        Some(field) => field,
        None => panic!("a field ends within its record"),
    }
}

record! {
    /// An entry: one selector in one region and plan.
    EntryRecord {
        /// Where its name begins in `NAMES`.
        name: u32,
        /// Bytes of its name.
        name_len: u16,
        /// The number of its provider.
        provider: u8,
        /// The number of its region, if any: see [`pack_optional`].
        region: u8,
        /// The number of its plan, if any: see [`pack_optional`].
        plan: u8,
        /// The number of its kind, below [`KINDS`].
        kind: u8,
        /// How many limits it has.
        limit_count: u16,
        /// The number of its first limit; the others follow.
        first_limit: u32,
        /// The day of its retirement, if any: see [`pack_date`].
        retired_on: u32,
        /// The number of its first alias; the others follow.
        first_alias: u32,
        /// How many aliases it has.
        alias_count: u16,
    }
}

record! {
    /// Another name of an entry.
    AliasRecord {
        /// Where it begins in `NAMES`.
        name: u32,
        /// Its bytes.
        name_len: u16,
    }
}

record! {
    /// A limit of an entry.
    LimitRecord {
        /// The amount's number: see [`PackedAmount`].
        amount: u64,
        /// The number of the reading that is not used.
        alternative: u64,
        /// What the amount is.
        amount_kind: u8,
        /// What the reading is that is not used.
        alternative_kind: u8,
        /// The number of its metric.
        metric: u8,
        /// The number of its period, if any: see [`pack_optional`].
        period: u8,
        /// The number of the calls it counts.
        calls: u8,
        /// The number of its bound.
        bound: u8,
        /// The number of its evidence.
        evidence: u8,
        /// What shares it: see [`PackedPool`].
        pool_kind: u8,
        /// Where the name of what shares it begins in `NAMES`.
        pool: u32,
        /// The bytes of that name.
        pool_len: u16,
        /// How many points its ramp has.
        ramp_len: u16,
        /// The number of its first point; the others follow.
        first_ramp: u32,
        /// The line of the page, from 1; 0 for none.
        line: u32,
        /// The day of its last change, if any: see [`pack_date`].
        changed_on: u32,
    }
}

record! {
    /// A point of a limit that grows.
    RampRecord {
        /// Minutes of sustained use after which the amount holds.
        after_minutes: u32,
        /// The amount, in units of the limit's metric.
        amount: u64,
    }
}

/// A number below 255 that may be absent, in a byte.
#[inline]
pub(crate) const fn pack_optional(number: Option<u8>) -> u8 {
    match number {
        Some(number) => number + 1,
        None => 0,
    }
}

/// The number that [`pack_optional`] packed.
#[inline]
pub(crate) const fn unpack_optional(byte: u8) -> Option<u8> {
    byte.checked_sub(1)
}

/// A day that may be absent: its year, month and day, of which none is 0.
#[inline]
pub(crate) const fn pack_date(date: Option<(u16, u8, u8)>) -> u32 {
    match date {
        Some((year, month, day)) => (year as u32) << 16 | (month as u32) << 8 | day as u32,
        None => 0,
    }
}

/// The day that [`pack_date`] packed.
#[inline]
pub(crate) const fn unpack_date(number: u32) -> Option<(u16, u8, u8)> {
    if number == 0 { None } else { Some(((number >> 16) as u16, (number >> 8) as u8, number as u8)) }
}

/// What an amount is; a count's number stands beside it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum PackedAmount {
    /// None is stated.
    Absent,
    /// So many units.
    Count(u64),
    /// No limit.
    Unlimited,
    /// To be agreed.
    Custom,
}

impl PackedAmount {
    /// What it is, and its number.
    #[inline]
    pub(crate) const fn pack(self) -> (u8, u64) {
        match self {
            Self::Absent => (0, 0),
            Self::Count(count) => (1, count),
            Self::Unlimited => (2, 0),
            Self::Custom => (3, 0),
        }
    }

    /// The amount that [`pack`](Self::pack) packed.
    #[inline]
    pub(crate) const fn unpack(kind: u8, count: u64) -> Self {
        match kind {
            0 => Self::Absent,
            1 => Self::Count(count),
            2 => Self::Unlimited,
            3 => Self::Custom,
            _ => panic!("an amount is of a known kind"),
        }
    }
}

/// What shares a limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum PackedPool {
    /// Every call of the account.
    Account,
    /// A named group.
    Group,
    /// The model of the entry.
    Model,
}

impl PackedPool {
    /// Its byte.
    #[inline]
    pub(crate) const fn pack(self) -> u8 {
        self as u8
    }

    /// The pool that [`pack`](Self::pack) packed.
    #[inline]
    pub(crate) const fn unpack(byte: u8) -> Self {
        match byte {
            0 => Self::Account,
            1 => Self::Group,
            2 => Self::Model,
            _ => panic!("a pool is of a known kind"),
        }
    }
}

/// The bytes before a name.
pub(crate) const HEADER: usize = 8;

/// How many kinds a scope can tell apart.
pub(crate) const KINDS: usize = 8;

/// A provider, region, plan and kind in four bytes below 128. No region and no plan are numbered behind the last of each.
#[inline]
pub(crate) const fn scope(provider: u8, region: u8, plan: u8, kind: u8) -> u32 {
    let numbers = u32::from_le_bytes([provider, region, plan, kind]);
    // The topmost bits of the first three go to the fourth.
    let high = numbers >> 7 & 1 | numbers >> 14 & 2 | numbers >> 21 & 4;
    numbers & 0x077F_7F7F | high << 27
}

/// As many entries as [`spread`] can number.
pub(crate) const MAX_ENTRIES: usize = 1 << 28;

/// The number of an entry in four bytes below 128.
#[inline]
pub(crate) const fn spread(number: u32) -> u32 {
    number & 0x7F | (number & 0x3F80) << 1 | (number & 0x1F_C000) << 2 | (number & 0xFE0_0000) << 3
}

/// The number that [`spread`] wrote.
#[inline]
pub(crate) const fn gather(bytes: u32) -> u32 {
    bytes & 0x7F | bytes >> 1 & 0x3F80 | bytes >> 2 & 0x1F_C000 | bytes >> 3 & 0xFE0_0000
}

/// The bytes before a name: its scope, and its entry as [`spread`] writes it.
#[inline]
pub(crate) const fn header(scope: u32, entry: u32) -> [u8; HEADER] {
    ((spread(entry) as u64) << 32 | scope as u64).to_le_bytes()
}

/// The scope of a header, and its entry as [`gather`] reads it.
#[inline]
pub(crate) const fn read_header(bytes: &[u8; HEADER]) -> (u32, u32) {
    let number = u64::from_le_bytes(*bytes);
    (number as u32, (number >> 32) as u32)
}

/// As many bytes of names as slots can tell places.
pub(crate) const MAX_NAME_BYTES: usize = 1 << 26;

/// A slot: where the header of its name begins, which is a multiple of four, and the fingerprint of its hash.
#[inline]
pub(crate) const fn pack_slot(header: u32, fingerprint: u8) -> u32 {
    header >> 2 << 8 | fingerprint as u32
}

/// Where the header of a slot's name begins, and the fingerprint.
#[inline]
pub(crate) const fn unpack_slot(slot: u32) -> (usize, u8) {
    ((slot >> 8 << 2) as usize, slot as u8)
}
