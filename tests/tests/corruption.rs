//! A refresh detects random edits: a hundred or more for each page in each form, compared with the clean reading.
//!
//! Every edit must give an error, a changed limit, plan or class, a warning, or a change of the fact page. The environment
//! variable `RATEBOOK_EDITS` sets the number of edits of each kind, in each form of each page.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use ratebook_ingest::read;
use ratebook_refresh::{Options, Origin, ProviderReport, Silent, State, refresh};
use ratebook_source::Date;
use ratebook_tests::corrupt::{Edit, Random, apply, edits, layout_of};
use ratebook_tests::root;
use rayon::prelude::*;

/// The effect of an edit on the report, the most severe first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Seen {
    Error,
    Limits,
    Warning,
    Page,
    Nothing,
}

/// A catalog of one clean page, in a temporary folder.
struct Bench {
    folder: tempfile::TempDir,
    provider: &'static str,
    form: &'static str,
    clean_warnings: Vec<String>,
}

/// Returns the folder of a provider's fixtures.
fn fixtures(provider: &str) -> PathBuf {
    root().join("crates/ratebook-ingest/tests/fixtures").join(provider)
}

fn fixture(provider: &str, form: &str) -> String {
    fs::read_to_string(fixtures(provider).join(format!("page.{form}"))).unwrap()
}

impl Bench {
    /// Returns a catalog of the clean page, with the decisions and the policy of the repository.
    fn new(provider: &'static str, form: &'static str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("catalog").join(provider);
        fs::create_dir_all(&home).unwrap();
        for name in ["policy.toml", "recipe.toml", "reviewed.toml"] {
            let by_hand = root().join("catalog-src").join(provider).join(name);
            if by_hand.exists() {
                fs::copy(by_hand, home.join(name)).unwrap();
            }
        }
        let aside = fixtures(provider).join("aside.tsv");
        if aside.exists() {
            fs::copy(aside, home.join("aside.tsv")).unwrap();
        }
        let mut bench = Self { folder, provider, form, clean_warnings: Vec::new() };
        let report = bench.refresh(&fixture(provider, form), false);
        assert_eq!((report.state, &report.errors), (State::Changed, &Vec::new()), "{provider}.{form}");
        bench.clean_warnings = messages(&report);
        bench
    }

    fn refresh(&self, page: &str, check: bool) -> ProviderReport {
        let saved = self.folder.path().join("saved");
        fs::create_dir_all(&saved).unwrap();
        fs::write(saved.join(format!("{}.{}", self.provider, self.form)), page).unwrap();
        let options = Options {
            catalog: self.folder.path().join("catalog"),
            origin: Origin::From(saved),
            providers: vec![self.provider.to_owned()],
            out: None,
            check,
            accept: false,
            today: Date::new(2026, 11, 23).unwrap(),
        };
        refresh(&options, &Silent).unwrap().providers.remove(0)
    }

    fn seen(&self, page: &str) -> Seen {
        let report = self.refresh(page, true);
        if !report.errors.is_empty() {
            Seen::Error
        } else if !report.changes.is_empty() {
            Seen::Limits
        } else if messages(&report) != self.clean_warnings {
            Seen::Warning
        } else if !report.page_changes.is_empty() {
            Seen::Page
        } else {
            Seen::Nothing
        }
    }
}

/// Returns the messages of the warnings without their lines, sorted.
fn messages(report: &ProviderReport) -> Vec<String> {
    let mut messages: Vec<String> = report.warnings.iter().map(|note| note.message.clone()).collect();
    messages.sort();
    messages
}

/// Applies `times` edits of each kind, or as many as `RATEBOOK_EDITS` says, prints the counts of their effects, and asserts
/// that each has an effect.
fn corrupt(provider: &'static str, times: u64) {
    let times = edits(times);
    let markdown = fixture(provider, "md");
    let of_form = |form| {
        let mut unseen = Vec::new();
        let bench = Bench::new(provider, form);
        let clean = fixture(provider, form);
        let changes = bench.refresh(&clean, true).changes;
        assert_eq!(bench.seen(&clean), Seen::Nothing, "{provider}.{form}: {changes:?}");
        let page = read::read_bytes(clean.as_bytes(), Some(form)).unwrap();
        let mut layout = layout_of(&clean, page.form, &markdown).unwrap();
        if !layout.tables.is_empty() {
            // On pages with tables, lists hold advice and not limits.
            layout.items.clear();
        }
        for edit in Edit::ALL {
            let mut counts: BTreeMap<Seen, u32> = BTreeMap::new();
            for seed in 0..times {
                let Some((edited, what)) = apply(&clean, &layout, edit, &mut Random(seed)) else { continue };
                let seen = bench.seen(&edited);
                *counts.entry(seen).or_default() += 1;
                if seen == Seen::Nothing && !edit.keeps_facts() {
                    unseen.push(format!("{provider}.{form}: {what}"));
                }
            }
            let total: u32 = counts.values().sum();
            println!("{provider:10} {form:4} {:14} {total:4} edits: {counts:?}", format!("{edit:?}"));
        }
        unseen
    };
    let unseen: Vec<String> = ["html", "md", "txt"].into_par_iter().flat_map_iter(of_form).collect();
    assert!(unseen.is_empty(), "{} edits were not detected:\n{}", unseen.len(), unseen.join("\n"));
}

#[test]
fn every_edit_of_the_alibaba_page_is_detected() {
    corrupt("alibaba", 5);
}

#[test]
fn every_edit_of_the_cast_ai_page_is_detected() {
    corrupt("castai", 10);
}

#[test]
fn every_edit_of_the_cloudflare_page_is_detected() {
    corrupt("cloudflare", 10);
}

#[test]
fn every_edit_of_the_fireworks_page_is_detected() {
    corrupt("fireworks", 10);
}
