//! What became of a text of the page: open, claimed by a rule, or set aside.

use std::sync::Arc;

use super::address::Address;

/// What became of a block, a sentence or a number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Disposition {
    /// Neither claimed nor set aside.
    #[default]
    Open,
    /// A rule read it.
    Claimed {
        /// The name of the rule, such as `table[limits]`.
        rule: Arc<str>,
    },
    /// It is not read.
    SetAside {
        /// Why it is not read.
        reason: Arc<str>,
    },
}

impl Disposition {
    /// Returns whether a text of this disposition can have another: it is open, or the other is the same.
    pub(super) fn allows(&self, wanted: &Self) -> bool {
        *self == Self::Open || self == wanted
    }

    /// Sets the disposition of a text on a line.
    ///
    /// # Errors
    /// Returns an error if another rule claims the text, or if it is set aside for another reason.
    pub(super) fn set(&mut self, line: u32, wanted: &Self) -> Result<(), ClaimError> {
        if !self.allows(wanted) {
            let name = |disposition: &Self| match disposition {
                Self::Open => "nothing".to_owned(),
                Self::Claimed { rule } => rule.to_string(),
                Self::SetAside { reason } => reason.to_string(),
            };
            return Err(ClaimError::Twice { line, first: name(self), second: name(wanted) });
        }
        *self = wanted.clone();
        Ok(())
    }
}

/// The error of a claim.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimError {
    /// Two rules claim one block or sentence, or one claims what another sets aside.
    #[error("line {line}: `{second}` takes what `{first}` has taken: each block has one rule")]
    Twice {
        /// The line of the block or cell, from 1.
        line: u32,
        /// The rule that claimed it, or the reason for which it is set aside.
        first: String,
        /// The other.
        second: String,
    },
    /// The page has no such text.
    #[error("block {} of the page has no such part: {:?}", .0.block, .0.part)]
    NoSuchPlace(Address),
}
