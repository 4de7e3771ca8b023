//! The modules of the providers, with a constant for each entry.

use std::fmt::Write as _;

use quote::quote;
use ratebook_source::{Date, EntryKey, Limit, ProviderSource, Removed};

use super::{date, doc};
use crate::docs;
use crate::literal::ident;
use crate::names::{Distinct, constant, module};
use crate::packed::Packed;

/// The largest number of entries for which a provider has constants. rustc needs 6 seconds and 800 MiB for 100,000 of them
/// (measured). `entry!` and `find` return every entry in any case.
const MAX_CONSTANTS: usize = 5_000;

/// Appends the module of a provider: its dates, its pages, and a constant for each entry, in modules by its key.
pub(super) fn provider_module(
    code: &mut String,
    name: &str,
    number: usize,
    source: &ProviderSource,
    packed: &Packed<'_>,
) {
    let page = source.main_page();
    let dates = [
        ("PAGE_DATE", "The date on the main page.", page.and_then(|page| page.date)),
        ("READ_ON", "The day on which the main page was last read with a change.", page.and_then(|page| page.read)),
        (
            "CHECKED_ON",
            "The day on which the main page was last fetched, changed or not.",
            page.and_then(|page| page.checked),
        ),
    ];
    let (mut items, mut taken) = (
        quote!(
            use crate::Date;
        ),
        Vec::new(),
    );
    for (name, about, day) in &dates {
        taken.push(*name);
        let (name, about, day) = (ident(name), doc(about), date(*day));
        items.extend(quote!(#about pub const #name: Option<Date> = #day;));
    }
    open_module(code, name, &source.provider);
    code.push_str(&items.to_string());
    code.push('\n');
    pages_module(code, number, source);
    if packed.entries_of(number).len() <= MAX_CONSTANTS {
        Module::of(source, number, packed).write(code, &taken, &[PAGES], source);
    }
    code.push_str("}\n");
}

/// The name of the module of a provider's pages.
const PAGES: &str = "pages";

/// Appends the module of a provider's pages, with a constant for each.
fn pages_module(code: &mut String, number: usize, source: &ProviderSource) {
    if source.pages.is_empty() {
        return;
    }
    let _ = writeln!(code, "/// The pages of `{}`, with their dates.", source.provider);
    let _ = writeln!(code, "pub mod {PAGES} {{ use crate::{{PROVIDERS, VendorPage}};");
    let mut distinct = Distinct::besides(&[]);
    for (position, page) in source.pages.iter().enumerate() {
        let url = page.url.as_ref().map(|url| format!(": <{url}>")).unwrap_or_default();
        write_docs(code, &format!("The page `{}`{url}", page.id));
        let name = distinct.name(constant(&page.id));
        let _ = writeln!(code, "pub const {name}: VendorPage = PROVIDERS[{number}].pages[{position}];");
    }
    code.push_str("}\n");
}

/// A constant of an entry.
struct Constant<'a> {
    entry: usize,
    of: Of<'a>,
}

/// What is known of the entry of a constant.
enum Of<'a> {
    /// Its limits, at least one.
    Limits(&'a [Limit]),
    /// Nothing but its name: its pages no longer state it.
    Removed(&'a Removed),
}

impl<'a> Constant<'a> {
    fn key(&self) -> EntryKey<'a> {
        match self.of {
            Of::Limits(limits) => limits[0].entry_key(),
            Of::Removed(removed) => removed.entry_key(),
        }
    }

    /// Returns whether the entry is of a retired model.
    fn is_retired(&self) -> bool {
        match self.of {
            Of::Limits(limits) => limits[0].retired_on.is_some(),
            Of::Removed(removed) => removed.was_retired,
        }
    }

    /// Returns the day from which the constant is deprecated, and why. `None` if it is not.
    fn deprecation(&self) -> Option<(Date, &'static str)> {
        match self.of {
            Of::Limits(limits) => Some((limits[0].retired_on?, "retired: calls are refused")),
            Of::Removed(Removed { on, was_retired: true, .. }) => Some((*on, "retired: calls are refused")),
            Of::Removed(Removed { on, was_retired: false, .. }) => Some((*on, "removed from the vendor's pages")),
        }
    }

    fn docs(&self) -> String {
        match self.of {
            Of::Limits(limits) => docs::entry(limits),
            Of::Removed(removed) => docs::removed(removed),
        }
    }
}

/// A module of constants, with its submodules.
#[derive(Default)]
struct Module<'a> {
    constants: Vec<Constant<'a>>,
    modules: Vec<(&'a str, Module<'a>)>,
}

impl<'a> Module<'a> {
    /// Returns the constants of a provider, in modules by region, plan, deployment, mode and context.
    ///
    /// Retired and removed names keep their constants for a year, up to the latest day of reading in the catalog.
    fn of(source: &'a ProviderSource, provider: usize, packed: &Packed<'a>) -> Self {
        let mut constants = Vec::new();
        for entry in packed.entries_of(provider) {
            constants.push(Constant { entry, of: Of::Limits(packed.entries[entry].limits) });
        }
        for (at, entry) in packed.removed.iter().enumerate() {
            if entry.provider == provider {
                constants.push(Constant { entry: packed.entries.len() + at, of: Of::Removed(entry.removed) });
            }
        }
        let has_regions = source.limits.iter().any(|limit| limit.region.is_some());
        let mut root = Self::default();
        for constant in constants {
            if let (Some((since, _)), Some(latest)) = (constant.deprecation(), packed.latest_reading)
                && latest.is_a_year_after(since)
            {
                continue;
            }
            let EntryKey { region, plan, deployment, mode, context, .. } = constant.key();
            let region = match region {
                Some(region) => Some(region),
                None if !has_regions => None,
                None => Some(if constant.is_retired() { "retired" } else { "any-region" }),
            };
            let mut place = &mut root;
            for name in [region, plan, deployment, mode, context].into_iter().flatten() {
                place = place.module(name);
            }
            place.constants.push(constant);
        }
        root
    }

    /// Returns the submodule of a name, after adding it if it is new.
    fn module(&mut self, name: &'a str) -> &mut Self {
        let at = match self.modules.iter().position(|(known, _)| *known == name) {
            Some(at) => at,
            None => {
                self.modules.push((name, Module::default()));
                self.modules.len() - 1
            }
        };
        &mut self.modules[at].1
    }

    /// Appends the items of the module. `taken` and `taken_modules` are the names of constants and modules that it already
    /// has.
    ///
    /// They are text, because tokens of thousands of constants would take most of the generator's time.
    fn write(&self, code: &mut String, taken: &[&str], taken_modules: &[&str], source: &ProviderSource) {
        if !self.constants.is_empty() {
            code.push_str("use crate::{Entry, packed::COMPILED};\n");
        }
        let mut distinct = Distinct::besides(taken);
        for known in &self.constants {
            let key = known.key();
            write_docs(code, &known.docs());
            if let Some((since, why)) = known.deprecation() {
                let mut note = why.to_owned();
                if let Some(new) = source.replacement(key.name) {
                    let _ = write!(note, "; replaced by `{new}`");
                }
                let _ = writeln!(code, "#[deprecated(since = \"{since}\", note = {note:?})]");
            }
            let (name, entry) = (distinct.name(constant(key.name)), known.entry);
            let _ = writeln!(code, "pub const {name}: Entry = Entry(COMPILED, {entry});");
        }
        let mut distinct = Distinct::besides(taken_modules);
        for (name, inner) in &self.modules {
            open_module(code, &distinct.name(module(name)), name);
            inner.write(code, &[], &[], source);
            code.push_str("}\n");
        }
    }
}

/// Appends the beginning of a module with the limits of `of`.
fn open_module(code: &mut String, name: &str, of: &str) {
    write_docs(code, &format!("Limits of `{of}`."));
    let _ = writeln!(code, "pub mod {name} {{");
}

/// Appends documentation, an attribute for each line. A comment could not have every character of a name.
fn write_docs(code: &mut String, text: &str) {
    for line in text.lines() {
        let line = if line.is_empty() { String::new() } else { format!(" {line}") };
        let _ = writeln!(code, "#[doc = {line:?}]");
    }
}
