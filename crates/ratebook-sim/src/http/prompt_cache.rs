//! A cache of prompts: how many tokens of a prompt are read from it, and written to it.
//!
//! A cached prompt is the beginning of a served call of the same model, up to a marked block. Nothing expires.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

/// A part of a prompt: a message, or a block of one.
pub(super) struct Block {
    /// Its JSON source, which identifies it.
    pub(super) source: String,
    pub(super) tokens: u64,
    /// Whether the prompt up to and including this block may be read from the cache, and is written to it when the call is
    /// served.
    pub(super) ends_cacheable_prefix: bool,
}

/// The tokens of a prompt by their treatment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct CachedTokens {
    pub(super) read: u64,
    pub(super) written: u64,
}

/// The beginnings of prompts that are cached, by hash.
#[derive(Debug, Default)]
pub(super) struct PromptCache {
    state: RandomState,
    prompts: HashSet<u64>,
}

impl PromptCache {
    /// Returns the tokens that a prompt reads from the cache, and writes to it if it is served.
    pub(super) fn look_up(&self, model: &str, blocks: &[Block]) -> CachedTokens {
        let mut cached = CachedTokens::default();
        let mut tokens = 0;
        for (block, hash) in blocks.iter().zip(self.hashes(model, blocks)) {
            tokens += block.tokens;
            if block.ends_cacheable_prefix {
                if self.prompts.contains(&hash) {
                    cached = CachedTokens { read: tokens, written: 0 };
                } else {
                    cached.written = tokens - cached.read;
                }
            }
        }
        cached
    }

    /// Caches a prompt that was served.
    pub(super) fn insert(&mut self, model: &str, blocks: &[Block]) {
        let hashes = self.hashes(model, blocks);
        let cached = blocks.iter().zip(hashes).filter(|(block, _)| block.ends_cacheable_prefix);
        self.prompts.extend(cached.map(|(_, hash)| hash));
    }

    /// Returns the hash of the prompt up to each block.
    fn hashes(&self, model: &str, blocks: &[Block]) -> Vec<u64> {
        let mut hash = self.state.hash_one(model);
        let mut next = |block: &Block| {
            hash = self.state.hash_one((hash, &block.source));
            hash
        };
        blocks.iter().map(&mut next).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt(blocks: &[(&str, bool)]) -> Vec<Block> {
        let block = |(source, ends_cacheable_prefix): &(&str, bool)| Block {
            source: (*source).to_owned(),
            tokens: source.len() as u64,
            ends_cacheable_prefix: *ends_cacheable_prefix,
        };
        blocks.iter().map(block).collect()
    }

    #[test]
    fn the_longest_cached_beginning_is_read_and_the_rest_up_to_the_last_mark_is_written() {
        let mut cache = PromptCache::default();
        let read_and_written = |cache: &PromptCache, model, blocks: &[(&str, bool)]| {
            let cached = cache.look_up(model, &prompt(blocks));
            (cached.read, cached.written)
        };
        let first = [("system", true), ("question", false)];
        assert_eq!(read_and_written(&cache, "m", &first), (0, 6));
        cache.insert("m", &prompt(&first));
        assert_eq!(read_and_written(&cache, "m", &first), (6, 0));
        assert_eq!(read_and_written(&cache, "other", &first), (0, 6));
        assert_eq!(read_and_written(&cache, "m", &[("system", false), ("question", true)]), (0, 14));
        assert_eq!(read_and_written(&cache, "m", &[("system", true), ("other", true), ("rest", false)]), (6, 5));
        assert_eq!(read_and_written(&cache, "m", &[("question", true), ("system", true)]), (0, 14));
    }
}
