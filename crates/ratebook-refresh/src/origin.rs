//! The origin of a provider's page: the vendor's site, its fact page, or a folder of saved pages.

use std::fs;
use std::path::{Path, PathBuf};

use ratebook_ingest::engine::Inputs;
use ratebook_ingest::{Page, Provider, Reading, fact_page, read};

use crate::fetch::{FetchError, Fetcher};
use crate::files;

/// The origin of the pages of a refresh.
#[derive(Clone, Debug)]
pub enum Origin {
    /// The vendors' own sites.
    Fetch {
        /// The settings of fetches.
        fetcher: Fetcher,
        /// The URLs to fetch instead of the vendors' own, by provider. For tests.
        urls: Vec<(String, String)>,
    },
    /// The fact pages of each provider in the catalog's source.
    Offline,
    /// Saved pages in a folder, named after their providers.
    From(PathBuf),
}

/// The error of a provider's page that is unavailable or could not be read.
#[derive(Debug, thiserror::Error)]
pub enum OriginError {
    /// The folder has no page of the provider.
    #[error("expected a page of this provider in {}, found none", .folder.display())]
    Missing {
        /// The folder.
        folder: PathBuf,
    },
    /// Two files may be the page.
    #[error("expected one page, found {} and {}: remove one", .first.display(), .second.display())]
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
        /// The error of the system.
        source: std::io::Error,
    },
    /// The bytes are not a page.
    #[error("{place}: {source}")]
    Read {
        /// The file or URL.
        place: String,
        /// The error of the reader.
        source: read::ReadError,
    },
    /// A fact page is damaged.
    #[error("{}: {source}", .path.display())]
    FactPage {
        /// The file.
        path: PathBuf,
        /// The error of the parser.
        source: fact_page::FactPageError,
    },
    /// The page could not be fetched.
    #[error(transparent)]
    Fetch(#[from] FetchError),
}

impl OriginError {
    /// Returns whether the page is unavailable, so that its last reading may stay. `false` if it could not be read.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Missing { .. } | Self::Fetch(_))
    }
}

/// A vendor's page or a fact page, with its origin.
pub(crate) struct Found {
    page: Page,
    is_fact_page: bool,
    pub(crate) place: String,
    /// Warnings on URLs that no longer have the page.
    pub(crate) moved: Vec<String>,
}

impl Found {
    pub(crate) fn read(&self, provider: &Provider, inputs: Inputs<'_>) -> Reading {
        if self.is_fact_page { provider.read_fact_page(&self.page, inputs) } else { provider.read(&self.page, inputs) }
    }
}

impl Origin {
    /// Returns whether the pages are from the vendors' sites, so that an unchanged page counts as checked.
    pub(crate) fn is_vendor(&self) -> bool {
        matches!(self, Self::Fetch { .. })
    }

    pub(crate) fn find(&self, provider: &Provider, catalog: &Path) -> Result<Found, OriginError> {
        match self {
            Self::Fetch { fetcher, urls } => {
                let own = urls.iter().find(|(name, _)| name == provider.name());
                let alternatives =
                    own.map_or_else(|| provider.pages()[0].addresses(), |(_, url)| vec![vec![url.clone()]]);
                fetch(fetcher, &alternatives, &provider.pages()[0].url)
            }
            Self::Offline => {
                let folder = catalog.join(provider.name());
                let path = folder.join(files::fact_page(&provider.pages()[0].id));
                if path.exists() { open(&path) } else { Err(OriginError::Missing { folder }) }
            }
            Self::From(folder) => open(&saved_page(folder, provider.name())?),
        }
    }
}

/// Fetches the first available alternative. A transient error ends the search: another alternative may be another form of
/// the page, and the next refresh would use the first one again.
fn fetch(fetcher: &Fetcher, alternatives: &[Vec<String>], known: &str) -> Result<Found, OriginError> {
    let mut not_there = Vec::new();
    let mut moved = Vec::new();
    for pages in alternatives {
        match fetch_whole(fetcher, pages) {
            Err(OriginError::Fetch(error)) if error.is_elsewhere() => {
                if pages.iter().any(|page| page == known) {
                    moved.push(format!("the page has moved: {error}"));
                }
                not_there.push(error);
            }
            Ok(found) => return Ok(Found { moved, ..found }),
            Err(error) => return Err(error),
        }
    }
    // The last alternative is the page for human readers.
    Err(not_there.pop().map_or(OriginError::Missing { folder: PathBuf::new() }, OriginError::Fetch))
}

/// Fetches the pages of one alternative, and joins their blocks.
fn fetch_whole(fetcher: &Fetcher, urls: &[String]) -> Result<Found, OriginError> {
    let mut whole: Option<Page> = None;
    let mut places = Vec::new();
    for url in urls {
        let fetched = fetcher.fetch(url)?;
        let page = read::read_bytes(&fetched.bytes, fetched.extension)
            .map_err(|source| OriginError::Read { place: url.clone(), source })?;
        places.push(fetched.url);
        match &mut whole {
            None => whole = Some(page),
            Some(whole) => whole.blocks.extend(page.blocks),
        }
    }
    whole
        .map(|page| Found { page, is_fact_page: false, place: places.join(" + "), moved: Vec::new() })
        .ok_or_else(|| OriginError::Missing { folder: PathBuf::new() })
}

const EXTENSIONS: [&str; 5] = ["html", "htm", "md", "mdx", "txt"];

/// Returns the path of a provider's only saved page in a folder.
fn saved_page(folder: &Path, provider: &str) -> Result<PathBuf, OriginError> {
    let io = |source| OriginError::Io { path: folder.to_owned(), source };
    let mut found: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder).map_err(io)? {
        let path = entry.map_err(io)?.path();
        let is_page = path
            .extension()
            .and_then(|extension| extension.to_str())
            .is_some_and(|extension| EXTENSIONS.contains(&extension));
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
    if let Some(text) = std::str::from_utf8(&bytes).ok().filter(|text| fact_page::is_fact_page(text)) {
        let page = fact_page::parse(text).map_err(|source| OriginError::FactPage { path: path.to_owned(), source })?;
        return Ok(Found { page, is_fact_page: true, place, moved: Vec::new() });
    }
    let extension = path.extension().and_then(|extension| extension.to_str());
    let page =
        read::read_bytes(&bytes, extension).map_err(|source| OriginError::Read { place: place.clone(), source })?;
    Ok(Found { page, is_fact_page: false, place, moved: Vec::new() })
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
    fn an_unavailable_form_of_the_page_is_skipped_without_a_warning() {
        let (markdown, html) = (not_there(), there("<h1>Limits</h1>"));
        let found = try_fetch(&[&[&markdown], &[&html]], &html).unwrap();
        assert_eq!((found.place, found.moved), (html.url.clone(), vec![]));
    }

    #[test]
    fn a_page_that_moved_is_read_with_a_warning() {
        let (old, new) = (not_there(), [there("<h1>Rates</h1>"), there("<h1>Quotas</h1>")]);
        let found = try_fetch(&[&[&old], &[&new[0], &new[1]]], &old).unwrap();
        assert_eq!(found.page.blocks.len(), 2, "both parts: {:?}", found.page);
        assert_eq!(found.place, format!("{} + {}", new[0].url, new[1].url));
        assert_eq!(found.moved, [format!("the page has moved: {}: status 404", old.url)]);
    }

    #[test]
    fn a_transient_error_does_not_lead_to_another_form() {
        let (markdown, html) = (Server::new(vec![answer("503 Busy", "", b"")]), there("<h1>Limits</h1>"));
        let Err(error) = try_fetch(&[&[&markdown], &[&html]], &html) else { panic!("the other form was read") };
        assert!(error.is_unavailable() && error.to_string().ends_with("status 503"), "{error}");
        assert_eq!(html.request_count(), 0);
    }

    #[test]
    fn a_page_at_none_of_its_addresses_is_unavailable() {
        let (one, other) = (not_there(), not_there());
        let Err(error) = try_fetch(&[&[&one], &[&other]], &other) else { panic!("something was read") };
        assert!(error.is_unavailable(), "{error}");
    }
}
