//! The invariants of reading, for a page of arbitrary bytes, and for a recipe of arbitrary text.
#![forbid(unsafe_code)]

use std::sync::OnceLock;

use ratebook_ingest::ledger::{Ledger, Asides};
use ratebook_ingest::engine::Inputs;
use ratebook_ingest::page::Form;
use ratebook_ingest::recipe::Recipe;
use ratebook_ingest::{Decisions, ProviderReader, fact_page, read};

/// Reads a page, and checks the invariants. The first byte chooses the form.
///
/// # Panics
///
/// If an invariant does not hold.
pub fn read_page(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let form = match first % 4 {
        0 => Some(Form::Html),
        1 => Some(Form::Markdown),
        2 => Some(Form::Text),
        _ => None,
    };
    let Ok(text) = std::str::from_utf8(rest) else {
        assert!(read::read_bytes(rest, None).is_err());
        return;
    };
    let page = read::read(text, form.unwrap_or_else(|| read::form_of(text, None)));
    let last = text.replace("\r\n", "\n").replace('\r', "\n").lines().count().max(1);
    for block in &page.blocks {
        assert!((1..=last).contains(&(block.line as usize)), "line {} of {last}", block.line);
    }
    let mut ledger = Ledger::new(&page);
    let found = ledger.counts();
    let unknown = ledger.apply_asides(&Asides::default());
    assert_eq!(ledger.counts().numbers.found(), found.numbers.found());
    assert!(ledger.open().len() >= unknown.len(), "an unknown passage stays open");
}

/// Parses a recipe, and applies it to a page with every kind of block.
///
/// # Panics
///
/// If an invariant does not hold.
pub fn parse_recipe(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match Recipe::parse(text) {
        Ok(recipe) => apply(&ProviderReader::new(recipe), PAGE, Form::Markdown),
        Err(error) => assert!((1..=text.matches('\n').count() as u32 + 1).contains(&error.line), "{error}"),
    }
}

/// Reads a page with a recipe of the catalog. The first byte chooses the provider, the second the form.
///
/// # Panics
///
/// If an invariant does not hold.
pub fn read_with_recipe(bytes: &[u8]) {
    let [which, form, rest @ ..] = bytes else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let providers = providers();
    let form = [Form::Html, Form::Markdown, Form::Text][usize::from(form % 3)];
    apply(&providers[usize::from(*which) % providers.len()], text, form);
}

const PAGE: &str = "# A\n\n| Model | RPM |\n|---|---|\n| a | 5 |\n| b* | 1K |\n\n\\* 60 requests per minute.\n\n- c: 7 RPM\n\n```\nRPM=5\n```\n";

fn apply(provider: &ProviderReader, text: &str, form: Form) {
    let page = read::read(text, form);
    let (decisions, asides) = (Decisions::default(), Asides::default());
    let inputs = Inputs { decisions: &decisions, policy: None, asides: &asides };
    let readings: Vec<_> = provider.pages().iter().map(|recipe_page| (recipe_page, provider.read_page(recipe_page, &page, inputs))).collect();
    for (_, reading) in &readings {
        let numbers = &reading.numbers;
        assert!(numbers.found >= numbers.used + numbers.set_aside.values().sum::<u64>(), "{numbers:?}");
        if !reading.has_errors() {
            let written = fact_page::write(&reading.page);
            assert_eq!(fact_page::parse(&written).as_ref(), Ok(&reading.page), "{written}");
        }
    }
    let parts: Vec<_> = readings.iter().map(|(recipe_page, reading)| (*recipe_page, reading)).collect();
    provider.merge(&parts, inputs);
}

/// Returns the providers of the catalog, sorted by name.
fn providers() -> &'static [ProviderReader] {
    static PROVIDERS: OnceLock<Vec<ProviderReader>> = OnceLock::new();
    PROVIDERS.get_or_init(|| {
        let catalog = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../catalog-src");
        let folders = std::fs::read_dir(catalog).expect("the catalog").map(|entry| entry.expect("a folder").path());
        let mut recipes: Vec<_> = folders.map(|home| home.join("recipe.toml")).filter(|path| path.exists()).collect();
        recipes.sort();
        let parse = |path| Recipe::parse(&std::fs::read_to_string(path).expect("a recipe")).expect("a valid recipe");
        recipes.into_iter().map(|path| ProviderReader::new(parse(path))).collect()
    })
}
