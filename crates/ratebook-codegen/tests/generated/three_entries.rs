// Written by `cargo xtask codegen` from tests/catalog.
/// The version of the catalog's data, such as `2026-03-23+0a1b2c3d`: the latest day on which a page was read with a
/// change (`undated` if no page has one), and a hash of all limits, names and policies in hexadecimal.
///
/// It changes with the data only, and so does not follow the version of the crate.
pub const CATALOG_VERSION: &str = "2026-02-01+90eec4f1";
pub(crate) static NAMES: &str = include_str!("names.bin");
pub(crate) static ENTRIES: &[[u8; layout::EntryRecord::WIDTH]] = include_bytes!(
    "entries.bin"
)
    .as_slice()
    .as_chunks()
    .0;
pub(crate) static ALIASES: &[[u8; layout::AliasRecord::WIDTH]] = include_bytes!(
    "aliases.bin"
)
    .as_slice()
    .as_chunks()
    .0;
pub(crate) static LIMITS: &[[u8; layout::LimitRecord::WIDTH]] = include_bytes!(
    "limits.bin"
)
    .as_slice()
    .as_chunks()
    .0;
pub(crate) static RARES: &[[u8; layout::RareRecord::WIDTH]] = include_bytes!("rares.bin")
    .as_slice()
    .as_chunks()
    .0;
pub(crate) static RAMPS: &[[u8; layout::RampRecord::WIDTH]] = include_bytes!("ramps.bin")
    .as_slice()
    .as_chunks()
    .0;
pub(crate) static RANGES: &[[u8; layout::RangeRecord::WIDTH]] = include_bytes!(
    "ranges.bin"
)
    .as_slice()
    .as_chunks()
    .0;
pub(crate) const SEED: u32 = 0;
static PILOTS_LINES: Aligned<[u8; 4]> = Aligned(*include_bytes!("pilots.bin"));
pub(crate) const PILOTS: &[[u8; 2]] = PILOTS_LINES.0.as_slice().as_chunks().0;
static SLOTS_LINES: Aligned<[u8; 32]> = Aligned(*include_bytes!("slots.bin"));
pub(crate) const SLOTS: &[[u8; 4]] = SLOTS_LINES.0.as_slice().as_chunks().0;
/// A provider of an API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(not(feature = "load"), derive(PartialOrd, Ord))]
#[non_exhaustive]
#[allow(non_camel_case_types, reason = "equal variants get the suffix `_2`")]
pub enum Provider {
    /// `acme`: <https://acme.example/limits>
    Acme,
    /// A provider of a catalog that was loaded at run time.
    #[cfg(feature = "load")]
    #[cfg_attr(docsrs, doc(cfg(feature = "load")))]
    Loaded(load::LoadedProvider),
}
impl Provider {
    /// All of the compiled catalog, sorted by name.
    pub const ALL: &'static [Self] = &[Self::Acme];
    /// Returns the name in files and output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Acme => "acme",
            #[cfg(feature = "load")]
            Self::Loaded(loaded) => loaded.name(),
        }
    }
    /// Returns the number in the tables of the provider's catalog.
    #[inline]
    #[cfg(not(feature = "load"))]
    pub(crate) const fn number(self) -> u8 {
        self as u8
    }
    /// Returns the number in the tables of the provider's catalog.
    #[inline]
    #[cfg(feature = "load")]
    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::Acme => 0,
            Self::Loaded(loaded) => loaded.number(),
        }
    }
}
/// Where a provider serves the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(not(feature = "load"), derive(PartialOrd, Ord))]
#[non_exhaustive]
#[allow(non_camel_case_types, reason = "equal variants get the suffix `_2`")]
pub enum Region {
    /// The region `eu`.
    Eu,
    /// A region of a catalog that was loaded at run time.
    #[cfg(feature = "load")]
    #[cfg_attr(docsrs, doc(cfg(feature = "load")))]
    Loaded(load::LoadedWord),
}
impl Region {
    /// All of the compiled catalog, sorted by name.
    pub const ALL: &'static [Self] = &[Self::Eu];
    /// Returns the name in files and output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Eu => "eu",
            #[cfg(feature = "load")]
            Self::Loaded(loaded) => loaded.name(),
        }
    }
    /// Returns the number in the tables of the compiled catalog, or `None` if it does not have the word.
    #[inline]
    #[cfg(not(feature = "load"))]
    pub(crate) const fn number(self) -> Option<u8> {
        Some(self as u8)
    }
    /// Returns the number in the tables of the compiled catalog, or `None` if it does not have the word.
    #[inline]
    #[cfg(feature = "load")]
    pub(crate) const fn number(self) -> Option<u8> {
        match self {
            Self::Eu => Some(0),
            Self::Loaded(_) => None,
        }
    }
}
/// A pricing plan or tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(not(feature = "load"), derive(PartialOrd, Ord))]
#[non_exhaustive]
#[allow(non_camel_case_types, reason = "equal variants get the suffix `_2`")]
pub enum Plan {
    /// The plan `pro`.
    Pro,
    /// The plan `pro-eu`.
    ProEu,
    /// A plan of a catalog that was loaded at run time.
    #[cfg(feature = "load")]
    #[cfg_attr(docsrs, doc(cfg(feature = "load")))]
    Loaded(load::LoadedWord),
}
impl Plan {
    /// All of the compiled catalog, sorted by name.
    pub const ALL: &'static [Self] = &[Self::Pro, Self::ProEu];
    /// Returns the name in files and output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pro => "pro",
            Self::ProEu => "pro-eu",
            #[cfg(feature = "load")]
            Self::Loaded(loaded) => loaded.name(),
        }
    }
    /// Returns the number in the tables of the compiled catalog, or `None` if it does not have the word.
    #[inline]
    #[cfg(not(feature = "load"))]
    pub(crate) const fn number(self) -> Option<u8> {
        Some(self as u8)
    }
    /// Returns the number in the tables of the compiled catalog, or `None` if it does not have the word.
    #[inline]
    #[cfg(feature = "load")]
    pub(crate) const fn number(self) -> Option<u8> {
        match self {
            Self::Pro => Some(0),
            Self::ProEu => Some(1),
            Self::Loaded(_) => None,
        }
    }
}
/// How capacity is bought or invoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(not(feature = "load"), derive(PartialOrd, Ord))]
#[non_exhaustive]
#[allow(non_camel_case_types, reason = "equal variants get the suffix `_2`")]
pub enum Deployment {
    /// A deployment of a catalog that was loaded at run time.
    #[cfg(feature = "load")]
    #[cfg_attr(docsrs, doc(cfg(feature = "load")))]
    Loaded(load::LoadedWord),
}
impl Deployment {
    /// All of the compiled catalog, sorted by name.
    pub const ALL: &'static [Self] = &[];
    /// Returns the name in files and output.
    pub const fn name(self) -> &'static str {
        match self {
            #[cfg(feature = "load")]
            Self::Loaded(loaded) => loaded.name(),
        }
    }
    /// Returns the number in the tables of the compiled catalog, or `None` if it does not have the word.
    #[inline]
    #[cfg(not(feature = "load"))]
    pub(crate) const fn number(self) -> Option<u8> {
        match self {}
    }
    /// Returns the number in the tables of the compiled catalog, or `None` if it does not have the word.
    #[inline]
    #[cfg(feature = "load")]
    pub(crate) const fn number(self) -> Option<u8> {
        match self {
            Self::Loaded(_) => None,
        }
    }
}
/// A mode of processing other than a provider's usual one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(not(feature = "load"), derive(PartialOrd, Ord))]
#[non_exhaustive]
#[allow(non_camel_case_types, reason = "equal variants get the suffix `_2`")]
pub enum Mode {
    /// A mode of a catalog that was loaded at run time.
    #[cfg(feature = "load")]
    #[cfg_attr(docsrs, doc(cfg(feature = "load")))]
    Loaded(load::LoadedWord),
}
impl Mode {
    /// All of the compiled catalog, sorted by name.
    pub const ALL: &'static [Self] = &[];
    /// Returns the name in files and output.
    pub const fn name(self) -> &'static str {
        match self {
            #[cfg(feature = "load")]
            Self::Loaded(loaded) => loaded.name(),
        }
    }
    /// Returns the number in the tables of the compiled catalog, or `None` if it does not have the word.
    #[inline]
    #[cfg(not(feature = "load"))]
    pub(crate) const fn number(self) -> Option<u8> {
        match self {}
    }
    /// Returns the number in the tables of the compiled catalog, or `None` if it does not have the word.
    #[inline]
    #[cfg(feature = "load")]
    pub(crate) const fn number(self) -> Option<u8> {
        match self {
            Self::Loaded(_) => None,
        }
    }
}
/// A class of context lengths with limits of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(not(feature = "load"), derive(PartialOrd, Ord))]
#[non_exhaustive]
#[allow(non_camel_case_types, reason = "equal variants get the suffix `_2`")]
pub enum Context {
    /// A context of a catalog that was loaded at run time.
    #[cfg(feature = "load")]
    #[cfg_attr(docsrs, doc(cfg(feature = "load")))]
    Loaded(load::LoadedWord),
}
impl Context {
    /// All of the compiled catalog, sorted by name.
    pub const ALL: &'static [Self] = &[];
    /// Returns the name in files and output.
    pub const fn name(self) -> &'static str {
        match self {
            #[cfg(feature = "load")]
            Self::Loaded(loaded) => loaded.name(),
        }
    }
    /// Returns the number in the tables of the compiled catalog, or `None` if it does not have the word.
    #[inline]
    #[cfg(not(feature = "load"))]
    pub(crate) const fn number(self) -> Option<u8> {
        match self {}
    }
    /// Returns the number in the tables of the compiled catalog, or `None` if it does not have the word.
    #[inline]
    #[cfg(feature = "load")]
    pub(crate) const fn number(self) -> Option<u8> {
        match self {
            Self::Loaded(_) => None,
        }
    }
}
pub(crate) const PROVIDERS: &[ProviderData] = &[
    ProviderData {
        state: ProviderState::Published,
        pages: &[
            VendorPage {
                id: "main",
                url: Some("https://acme.example/limits"),
                date: Date::new(2026, 1, 31),
                read_on: Date::new(2026, 2, 1),
                checked_on: Date::new(2026, 2, 2),
                withdrawn_on: None,
                is_partial: false,
            },
        ],
        entries: (0, 3),
        plans: &[
            PlanData {
                plan: Plan::Pro,
                within: None,
                qualifies_usd: Some(5),
            },
            PlanData {
                plan: Plan::ProEu,
                within: Some(Plan::Pro),
                qualifies_usd: None,
            },
        ],
        regions: &[],
        size_classes: &[
            SizeClass {
                name: "small",
                from: 0,
                to: Some(8000000000),
                members: &[],
            },
            SizeClass {
                name: "large",
                from: 8000000001,
                to: None,
                members: &["rocket-1"],
            },
        ],
        families: &[],
        renamings: &[],
        replacements: &[],
        policy: Policy {
            scope: Scope::Project,
            window: Window::Sliding,
            calendar: Calendar::Utc,
            sub_window: Some(Period::Second),
            acceleration_limit: true,
            recovery_seconds: Some(60),
            task_default: false,
            request_per_completion: false,
            over: &[
                OverLimitRule {
                    metric: None,
                    then: &[OverLimit::Refuse],
                },
                OverLimitRule {
                    metric: Some(Metric::ConcurrentTasks),
                    then: &[OverLimit::Queue],
                },
            ],
            headers: &[
                Header {
                    name: "x-limit",
                    meaning: HeaderMeaning::Limit,
                    metric: Some(Metric::Requests),
                    window_seconds: Some(60),
                    format: HeaderFormat::Integer,
                    description: "How many requests a minute allows.",
                },
            ],
            responses: &[
                ResponsePattern {
                    status: 429,
                    contains: "try later",
                    metric: Some(Metric::Tokens),
                    window_seconds: None,
                    remedy: Remedy::Wait,
                    time: Some(BodyTime {
                        after: "again in",
                        format: HeaderFormat::Duration,
                    }),
                    resets: Some(Resets::UtcDay),
                    account_wide: true,
                },
            ],
            growth: &[],
            penalties: &[],
            usage_format: UsageFormat::Openai,
            max_output: MaxOutput::Unstated,
            counts_failed_calls: false,
            body: &[],
            output_weights: &[],
            notes: &["Batches are not counted."],
        },
    },
];
/// The providers, each a module with its dates, its pages and a constant for each entry. A retired or removed name keeps
/// its constant for a year, deprecated since the day that it states.
#[allow(clippy::deprecated_semver, reason = "the data's versions are days")]
pub mod providers {
    /// Limits of `acme`.
    pub mod acme {
        use crate::Date;
        /// The date on the main page.
        pub const PAGE_DATE: Option<Date> = Date::new(2026, 1, 31);
        /// The day on which the main page was last read with a change.
        pub const READ_ON: Option<Date> = Date::new(2026, 2, 1);
        /// The day on which the main page was last fetched, changed or not.
        pub const CHECKED_ON: Option<Date> = Date::new(2026, 2, 2);
        /// The pages of `acme`, with their dates.
        pub mod pages {
            use crate::{PROVIDERS, VendorPage};
            /// The page `main`: <https://acme.example/limits>
            pub const MAIN: VendorPage = PROVIDERS[0].pages[0];
        }
        /// Limits of `retired`.
        pub mod retired {
            use crate::{Entry, packed::COMPILED};
            /// `rocket-0`
            ///
            /// Retired on 2026-01-01: calls are refused.
            ///
            /// - 5 requests per minute (line 14)
            #[deprecated(since = "2026-01-01", note = "retired: calls are refused")]
            pub const ROCKET_0: Entry = Entry(COMPILED, 0);
        }
        /// Limits of `eu`.
        pub mod eu {
            /// Limits of `pro`.
            pub mod pro {
                use crate::{Entry, packed::COMPILED};
                /// `large`
                ///
                /// - 1,000 tokens per minute, at most, 4,000 after 10 minutes (line 15; ambiguous; the other reading is 2000)
                pub const LARGE: Entry = Entry(COMPILED, 1);
            }
            /// Limits of `pro-eu`.
            pub mod pro_eu {
                use crate::{Entry, packed::COMPILED};
                /// `rocket-1`
                ///
                /// - 600 requests per minute (line 16)
                /// - unlimited concurrent tasks of async calls, with a queue at the vendor (line 17)
                ///
                /// Also called `rocket`, `rocket-latest`.
                pub const ROCKET_1: Entry = Entry(COMPILED, 2);
            }
        }
    }
}
