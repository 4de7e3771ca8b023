//! Interpreters from a [`Page`] to limits, for providers without a recipe.
//!
//! An interpreter has two steps. *Extract* reduces the vendor's page to a fact page: tables under our names of the columns,
//! limits in lists, and statements for facts in prose. *Interpret* reads limits from the fact page alone.

mod alibaba;
mod extract;
mod findings;
mod heading_path;
mod ledger;

use ratebook_source::ProviderSource;

use crate::number::numbers;
use crate::page::{BlockKind, Flags, Page};
use crate::reading::Reading;
use crate::reviewed::Decisions;
use extract::Extractor;
use findings::Findings;

/// The interpreter of one provider's page.
#[derive(Clone, Copy, Debug)]
pub struct Interpreter {
    /// The provider's name.
    pub provider: &'static str,
    /// The URL of the provider's page.
    pub url: &'static str,
    extract: fn(&Page, &mut Extractor),
    interpret: fn(&Page, &Decisions, &mut Findings<'_>),
}

/// The interpreters, sorted by the provider's name. Every other provider has a recipe.
pub const INTERPRETERS: &[Interpreter] = &[Interpreter {
    provider: "alibaba",
    url: "https://www.alibabacloud.com/help/en/model-studio/rate-limit",
    extract: alibaba::extract,
    interpret: alibaba::interpret,
}];

/// Returns the interpreter of a provider, or `None` if there is none.
pub fn interpreter(provider: &str) -> Option<&'static Interpreter> {
    INTERPRETERS.iter().find(|interpreter| interpreter.provider == provider)
}

impl Interpreter {
    /// Interprets a vendor's page that [`read`](crate::read::read) returned.
    pub fn read(&self, page: &Page, decisions: &Decisions) -> Reading {
        let (page, withheld) = visible(page);
        let mut extractor = Extractor::new(&page);
        (self.extract)(&page, &mut extractor);
        for (line, text) in withheld {
            extractor.warning(line, format!("`{text}` is hidden or struck out, and is not read"));
        }
        let (fact_page, diagnostics) = extractor.finish(&page);
        let mut reading = self.read_fact_page(&fact_page, decisions);
        reading.diagnostics.splice(0..0, diagnostics);
        reading
    }

    /// Interprets a fact page that [`fact_page::parse`](crate::fact_page::parse) returned.
    pub fn read_fact_page(&self, page: &Page, decisions: &Decisions) -> Reading {
        let mut source = ProviderSource::new(self.provider);
        source.main_page_mut().url = Some(self.url.to_owned());
        let mut findings = Findings::new(page, source);
        (self.interpret)(page, decisions, &mut findings);
        findings.finish()
    }
}

/// Returns the page without its hidden and struck-out blocks, and the line and text of those with a number.
fn visible(page: &Page) -> (Page, Vec<(u32, String)>) {
    let (kept, withheld): (Vec<_>, Vec<_>) =
        page.blocks.iter().cloned().partition(|block| block.flags == Flags::default());
    let stated = withheld.iter().filter_map(|block| match &block.kind {
        BlockKind::Heading { text, .. } | BlockKind::Paragraph(text) | BlockKind::Item { text, .. } => {
            (!numbers(text).is_empty()).then(|| (block.line, text.clone()))
        }
        BlockKind::Table(_) => Some((block.line, "a table".to_owned())),
        BlockKind::Code(_) | BlockKind::Unread { .. } | BlockKind::Statement { .. } => None,
    });
    let stated = stated.collect();
    (Page { blocks: kept, ..page.clone() }, stated)
}
