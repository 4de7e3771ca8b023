//! The closed vocabularies of the catalog; `ratebook-source` has the same, and a test holds them together.

use core::fmt;

macro_rules! vocabulary {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum $name { $($(#[$vmeta])* $variant),+ }

        impl $name {
            /// Every word.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word used in files and output.
            #[inline]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The word of that name, or `None`.
            #[inline]
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|word| word.name() == name)
            }
        }

        impl fmt::Display for $name {
            #[inline]
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.name())
            }
        }
    };
}

vocabulary! {
    /// What a limit counts.
    #[derive(Hash, PartialOrd, Ord)]
    Metric {
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
    Period {
        /// One second.
        Second = "second",
        /// Sixty seconds.
        Minute = "minute",
        /// A day; where it begins is in [`Policy::calendar`](crate::Policy).
        Day = "day",
        /// A month; where it begins is in [`Policy::calendar`](crate::Policy).
        Month = "month",
    }
}

vocabulary! {
    /// Which calls an entry speaks of.
    #[derive(Hash, PartialOrd, Ord)]
    Kind {
        /// One model, by name.
        Model = "model",
        /// A type of task, such as `text-generation`.
        Task = "task",
        /// A class of models by their number of parameters.
        Size = "size",
        /// Something held rather than called: GPUs, LoRAs.
        Resource = "resource",
        /// Every call of the account; its entry is named `*`.
        Any = "any",
    }
}

vocabulary! {
    /// Which form of the API a limit counts.
    #[derive(Hash, PartialOrd, Ord)]
    Calls {
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
    Bound {
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
    #[derive(Hash, PartialOrd, Ord)]
    Evidence {
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
    Scope {
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
    Window {
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
    Calendar {
        /// The page does not say.
        Unstated = "unstated",
        /// UTC days and calendar months.
        Utc = "utc",
        /// The last 24 hours, or the last month, at any moment.
        Sliding = "sliding",
    }
}

vocabulary! {
    /// What a provider does with a call over a limit.
    OverLimit {
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
    Remedy {
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
    Resets {
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
    Says {
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
    HeaderFormat {
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

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! the_same {
        ($($name:ident),+) => { $({
            let ours: std::vec::Vec<&str> = $name::ALL.iter().map(|word| word.name()).collect();
            assert_eq!(ours, ratebook_source::$name::WORDS, stringify!($name));
        })+ };
    }

    extern crate std;

    #[test]
    fn the_tables_and_their_source_speak_the_same_words_in_the_same_order() {
        the_same!(
            Metric,
            Period,
            Kind,
            Calls,
            Bound,
            Evidence,
            Scope,
            Window,
            Calendar,
            OverLimit,
            Remedy,
            Resets,
            Says,
            HeaderFormat
        );
    }
}
