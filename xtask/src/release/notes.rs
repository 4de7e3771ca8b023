//! The notes of a release, in Markdown: what changed in the catalog, and the section of the changelog.

use std::collections::BTreeMap;

use comfy_table::Table;
use comfy_table::presets::ASCII_MARKDOWN;
use ratebook_source::{Difference, DifferenceKind};

use super::data::is_breaking;
use super::git::tag;
use super::{Release, counted};

/// The largest number of differences that are listed, besides breaking ones: these are all listed.
/// Forges cut long notes.
const MAX_OTHERS: usize = 300;

/// Returns the path of the notes, relative to the root.
pub(crate) fn file(release: &Release) -> String {
    format!("docs/releases/{}.md", release.version)
}

/// Returns the notes of a release with this section of the changelog.
pub(crate) fn notes(release: &Release, changes: &str) -> String {
    let catalog = match (&release.last, release.data.differences()) {
        (Some(last), Some(differences)) if differences.is_empty() => format!("The limits are those of {last}.\n"),
        (Some(last), Some(differences)) => {
            let command = format!("ratebook diff {} {}", tag(last), tag(&release.version));
            compared(&differences, &last.to_string(), &command)
        }
        (None, _) | (_, None) => first(release),
    };
    // The headings of the changelog's section are of the third level.
    format!("# Ratebook {}\n\n## Limits\n\n{catalog}\n## Changes\n\n{changes}\n", release.version)
}

/// Returns the number of limits by provider.
fn first(release: &Release) -> String {
    let providers = &release.data.current.providers;
    let limits: usize = providers.values().map(|provider| provider.source.limits.len()).sum();
    let rows = providers.iter().map(|(name, provider)| vec![name.clone(), provider.source.limits.len().to_string()]);
    format!(
        "The first release: {} of {}.\n\n{}",
        counted(limits, "limit"),
        counted(providers.len(), "provider"),
        table(&["provider", "limits"], rows)
    )
}

/// Returns the numbers of differences, then breaking ones, then others.
fn compared(differences: &[(&str, Difference<'_>)], last: &str, command: &str) -> String {
    let mut counts: BTreeMap<&str, [usize; DifferenceKind::ALL.len()]> = BTreeMap::new();
    for (provider, difference) in differences {
        let counts = counts.entry(provider).or_default();
        for (count, kind) in counts.iter_mut().zip(DifferenceKind::ALL) {
            *count += usize::from(kind == difference.kind);
        }
    }
    let kinds = DifferenceKind::ALL.map(DifferenceKind::word);
    let header = [["provider"].as_slice(), kinds.as_slice()].concat();
    let rows = counts.into_iter().map(|(provider, counts)| {
        [provider.to_owned()].into_iter().chain(counts.iter().map(ToString::to_string)).collect()
    });
    let mut text = format!("Since {last} (`{command}`):\n\n{}", table(&header, rows));
    let (breaking, others): (Vec<_>, Vec<_>) = differences.iter().partition(|(_, difference)| is_breaking(difference));
    for (title, listed, max) in
        [("Lowered, retired and removed", breaking, usize::MAX), ("Added, raised and changed", others, MAX_OTHERS)]
    {
        if listed.is_empty() {
            continue;
        }
        let side = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
        let rows = listed.iter().take(max).map(|(provider, Difference { kind, subject, before, after, .. })| {
            vec![(*provider).to_owned(), kind.word().to_owned(), subject.clone(), side(before), side(after)]
        });
        let rows = table(&["provider", "change", "what", "before", "after"], rows);
        text.push_str(&format!("\n### {title}\n\n{rows}"));
        if let Some(more) = listed.len().checked_sub(max).filter(|more| *more > 0) {
            text.push_str(&format!("\n{more} more: `{command}`.\n"));
        }
    }
    text
}

/// Returns a Markdown table.
fn table(header: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN).set_header(header);
    for row in rows {
        table.add_row(row.iter().map(|cell| cell.replace('|', "\\|")));
    }
    format!("{}\n", table.trim_fmt())
}
