//! The files generated from catalog-src: `policy.tsv`, the tables of `ratebook`, and summaries for readers.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use miette::{IntoDiagnostic as _, WrapErr as _, miette};
use ratebook_codegen::ProviderInput;
use ratebook_source::{EntryKey, Limit};

/// Loads the providers of a catalog.
pub(crate) fn load(folder: &Path) -> miette::Result<Vec<ProviderInput>> {
    ratebook_codegen::load(folder, None).into_diagnostic()
}

/// Returns the name and the `policy.tsv` of each provider with a `policy.toml`.
pub(crate) fn policies(catalog: &Path) -> miette::Result<Vec<(String, String)>> {
    let mut policies = Vec::new();
    for entry in fs::read_dir(catalog).into_diagnostic()? {
        let folder = entry.into_diagnostic()?.path();
        let path = folder.join("policy.toml");
        if !path.is_file() {
            continue;
        }
        let text = fs::read_to_string(&path).into_diagnostic().wrap_err_with(|| path.display().to_string())?;
        let policy = ratebook_ingest::policy::parse(&text).map_err(|error| miette!("{}: {error}", path.display()))?;
        let name = folder.file_name().and_then(|name| name.to_str());
        let name = name.ok_or_else(|| miette!("{}: expected a name in UTF-8", folder.display()))?;
        policies.push((name.to_owned(), policy.write()));
    }
    policies.sort();
    Ok(policies)
}

/// Returns the generated code of a catalog, formatted.
pub(crate) fn code(providers: &[ProviderInput]) -> miette::Result<String> {
    let code = ratebook_codegen::generate(providers).into_diagnostic()?.code;
    let file = syn::parse_file(&code).map_err(|error| miette!("the generated source is not Rust: {error}"))?;
    Ok(format!("// Written by `cargo xtask codegen` from tests/catalog.\n{}", prettyplease::unparse(&file)))
}

/// Returns the files of the tables that `ratebook` compiles.
pub(crate) fn tables(providers: &[ProviderInput]) -> miette::Result<Vec<(&'static str, Vec<u8>)>> {
    Ok(ratebook_codegen::generate(providers).into_diagnostic()?.into_files())
}

/// Returns `catalog-src/SUMMARY.md`: counts for each provider, for the review of a refresh.
pub(crate) fn summary(providers: &[ProviderInput]) -> String {
    let mut text = String::from(
        "# The catalog by provider\n\nWritten by `cargo xtask codegen` from `limits.tsv` and `policy.tsv` of each provider.\n",
    );
    for ProviderInput { source, policy } in providers {
        let limits = &source.limits;
        let names = limits.iter().flat_map(|limit| std::iter::once(&limit.name).chain(&limit.aliases));
        let (entries, names) = (entries(limits), names.collect::<BTreeSet<_>>());
        let retired = limits.iter().filter(|limit| limit.retired_on.is_some());
        let retired: BTreeSet<&str> = retired.map(|limit| limit.name.as_str()).collect();
        let _ = writeln!(
            text,
            "\n## {}\n\n{} entries, {} names, {} limits, {} retired models, {} size classes.\n",
            source.provider,
            entries.len(),
            names.len(),
            limits.len(),
            retired.len(),
            source.classes.len(),
        );
        let rows = [
            ("region", counted(limits, |limit| limit.region.clone().unwrap_or_else(|| "none".to_owned()))),
            ("plan", counted(limits, |limit| limit.plan.clone().unwrap_or_else(|| "none".to_owned()))),
            ("kind", counted(limits, |limit| limit.kind.to_string())),
            ("metric", counted(limits, metric)),
            ("bound", counted(limits, |limit| limit.bound.to_string())),
            ("evidence", counted(limits, |limit| limit.evidence.to_string())),
        ];
        text.push_str("| limits by | |\n|---|---|\n");
        for (what, counts) in rows {
            let _ = writeln!(text, "| {what} | {counts} |");
        }
        let _ = writeln!(
            text,
            "| policy | {} scope, {} window, {} calendar, {} headers, {} responses |",
            policy.scope,
            policy.window,
            policy.calendar,
            policy.headers.len(),
            policy.responses.len(),
        );
    }
    text
}

/// Returns the keys of the entries.
pub(super) fn entries(limits: &[Limit]) -> BTreeSet<EntryKey<'_>> {
    limits.iter().map(Limit::entry_key).collect()
}

fn metric(limit: &Limit) -> String {
    match limit.per {
        Some(per) => format!("{} per {per}", limit.metric),
        None => limit.metric.to_string(),
    }
}

/// Returns the number of limits of each value, sorted by value.
fn counted(limits: &[Limit], value: impl Fn(&Limit) -> String) -> String {
    let mut counts = BTreeMap::new();
    for limit in limits {
        *counts.entry(value(limit)).or_insert(0usize) += 1;
    }
    let counts: Vec<String> = counts.iter().map(|(value, count)| format!("{value} {}", count)).collect();
    counts.join(", ")
}
