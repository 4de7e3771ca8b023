//! The catalog of a release, its differences from that of the last release, and the version that they allow.

use std::collections::BTreeSet;
use std::path::Path;

use miette::IntoDiagnostic as _;
use ratebook_source::{Amount, Catalog, Difference, DifferenceKind, Limit};
use semver::Version;

use super::git::tag;
use super::version::Part;

/// The catalogs of the last release, if there is one, and of this one.
pub(crate) struct Data {
    last: Option<Catalog>,
    pub(crate) current: Catalog,
}

impl Data {
    /// Reads the catalog of the working tree, and that of the last release's tag.
    ///
    /// # Errors
    /// Returns an error if one of them cannot be read.
    pub(crate) fn read(root: &Path, last: Option<&Version>) -> miette::Result<Self> {
        let last = last.map(|version| Catalog::read(&tag(version), Some(root))).transpose().into_diagnostic()?;
        Ok(Self { last, current: Catalog::read("catalog-src", Some(root)).into_diagnostic()? })
    }

    /// Returns the differences from the last release, by provider. `None` for the first release.
    pub(crate) fn differences(&self) -> Option<Vec<(&str, Difference<'_>)>> {
        let last = self.last.as_ref()?;
        let providers: BTreeSet<&str> =
            last.providers.keys().chain(self.current.providers.keys()).map(String::as_str).collect();
        let of =
            |provider| self.current.differences_from(last, provider).into_iter().map(move |found| (provider, found));
        Some(providers.into_iter().flat_map(of).collect())
    }

    /// Returns the part of the version that the differences need to be raised. The patch for the first release.
    pub(crate) fn needed(&self) -> Part {
        if self.breaking_changes().is_empty() { Part::Patch } else { Part::Minor }
    }

    /// Returns the differences that need a minor version, one a line.
    pub(crate) fn breaking_changes(&self) -> Vec<String> {
        let differences = self.differences().unwrap_or_default();
        let breaking = differences.iter().filter(|(_, difference)| is_breaking(difference));
        let side = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
        breaking
            .map(|(provider, Difference { kind, subject, before, after, .. })| {
                format!("{provider} {subject}: {} ({} -> {})", kind.word(), side(before), side(after))
            })
            .collect()
    }
}

/// Returns whether a difference takes something away from users: a call that was admitted, or a name that was found.
pub(crate) fn is_breaking(difference: &Difference<'_>) -> bool {
    match difference.kind {
        DifferenceKind::Lowered | DifferenceKind::Retired | DifferenceKind::Removed => true,
        DifferenceKind::Added | DifferenceKind::Raised => loses_alias(difference),
        DifferenceKind::Changed => loses_number(difference) || loses_alias(difference),
    }
}

/// Returns whether a limit had a number and has none any more, such as `custom`.
fn loses_number(difference: &Difference<'_>) -> bool {
    let has_number = |limit: Option<&Limit>| {
        limit.is_some_and(|limit| match limit.amount {
            Amount::Count(_) | Amount::Range { .. } | Amount::Unlimited => true,
            Amount::Custom | Amount::NotOffered | Amount::Elsewhere => false,
        })
    };
    has_number(difference.old) && !has_number(difference.new)
}

/// Returns whether a limit had an alias that it has not any more.
fn loses_alias(difference: &Difference<'_>) -> bool {
    match (difference.old, difference.new) {
        (Some(old), Some(new)) => old.aliases.iter().any(|alias| !new.aliases.contains(alias)),
        (Some(_), None) | (None, _) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratebook_source::{Metric, ProviderSource, compare};

    /// Returns whether the change of one limit is breaking.
    fn changed(change: impl Fn(&mut Limit)) -> bool {
        let mut before = ProviderSource::new("acme");
        let mut limit = Limit::model("rocket", Metric::Requests, Amount::Count(600));
        limit.aliases.push("rocket-latest".to_owned());
        before.limits.push(limit);
        let mut after = before.clone();
        change(&mut after.limits[0]);
        let differences = compare(&before, &after);
        assert_eq!(differences.len(), 1, "{differences:?}");
        is_breaking(&differences[0])
    }

    #[test]
    fn less_than_before_is_breaking() {
        assert!(changed(|limit| limit.amount = Amount::Count(599)));
        assert!(changed(|limit| limit.amount = Amount::Range { from: 500, to: 700 }));
        assert!(changed(|limit| limit.amount = Amount::Custom));
        assert!(changed(|limit| limit.amount = Amount::Elsewhere));
        assert!(changed(|limit| limit.aliases.clear()));
    }

    #[test]
    fn more_than_before_is_not() {
        assert!(!changed(|limit| limit.amount = Amount::Count(601)));
        assert!(!changed(|limit| limit.amount = Amount::Unlimited));
        assert!(!changed(|limit| limit.evidence = ratebook_source::Evidence::Inferred));
        assert!(!changed(|limit| limit.aliases.push("rocket-2026".to_owned())));
    }
}
