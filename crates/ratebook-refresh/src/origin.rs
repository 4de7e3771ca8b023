//! Where a provider's page comes from.

use std::fs;
use std::path::{Path, PathBuf};

use ratebook_ingest::interpret::Interpreter;
use ratebook_ingest::{Decisions, Page, Reading, distilled, read};

use crate::fetch::{FetchError, Fetcher};

/// Where the pages of a refresh come from.
#[derive(Clone, Debug)]
pub enum Origin {
    /// The vendors' own sites.
    Fetch {
        /// How pages are fetched.
        fetcher: Fetcher,
        /// Pages to fetch instead of the vendors' own, by provider: for tests.
        urls: Vec<(String, String)>,
    },
    /// The `page.md` of each provider in the catalog's source.
    Offline,
    /// Saved pages in a folder, named after their providers.
    From(PathBuf),
}

/// Why a provider's page could not be had or read.
#[derive(Debug, thiserror::Error)]
pub enum OriginError {
    /// Nothing stands there for this provider.
    #[error("no page of this provider in {}", .folder.display())]
    Missing {
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// Two files may be meant.
    #[error("{} and {} may both be the page: leave one", .first.display(), .second.display())]
    TwoCandidates {
        /// One of them.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
    /// A file could not be read.
    #[error("{}: {source}", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Its bytes are no page.
    #[error("{place}: {source}")]
    Read {
        /// The file or address.
        place: String,
        /// What is wrong with them.
        source: read::ReadError,
    },
    /// A `page.md` is damaged.
    #[error("{}: {source}", .path.display())]
    Distilled {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: distilled::DistilledError,
    },
    /// The vendor's site did not give it.
    #[error(transparent)]
    Fetch(#[from] FetchError),
}

impl OriginError {
    /// Whether the page could not be had, rather than not be read: its last reading may stay.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Missing { .. } | Self::Fetch(_))
    }
}

/// A page, raw or distilled, and where it came from.
pub(crate) struct Found {
    page: Page,
    is_distilled: bool,
    pub(crate) place: String,
    /// Where the page was expected, and is no more.
    pub(crate) moved: Vec<String>,
}

impl Found {
    pub(crate) fn interpret(&self, interpreter: &Interpreter, decisions: &Decisions) -> Reading {
        if self.is_distilled {
            interpreter.read_distilled(&self.page, decisions)
        } else {
            interpreter.read(&self.page, decisions)
        }
    }
}

/// Where each provider's page is published: alternatives, each one or more pages that make up the whole.
fn published(interpreter: &Interpreter) -> Vec<Vec<String>> {
    let owned = |alternatives: &[&[&str]]| {
        alternatives.iter().map(|pages| pages.iter().map(|&page| page.to_owned()).collect()).collect()
    };
    match interpreter.provider {
        // The Markdown form of the page, where it is served, has less around the facts.
        "cloudflare" => {
            owned(&[&["https://developers.cloudflare.com/workers-ai/platform/limits/index.md"], &[interpreter.url]])
        }
        // Of late the page is split in two.
        "fireworks" => owned(&[
            &[interpreter.url],
            &[
                "https://docs.fireworks.ai/serverless/rate-limits",
                "https://docs.fireworks.ai/guides/quotas_usage/account-quotas",
            ],
        ]),
        _ => owned(&[&[interpreter.url]]),
    }
}

impl Origin {
    /// Whether a page found unchanged counts as checked with the vendor.
    pub(crate) fn is_vendor(&self) -> bool {
        matches!(self, Self::Fetch { .. })
    }

    pub(crate) fn find(&self, interpreter: &Interpreter, catalog: &Path) -> Result<Found, OriginError> {
        match self {
            Self::Fetch { fetcher, urls } => {
                let own = urls.iter().find(|(provider, _)| provider == interpreter.provider);
                let alternatives = own.map_or_else(|| published(interpreter), |(_, url)| vec![vec![url.clone()]]);
                fetch(fetcher, &alternatives, interpreter.url)
            }
            Self::Offline => {
                let folder = catalog.join(interpreter.provider);
                let path = folder.join("page.md");
                if path.exists() { open(&path) } else { Err(OriginError::Missing { folder }) }
            }
            Self::From(folder) => open(&saved_page(folder, interpreter.provider)?),
        }
    }
}

/// Fetches the first of the alternatives that is there. Trouble that may pass ends the search: the next alternative
/// would be the page in another form, and the next refresh the first one again.
fn fetch(fetcher: &Fetcher, alternatives: &[Vec<String>], known: &str) -> Result<Found, OriginError> {
    let mut not_there = Vec::new();
    let mut moved = Vec::new();
    for pages in alternatives {
        match fetch_whole(fetcher, pages) {
            Err(OriginError::Fetch(error)) if error.is_elsewhere() => {
                if pages.iter().any(|page| page == known) {
                    moved.push(format!("the page moved: {error}"));
                }
                not_there.push(error);
            }
            Ok(found) => return Ok(Found { moved, ..found }),
            Err(error) => return Err(error),
        }
    }
    // The last alternative is the page that people read.
    Err(not_there.pop().map_or(OriginError::Missing { folder: PathBuf::new() }, OriginError::Fetch))
}

/// Fetches the pages that make up the whole, one behind the other.
fn fetch_whole(fetcher: &Fetcher, urls: &[String]) -> Result<Found, OriginError> {
    let mut whole: Option<Page> = None;
    let mut places = Vec::new();
    for url in urls {
        let fetched = fetcher.fetch(url)?;
        let page = read::read_bytes(&fetched.bytes, fetched.ending)
            .map_err(|source| OriginError::Read { place: url.clone(), source })?;
        places.push(fetched.url);
        match &mut whole {
            None => whole = Some(page),
            Some(whole) => whole.blocks.extend(page.blocks),
        }
    }
    whole
        .map(|page| Found { page, is_distilled: false, place: places.join(" + "), moved: Vec::new() })
        .ok_or_else(|| OriginError::Missing { folder: PathBuf::new() })
}

const ENDINGS: [&str; 5] = ["html", "htm", "md", "mdx", "txt"];

/// The one saved page of a provider in a folder.
fn saved_page(folder: &Path, provider: &str) -> Result<PathBuf, OriginError> {
    let io = |source| OriginError::Io { path: folder.to_owned(), source };
    let mut found: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder).map_err(io)? {
        let path = entry.map_err(io)?.path();
        let is_page =
            path.extension().and_then(|ending| ending.to_str()).is_some_and(|ending| ENDINGS.contains(&ending));
        if is_page && path.file_stem().is_some_and(|stem| stem == provider) {
            found.push(path);
        }
    }
    found.sort();
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        (Some(path), None) => Ok(path),
        (Some(first), Some(second)) => Err(OriginError::TwoCandidates { first, second }),
        (None, _) => Err(OriginError::Missing { folder: folder.to_owned() }),
    }
}

fn open(path: &Path) -> Result<Found, OriginError> {
    let bytes = fs::read(path).map_err(|source| OriginError::Io { path: path.to_owned(), source })?;
    let place = path.display().to_string();
    if let Some(text) = std::str::from_utf8(&bytes).ok().filter(|text| distilled::is_distilled(text)) {
        let page = distilled::parse(text).map_err(|source| OriginError::Distilled { path: path.to_owned(), source })?;
        return Ok(Found { page, is_distilled: true, place, moved: Vec::new() });
    }
    let ending = path.extension().and_then(|ending| ending.to_str());
    let page = read::read_bytes(&bytes, ending).map_err(|source| OriginError::Read { place: place.clone(), source })?;
    Ok(Found { page, is_distilled: false, place, moved: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::server::{Server, answer, page};

    fn try_fetch(alternatives: &[&[&Server]], known: &Server) -> Result<Found, OriginError> {
        let fetcher = Fetcher { tries: 1, https_only: false, ..Fetcher::default() };
        let urls = |pages: &&[&Server]| pages.iter().map(|server| server.url.clone()).collect();
        fetch(&fetcher, &alternatives.iter().map(urls).collect::<Vec<_>>(), &known.url)
    }

    fn not_there() -> Server {
        Server::new(vec![answer("404 Not Found", "", b"")])
    }

    fn there(text: &str) -> Server {
        Server::new(vec![page(text)])
    }

    #[test]
    fn a_form_of_the_page_that_is_not_served_is_passed_over_in_silence() {
        let (markdown, html) = (not_there(), there("<h1>Limits</h1>"));
        let found = try_fetch(&[&[&markdown], &[&html]], &html).unwrap();
        assert_eq!((found.place, found.moved), (html.url.clone(), vec![]));
    }

    #[test]
    fn a_page_that_moved_is_read_where_it_is_now_and_told() {
        let (old, new) = (not_there(), [there("<h1>Rates</h1>"), there("<h1>Quotas</h1>")]);
        let found = try_fetch(&[&[&old], &[&new[0], &new[1]]], &old).unwrap();
        assert_eq!(found.page.blocks.len(), 2, "both parts: {:?}", found.page);
        assert_eq!(found.place, format!("{} + {}", new[0].url, new[1].url));
        assert_eq!(found.moved, [format!("the page moved: {}: status 404", old.url)]);
    }

    #[test]
    fn trouble_that_may_pass_is_no_reason_to_read_another_form() {
        let (markdown, html) = (Server::new(vec![answer("503 Busy", "", b"")]), there("<h1>Limits</h1>"));
        let Err(error) = try_fetch(&[&[&markdown], &[&html]], &html) else { panic!("the other form was read") };
        assert!(error.is_unavailable() && error.to_string().ends_with("status 503"), "{error}");
        assert_eq!(html.asked(), 0);
    }

    #[test]
    fn a_page_that_is_nowhere_is_not_had() {
        let (one, other) = (not_there(), not_there());
        let Err(error) = try_fetch(&[&[&one], &[&other]], &other) else { panic!("something was read") };
        assert!(error.is_unavailable(), "{error}");
    }
}
