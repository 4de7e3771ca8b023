//! `limits.tsv` and `lines.tsv`: the limits of one provider, and the lines of its pages that state them.

use std::thread;

use crate::Date;
use crate::columns::{File, Header};
use crate::limit::Limit;
use crate::line::{Fields, Lines, SourceError};
use crate::names::{Family, Region, Removed, Renaming, Replacement};
use crate::words::ProviderState;

/// The version of the format that is written. Version 1 had one page, and aliases as a column.
pub(crate) const FORMAT: u32 = 2;

/// A pricing plan or tier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The plan's name, such as `tier-2`.
    pub name: String,
    /// The plan whose limits also apply: every `tier-2` account is a `self-serve` account.
    pub within: Option<String>,
    /// The minimum that an account must have paid or been credited, in whole US dollars.
    pub qualifies_usd: Option<u64>,
}

/// A class of models by their number of parameters, with the models that the page lists as examples.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SizeClass {
    /// The smallest number of parameters.
    pub from: u64,
    /// The largest number of parameters. `None` if the class has no upper bound.
    pub to: Option<u64>,
    /// The class's name, such as `small`.
    pub name: String,
    /// The models that the page lists as examples, in its spelling, sorted.
    pub members: Vec<String>,
}

impl SizeClass {
    /// Returns whether the class begins directly after another: no gap and no overlap.
    pub fn follows(&self, below: &Self) -> bool {
        below.to.and_then(|to| to.checked_add(1)) == Some(self.from)
    }
}

/// A page of the vendor that states limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VendorPage {
    /// The page's id within the provider, such as `main`.
    pub id: String,
    /// The URL.
    pub url: Option<String>,
    /// The date on the page.
    pub date: Option<Date>,
    /// The day on which the page was last read with a change.
    pub read: Option<Date>,
    /// The day on which the page was last fetched, changed or not.
    pub checked: Option<Date>,
    /// The day from which the page no longer states limits. The limits here are then its last reading.
    pub withdrawn_on: Option<Date>,
    /// Whether only an excerpt of the page was read, so that it may state more limits.
    pub is_partial: bool,
}

impl VendorPage {
    /// The id of a provider's first or only page.
    pub const MAIN: &'static str = "main";

    /// Returns a page without URL and dates.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), url: None, date: None, read: None, checked: None, withdrawn_on: None, is_partial: false }
    }
}

/// Everything that the pages of one provider state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderSource {
    /// The provider's name: lowercase letters, digits and `-`.
    pub provider: String,
    /// Whether the pages state limits, and why not.
    pub state: ProviderState,
    /// The pages, the main one first.
    pub pages: Vec<VendorPage>,
    /// Plans, in the page's order.
    pub plans: Vec<Plan>,
    /// Size classes, by size.
    pub classes: Vec<SizeClass>,
    /// Regions that the provider serves, with or without limits of their own. Stored in `names.tsv`.
    pub regions: Vec<Region>,
    /// Families of models, sorted by name. Stored in `names.tsv`.
    pub families: Vec<Family>,
    /// Patterns of names that stand for another name. The first that matches applies. Stored in `names.tsv`.
    pub renamings: Vec<Renaming>,
    /// Entries that the pages no longer state, by their key. Stored in `names.tsv`.
    pub removed: Vec<Removed>,
    /// Names that replace retired and removed ones, by the former name. Stored in `names.tsv`.
    pub replacements: Vec<Replacement>,
    /// Limits, by their key.
    pub limits: Vec<Limit>,
}

impl ProviderSource {
    /// Returns a provider without pages and limits.
    pub fn new(provider: impl Into<String>) -> Self {
        Self {
            provider: provider.into(),
            state: ProviderState::Published,
            pages: Vec::new(),
            plans: Vec::new(),
            classes: Vec::new(),
            regions: Vec::new(),
            families: Vec::new(),
            renamings: Vec::new(),
            removed: Vec::new(),
            replacements: Vec::new(),
            limits: Vec::new(),
        }
    }

    /// Returns the main page, if there is a page.
    pub fn main_page(&self) -> Option<&VendorPage> {
        self.pages.first()
    }

    /// Returns the main page, after adding one without URL and dates if there is none.
    pub fn main_page_mut(&mut self) -> &mut VendorPage {
        if self.pages.is_empty() {
            self.pages.push(VendorPage::new(VendorPage::MAIN));
        }
        &mut self.pages[0]
    }

    /// Returns the name that replaces a name, if one is stated.
    pub fn replacement(&self, name: &str) -> Option<&str> {
        self.replacements.iter().find(|known| known.name == name).map(|known| known.new.as_str())
    }

    /// Parses `limits.tsv`, in this format or in version 1, without the lines of the pages:
    /// [`parse_lines`](Self::parse_lines) sets them. [`validate`](crate::validate) checks whether the limits are consistent.
    ///
    /// # Errors
    /// Returns the first line that is not in the format, with what was expected.
    pub fn parse(text: &str) -> Result<Self, SourceError> {
        let mut source = Self::parse_own(text)?;
        for limit in &mut source.limits {
            limit.line = None;
        }
        Ok(source)
    }

    /// Like [`parse`](Self::parse), but each limit has its line in `text`. For limits written by hand, that file is the only
    /// source.
    ///
    /// # Errors
    /// Returns the first line that is not in the format, with what was expected.
    pub fn parse_own(text: &str) -> Result<Self, SourceError> {
        let mut source = Self::new("");
        let (mut lines, mut header) = (Lines::new(text), None);
        while header.is_none()
            && let Some((number, line)) = lines.next()
        {
            let mut fields = Fields::new(number, line);
            if line.starts_with('@') {
                source.parse_directive(&mut fields)?;
                fields.end()?;
                continue;
            }
            header = Some(Header::parse(File::Limits, &mut fields)?);
        }
        if source.provider.is_empty() {
            return Err(SourceError::new(0, "expected a line `@provider` at the top, found none"));
        }
        let header = header.ok_or_else(|| SourceError::new(0, "expected a line of column names, found none"))?;
        source.limits = parse_limits(&header, lines)?;
        Ok(source)
    }

    fn parse_directive(&mut self, fields: &mut Fields<'_>) -> Result<(), SourceError> {
        match fields.text("directive")? {
            "@format" => {
                let format: u32 = fields.parse("format")?;
                if format > FORMAT {
                    return Err(fields.error(format!(
                        "expected a format up to {FORMAT}, found {format}: a later version of Ratebook wrote this file"
                    )));
                }
            }
            "@provider" => self.provider = fields.text("provider")?.to_owned(),
            "@state" => self.state = fields.parse("state")?,
            "@page" => {
                let page = VendorPage {
                    id: fields.text("page")?.to_owned(),
                    url: fields.optional("url")?.map(str::to_owned),
                    date: fields.parse_optional("page date")?,
                    read: fields.parse_optional("day of reading")?,
                    checked: fields.parse_optional("day of the last check")?,
                    withdrawn_on: fields.parse_optional("day of withdrawal")?,
                    is_partial: match fields.text("completeness")? {
                        "whole" => false,
                        "partial" => true,
                        other => {
                            return Err(fields.error(format!("expected `whole` or `partial`, found `{other}`")));
                        }
                    },
                };
                self.pages.push(page);
            }
            // The lines of version 1, which had one page.
            "@url" => self.main_page_mut().url = fields.optional("url")?.map(str::to_owned),
            "@page-date" => self.main_page_mut().date = fields.parse_optional("page date")?,
            "@read" => self.main_page_mut().read = fields.parse_optional("day of reading")?,
            "@checked" => self.main_page_mut().checked = fields.parse_optional("day of the last check")?,
            "@withdrawn-on" => {
                self.main_page_mut().withdrawn_on = fields.parse_optional("day of withdrawal")?;
                if self.main_page_mut().withdrawn_on.is_some() {
                    self.state = ProviderState::Withdrawn;
                }
            }
            "@plan" => self.plans.push(Plan {
                name: fields.text("plan")?.to_owned(),
                within: fields.optional("enclosing plan")?.map(str::to_owned),
                qualifies_usd: fields.parse_optional("qualifying dollars")?,
            }),
            "@class" => self.classes.push(SizeClass {
                name: fields.text("class")?.to_owned(),
                from: fields.parse("smallest number of parameters")?,
                to: fields.parse_optional("largest number of parameters")?,
                members: Vec::new(),
            }),
            "@member" => {
                let class = fields.text("class")?;
                let member = fields.text("model")?.to_owned();
                let Some(class) = self.classes.iter_mut().find(|known| known.name == class) else {
                    return Err(
                        fields.error(format!("expected a line `@class` for `{class}` above its member, found none"))
                    );
                };
                class.members.push(member);
            }
            other => {
                return Err(fields.error(format!("unknown directive `{other}`")));
            }
        }
        Ok(())
    }

    /// Parses `lines.tsv`, and sets the lines of the limits. A line for an unknown limit is ignored.
    ///
    /// # Errors
    /// Returns the first line that is not in the format, with what was expected.
    pub fn parse_lines(&mut self, text: &str) -> Result<(), SourceError> {
        let mut header: Option<Header> = None;
        for (number, line) in Lines::new(text) {
            let mut fields = Fields::new(number, line);
            let Some(header) = &header else {
                header = Some(Header::parse(File::Lines, &mut fields)?);
                continue;
            };
            let stated = header.limit(&mut fields)?;
            fields.end()?;
            let key = stated.key();
            // Both files are sorted by key. The scan covers unsorted files.
            let found = match self.limits.binary_search_by(|limit| limit.key().cmp(&key)) {
                Ok(found) => Some(found),
                Err(_) => self.limits.iter().position(|limit| limit.key() == key),
            };
            if let Some(found) = found {
                self.limits[found].line = stated.line;
            }
        }
        Ok(())
    }
}

/// The length of a part of a file that is worth a thread.
const PART: usize = 1 << 20;

/// Parses the lines below the column names. Long files are parsed in parts, side by side: a build script is not optimized, and
/// 100,000 entries are 20 MB.
fn parse_limits(header: &Header, lines: Lines<'_>) -> Result<Vec<Limit>, SourceError> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let count = cores.min(lines.len() / PART);
    thread::scope(|scope| {
        let mut running = Vec::new();
        for part in lines.split(count) {
            let parse = move || parse_part(header, part);
            // Where there are no threads, each part is parsed as its turn comes.
            running.push(match thread::Builder::new().spawn_scoped(scope, parse.clone()) {
                Ok(thread) => Ok(thread),
                Err(_) => Err(parse),
            });
        }
        let mut limits = Vec::new();
        for part in running {
            let parsed = match part {
                Ok(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
                Err(parse) => parse(),
            };
            limits.append(&mut parsed?);
        }
        Ok(limits)
    })
}

fn parse_part(header: &Header, lines: Lines<'_>) -> Result<Vec<Limit>, SourceError> {
    let mut limits = Vec::new();
    for (number, line) in lines {
        let mut fields = Fields::new(number, line);
        let mut limit = header.limit(&mut fields)?;
        limit.line = u32::try_from(number).ok();
        fields.end()?;
        limits.push(limit);
    }
    Ok(limits)
}
