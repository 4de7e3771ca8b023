//! A catalog in a temporary folder, and pages to refresh it from.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use ratebook_refresh::{Fetcher, Options, Origin, ProviderReport, Report, Silent, State, refresh};
use ratebook_source::{Date, ProviderSource};

pub(crate) const CLOUDFLARE: &str = include_str!("../../../ratebook-ingest/tests/fixtures/cloudflare/page.md");
pub(crate) const CASTAI: &str = include_str!("../../../ratebook-ingest/tests/fixtures/castai/page.md");

const POLICY: &str =
    "scope = \"account\"\nwindow = \"unstated\"\ncalendar = \"unstated\"\nacceleration_limit = false\n";

/// Returns a day of March 2026.
pub(crate) fn day(day: u8) -> Date {
    Date::new(2026, 3, day).unwrap()
}

/// A catalog of Cast AI and Cloudflare, with saved pages and a folder for other output.
pub(crate) struct Catalog {
    root: tempfile::TempDir,
}

impl Catalog {
    /// Returns a catalog of hand-written files only, with the saved pages of both providers.
    pub(crate) fn new() -> Self {
        let catalog = Self { root: tempfile::tempdir().unwrap() };
        for provider in ["castai", "cloudflare"] {
            let folder = catalog.source().join(provider);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("policy.toml"), POLICY).unwrap();
            let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../catalog-src").join(provider);
            fs::copy(shipped.join("recipe.toml"), folder.join("recipe.toml")).unwrap();
            let fixture =
                Path::new(env!("CARGO_MANIFEST_DIR")).join("../ratebook-ingest/tests/fixtures").join(provider);
            fs::copy(fixture.join("aside.tsv"), folder.join("aside.tsv")).unwrap();
        }
        fs::create_dir(catalog.pages()).unwrap();
        catalog.save("castai.md", CASTAI);
        catalog.save("cloudflare.md", CLOUDFLARE);
        catalog
    }

    /// Like [`new`](Self::new), but after a refresh on the first of the month.
    pub(crate) fn refreshed() -> Self {
        let catalog = Self::new();
        let report = catalog.refresh(1);
        assert_eq!(catalog.states(&report), [State::Changed, State::Changed]);
        catalog
    }

    pub(crate) fn source(&self) -> PathBuf {
        self.root.path().join("catalog-src")
    }

    pub(crate) fn pages(&self) -> PathBuf {
        self.root.path().join("pages")
    }

    pub(crate) fn out(&self) -> PathBuf {
        self.root.path().join("out")
    }

    pub(crate) fn save(&self, name: &str, page: &str) {
        fs::write(self.pages().join(name), page).unwrap();
    }

    /// Options to refresh Cast AI and Cloudflare from the saved pages.
    pub(crate) fn options(&self, today: u8) -> Options {
        Options {
            catalog: self.source(),
            origin: Origin::From(self.pages()),
            providers: vec!["castai".into(), "cloudflare".into()],
            out: None,
            check: false,
            accept: false,
            today: day(today),
        }
    }

    pub(crate) fn refresh(&self, today: u8) -> Report {
        run(&self.options(today))
    }

    pub(crate) fn offline(&self, today: u8) -> Report {
        run(&Options { origin: Origin::Offline, ..self.options(today) })
    }

    /// Refreshes Cloudflare alone from a URL on this machine.
    pub(crate) fn fetch(&self, url: &str, today: u8) -> Report {
        let fetcher = Fetcher { tries: 1, https_only: false, ..Fetcher::default() };
        let origin = Origin::Fetch { fetcher, urls: vec![("cloudflare".into(), url.into())] };
        run(&Options { origin, providers: vec!["cloudflare".into()], ..self.options(today) })
    }

    pub(crate) fn states(&self, report: &Report) -> Vec<State> {
        report.providers.iter().map(|provider| provider.state).collect()
    }

    pub(crate) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        files(&self.source())
    }

    /// The source of a provider, lines included.
    pub(crate) fn parsed(&self, provider: &str) -> ProviderSource {
        let folder = self.source().join(provider);
        let mut source = ProviderSource::parse(&fs::read_to_string(folder.join("limits.tsv")).unwrap()).unwrap();
        source.parse_lines(&fs::read_to_string(folder.join("lines.tsv")).unwrap()).unwrap();
        source
    }
}

pub(crate) fn run(options: &Options) -> Report {
    refresh(options, &Silent).unwrap()
}

/// Every file of every provider, by `provider/name`.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(inner) = folders.pop() {
        let Ok(entries) = fs::read_dir(&inner) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(
                    path.strip_prefix(folder).unwrap().display().to_string().replace('\\', "/"),
                    fs::read(path).unwrap(),
                );
            }
        }
    }
    files
}

pub(crate) fn one<'a>(report: &'a Report, provider: &str) -> &'a ProviderReport {
    report.providers.iter().find(|one| one.provider == provider).unwrap()
}

/// Everything that a provider's report warns of or fails for, in one text.
pub(crate) fn notes(report: &ProviderReport) -> String {
    let notes: Vec<_> = report.warnings.iter().chain(&report.errors).map(|note| note.message.as_str()).collect();
    notes.join("\n")
}
