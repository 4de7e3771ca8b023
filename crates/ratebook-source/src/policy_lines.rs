//! Parser of `policy.tsv`, the generated form of a hand-written `policy.toml`.

use crate::line::{Fields, Lines, SourceError};
use crate::policy::PolicySource;

impl PolicySource {
    /// Parses `policy.tsv`.
    ///
    /// # Errors
    /// Returns the first line that is not in the format, with what was expected.
    pub fn parse(text: &str) -> Result<Self, SourceError> {
        let mut policy = Self::new();
        for (number, line) in Lines::new(text) {
            let mut fields = Fields::new(number, line);
            let word = fields.text("word")?;
            policy.read_line(word, &mut fields)?;
            fields.end()?;
        }
        Ok(policy)
    }
}
