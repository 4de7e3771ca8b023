//! Edits of the kind that vendors make are read right or reported: over the fixtures, and over saved pages of vendors.
//!
//! An edit is unseen if the limits are not those that it means, and the report has no error, no warning, no changed limit and
//! no change of the fact page. `RATEBOOK_EDITS` sets the number of edits of each kind for each page. Saved pages are in
//! `../shared/vendor-docs` beside the checkout; if they are absent, their tests are reported as ignored.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};
use ratebook_ingest::ledger::Asides;
use ratebook_ingest::recipe::Recipe;
use ratebook_ingest::recipe::RecipePage;
use ratebook_ingest::{Decisions, ProviderReader, Reading, policy};
use ratebook_refresh::SavedPages;
use ratebook_tests::corrupt::{Known, Meaning, Random, Seen, Source, VendorBench, VendorEdit, apply_vendor, edits};
use ratebook_tests::root;
use rayon::prelude::*;

/// Returns a provider with its hand-written files, and the passages that a file sets aside.
fn known(name: &str, asides: &Path) -> Known {
    let home = root().join("catalog-src").join(name);
    let text = |file: &str| fs::read_to_string(home.join(file)).ok();
    let recipe = Recipe::parse(&text("recipe.toml").unwrap()).unwrap_or_else(|error| panic!("{name}: {error}"));
    Known {
        provider: ProviderReader::new(recipe),
        decisions: text("reviewed.toml").map_or_else(Decisions::default, |text| Decisions::parse(&text).unwrap()),
        policy: text("policy.toml").map(|text| policy::parse(&text).unwrap()),
        asides: fs::read_to_string(asides).map_or_else(|_| Asides::default(), |text| Asides::parse(&text).unwrap()),
    }
}

/// The edits of each kind: by provider, how many were made, and what was seen of them.
#[derive(Default)]
struct Tally {
    counts: BTreeMap<VendorEdit, BTreeMap<Seen, u32>>,
    right: BTreeMap<VendorEdit, u32>,
    unseen: Vec<String>,
}

impl Tally {
    fn add(&mut self, edit: VendorEdit, seen: Option<Seen>, what: String) {
        match seen {
            None => *self.right.entry(edit).or_default() += 1,
            Some(seen) => {
                *self.counts.entry(edit).or_default().entry(seen).or_default() += 1;
                if seen == Seen::Nothing {
                    self.unseen.push(what);
                }
            }
        }
    }

    fn merge(mut self, other: Self) -> Self {
        for (edit, counts) in other.counts {
            for (seen, count) in counts {
                *self.counts.entry(edit).or_default().entry(seen).or_default() += count;
            }
        }
        for (edit, count) in other.right {
            *self.right.entry(edit).or_default() += count;
        }
        self.unseen.extend(other.unseen);
        self
    }

    /// Prints a row for each kind: edits, read right, and what was seen of the others.
    fn print(&self, name: &str) {
        let mut total = 0;
        for (edit, _, what) in VendorEdit::ALL {
            let counts = self.counts.get(&edit).cloned().unwrap_or_default();
            let right = self.right.get(&edit).copied().unwrap_or_default();
            let sum = counts.values().sum::<u32>() + right;
            total += sum;
            if sum > 0 {
                println!(
                    "{name:14} {:16} {sum:5} edits, {right:5} read right, {counts:?}: {what}",
                    format!("{edit:?}")
                );
            }
        }
        println!("{name:14} {total} edits, {} unseen", self.unseen.len());
    }
}

fn corrupt(bench: &VendorBench<'_>, what: &str, times: u64) -> Tally {
    let source = Source { text: &bench.text, form: bench.form, sites: &bench.sites };
    let all: Vec<(VendorEdit, Meaning, u64)> = VendorEdit::ALL
        .into_iter()
        .flat_map(|(edit, meaning, _)| (0..times).map(move |seed| (edit, meaning, seed)))
        .collect();
    let tally = |mut tally: Tally, (edit, meaning, seed): (VendorEdit, Meaning, u64)| {
        let Some((edited, line, text)) = apply_vendor(source, edit, &mut Random(seed * 64 + edit as u64)) else {
            return tally;
        };
        tally.add(edit, bench.seen(&edited, line, meaning), format!("{what}: {text}"));
        tally
    };
    all.into_par_iter().fold(Tally::default, tally).reduce(Tally::default, Tally::merge)
}

/// Prints a table, and fails if an edit was not seen.
fn check(name: &str, tally: &Tally) -> Result<(), Failed> {
    tally.print(name);
    match tally.unseen.is_empty() {
        true => Ok(()),
        false => Err(format!("{} edits were not seen:\n{}", tally.unseen.len(), tally.unseen.join("\n")).into()),
    }
}

/// Edits a fixture in its three forms.
fn edit_fixture(provider: &str) -> Result<(), Failed> {
    let fixtures = root().join("crates/ratebook-ingest/tests/fixtures").join(provider);
    let known = known(provider, &fixtures.join("aside.tsv"));
    let mut tally = Tally::default();
    for form in ["html", "md", "txt"] {
        let text = fs::read_to_string(fixtures.join(format!("page.{form}")))?;
        let recipe_page = &known.provider.pages()[0];
        let bench = VendorBench::new(&known, recipe_page, &[], &text, form).map_err(|errors| errors.join("\n"))?;
        // In the flattened text of Cast AI, amounts run together with names.
        assert!(!bench.sites.values.is_empty() || provider == "castai", "{provider}.{form}");
        tally = tally.merge(corrupt(&bench, &format!("{provider}.{form}"), edits(3)));
    }
    check(provider, &tally)
}

/// Returns every copy of each page with rules, in its own form: the newest first.
fn copies<'a>(known: &'a Known, saved: &SavedPages) -> Vec<(&'a RecipePage, PathBuf)> {
    let pages = known.provider.pages();
    let newest = saved
        .pages
        .iter()
        .filter_map(|page| Some((pages.iter().find(|recipe_page| recipe_page.id == page.id)?, page.path.clone())));
    let older = saved.older.iter().map(|path| (SavedPages::page_of(&known.provider, path), path.clone()));
    newest.chain(older).filter(|(recipe_page, _)| recipe_page.has_rules()).collect()
}

fn extension(path: &Path) -> String {
    path.extension().map_or_else(String::new, |extension| extension.to_string_lossy().into_owned())
}

/// Edits every saved page of a provider. Copies that are not read without errors are listed, and not edited.
fn edit_saved_pages(provider: &str, saved: &SavedPages) -> Result<(), Failed> {
    let known = known(provider, &root().join("catalog-src").join(provider).join("aside.tsv"));
    let mut newest: Vec<(&RecipePage, Reading)> = Vec::new();
    for (recipe_page, path) in copies(&known, saved).into_iter().filter(|(_, path)| !saved.older.contains(path)) {
        newest.push((recipe_page, known.read(recipe_page, &fs::read_to_string(&path)?, &extension(&path)).1));
    }
    let mut tally = Tally::default();
    for (recipe_page, path) in copies(&known, saved) {
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match VendorBench::new(&known, recipe_page, &newest, &fs::read_to_string(&path)?, &extension(&path)) {
            Ok(bench) => {
                let sites = &bench.sites;
                let (values, names, tables) = (sites.values.len(), sites.names.len(), sites.tables.len());
                println!("{provider} {file}: {values} numbers, {names} names, {tables} tables");
                tally = tally.merge(corrupt(&bench, &format!("{provider} {file}"), edits(1)));
            }
            Err(errors) => println!("{provider} {file}: not edited: {} errors, such as {}", errors.len(), errors[0]),
        }
    }
    check(provider, &tally)
}

/// Returns the providers with a recipe, sorted.
fn providers() -> Vec<String> {
    let folders = fs::read_dir(root().join("catalog-src")).unwrap().map(|entry| entry.unwrap().path());
    let named = folders.filter(|home| home.join("recipe.toml").exists());
    let mut names: Vec<String> =
        named.filter_map(|home| Some(home.file_name()?.to_string_lossy().into_owned())).collect();
    names.sort();
    names
}

fn main() -> ExitCode {
    let mut trials = Vec::new();
    for provider in ["alibaba", "castai", "cloudflare", "fireworks"] {
        trials.push(Trial::test(format!("fixture::{provider}"), move || edit_fixture(provider)));
    }
    let folder = root().join("../shared/vendor-docs");
    for provider in providers() {
        let known = known(&provider, Path::new(""));
        let saved = folder.is_dir().then(|| SavedPages::find(&folder, &known.provider).unwrap());
        let has_pages = saved.as_ref().is_some_and(|saved| !saved.pages.is_empty());
        let name = format!("saved::{provider}");
        let trial = Trial::test(name, move || edit_saved_pages(&provider, &saved.unwrap_or_default()));
        trials.push(trial.with_ignored_flag(!has_pages));
    }
    // The edits of one trial run in parallel.
    let arguments = Arguments { test_threads: Some(1), ..Arguments::from_args() };
    libtest_mimic::run(&arguments, trials).exit_code()
}
