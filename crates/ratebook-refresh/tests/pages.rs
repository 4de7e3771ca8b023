//! A provider of our own making with several pages: limits by tier, one page for each model, and an index of models.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use ratebook_refresh::{ChangeKind, Options, Origin, ProviderReport, Report, Silent, State, refresh};
use ratebook_source::{Date, ProviderSource};

const RECIPE: &str = r#"provider = "acme"

[[page]]
id = "main"
url = "https://acme.example/limits"
files = ["limits*.md"]

[[page]]
id = "models-{each}"
url = "https://acme.example/models/{each}"
files = ["{each}.md"]
each = ["rocket-1.5", "shuttle"]

[[page]]
id = "index"
url = "https://acme.example/models"
files = ["all-models.md"]
policy_only = true
index = { models = ["{id} model"], except = ["old-rocket"] }

[names]
"rocket-1.5" = ["rocket-latest"]

[[table]]
id = "tiers"
pages = ["main"]
kind = "any"
usual = ["Tier", "RPM"]

[[table]]
id = "models"
pages = ["models-{each}"]
required = 2
usual = ["Model", "RPM"]
who = [{ match = "{model}", kind = "model", name = "{model}" }]
"#;

const POLICY: &str =
    "scope = \"account\"\nwindow = \"unstated\"\ncalendar = \"unstated\"\nacceleration_limit = false\n";

const MAIN: &str =
    "---\nms.date: 02/18/2026\n---\n\n# Limits\n\n| Tier | RPM |\n|---|---|\n| Free | 3 |\n| Paid | 60 |\n";
const OLD: &str = "# Limits\n\n| Tier | RPM |\n|---|---|\n| Free | 1 |\n";
const INDEX: &str = "# Models\n\n- rocket-1.5 model\n- shuttle model\n- old-rocket model\n";

fn model(name: &str, amount: u32) -> String {
    format!("# {name}\n\n| Model | RPM |\n|---|---|\n| {name} | {amount} |\n")
}

/// A catalog of the provider alone, and a folder of its saved pages.
struct Bench(tempfile::TempDir);

impl Bench {
    fn new() -> Self {
        let bench = Self(tempfile::tempdir().unwrap());
        fs::create_dir_all(bench.home()).unwrap();
        fs::create_dir_all(bench.folder().join("acme")).unwrap();
        fs::write(bench.home().join("recipe.toml"), RECIPE).unwrap();
        fs::write(bench.home().join("policy.toml"), POLICY).unwrap();
        bench.save("limits.md", MAIN);
        bench.save("rocket-1.5.md", &model("rocket-1.5", 600));
        bench.save("shuttle.md", &model("shuttle", 5));
        bench.save("all-models.md", INDEX);
        bench
    }

    /// Like [`new`](Self::new), but after a refresh on the first of the month.
    fn refreshed() -> Self {
        let bench = Self::new();
        let report = bench.refresh(1);
        assert_eq!((report.state, &report.errors, &report.warnings), (State::Changed, &vec![], &vec![]));
        bench
    }

    fn home(&self) -> PathBuf {
        self.0.path().join("catalog-src/acme")
    }

    fn folder(&self) -> PathBuf {
        self.0.path().join("pages")
    }

    fn save(&self, name: &str, page: &str) {
        fs::write(self.folder().join("acme").join(name), page).unwrap();
    }

    fn options(&self, day: u8) -> Options {
        Options {
            catalog: self.0.path().join("catalog-src"),
            origin: Origin::From(self.folder()),
            providers: vec!["acme".to_owned()],
            out: None,
            check: false,
            accept: false,
            today: Date::new(2026, 3, day).unwrap(),
        }
    }

    fn run(options: &Options) -> (Report, ProviderReport) {
        let report = refresh(options, &Silent).unwrap();
        let provider = report.providers[0].clone();
        (report, provider)
    }

    fn refresh(&self, day: u8) -> ProviderReport {
        Self::run(&self.options(day)).1
    }

    /// Returns the files of the provider, by name.
    fn files(&self) -> BTreeMap<String, String> {
        let mut files = BTreeMap::new();
        for folder in [self.home(), self.home().join("pages")] {
            for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
                let name = path.strip_prefix(self.home()).unwrap().display().to_string().replace('\\', "/");
                files.insert(name, fs::read_to_string(path).unwrap());
            }
        }
        files
    }

    fn source(&self) -> ProviderSource {
        let mut source = ProviderSource::parse(&self.files()["limits.tsv"]).unwrap();
        source.parse_names(&self.files()["names.tsv"]).unwrap();
        source
    }

    /// Returns the limits as `page: plan name amount`.
    fn limits(&self) -> Vec<String> {
        let limits = self.source().limits.into_iter().map(|limit| {
            let (page, plan) = (limit.page.unwrap_or_default(), limit.plan.unwrap_or_default());
            format!("{page}: {plan} {} {}", limit.name, limit.amount)
        });
        limits.collect()
    }
}

fn states(report: &ProviderReport) -> Vec<(&str, State)> {
    report.pages.iter().map(|page| (page.page.as_str(), page.state)).collect()
}

fn messages(report: &ProviderReport) -> Vec<String> {
    let notes = report.errors.iter().chain(&report.warnings);
    notes.map(|note| format!("{}: {}", note.page.as_deref().unwrap_or("-"), note.message)).collect()
}

#[test]
fn each_page_has_its_fact_page_its_line_and_its_date() {
    let bench = Bench::refreshed();
    let pages: Vec<String> = bench.files().into_keys().filter(|name| name.starts_with("pages/")).collect();
    assert_eq!(pages, ["pages/index.md", "pages/main.md", "pages/models-rocket-1.5.md", "pages/models-shuttle.md"]);
    assert_eq!(
        bench.limits(),
        ["models-rocket-1.5:  rocket-1.5 600", "models-shuttle:  shuttle 5", "main: free * 3", "main: paid * 60"]
    );
    let dates: Vec<_> = bench.source().pages.iter().map(|page| page.date.map(|date| date.to_string())).collect();
    assert_eq!(dates, [Some("2026-02-18".to_owned()), None, None, None]);
    assert!(bench.files()["names.tsv"].contains("alias\trocket-1.5\trocket-latest\n"));
}

#[test]
fn a_refresh_from_the_fact_pages_gives_the_same_bytes() {
    let bench = Bench::refreshed();
    let before = bench.files();
    let (_, report) = Bench::run(&Options { origin: Origin::Offline, ..bench.options(9) });
    assert_eq!((report.state, messages(&report)), (State::Unchanged, vec![]));
    assert_eq!(bench.files(), before);
    assert_eq!(bench.refresh(9).state, State::Unchanged, "and so does another day");
    assert_eq!(bench.files(), before);
}

#[test]
fn the_newest_copy_is_read_and_other_files_are_listed() {
    let bench = Bench::new();
    bench.save("limits_2025-11.md", OLD);
    bench.save("policy-notes.md", "At most 9 requests a minute.\n");
    let report = bench.refresh(1);
    assert_eq!((report.state, messages(&report)), (State::Changed, vec![]));
    let names = |paths: &[String]| {
        paths.iter().map(|path| path.rsplit(['/', '\\']).next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&report.older), ["limits_2025-11.md"]);
    assert_eq!(names(&report.unnamed), ["policy-notes.md"]);
    assert_eq!(report.from, "4 pages");

    let manifest = "file,url,edition,completeness\nacme/limits_2025-11.md,https://acme.example,\"2026-05-02 (page), later\",whole\n";
    fs::write(bench.folder().join("MANIFEST.csv"), manifest).unwrap();
    let report = Bench::run(&Options { accept: true, ..bench.options(2) }).1;
    assert_eq!(names(&report.older), ["limits.md"], "the manifest says which is newer");
    assert_eq!(report.page_date.as_deref(), Some("2026-05-02"), "the page states no date");
}

#[test]
fn two_copies_of_one_date_and_a_file_of_two_pages_are_errors() {
    let bench = Bench::new();
    bench.save("limits_a.md", OLD);
    fs::write(bench.folder().join("acme/limits.md"), OLD).unwrap();
    let report = bench.refresh(1);
    assert!(messages(&report)[0].contains("expected one page, found"), "{:?}", messages(&report));
    let bench = Bench::new();
    fs::write(bench.home().join("recipe.toml"), RECIPE.replace("\"limits*.md\"", "\"*.md\"")).unwrap();
    let report = bench.refresh(1);
    assert!(messages(&report)[0].contains("the pages `main` and `index` name this file"), "{:?}", messages(&report));
}

#[test]
fn a_missing_page_keeps_its_last_reading_and_the_others_are_updated() {
    let bench = Bench::refreshed();
    fs::remove_file(bench.folder().join("acme/limits.md")).unwrap();
    bench.save("shuttle.md", &model("shuttle", 7));
    let (whole, report) = Bench::run(&bench.options(4));
    assert_eq!(report.state, State::Changed);
    assert_eq!(
        states(&report),
        [
            ("main", State::Unavailable),
            ("models-rocket-1.5", State::Unchanged),
            ("models-shuttle", State::Changed),
            ("index", State::Unchanged)
        ]
    );
    assert!(whole.is_success(false) && !whole.is_success(true));
    assert!(messages(&report)[0].starts_with("main: ") && messages(&report)[0].ends_with("the last reading is kept"));
    assert_eq!(bench.limits()[1..], ["models-shuttle:  shuttle 7", "main: free * 3", "main: paid * 60"]);
    let days: Vec<_> = bench.source().pages.iter().map(|page| page.read.map(Date::day)).collect();
    assert_eq!(days, [Some(1), Some(1), Some(4), Some(1)]);
}

#[test]
fn an_error_of_one_page_writes_nothing_and_names_its_line_first() {
    let bench = Bench::refreshed();
    let before = bench.files();
    bench.save("limits.md", &MAIN.replace("| 3 |", "| few |"));
    bench.save("shuttle.md", &model("shuttle", 7));
    let report = bench.refresh(4);
    assert_eq!((report.state, states(&report)[0]), (State::Failed, ("main", State::Failed)));
    assert_eq!((report.errors[0].page.as_deref(), report.errors[0].line), (Some("main"), Some(9)));
    assert_eq!(report.errors.len(), 1, "{:?}", report.errors);
    assert_eq!(bench.files(), before);
}

#[test]
fn an_error_of_one_page_does_not_hide_the_changes_of_the_others() {
    let bench = Bench::refreshed();
    let before = bench.files();
    bench.save("limits.md", &MAIN.replace("| 3 |", "| few |").replace("| Paid | 60 |", "| Paid | 70 |"));
    bench.save("shuttle.md", &model("shuttle", 7));
    bench.save("rocket-1.5.md", &model("rocket-1.5", 900));
    let report = bench.refresh(4);
    let changes: Vec<_> =
        report.changes.iter().map(|change| (change.page.as_deref(), change.after.as_deref())).collect();
    let expected = [(Some("models-rocket-1.5"), Some("900")), (Some("models-shuttle"), Some("7"))];
    assert_eq!(changes, expected, "{:?}", report.changes);
    assert!(report.page_changes.iter().all(|change| change.starts_with("models-")), "{:?}", report.page_changes);
    let expected = [State::Failed, State::Changed, State::Changed, State::Unchanged];
    assert_eq!(states(&report).into_iter().map(|(_, state)| state).collect::<Vec<_>>(), expected);
    assert_eq!((report.state, report.files.len()), (State::Failed, 0));
    assert_eq!(bench.files(), before);
}

#[test]
fn an_error_of_the_only_read_page_reports_no_changes() {
    let bench = Bench::refreshed();
    for file in ["rocket-1.5.md", "shuttle.md", "all-models.md"] {
        fs::remove_file(bench.folder().join("acme").join(file)).unwrap();
    }
    bench.save("limits.md", &MAIN.replace("| 3 |", "| few |"));
    let report = bench.refresh(4);
    assert_eq!((report.state, report.changes.as_slice()), (State::Failed, [].as_slice()));
}

#[test]
fn errors_about_the_whole_page_are_consequences_of_the_first_line() {
    let bench = Bench::new();
    bench.save("limits.md", &MAIN.replace("| RPM |", "| Quux |"));
    let report = bench.refresh(4);
    assert_eq!(report.errors[0].line, Some(7), "{:?}", report.errors);
    assert!(report.errors.iter().all(|error| error.line.is_some()), "{:?}", report.errors);
}

#[test]
fn a_page_that_lost_its_entries_is_refused_although_the_others_have_many() {
    let bench = Bench::refreshed();
    let before = bench.files();
    bench.save("limits.md", &MAIN.replace("| Free | 3 |\n", ""));
    let report = bench.refresh(4);
    assert_eq!((report.state, states(&report)[0]), (State::Refused, ("main", State::Refused)));
    assert!(messages(&report)[0].starts_with("main: only 1 of 2 former entries remain"));
    assert_eq!(bench.files(), before);
    assert_eq!(Bench::run(&Options { accept: true, ..bench.options(4) }).1.state, State::Changed);
}

#[test]
fn new_prose_beside_limits_is_a_change_with_its_line_until_it_is_set_aside() {
    let bench = Bench::refreshed();
    bench.save("shuttle.md", &format!("{}\nThe shuttle shares nothing.\n", model("shuttle", 5)));
    let (whole, report) = Bench::run(&Options { check: true, ..bench.options(4) });
    let [change] = report.changes.as_slice() else { panic!("{:?}", report.changes) };
    assert_eq!(
        (change.kind, change.line, change.page.as_deref()),
        (ChangeKind::NewProse, Some(7), Some("models-shuttle"))
    );
    assert!(whole.has_changes(), "a check fails");
    let passage = change.subject.split(' ').nth(1).unwrap().to_owned();
    let row = format!("section\treason\tfingerprint\nshuttle\tit is our own\t{passage}\n");
    fs::write(bench.home().join("aside.tsv"), row).unwrap();
    let (_, report) = Bench::run(&Options { check: true, ..bench.options(4) });
    assert_eq!(report.changes, []);
}

#[test]
fn a_model_of_the_index_without_a_page_is_a_warning_until_it_is_acknowledged() {
    let bench = Bench::refreshed();
    bench.save("all-models.md", &INDEX.replace("old-rocket", "probe"));
    let report = bench.refresh(4);
    assert_eq!(messages(&report), ["index: the page lists `probe`, which has neither limits nor a page"]);
    let acknowledged = "[[acknowledged]]\npage = \"index\"\nwarning = \"the page lists `probe`, which has neither limits nor a page\"\nwhy = \"it is not sold\"\n";
    fs::write(bench.home().join("reviewed.toml"), acknowledged).unwrap();
    assert_eq!(messages(&bench.refresh(5)), [""; 0]);
    bench.save("all-models.md", INDEX);
    assert!(messages(&bench.refresh(6))[0].contains("acknowledges a warning that is not given any more"));
}

#[test]
fn a_changed_page_without_rules_is_a_change_of_its_fact_page() {
    let bench = Bench::refreshed();
    bench.save("all-models.md", &format!("{INDEX}\nAll limits are shared.\n"));
    let report = bench.refresh(4);
    assert_eq!((report.state, report.changes.len()), (State::Changed, 0));
    assert!(report.page_changes[0].starts_with("index: "), "{:?}", report.page_changes);
}

#[test]
fn the_fact_page_of_a_page_that_left_the_recipe_is_removed() {
    let bench = Bench::refreshed();
    let recipe = RECIPE.replace(", \"shuttle\"]", "]").replace("required = 2", "required = 1");
    fs::write(bench.home().join("recipe.toml"), recipe).unwrap();
    let (_, report) = Bench::run(&Options { accept: true, ..bench.options(4) });
    assert!(report.files.contains(&"acme/pages/models-shuttle.md".to_owned()), "{:?}", report.files);
    assert!(!bench.files().contains_key("pages/models-shuttle.md"));
    assert_eq!(bench.source().pages.len(), 3);
    assert!(messages(&report).iter().any(|message| message.contains("`shuttle`")), "the index still lists it");
}

/// Returns the lines of `names.tsv` on removed and replaced names.
fn removed(bench: &Bench) -> Vec<String> {
    let names = &bench.files()["names.tsv"];
    let lines =
        names.lines().filter(|line| ["removed", "retired", "replaced"].iter().any(|word| line.starts_with(word)));
    lines.map(str::to_owned).collect()
}

#[test]
fn an_entry_that_a_page_no_longer_states_stays_a_year_in_the_names() {
    let bench = Bench::refreshed();
    fs::write(
        bench.home().join("recipe.toml"),
        RECIPE.replace("[names]", "[replaced]\n\"*\" = \"shuttle\"\n\n[names]"),
    )
    .unwrap();
    let report = bench.refresh(1);
    assert_eq!(messages(&report), ["-: [replaced] has `*`, which is neither retired nor removed: remove the line"]);

    bench.save("limits.md", &MAIN.replace("| Paid | 60 |\n", ""));
    let (_, report) = Bench::run(&Options { accept: true, ..bench.options(2) });
    assert_eq!(messages(&report), Vec::<String>::new());
    let lines = ["removed\t2026-03-02\tany\t*\tplan=paid", "replaced\t*\tshuttle"];
    assert_eq!(removed(&bench), lines);

    // The day stays, and a page that cannot be read removes nothing.
    bench.save("limits.md", "no limits\n");
    assert_eq!(bench.refresh(3).state, State::Failed);
    bench.save("limits.md", &MAIN.replace("| Paid | 60 |\n", ""));
    let _ = bench.refresh(4);
    fs::remove_file(bench.folder().join("acme/shuttle.md")).unwrap();
    let _ = bench.refresh(5);
    assert_eq!(removed(&bench), lines);

    let in_a_year = Options { today: Date::new(2027, 3, 2).unwrap(), ..bench.options(6) };
    Bench::run(&in_a_year);
    assert_eq!(removed(&bench), ["replaced\t*\tshuttle"]);
}

#[test]
fn an_entry_that_is_back_on_its_page_is_not_removed() {
    let bench = Bench::refreshed();
    bench.save("limits.md", &MAIN.replace("| Paid | 60 |\n", ""));
    Bench::run(&Options { accept: true, ..bench.options(2) });
    assert_eq!(removed(&bench).len(), 1);
    bench.save("limits.md", MAIN);
    bench.refresh(3);
    assert_eq!(removed(&bench), Vec::<String>::new());
}
