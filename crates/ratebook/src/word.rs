//! Display and lookup of the closed vocabularies.

/// Implements display and lookup by name for a vocabulary. `words.rs` calls it for each.
macro_rules! word {
    ($name:ident) => {
        impl $name {
            /// Returns the word with a name, or `None` if it is unknown.
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
