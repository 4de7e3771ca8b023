//! CHANGELOG.md: its sections, and the one of a release.

use miette::{IntoDiagnostic as _, WrapErr as _};
use ratebook_source::Date;
use semver::Version;

use std::fs;
use std::path::Path;

/// The path of the changelog, relative to the root.
pub(crate) const FILE: &str = "CHANGELOG.md";
/// The heading of what is not released.
const UNRELEASED: &str = "## Unreleased";

/// The text of a changelog.
pub(crate) struct Changelog {
    text: String,
}

impl Changelog {
    /// Reads the changelog of a workspace.
    ///
    /// # Errors
    /// Returns an error if it cannot be read.
    pub(crate) fn read(root: &Path) -> miette::Result<Self> {
        let text = fs::read_to_string(root.join(FILE)).into_diagnostic().wrap_err(FILE)?;
        Ok(Self { text: text.replace("\r\n", "\n") })
    }

    /// Returns the text of the section *Unreleased*. `None` if there is no such section, or nothing but headings in it.
    pub(crate) fn unreleased(&self) -> Option<&str> {
        self.section(|heading| heading == UNRELEASED)
    }

    /// Returns the text of the section `## X.Y.Z - DATE`. `None` if there is no such section, or nothing but headings in it.
    pub(crate) fn released(&self, version: &Version) -> Option<&str> {
        let wanted = format!("## {version}");
        self.section(|heading| {
            heading.strip_prefix(&wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        })
    }

    /// Returns the text with the section *Unreleased* under the heading of a release, below an empty *Unreleased*.
    pub(crate) fn release(&self, version: &Version, date: Date) -> String {
        self.text.replacen(UNRELEASED, &format!("{UNRELEASED}\n\n## {version} - {date}"), 1)
    }

    fn section(&self, is_wanted: impl Fn(&str) -> bool) -> Option<&str> {
        let mut begin = None;
        let mut offset = 0;
        for line in self.text.split_inclusive('\n') {
            let after = offset + line.len();
            if line.starts_with("## ") {
                if let Some(begin) = begin {
                    return content(&self.text[begin..offset]);
                }
                begin = is_wanted(line.trim_end()).then_some(after);
            }
            offset = after;
        }
        content(&self.text[begin?..])
    }
}

/// Returns the trimmed text of a section. `None` if there is nothing but headings in it.
fn content(section: &str) -> Option<&str> {
    let is_content = |line: &str| !line.trim().is_empty() && !line.starts_with('#');
    section.lines().any(is_content).then(|| section.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changelog(text: &str) -> Changelog {
        Changelog { text: text.to_owned() }
    }

    #[test]
    fn a_section_ends_at_the_next_release() {
        let log = changelog(
            "# Changelog\n\n## Unreleased\n\n### A\n- one\n\n## 0.1.10 - 2026-01-02\n- old\n\n## 0.1.1\n- older\n",
        );
        assert_eq!(log.unreleased(), Some("### A\n- one"));
        assert_eq!(log.released(&Version::new(0, 1, 10)), Some("- old"));
        assert_eq!(log.released(&Version::new(0, 1, 1)), Some("- older"));
        assert_eq!(log.released(&Version::new(0, 1, 2)), None);
    }

    #[test]
    fn headings_alone_are_no_content() {
        assert_eq!(changelog("## Unreleased\n\n### A\n\n## 0.1.0\n- old\n").unreleased(), None);
        assert_eq!(changelog("# Changelog\n").unreleased(), None);
    }

    #[test]
    fn a_release_takes_the_unreleased_section() {
        let log = changelog("# Changelog\n\n## Unreleased\n\n- one\n");
        let text = log.release(&Version::new(0, 1, 0), Date::new(2026, 1, 2).unwrap());
        assert_eq!(text, "# Changelog\n\n## Unreleased\n\n## 0.1.0 - 2026-01-02\n\n- one\n");
        let released = changelog(&text);
        assert_eq!((released.unreleased(), released.released(&Version::new(0, 1, 0))), (None, Some("- one")));
    }
}
