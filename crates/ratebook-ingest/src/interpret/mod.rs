//! From a [`Page`] to limits: one module per provider.
//!
//! Each provider has two steps. *Distil* takes the raw page and keeps its facts: tables under columns of our names,
//! limits in lists, statements for what the page says in prose. *Interpret* reads limits from the distilled page alone.

mod alibaba;
mod castai;
mod cloudflare;
mod columns;
mod distil;
mod findings;
mod fireworks;
mod ledger;
mod sections;

use ratebook_source::ProviderSource;

use crate::page::Page;
use crate::reading::Reading;
use crate::reviewed::Decisions;
use distil::Distiller;
use findings::Findings;

/// What is known of one provider.
#[derive(Clone, Copy, Debug)]
pub struct Interpreter {
    /// The provider's name.
    pub provider: &'static str,
    /// Where its page is published.
    pub url: &'static str,
    distil: fn(&Page, &mut Distiller),
    interpret: fn(&Page, &Decisions, &mut Findings<'_>),
}

/// Every provider that we read, by name.
pub const INTERPRETERS: &[Interpreter] = &[
    Interpreter {
        provider: "alibaba",
        url: "https://www.alibabacloud.com/help/en/model-studio/rate-limit",
        distil: alibaba::distil,
        interpret: alibaba::interpret,
    },
    Interpreter {
        provider: "castai",
        url: "https://docs.cast.ai/docs/ai-enabler-reference-rate-limits",
        distil: castai::distil,
        interpret: castai::interpret,
    },
    Interpreter {
        provider: "cloudflare",
        url: "https://developers.cloudflare.com/workers-ai/platform/limits/",
        distil: cloudflare::distil,
        interpret: cloudflare::interpret,
    },
    Interpreter {
        provider: "fireworks",
        url: "https://docs.fireworks.ai/guides/quotas_usage/rate-limits",
        distil: fireworks::distil,
        interpret: fireworks::interpret,
    },
];

/// The interpreter of a provider, where there is one.
pub fn interpreter(provider: &str) -> Option<&'static Interpreter> {
    INTERPRETERS.iter().find(|interpreter| interpreter.provider == provider)
}

impl Interpreter {
    /// Reads a vendor's page, as [`read`](crate::read::read) returns it.
    pub fn read(&self, page: &Page, decisions: &Decisions) -> Reading {
        let mut distiller = Distiller::new(page);
        (self.distil)(page, &mut distiller);
        let (distilled, withdrawn, diagnostics) = distiller.finish(page);
        let mut reading = self.read_distilled(&distilled, decisions);
        reading.withdrawn = withdrawn;
        if withdrawn {
            // No limits is what a withdrawn page has: nothing is wrong with that.
            reading.diagnostics.clear();
        }
        reading.diagnostics.splice(0..0, diagnostics);
        reading
    }

    /// Reads a distilled page, as [`distilled::parse`](crate::distilled::parse) returns it.
    pub fn read_distilled(&self, page: &Page, decisions: &Decisions) -> Reading {
        let mut source = ProviderSource::new(self.provider);
        source.url = Some(self.url.to_owned());
        let mut findings = Findings::new(page, source);
        (self.interpret)(page, decisions, &mut findings);
        findings.finish()
    }
}
