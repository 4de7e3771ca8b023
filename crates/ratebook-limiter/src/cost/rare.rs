//! Builders and getters of amounts that few calls have.

use super::{Cost, Rare, Usage};

/// Defines, for each amount, a method that adds it to a cost, one that sets it in a usage, and its getters.
macro_rules! amounts {
    ($($name:ident, $count:ident, $dimension:ident, $what:literal;)*) => {
        impl Cost {
            $(
                #[doc = concat!("Adds ", $what, ".")]
                #[inline]
                #[must_use]
                pub const fn $name(self, count: u64) -> Self {
                    self.add_rare(Rare::$dimension, count)
                }

                #[doc = concat!("Returns the number of ", $what, ".")]
                #[inline]
                pub const fn $count(&self) -> u64 {
                    self.of_rare(Rare::$dimension)
                }
            )*
        }

        impl Usage {
            $(
                #[doc = concat!("Sets the number of ", $what, ".")]
                #[inline]
                pub const fn $name(self, count: u64) -> Self {
                    self.set_rare(Rare::$dimension, count)
                }

                #[doc = concat!("Returns the number of ", $what, "; `None` if not set.")]
                #[inline]
                pub const fn $count(&self) -> Option<u64> {
                    self.of_rare(Rare::$dimension)
                }
            )*
        }
    };
}

amounts! {
    images, image_count, Images, "images generated or sent";
    videos, video_count, Videos, "videos generated or sent";
    characters, character_count, Characters, "characters of text";
    pages, page_count, Pages, "pages of documents";
    inputs, input_count, Inputs, "inputs, such as the texts of one embedding request";
    chunks, chunk_count, Chunks, "chunks of documents";
    query_units, query_unit_count, QueryUnits, "units of search: one for each query of a request";
    sessions, session_count, Sessions, "sessions that the call opens";
}

impl Usage {
    /// Sets the number of units of computation, as the vendor meters them.
    #[inline]
    pub const fn compute_units(self, count: u64) -> Self {
        self.set_rare(Rare::ComputeUnits, count)
    }

    /// Returns the number of units of computation; `None` if not set.
    #[inline]
    pub const fn compute_unit_count(&self) -> Option<u64> {
        self.of_rare(Rare::ComputeUnits)
    }

    /// Returns whether the usage states that the response was an error.
    #[inline]
    pub const fn is_failed(&self) -> bool {
        matches!(self.of_rare(Rare::FailedRequests), Some(count) if count > 0)
    }
}
