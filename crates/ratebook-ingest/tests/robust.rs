//! Readers, ledgers, recipes and the engine on arbitrary input: no panic, no overflow of the stack, lines of the page only,
//! and work in proportion to the page.

#[allow(dead_code, reason = "each test binary uses a part of the support module")]
mod support;

use std::sync::LazyLock;

use proptest::prelude::*;
use ratebook_ingest::engine::Inputs;
use ratebook_ingest::ledger::{Asides, Ledger};
use ratebook_ingest::page::Form;
use ratebook_ingest::recipe::Recipe;
use ratebook_ingest::{BlockKind, Decisions, Page, ProviderReader, fact_page, read};

const FORMS: [Form; 3] = [Form::Html, Form::Markdown, Form::Text];

/// Beginnings and ends of everything that a reader knows.
const PARTS: &[&str] = &[
    "<",
    ">",
    "<!--",
    "-->",
    "{/*",
    "*/}",
    "{{<",
    ">}}",
    "{{< comment >}}",
    "{{< /comment >}}",
    "{%",
    "{% comment %}",
    "`",
    "``",
    "\n```\n",
    "~~~",
    "[… ",
    " …]",
    "[",
    "]",
    "](",
    "*",
    "**",
    "~~",
    "_",
    "> ",
    "\n> ",
    "- ",
    "\n- ",
    "\n  * ",
    "1. ",
    "|",
    "\n| a | b |",
    "\n|---|---|",
    "\n| 5 |\n|---|\n",
    "<b>",
    "</b>",
    "<s>",
    "</s>",
    "<div>",
    "</div>",
    "<div hidden>",
    "\n\n<div>\n\n",
    "\n\n</div>\n\n",
    "<p>",
    "</p>",
    "<table>",
    "</table>",
    "<tr>",
    "<td>",
    "<th>",
    "<td rowspan=9 colspan=3>",
    "<ul><li>",
    "<a>",
    "<sup>",
    "</sup>",
    "<Tab title=\"a\">\n",
    "\n</Tab>\n",
    "<Render />",
    "\n:::note\n",
    "\n:::\n",
    "\n=== \"a\"\n    ",
    "\n# [a](#tab/b)\n",
    "\n---\n",
    "\n# A\n",
    "[^1]",
    "\n[^1]: a\n",
    "[1]: 3\n",
    "&",
    "&nbsp;",
    "&#8203;",
    "\u{200b}",
    "\u{fdd0}",
    "\u{fdd6}",
    "１",
    "，",
    "†",
    "¹",
    "\n----------\n",
    "\n  ---- ----\n",
    "  a    b\n",
    "<details><summary>",
    "</summary>",
    "</details>",
    "<div role=tab id=x aria-controls=y>",
    "<div role=tabpanel id=y>",
    "<aside>",
    "<script>",
    "</script>",
    "<template>",
    "<svg>",
    "<ratebook-panel kind=tab>",
    "<ratebook-unread>",
    "import {\n",
    "\nexport const a = 5;\n",
    "5 requests per minute. ",
    "[!INCLUDE [a](b)]",
    "\\",
    "\"",
    "'",
    "=",
    "é",
    "限",
    "\r\n",
    "\n\n",
    "\n",
    "    ",
    "\t",
    " ",
];

fn lines_of(page: &Page) -> Vec<u32> {
    let mut lines = Vec::new();
    for block in &page.blocks {
        lines.push(block.line);
        if let BlockKind::Table(table) = &block.kind {
            for row in table.header.iter().chain(&table.rows) {
                lines.push(row.line);
                lines.extend(row.cells.iter().map(|cell| cell.line));
            }
        }
    }
    lines
}

fn check(text: &str) -> Result<(), TestCaseError> {
    for form in FORMS {
        let page = read::read(text, form);
        let last = text.replace("\r\n", "\n").replace('\r', "\n").lines().count().max(1) as u32;
        for line in lines_of(&page) {
            prop_assert!((1..=last).contains(&line), "{form:?} line {line} of {last}");
        }
        let mut ledger = Ledger::new(&page);
        let numbers = ledger.counts().numbers.found();
        ledger.apply_asides(&Asides::default());
        prop_assert_eq!(ledger.counts().numbers.found(), numbers);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_parts_can_be_read(parts in proptest::collection::vec(proptest::sample::select(PARTS), 0..60)) {
        check(&parts.concat())?;
    }

    #[test]
    fn any_bytes_can_be_read(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        for ending in [None, Some("html"), Some("md"), Some("txt")] {
            let _ = read::read_bytes(&bytes, ending);
        }
        check(&String::from_utf8_lossy(&bytes))?;
    }

    #[test]
    fn any_file_of_fingerprints_is_read_or_refused(text in "(section\treason\tfingerprint\n)?([ -~\t\n]|[0-9a-f]{16}){0,40}") {
        if let Ok(asides) = Asides::parse(&text) {
            prop_assert_eq!(Asides::parse(&asides.write()), Ok(asides));
        }
    }
}

#[test]
fn every_part_can_be_repeated() {
    for part in PARTS {
        check(&part.repeat(3_000)).unwrap();
    }
}

/// The recipes of the catalog, by provider.
static RECIPES: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
    let catalog = concat!(env!("CARGO_MANIFEST_DIR"), "/../../catalog-src");
    let folders = std::fs::read_dir(catalog).unwrap().map(|entry| entry.unwrap().path());
    let mut recipes: Vec<(String, String)> = folders
        .filter_map(|home| {
            let name = home.file_name()?.to_string_lossy().into_owned();
            Some((name, std::fs::read_to_string(home.join("recipe.toml")).ok()?))
        })
        .collect();
    recipes.sort();
    recipes
});

/// The providers of the catalog.
static PROVIDERS: LazyLock<Vec<ProviderReader>> =
    LazyLock::new(|| RECIPES.iter().map(|(_, text)| ProviderReader::new(Recipe::parse(text).unwrap())).collect());

/// Reads a text as each page of a provider, and merges the readings.
fn engine(provider: &ProviderReader, text: &str, form: Form) -> Result<(), TestCaseError> {
    let page = read::read(text, form);
    let (decisions, asides) = (Decisions::default(), Asides::default());
    let inputs = Inputs { decisions: &decisions, policy: None, asides: &asides };
    let readings: Vec<_> = provider
        .pages()
        .iter()
        .map(|recipe_page| (recipe_page, provider.read_page(recipe_page, &page, inputs)))
        .collect();
    for (_, reading) in &readings {
        let numbers = &reading.numbers;
        prop_assert!(numbers.found >= numbers.used + numbers.set_aside.values().sum::<u64>(), "{:?}", numbers);
        if !reading.has_errors() {
            let written = fact_page::write(&reading.page);
            let parsed = fact_page::parse(&written);
            prop_assert_eq!(parsed.as_ref(), Ok(&reading.page));
        }
    }
    let parts: Vec<_> = readings.iter().map(|(recipe_page, reading)| (*recipe_page, reading)).collect();
    provider.merge(&parts, inputs);
    Ok(())
}

/// Returns the lines of a provider's fixture and of every provider's columns, with parts that readers know.
fn lines_of_pages() -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for provider in ["alibaba", "castai", "cloudflare", "fireworks"] {
        for form in ["html", "md", "txt"] {
            lines.extend(support::fixture(provider, form).lines().map(|line| format!("{line}\n")));
        }
    }
    // The strings of the recipes are names of columns, headings and sentences.
    for (_, recipe) in RECIPES.iter() {
        let strings = recipe.split('"').skip(1).step_by(2).map(|text| format!("| {text} | 5 |\n"));
        lines.extend(strings);
    }
    lines.extend(PARTS.iter().map(|part| (*part).to_owned()));
    lines
}

static LINES: LazyLock<Vec<String>> = LazyLock::new(lines_of_pages);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_page_can_be_read_with_any_recipe(
        provider in 0..PROVIDERS.len(),
        form in proptest::sample::select(&FORMS[..]),
        lines in proptest::collection::vec(0..LINES.len(), 0..80),
    ) {
        let text: String = lines.into_iter().map(|at| LINES[at].as_str()).collect();
        engine(&PROVIDERS[provider], &text, form)?;
    }

    #[test]
    fn any_recipe_is_parsed_or_refused_at_its_line(
        recipe in 0..RECIPES.len(),
        cut in any::<proptest::sample::Index>(),
        len in 0..40_usize,
        with in proptest::sample::select(&["", "\"", "{", "}", "[", "[[table]]\n", "= 5", "\n", "true", "{model}", "{amount}", "é", "\\", "-1", "99999999999"][..]),
    ) {
        let text = &RECIPES[recipe].1;
        let from = (0..=cut.index(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        let to = (from + len..text.len()).find(|&at| text.is_char_boundary(at)).unwrap_or(text.len());
        let edited = format!("{}{with}{}", &text[..from], &text[to..]);
        match Recipe::parse(&edited) {
            Ok(parsed) => engine(&ProviderReader::new(parsed), &support::fixture("fireworks", "md"), Form::Markdown)?,
            Err(error) => prop_assert!((1..=edited.matches('\n').count() as u32 + 1).contains(&error.line), "{}", error),
        }
    }

    #[test]
    fn any_text_is_a_recipe_or_refused(text in "([ -~é\n]|\\[\\[page\\]\\]|provider = \"a\"\n){0,60}") {
        if let Err(error) = Recipe::parse(&text) {
            prop_assert!((1..=text.matches('\n').count() as u32 + 1).contains(&error.line), "{}", error);
        }
    }
}
