//! A provider is added by its recipe alone: tabs, footnotes and shared pools on one page, and an index of models on another.

use std::fs;
use std::path::Path;

use ratebook_refresh::{Options, Origin, ProviderReport, Silent, State, refresh};
use ratebook_source::{Date, ProviderSource};

const RECIPE: &str = include_str!("orbit/recipe.toml");
const POLICY: &str = include_str!("orbit/policy.toml");
const ASIDE: &str = include_str!("orbit/aside.tsv");
const LIMITS: &str = include_str!("orbit/limits.mdx");
const MODELS: &str = include_str!("orbit/models.md");

/// Writes the hand-written files and the saved pages into an empty folder, and refreshes.
fn add(folder: &Path, limits: &str) -> ProviderReport {
    let (home, pages) = (folder.join("catalog-src/orbit"), folder.join("pages/orbit"));
    fs::create_dir_all(&home).unwrap();
    fs::create_dir_all(&pages).unwrap();
    for (name, text) in [("recipe.toml", RECIPE), ("policy.toml", POLICY), ("aside.tsv", ASIDE)] {
        fs::write(home.join(name), text).unwrap();
    }
    fs::write(pages.join("limits.mdx"), limits).unwrap();
    fs::write(pages.join("models.md"), MODELS).unwrap();
    refresh_again(folder)
}

fn refresh_again(folder: &Path) -> ProviderReport {
    let options = Options {
        catalog: folder.join("catalog-src"),
        origin: Origin::From(folder.join("pages")),
        providers: Vec::new(),
        out: None,
        check: false,
        accept: false,
        today: Date::new(2026, 3, 1).unwrap(),
    };
    refresh(&options, &Silent).unwrap().providers.remove(0)
}

fn notes(report: &ProviderReport) -> Vec<String> {
    let notes = report.errors.iter().chain(&report.warnings);
    notes
        .map(|note| format!("{}:{} {}", note.page.as_deref().unwrap_or("-"), note.line.unwrap_or(0), note.message))
        .collect()
}

#[test]
fn the_recipe_has_at_most_90_lines() {
    assert!(RECIPE.lines().count() <= 90);
}

#[test]
fn a_refresh_writes_the_folder_of_a_new_provider_from_its_recipe() {
    let folder = tempfile::tempdir().unwrap();
    let report = add(folder.path(), LIMITS);
    assert_eq!((report.state, notes(&report)), (State::Changed, Vec::new()), "{:?}", report.changes);
    assert_eq!(report.numbers_used + report.numbers_set_aside.values().sum::<u64>(), report.numbers_found);
    let mut written: Vec<&str> = report.files.iter().map(String::as_str).collect();
    written.sort_unstable();
    assert_eq!(
        written,
        [
            "orbit/limits.tsv",
            "orbit/lines.tsv",
            "orbit/names.tsv",
            "orbit/pages/index.md",
            "orbit/pages/main.md",
            "orbit/policy.tsv"
        ]
    );
    let home = folder.path().join("catalog-src/orbit");
    let mut source = ProviderSource::parse(&fs::read_to_string(home.join("limits.tsv")).unwrap()).unwrap();
    source.parse_names(&fs::read_to_string(home.join("names.tsv")).unwrap()).unwrap();
    let limits = source.limits.iter().map(|limit| {
        let per = limit.per.map_or(String::new(), |per| format!("/{per}"));
        let plan = limit.plan.as_deref().unwrap_or("-");
        format!("{plan} {} {}{per} {} {:?}", limit.name, limit.metric, limit.amount, limit.pool)
    });
    insta::assert_snapshot!(limits.collect::<Vec<_>>().join("\n"));
    assert!(source.limits.iter().any(|limit| limit.aliases.iter().any(|alias| alias == "comet-latest")));
}

#[test]
fn an_edit_of_each_part_of_the_page_is_reported_at_its_line() {
    for (from, to) in [
        ("<Tab title=\"Paid\">", "<Tab>"),
        ("† Requests of", "† Tokens of"),
        ("| 600 |", "| 600* |"),
        ("(one limit)", "(two limits)"),
        ("which they share", "which they do not share"),
        ("| Model | Requests per minute | Tokens per minute |", "| Model | Requests per second | Tokens per minute |"),
        ("| meteor-2 | 10†", "| ~~meteor-2~~ | 10†"),
        ("100 files", "~100 files"),
    ] {
        assert!(LIMITS.contains(from), "{from}");
        let folder = tempfile::tempdir().unwrap();
        let line = u32::try_from(LIMITS[..LIMITS.find(from).unwrap()].matches('\n').count() + 1).unwrap();
        add(folder.path(), LIMITS);
        let report = add(folder.path(), &LIMITS.replacen(from, to, 1));
        let lines: Vec<Option<u32>> =
            report.errors.iter().map(|note| note.line).chain(report.changes.iter().map(|change| change.line)).collect();
        // A mark is reported where it stands, its note a few lines below.
        let is_there = |at: &Option<u32>| at.is_some_and(|at| at.abs_diff(line) <= 15);
        assert!(lines.iter().any(is_there), "{to}, line {line}: {:?} {:?}", notes(&report), report.changes);
    }
}

#[test]
fn a_model_of_the_index_without_limits_is_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    add(folder.path(), LIMITS);
    fs::write(folder.path().join("pages/orbit/models.md"), MODELS.replace("meteor-0", "meteor-3")).unwrap();
    let report = refresh_again(folder.path());
    assert_eq!(notes(&report), ["index:5 the page lists `meteor-3`, which has neither limits nor a page"]);
}
