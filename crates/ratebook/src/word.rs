//! What every closed vocabulary can do, whatever its words.

/// Displays a word by its name and finds it by that; `words.rs` calls this for each vocabulary.
macro_rules! word {
    ($name:ident) => {
        impl $name {
            /// The word of that name, or `None`.
            #[inline]
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|word| word.name() == name)
            }
        }

        impl core::fmt::Display for $name {
            #[inline]
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.pad(self.name())
            }
        }
    };
}
