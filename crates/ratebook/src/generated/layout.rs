// The layout of the packed tables, shared by the generator, which writes them, and the catalog, which reads them. The
// generator copies this file and `hash.rs` beside the tables, and the catalog includes both.
//
// Numbers are little-endian. Records have no padding. `NAMES` is one text. The name of an entry is preceded by a header at a
// multiple of four bytes, so a lookup compares adjacent bytes: four bytes of key bits, four of the entry's number, the name, and
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
    /// An entry: one selector in one region, plan and variant.
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
        /// The numbers of the deployment, mode and context: see [`Variant`].
        variant: u32,
        /// The number of limits. 0 for a removed entry.
        limit_count: u16,
        /// The index of the first limit. The others follow it.
        first_limit: u32,
        /// The day of retirement or removal, if any: see [`pack_date`].
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
        /// The kind of the amount.
        amount_kind: u8,
        /// The number of the metric.
        metric: u8,
        /// The period, if any: see [`pack_period`].
        period: u32,
        /// The number of the calls that count.
        calls: u8,
        /// The number of the bound.
        bound: u8,
        /// The number of the evidence.
        evidence: u8,
        /// The kind of the pool: see [`PackedPool`].
        pool_kind: u8,
        /// The number of the page within the provider, if any: see [`pack_optional`].
        page: u8,
        /// The offset of the name of the pool's group in `NAMES`, in bytes.
        group: u32,
        /// The length of that name, in bytes.
        group_len: u16,
        /// The offset of the section in `NAMES`, in bytes.
        section: u32,
        /// The length of the section, in bytes. 0 for none.
        section_len: u16,
        /// The line of the page, from 1. 0 for none.
        line: u32,
        /// The day of the last change, if any: see [`pack_date`].
        changed_on: u32,
        /// The index of the record of its rare parts. Limits with the same parts share it, and the first record has none.
        rare: u32,
    }
}

record! {
    /// The parts of a limit that few limits have.
    RareRecord {
        /// The count of the reading that is not used.
        alternative: u64,
        /// The kind of the reading that is not used.
        alternative_kind: u8,
        /// 1 if each region has the limit for itself, else 0.
        each_region: u8,
        /// The units of the pool that one unit of the metric takes.
        weight: u16,
        /// The number of tokens that an output token counts as.
        output_weight: u16,
        /// The multiple of another plan in percent, or 0 for none.
        factor_percent: u32,
        /// The number of that plan, if any: see [`pack_optional`].
        factor_plan: u8,
        /// The number of points of the ramp.
        ramp_len: u16,
        /// The index of the first point. The others follow it.
        first_ramp: u32,
        /// The last day, if any: see [`pack_date`].
        until: u32,
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

record! {
    /// A range of amounts.
    RangeRecord {
        /// The lower end, in units of the limit's metric.
        from: u64,
        /// The upper end.
        to: u64,
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

/// The bit of a packed period that the provider's calendar defines.
const CALENDAR: u32 = 1 << 31;

/// Packs an optional period: its length in seconds, and whether the provider's calendar defines it.
#[inline]
pub(crate) const fn pack_period(period: Option<(u32, bool)>) -> u32 {
    match period {
        Some((seconds, false)) => seconds,
        Some((seconds, true)) => seconds | CALENDAR,
        None => 0,
    }
}

/// Unpacks a period that [`pack_period`] packed.
#[inline]
pub(crate) const fn unpack_period(number: u32) -> Option<(u32, bool)> {
    match number {
        0 => None,
        number => Some((number & !CALENDAR, number & CALENDAR != 0)),
    }
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
    /// A range, by its index.
    Range(u64),
    /// Not offered.
    NotOffered,
    /// Stated in another place.
    Elsewhere,
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
            Self::Range(index) => (4, index),
            Self::NotOffered => (5, 0),
            Self::Elsewhere => (6, 0),
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
            4 => Self::Range(count),
            5 => Self::NotOffered,
            6 => Self::Elsewhere,
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
    /// Each model of the entry's selector.
    EachModel,
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
            3 => Self::EachModel,
            _ => panic!("a pool of a known kind"),
        }
    }
}

/// The length of the header before a name, in bytes.
pub(crate) const HEADER: usize = 8;

/// The number of kinds that the key bits can encode.
pub(crate) const KINDS: usize = 8;

/// The deployment, mode and context of an entry, each a number or none.
#[derive(Clone, Copy)]
pub(crate) struct Variant {
    pub(crate) deployment: Option<u8>,
    pub(crate) mode: Option<u8>,
    pub(crate) context: Option<u8>,
}

impl Variant {
    /// No deployment, mode and context.
    pub(crate) const NONE: Self = Self { deployment: None, mode: None, context: None };

    /// Returns the variant in one number, 0 for [`NONE`](Self::NONE).
    #[inline]
    pub(crate) const fn pack(self) -> u32 {
        let Self { deployment, mode, context } = self;
        u32::from_le_bytes([pack_optional(deployment), pack_optional(mode), pack_optional(context), 0])
    }

    /// Unpacks a variant that [`pack`](Self::pack) packed.
    #[inline]
    pub(crate) const fn unpack(number: u32) -> Self {
        let [deployment, mode, context, _] = number.to_le_bytes();
        let (deployment, mode) = (unpack_optional(deployment), unpack_optional(mode));
        Self { deployment, mode, context: unpack_optional(context) }
    }
}

/// Encodes the parts of a key beside its name in four bytes below 128: provider, region, plan and kind, and whether the
/// entry has a variant. The absent region
/// and plan have the number after the last one.
#[inline]
pub(crate) const fn key_bits(provider: u8, region: u8, plan: u8, kind: u8, has_variant: bool) -> u32 {
    let numbers = u32::from_le_bytes([provider, region, plan, kind]);
    // The highest bits of the first three bytes move to the fourth.
    let high = numbers >> 7 & 1 | numbers >> 14 & 2 | numbers >> 21 & 4;
    numbers & 0x077F_7F7F | high << 27 | (has_variant as u32) << 30
}

/// Returns the key bits under which the names of a variant are hashed: the key bits themselves for entries without one.
#[inline]
pub(crate) const fn hashed_key_bits(key_bits: u32, variant: u32, seed: u32) -> u32 {
    // An odd factor, so that no two variants of a key are the same. Another seed gives another factor.
    key_bits ^ variant.wrapping_mul(0x9E37_79B1 ^ seed << 1)
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

/// Returns the header of a name: the key bits, and the entry's number, encoded by [`spread`].
#[inline]
pub(crate) const fn header(key_bits: u32, entry: u32) -> [u8; HEADER] {
    ((spread(entry) as u64) << 32 | key_bits as u64).to_le_bytes()
}

/// Returns the key bits of a header, and the entry's number, for [`gather`] to decode.
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
