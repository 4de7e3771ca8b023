//! The origin of a provider's page: the vendor's site, its fact page, or a folder of saved pages.

use std::fs;
use std::path::{Path, PathBuf};

use ratebook_ingest::engine::Inputs;
use ratebook_ingest::recipe::RecipePage;
use ratebook_ingest::{Page, ProviderReader, Reading, fact_page, read};
use ratebook_source::Date;

use crate::fetch::Fetcher;
use crate::files;
use crate::origin_error::OriginError;
use crate::saved::SavedPages;

/// The origin of the pages of a refresh.
#[derive(Clone, Debug)]
pub enum Origin {
    /// The vendors' own sites.
    Fetch {
        /// The settings of fetches.
        fetcher: Fetcher,
        /// The URLs to fetch instead of the vendors' own, by `provider` for its main page, or by `provider/page`. For tests.
        urls: Vec<(String, String)>,
    },
    /// The fact pages of each provider in the catalog's source.
    Offline,
    /// Saved pages in a folder: see [`SavedPages`].
    From(PathBuf),
}

/// A vendor's page or a fact page, with its origin.
pub(crate) struct FoundPage {
    page: Page,
    is_fact_page: bool,
    pub(crate) place: String,
    /// Warnings on URLs that no longer have the page.
    pub(crate) moved: Vec<String>,
}

impl FoundPage {
    pub(crate) fn read(&self, provider: &ProviderReader, recipe_page: &RecipePage, inputs: Inputs<'_>) -> Reading {
        match self.is_fact_page {
            true => provider.read_page_facts(recipe_page, &self.page, inputs),
            false => provider.read_page(recipe_page, &self.page, inputs),
        }
    }

    /// Returns whether it is a vendor's page, to which the rules of the recipe apply, and not a fact page.
    pub(crate) fn is_fresh(&self) -> bool {
        !self.is_fact_page
    }
}

/// The origin of the pages of one provider.
pub(crate) struct ProviderOrigin<'a> {
    origin: &'a Origin,
    provider: &'a ProviderReader,
    catalog: &'a Path,
    /// The saved copies, if the origin is a folder.
    pub(crate) saved: Option<SavedPages>,
}

impl Origin {
    /// Returns whether the pages are from the vendors' sites, so that an unchanged page counts as checked.
    pub(crate) fn is_vendor(&self) -> bool {
        matches!(self, Self::Fetch { .. })
    }

    /// Returns the origin of a provider's pages, after finding its saved copies.
    pub(crate) fn of_provider<'a>(
        &'a self,
        provider: &'a ProviderReader,
        catalog: &'a Path,
    ) -> Result<ProviderOrigin<'a>, OriginError> {
        let saved = match self {
            Self::From(folder) => Some(SavedPages::find(folder, provider)?),
            Self::Fetch { .. } | Self::Offline => None,
        };
        Ok(ProviderOrigin { origin: self, provider, catalog, saved })
    }
}

impl ProviderOrigin<'_> {
    pub(crate) fn find(&self, recipe_page: &RecipePage) -> Result<FoundPage, OriginError> {
        match self.origin {
            Origin::Fetch { fetcher, urls } => {
                let is_main = self.provider.pages().first().is_some_and(|main| main.id == recipe_page.id);
                let name = self.provider.name();
                let named = format!("{name}/{}", recipe_page.id);
                let own = urls.iter().find(|(known, _)| *known == named || is_main && known == name);
                let alternatives = own.map_or_else(|| recipe_page.addresses(), |(_, url)| vec![vec![url.clone()]]);
                fetch(fetcher, &alternatives, &recipe_page.url)
            }
            Origin::Offline => {
                let folder = self.catalog.join(self.provider.name());
                let path = folder.join(files::fact_page(&recipe_page.id));
                if path.exists() { open(&path, None) } else { Err(OriginError::Missing { folder }) }
            }
            Origin::From(folder) => match self.saved.as_ref().and_then(|saved| saved.page(&recipe_page.id)) {
                Some(saved) => open(&saved.path, saved.edition),
                None => Err(OriginError::Missing { folder: folder.clone() }),
            },
        }
    }
}

/// Fetches the first available alternative. A transient error ends the search: another alternative may be another form of
/// the page, and the next refresh would use the first one again.
fn fetch(fetcher: &Fetcher, alternatives: &[Vec<String>], known: &str) -> Result<FoundPage, OriginError> {
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
            Ok(found) => return Ok(FoundPage { moved, ..found }),
            Err(error) => return Err(error),
        }
    }
    // The last alternative is the page for human readers.
    Err(not_there.pop().map_or(OriginError::Missing { folder: PathBuf::new() }, OriginError::Fetch))
}

/// Fetches the pages of one alternative, and joins their blocks.
fn fetch_whole(fetcher: &Fetcher, urls: &[String]) -> Result<FoundPage, OriginError> {
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
        .map(|page| FoundPage { page, is_fact_page: false, place: places.join(" + "), moved: Vec::new() })
        .ok_or_else(|| OriginError::Missing { folder: PathBuf::new() })
}

/// Reads a file. `edition` is the date of a page that states none.
fn open(path: &Path, edition: Option<Date>) -> Result<FoundPage, OriginError> {
    let bytes = fs::read(path).map_err(|source| OriginError::Io { path: path.to_owned(), source })?;
    let place = path.display().to_string();
    if let Some(text) = std::str::from_utf8(&bytes).ok().filter(|text| fact_page::is_fact_page(text)) {
        let page = fact_page::parse(text).map_err(|source| OriginError::FactPage { path: path.to_owned(), source })?;
        return Ok(FoundPage { page, is_fact_page: true, place, moved: Vec::new() });
    }
    let extension = path.extension().and_then(|extension| extension.to_str());
    let mut page =
        read::read_bytes(&bytes, extension).map_err(|source| OriginError::Read { place: place.clone(), source })?;
    page.date = page.date.or(edition);
    Ok(FoundPage { page, is_fact_page: false, place, moved: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::server::{Server, answer, page};

    fn try_fetch(alternatives: &[&[&Server]], known: &Server) -> Result<FoundPage, OriginError> {
        let fetcher = Fetcher { tries: 1, https_only: false, ..Fetcher::default() };
        let urls = |pages: &&[&Server]| pages.iter().map(|server| server.url.clone()).collect();
        fetch(&fetcher, &alternatives.iter().map(urls).collect::<Vec<_>>(), &known.url)
    }

    fn not_there() -> Server {
        Server::new(vec![answer("404 Not FoundPage", "", b"")])
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
