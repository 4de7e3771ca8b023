// The layout of the packed tables, shared by the generator, which writes them, and the catalog, which reads them. The
// catalog's build script copies this file and `hash.rs` to the tables, and the catalog includes both.
//
// Numbers are little-endian. Records have no padding. `NAMES` is one text. The name of an entry is preceded by a header at a
// multiple of four bytes, so a lookup compares adjacent bytes: four of the scope, four of the entry's number, the name, and
// a line break. Both numbers are encoded in bytes below 128, so that `NAMES` is valid UTF-8.

use core::mem::{offset_of, size_of};

/// Defines a record by its fields, with a method that packs it, and a function for each field that reads it.
macro_rules! record {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $field:ident: $type:ty),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Clone, Copy)]
        #[repr(C, packed)]
        pub(crate) struct $name { $($(#[$doc])* pub(crate) $field: $type),+ }

        impl $name {
            /// The width of a record in bytes.
            pub(crate) const WIDTH: usize = size_of::<Self>();

            /// Returns the bytes of the record.
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
        None => panic!("a field within its record"),
    }
}

record! {
    /// An entry: one selector in one region and plan.
    EntryRecord {
        /// The offset of the name in `NAMES`, in bytes.
        name: u32,
        /// The length of the name, in bytes.
        name_len: u16,
        /// The number of the provider.
        provider: u8,
        /// The number of the region, if any: see [`pack_optional`].
        region: u8,
        /// The number of the plan, if any: see [`pack_optional`].
        plan: u8,
        /// The number of the kind, below [`KINDS`].
        kind: u8,
        /// The number of limits.
        limit_count: u16,
        /// The index of the first limit. The others follow it.
        first_limit: u32,
        /// The day of retirement, if any: see [`pack_date`].
        retired_on: u32,
        /// The index of the first alias. The others follow it.
        first_alias: u32,
        /// The number of aliases.
        alias_count: u16,
    }
}

record! {
    /// An alias of an entry.
    AliasRecord {
        /// The offset of the alias in `NAMES`, in bytes.
        name: u32,
        /// The length of the alias, in bytes.
        name_len: u16,
    }
}

record! {
    /// A limit of an entry.
    LimitRecord {
        /// The count of the amount: see [`PackedAmount`].
        amount: u64,
        /// The count of the reading that is not used.
        alternative: u64,
        /// The kind of the amount.
        amount_kind: u8,
        /// The kind of the reading that is not used.
        alternative_kind: u8,
        /// The number of the metric.
        metric: u8,
        /// The number of the period, if any: see [`pack_optional`].
        period: u8,
        /// The number of the calls that count.
        calls: u8,
        /// The number of the bound.
        bound: u8,
        /// The number of the evidence.
        evidence: u8,
        /// The kind of the pool: see [`PackedPool`].
        pool_kind: u8,
        /// The offset of the pool's name in `NAMES`, in bytes.
        pool: u32,
        /// The length of the pool's name, in bytes.
        pool_len: u16,
        /// The number of points of the ramp.
        ramp_len: u16,
        /// The index of the first point. The others follow it.
        first_ramp: u32,
        /// The line of the page, from 1. 0 for none.
        line: u32,
        /// The day of the last change, if any: see [`pack_date`].
        changed_on: u32,
    }
}

record! {
    /// A point of a limit that grows.
    RampRecord {
        /// Minutes of sustained use after which the amount is in force.
        after_minutes: u32,
        /// The amount, in units of the limit's metric.
        amount: u64,
    }
}

/// Packs an optional number below 255 into a byte.
#[inline]
pub(crate) const fn pack_optional(number: Option<u8>) -> u8 {
    match number {
        Some(number) => number + 1,
        None => 0,
    }
}

/// Unpacks a number that [`pack_optional`] packed.
#[inline]
pub(crate) const fn unpack_optional(byte: u8) -> Option<u8> {
    byte.checked_sub(1)
}

/// Packs an optional date of year, month and day, none of which is 0.
#[inline]
pub(crate) const fn pack_date(date: Option<(u16, u8, u8)>) -> u32 {
    match date {
        Some((year, month, day)) => (year as u32) << 16 | (month as u32) << 8 | day as u32,
        None => 0,
    }
}

/// Unpacks a date that [`pack_date`] packed.
#[inline]
pub(crate) const fn unpack_date(number: u32) -> Option<(u16, u8, u8)> {
    if number == 0 { None } else { Some(((number >> 16) as u16, (number >> 8) as u8, number as u8)) }
}

/// An amount, packed as a kind and a count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum PackedAmount {
    /// No amount.
    Absent,
    /// A number of units.
    Count(u64),
    /// No limit.
    Unlimited,
    /// To be agreed with the vendor.
    Custom,
}

impl PackedAmount {
    /// Returns the kind and the count.
    #[inline]
    pub(crate) const fn pack(self) -> (u8, u64) {
        match self {
            Self::Absent => (0, 0),
            Self::Count(count) => (1, count),
            Self::Unlimited => (2, 0),
            Self::Custom => (3, 0),
        }
    }

    /// Unpacks an amount that [`pack`](Self::pack) packed.
    #[inline]
    pub(crate) const fn unpack(kind: u8, count: u64) -> Self {
        match kind {
            0 => Self::Absent,
            1 => Self::Count(count),
            2 => Self::Unlimited,
            3 => Self::Custom,
            _ => panic!("an amount of a known kind"),
        }
    }
}

/// The calls that share a limit.
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
    /// Returns the byte of the pool.
    #[inline]
    pub(crate) const fn pack(self) -> u8 {
        self as u8
    }

    /// Unpacks a pool that [`pack`](Self::pack) packed.
    #[inline]
    pub(crate) const fn unpack(byte: u8) -> Self {
        match byte {
            0 => Self::Account,
            1 => Self::Group,
            2 => Self::Model,
            _ => panic!("a pool of a known kind"),
        }
    }
}

/// The length of the header before a name, in bytes.
pub(crate) const HEADER: usize = 8;

/// The number of kinds that a scope can encode.
pub(crate) const KINDS: usize = 8;

/// Encodes a provider, region, plan and kind in four bytes below 128. The absent region and plan have the number after the
/// last one.
#[inline]
pub(crate) const fn scope(provider: u8, region: u8, plan: u8, kind: u8) -> u32 {
    let numbers = u32::from_le_bytes([provider, region, plan, kind]);
    // The highest bits of the first three bytes move to the fourth.
    let high = numbers >> 7 & 1 | numbers >> 14 & 2 | numbers >> 21 & 4;
    numbers & 0x077F_7F7F | high << 27
}

/// The number of entries that [`spread`] can encode.
pub(crate) const MAX_ENTRIES: usize = 1 << 28;

/// Encodes the number of an entry in four bytes below 128.
#[inline]
pub(crate) const fn spread(number: u32) -> u32 {
    number & 0x7F | (number & 0x3F80) << 1 | (number & 0x1F_C000) << 2 | (number & 0xFE0_0000) << 3
}

/// Decodes a number that [`spread`] encoded.
#[inline]
pub(crate) const fn gather(bytes: u32) -> u32 {
    bytes & 0x7F | bytes >> 1 & 0x3F80 | bytes >> 2 & 0x1F_C000 | bytes >> 3 & 0xFE0_0000
}

/// Returns the header of a name: the scope, and the entry's number, encoded by [`spread`].
#[inline]
pub(crate) const fn header(scope: u32, entry: u32) -> [u8; HEADER] {
    ((spread(entry) as u64) << 32 | scope as u64).to_le_bytes()
}

/// Returns the scope of a header, and the entry's number, for [`gather`] to decode.
#[inline]
pub(crate) const fn read_header(bytes: &[u8; HEADER]) -> (u32, u32) {
    let number = u64::from_le_bytes(*bytes);
    (number as u32, (number >> 32) as u32)
}

/// The number of bytes of names that a slot can address.
pub(crate) const MAX_NAME_BYTES: usize = 1 << 26;

/// Packs a slot: the offset of the name's header, a multiple of four, and the fingerprint of the name's hash.
#[inline]
pub(crate) const fn pack_slot(header: u32, fingerprint: u8) -> u32 {
    header >> 2 << 8 | fingerprint as u32
}

/// Returns the offset of the header of a slot's name, and the fingerprint.
#[inline]
pub(crate) const fn unpack_slot(slot: u32) -> (usize, u8) {
    ((slot >> 8 << 2) as usize, slot as u8)
}
