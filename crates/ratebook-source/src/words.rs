//! The closed vocabularies of the catalog, each with the spelling used in every file and output.

use std::fmt;
use std::str::FromStr;

/// A spelling that is not in one of the closed vocabularies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownWord {
    /// What the word should have named, such as `metric`.
    pub vocabulary: &'static str,
    /// The word as it stood.
    pub word: String,
    /// The spellings that are known.
    pub known: &'static [&'static str],
}

impl fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no {}: expected one of {}", self.word, self.vocabulary, self.known.join(", "))
    }
}

impl std::error::Error for UnknownWord {}

macro_rules! vocabulary {
    ($(#[$meta:meta])* $name:ident, $label:literal { $($(#[$vmeta:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$vmeta])* $variant),+ }

        impl $name {
            /// Every word of the vocabulary, in the order that the packed tables number them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// The spellings, in the order of [`Self::ALL`].
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The spelling used in files and output.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.word())
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;
            fn from_str(word: &str) -> Result<Self, UnknownWord> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(UnknownWord { vocabulary: $label, word: word.to_owned(), known: Self::WORDS }),
                }
            }
        }

        #[cfg(feature = "serde")]
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.word())
            }
        }

        #[cfg(feature = "serde")]
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = <String as serde::Deserialize>::deserialize(deserializer)?;
                word.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

vocabulary! {
    /// What a limit counts.
    #[derive(Hash, PartialOrd, Ord)]
    Metric, "metric" {
        /// Calls of the API.
        Requests = "requests",
        /// Input and output tokens together.
        Tokens = "tokens",
        /// Tokens of the prompt.
        InputTokens = "input_tokens",
        /// Tokens of the prompt that no cache held.
        UncachedInputTokens = "uncached_input_tokens",
        /// Tokens that the model generates.
        OutputTokens = "output_tokens",
        /// Minutes of audio sent.
        AudioMinutes = "audio_minutes",
        /// Asynchronous tasks submitted.
        Tasks = "tasks",
        /// Tasks in flight at one time.
        ConcurrentTasks = "concurrent_tasks",
        /// Connections open at one time.
        ConcurrentConnections = "concurrent_connections",
        /// LoRA adapters deployed.
        Loras = "loras",
        /// GPUs held at one time.
        Gpus = "gpus",
        /// GPU hours used.
        GpuHours = "gpu_hours",
        /// US dollars, whole.
        SpendUsd = "spend_usd",
    }
}

vocabulary! {
    /// The time over which a limit counts; a concurrency or a count has none.
    #[derive(Hash, PartialOrd, Ord)]
    Period, "period" {
        /// One second.
        Second = "second",
        /// Sixty seconds.
        Minute = "minute",
        /// A day.
        Day = "day",
        /// A month.
        Month = "month",
    }
}

vocabulary! {
    /// Which calls an entry speaks of.
    #[derive(Hash, PartialOrd, Ord)]
    Kind, "kind" {
        /// One model, by name.
        Model = "model",
        /// A type of task, such as `text-generation`.
        Task = "task",
        /// A class of models by their number of parameters.
        Size = "size",
        /// Something held rather than called: GPUs, LoRAs.
        Resource = "resource",
        /// Every call of the account.
        Any = "any",
    }
}

vocabulary! {
    /// Which form of the API a limit counts.
    #[derive(Hash, PartialOrd, Ord)]
    Calls, "kind of calls" {
        /// Every call.
        All = "all",
        /// Calls whose reply carries the result.
        Sync = "sync",
        /// Calls that start a task whose result is fetched later.
        Async = "async",
    }
}

vocabulary! {
    /// What a number means at its edge.
    #[derive(Hash, PartialOrd, Ord)]
    Bound, "bound" {
        /// Refused over it.
        Hard = "hard",
        /// At least this much; more may pass.
        Guaranteed = "guaranteed",
        /// At most this much; the limit in force may be lower and moves.
        Ceiling = "ceiling",
        /// Over it, work is accepted and waits at the vendor.
        Queued = "queued",
    }
}

vocabulary! {
    /// How a number was read.
    Evidence, "evidence" {
        /// It stands in its own cell.
        Stated = "stated",
        /// A merged cell above covers it.
        Spanned = "spanned",
        /// Which column a lone number belongs to was worked out.
        Inferred = "inferred",
        /// Two readings remain; the stricter one is used.
        Ambiguous = "ambiguous",
        /// A person decided, with a source.
        Reviewed = "reviewed",
    }
}

vocabulary! {
    /// Whose calls a provider adds up.
    Scope, "scope" {
        /// All keys, users and workspaces of an account together.
        Account = "account",
        /// Each project on its own.
        Project = "project",
        /// Each API key on its own.
        Key = "key",
    }
}

vocabulary! {
    /// How a provider measures a period.
    Window, "window" {
        /// The page does not say.
        Unstated = "unstated",
        /// Counters that start anew at fixed times.
        Fixed = "fixed",
        /// The last so many seconds, at any moment.
        Sliding = "sliding",
        /// A bucket that refills continuously.
        Continuous = "continuous",
    }
}

vocabulary! {
    /// Where days and months begin.
    Calendar, "calendar" {
        /// The page does not say.
        Unstated = "unstated",
        /// UTC days and calendar months.
        Utc = "utc",
        /// The last 24 hours, or the last month, at any moment.
        Sliding = "sliding",
    }
}

vocabulary! {
    /// What a provider does with a call over a limit; several apply in order.
    OverLimit, "way over the limit" {
        /// The call is refused.
        Refuse = "refuse",
        /// The call is served after others.
        LowerPriority = "lower-priority",
        /// Another provider is tried.
        Fallback = "fallback",
        /// The account is suspended.
        Suspend = "suspend",
        /// The work waits its turn at the vendor.
        Queue = "queue",
    }
}

vocabulary! {
    /// What cures a refusal.
    Remedy, "remedy" {
        /// Wait as the reply or the period says, then try again.
        Wait = "wait",
        /// Send more evenly; waiting alone brings the refusal back.
        Smooth = "smooth",
        /// Add credit or ask for a higher limit; no wait cures it.
        Raise = "raise",
        /// Make the call smaller; no wait cures it.
        Split = "split",
        /// Try again at once, elsewhere where that is possible: the vendor is busy, no limit is used up.
        Elsewhere = "elsewhere",
    }
}

vocabulary! {
    /// When a window begins anew.
    Resets, "reset" {
        /// At midnight UTC.
        UtcDay = "utc-day",
        /// At midnight UTC before the first day of a month.
        UtcMonth = "utc-month",
        /// At midnight on the Pacific coast of the United States, summer time included.
        PacificDay = "pacific-day",
    }
}

vocabulary! {
    /// What a response header says.
    Says, "what a header says" {
        /// How much a limit allows.
        Limit = "limit",
        /// How much of it is left.
        Remaining = "remaining",
        /// How long until all of it is free again, which is not how long to wait.
        UntilFull = "until-full",
        /// How long until there is room for such a call.
        UntilRoom = "until-room",
        /// How long to wait before the call is tried again.
        RetryAfter = "retry-after",
        /// Whether the call was over a limit and served all the same.
        OverLimit = "over-limit",
        /// Whether to try again at the same place.
        ShouldRetry = "should-retry",
        /// A text that is read like the body: it may name the limit that refuses.
        Text = "text",
        /// How much of a limit this call has used.
        Cost = "cost",
        /// How long the window is that other headers of the same metric count over.
        Window = "window",
    }
}

vocabulary! {
    /// How the value of a response header is written.
    HeaderFormat, "header format" {
        /// A whole number.
        Integer = "integer",
        /// Seconds, whole or decimal.
        Seconds = "seconds",
        /// Milliseconds, whole.
        Millis = "millis",
        /// Hours, minutes and seconds as Go writes them: `6m0s`, `1m26.4s`, `825ms`.
        Duration = "duration",
        /// Seconds, or an HTTP date.
        SecondsOrDate = "seconds-or-date",
        /// Seconds since 1970.
        UnixSeconds = "unix-seconds",
        /// Milliseconds since 1970.
        UnixMillis = "unix-millis",
        /// An RFC 3339 time.
        Timestamp = "timestamp",
        /// `yes` or `no`, `true` or `false`.
        YesNo = "yes-no",
        /// The fields of the IETF draft on rate limit headers: `"default";r=50;t=30`.
        Fields = "fields",
        /// Words.
        Text = "text",
        /// A number whose unit the vendor does not state: nothing can be made of it.
        Unstated = "unstated",
    }
}

/// How much of a metric a limit allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Amount {
    /// So many units of the metric.
    Count(u64),
    /// The page says that there is no limit.
    Unlimited,
    /// To be agreed with the vendor.
    Custom,
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Unlimited => f.write_str("unlimited"),
            Self::Custom => f.write_str("custom"),
        }
    }
}

impl FromStr for Amount {
    type Err = UnknownWord;
    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        match word {
            "unlimited" => Some(Self::Unlimited),
            "custom" => Some(Self::Custom),
            _ if word.bytes().all(|byte| byte.is_ascii_digit()) => word.parse().ok().map(Self::Count),
            _ => None,
        }
        .ok_or_else(|| UnknownWord {
            vocabulary: "amount",
            word: word.to_owned(),
            known: &["a whole number below 2^64", "unlimited", "custom"],
        })
    }
}
