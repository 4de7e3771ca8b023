//! Which part of a version a release raises.

use semver::Version;

/// The part of a version that a release raises. Larger parts satisfy smaller needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    Patch,
    Minor,
    Major,
}

impl Part {
    /// Returns the first part that differs between two releases.
    pub(crate) fn raised(from: &Version, to: &Version) -> Self {
        if from.major != to.major {
            Self::Major
        } else if from.minor != to.minor {
            Self::Minor
        } else {
            Self::Patch
        }
    }

    /// Returns the part's word, also cargo's: `patch`.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        }
    }

    /// Returns the least version that raises this part. A pre-release counts as its version: after 0.2.0-rc.1 comes 0.2.0.
    pub(crate) fn next(self, last: &Version) -> Version {
        if !last.pre.is_empty() {
            return Version::new(last.major, last.minor, last.patch);
        }
        match self {
            Self::Patch => Version::new(last.major, last.minor, last.patch + 1),
            Self::Minor => Version::new(last.major, last.minor + 1, 0),
            Self::Major => Version::new(last.major + 1, 0, 0),
        }
    }

    /// Returns what the raised part means for code, in `SemVer`'s words: in 0.y versions, the minor part stands for the major
    /// one, and the patch for the minor one.
    pub(crate) fn of_code(self, last: &Version) -> Self {
        match self {
            Self::Patch if last.major == 0 => Self::Minor,
            Self::Minor if last.major == 0 => Self::Major,
            Self::Patch | Self::Minor | Self::Major => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_part_that_differs_is_raised() {
        let raised = |from: &str, to: &str| Part::raised(&from.parse().unwrap(), &to.parse().unwrap());
        assert_eq!(raised("0.1.2", "0.1.3"), Part::Patch);
        assert_eq!(raised("0.1.2", "0.2.0"), Part::Minor);
        assert_eq!(raised("0.9.2", "1.0.0"), Part::Major);
    }

    #[test]
    fn the_next_version_resets_the_parts_behind() {
        let next = |part: Part, last: &str| part.next(&last.parse().unwrap()).to_string();
        assert_eq!(next(Part::Patch, "1.2.3"), "1.2.4");
        assert_eq!(next(Part::Minor, "1.2.3"), "1.3.0");
        assert_eq!(next(Part::Major, "1.2.3"), "2.0.0");
        assert_eq!(next(Part::Minor, "0.2.0-rc.1"), "0.2.0");
    }

    #[test]
    fn a_minor_version_below_1_may_break_code() {
        let of_code = |part: Part, last: &str| part.of_code(&last.parse().unwrap());
        assert_eq!(of_code(Part::Minor, "0.1.0"), Part::Major);
        assert_eq!(of_code(Part::Patch, "0.1.0"), Part::Minor);
        assert_eq!(of_code(Part::Minor, "1.1.0"), Part::Minor);
    }
}
