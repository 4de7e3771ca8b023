//! Saved pages in a folder: which file is which page of a provider.
//!
//! A file beside the folders, `PROVIDER.EXTENSION`, is a copy of the main page. In the folder `PROVIDER`, a file is a copy of
//! the page whose globs name it. Of several copies the newest is read: by the edition in `MANIFEST.csv`, else by the date in
//! its name, else by the date that it states.

use std::fs;
use std::path::{Path, PathBuf};

use ratebook_ingest::recipe::RecipePage;
use ratebook_ingest::{ProviderReader, read};
use ratebook_source::Date;

use crate::origin_error::OriginError;

/// The endings of saved pages.
const EXTENSIONS: [&str; 5] = ["html", "htm", "md", "mdx", "txt"];

/// The saved copies of a provider's pages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SavedPages {
    /// The newest copy of each page that has one, in the order of the provider's pages.
    pub pages: Vec<SavedPage>,
    /// Older copies, which are not read.
    pub older: Vec<PathBuf>,
    /// The files of the provider's folder that no page names, such as notes.
    pub unnamed: Vec<PathBuf>,
}

/// The saved copy of one page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedPage {
    /// The page's id.
    pub id: String,
    /// The file.
    pub path: PathBuf,
    /// The edition of the manifest, if it begins with a date.
    pub edition: Option<Date>,
}

/// A year, and the month and day if they are known: `2026`, `2026-03` and `2026-03-05` in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Age {
    year: u16,
    month: Option<u8>,
    day: Option<u8>,
}

impl Age {
    /// Returns the first date, month or year in a text, such as `~2026-05`.
    fn in_text(text: &str) -> Option<Self> {
        let digits = |text: &str, len: usize| -> Option<u16> {
            let head = text.get(..len)?;
            let is_whole = head.bytes().all(|byte| byte.is_ascii_digit())
                && !text[len..].starts_with(|c: char| c.is_ascii_digit());
            head.parse().ok().filter(|_| is_whole)
        };
        let part = |text: &str| text.strip_prefix('-').and_then(|text| u8::try_from(digits(text, 2)?).ok());
        let starts = text.char_indices().map(|(at, _)| at);
        starts.filter(|&at| !text[..at].ends_with(|c: char| c.is_ascii_digit())).find_map(|at| {
            let text = &text[at..];
            let year = digits(text, 4).filter(|year| (2000..2100).contains(year))?;
            let month = part(&text[4..]).filter(|month| (1..=12).contains(month));
            let day = month.and_then(|_| part(&text[7..])).filter(|day| (1..=31).contains(day));
            Some(Self { year, month, day })
        })
    }
}

impl From<Date> for Age {
    fn from(date: Date) -> Self {
        Self { year: date.year(), month: Some(date.month()), day: Some(date.day()) }
    }
}

/// The editions of saved files, by their path in the folder.
struct Manifest(Vec<(String, String)>);

impl Manifest {
    /// Reads `MANIFEST.csv` of a folder, which has the columns `file` and `edition`. Empty if there is none.
    fn read(folder: &Path) -> Result<Self, OriginError> {
        let path = folder.join("MANIFEST.csv");
        if !path.exists() {
            return Ok(Self(Vec::new()));
        }
        let error = |source: csv::Error| OriginError::Manifest { path: path.clone(), message: source.to_string() };
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_path(&path).map_err(error)?;
        let header = reader.headers().map_err(error)?.clone();
        let column = |name: &str| {
            let at = header.iter().position(|column| column == name);
            at.ok_or_else(|| OriginError::Manifest {
                path: path.clone(),
                message: format!("expected a column `{name}`, found none"),
            })
        };
        let (file, edition) = (column("file")?, column("edition")?);
        let mut rows = Vec::new();
        for row in reader.records() {
            let row = row.map_err(error)?;
            if let (Some(file), Some(edition)) = (row.get(file), row.get(edition)) {
                rows.push((file.to_owned(), edition.to_owned()));
            }
        }
        Ok(Self(rows))
    }

    fn edition(&self, file: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == file).map(|(_, edition)| edition.as_str())
    }
}

/// A copy of a page, with what orders the copies.
struct Copy {
    page: usize,
    path: PathBuf,
    /// By the manifest or the name. What the page states is read only if there are other copies.
    age: Option<Age>,
    /// The place of the glob among those of the page. The first is preferred.
    glob: usize,
    edition: Option<Date>,
}

impl SavedPages {
    /// Finds the saved copies of a provider's pages in a folder.
    ///
    /// # Errors
    /// Returns an error if the folder or its manifest cannot be read, if a glob is invalid, if two pages name one file, or if
    /// two copies of a page have neither different dates nor different globs.
    pub fn find(folder: &Path, provider: &ProviderReader) -> Result<Self, OriginError> {
        let manifest = Manifest::read(folder)?;
        let globs = globs(provider)?;
        let mut copies: Vec<Copy> = Vec::new();
        let mut saved = Self::default();
        for path in files(folder)? {
            if path.file_stem().is_some_and(|stem| stem == provider.name()) && is_page(&path) {
                copies.push(copy(folder, &manifest, path, 0, 0));
            }
        }
        let home = folder.join(provider.name());
        for path in if home.is_dir() { files(&home)? } else { Vec::new() } {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let mut named = globs.iter().filter(|(_, _, glob)| is_page(&path) && glob.matches(name));
            let Some(&(page, glob, _)) = named.next() else {
                saved.unnamed.push(path);
                continue;
            };
            if let Some((other, _, _)) = named.find(|(other, _, _)| *other != page) {
                let [first, second] = [page, *other].map(|at| provider.pages()[at].id.clone());
                return Err(OriginError::TwoPages { path, first, second });
            }
            copies.push(copy(folder, &manifest, path, page, glob));
        }
        copies.sort_by_key(|copy| copy.page);
        for copies in copies.chunk_by_mut(|a, b| a.page == b.page) {
            if copies.len() > 1 {
                for copy in &mut *copies {
                    copy.age = copy.age.or_else(|| stated(&copy.path).map(Age::from));
                }
                copies.sort_by(|a, b| (b.age, a.glob, &a.path).cmp(&(a.age, b.glob, &b.path)));
            }
            let [newest, older @ ..] = &*copies else { continue };
            if let Some(next) = older.first().filter(|next| (next.age, next.glob) == (newest.age, newest.glob)) {
                return Err(OriginError::TwoCandidates { first: newest.path.clone(), second: next.path.clone() });
            }
            let id = provider.pages()[newest.page].id.clone();
            saved.pages.push(SavedPage { id, path: newest.path.clone(), edition: newest.edition });
            saved.older.extend(older.iter().map(|copy| copy.path.clone()));
        }
        Ok(saved)
    }

    /// Returns the page of which a file is a copy, by its name: the first whose globs name it, or else the main page.
    pub fn page_of<'a>(provider: &'a ProviderReader, file: &Path) -> &'a RecipePage {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let is_named = |recipe_page: &&RecipePage| {
            recipe_page.globs().iter().any(|glob| glob::Pattern::new(glob).is_ok_and(|glob| glob.matches(name)))
        };
        // A provider has at least one page.
        provider.pages().iter().find(is_named).unwrap_or(&provider.pages()[0])
    }

    /// Returns the saved copy of a page, or `None` if there is none.
    pub fn page(&self, id: &str) -> Option<&SavedPage> {
        self.pages.iter().find(|page| page.id == id)
    }
}

/// Returns the globs of every page: the page's place, the glob's place among those of the page, and the glob.
fn globs(provider: &ProviderReader) -> Result<Vec<(usize, usize, glob::Pattern)>, OriginError> {
    let mut globs = Vec::new();
    for (page, recipe_page) in provider.pages().iter().enumerate() {
        for (at, text) in recipe_page.globs().iter().enumerate() {
            let glob = glob::Pattern::new(text);
            let glob = glob.map_err(|error| OriginError::Glob { glob: text.clone(), message: error.to_string() })?;
            globs.push((page, at, glob));
        }
    }
    Ok(globs)
}

fn copy(folder: &Path, manifest: &Manifest, path: PathBuf, page: usize, glob: usize) -> Copy {
    let relative = path.strip_prefix(folder).unwrap_or(&path);
    let relative = relative.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
    let edition = manifest.edition(&relative);
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let age = edition.and_then(Age::in_text).or_else(|| Age::in_text(name));
    let edition = edition.and_then(|edition| edition.get(..10)?.parse().ok());
    Copy { page, path, age, glob, edition }
}

/// Returns the date that a saved page states of itself.
fn stated(path: &Path) -> Option<Date> {
    let bytes = fs::read(path).ok()?;
    read::read_bytes(&bytes, path.extension().and_then(|extension| extension.to_str())).ok()?.date
}

/// Returns the files of a folder, sorted.
fn files(folder: &Path) -> Result<Vec<PathBuf>, OriginError> {
    let io = |source| OriginError::Io { path: folder.to_owned(), source };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(io)? {
        let path = entry.map_err(io)?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn is_page(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| EXTENSIONS.contains(&extension))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_a_month_or_a_year_in_a_text_is_its_age() {
        let age = |text: &str| Age::in_text(text).map(|age| (age.year, age.month, age.day));
        assert_eq!(age("2026-07-24 (commit date)"), Some((2026, Some(7), Some(24))));
        assert_eq!(age("~2026-05"), Some((2026, Some(5), None)));
        assert_eq!(age("rate-limits_2024-12.mdx"), Some((2024, Some(12), None)));
        assert_eq!(age("early 2026"), Some((2026, None, None)));
        assert_eq!(age("gpt-3.5-turbo-16k-0613.md"), None);
        assert_eq!(age("undated"), None);
        assert!(Age::in_text("2026-03-01") > Age::in_text("2026-03") && Age::in_text("2026") > Age::in_text("2025-12"));
    }
}
