//! The differences between two readings, as the report has them.

use ratebook_ingest::ledger::Passage;
use ratebook_source::{Difference, DifferenceKind, ProviderSource};

use crate::report::{Change, ChangeKind};

/// Returns every limit, plan, class and fact of the provider that differs.
pub(crate) fn changes(before: &ProviderSource, after: &ProviderSource) -> Vec<Change> {
    ratebook_source::compare(before, after).into_iter().map(change).collect()
}

/// Returns the lines of `policy.tsv` that differ.
pub(crate) fn policy_changes(before: &str, after: &str) -> Vec<Change> {
    ratebook_source::compare_policies(before, after).into_iter().map(change).collect()
}

fn change(difference: Difference<'_>) -> Change {
    let kind = match difference.kind {
        DifferenceKind::Added => ChangeKind::Added,
        DifferenceKind::Removed => ChangeKind::Removed,
        DifferenceKind::Raised | DifferenceKind::Lowered | DifferenceKind::Changed | DifferenceKind::Retired => {
            ChangeKind::Changed
        }
    };
    let limit = difference.limit();
    Change {
        kind,
        line: limit.and_then(|limit| limit.line),
        page: limit.and_then(|limit| limit.page.clone()),
        subject: difference.subject,
        before: difference.before,
        after: difference.after,
    }
}

/// Returns a passage beside limits that is not set aside, as a change.
pub(crate) fn new_prose(page: &str, passage: &Passage) -> Change {
    Change {
        kind: ChangeKind::NewProse,
        subject: format!("passage {} in {}", passage.fingerprint, passage.section),
        before: None,
        after: Some(passage.text.clone()),
        line: Some(passage.line),
        page: Some(page.to_owned()),
    }
}
