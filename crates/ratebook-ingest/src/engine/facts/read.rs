//! Reads limits from a fact page.

use std::collections::BTreeMap;
use std::str::FromStr;

use ratebook_source::{Amount, Bound, Invocation, Kind, Limit, Plan, ProviderSource, RampPoint, SizeClass, VendorPage};

use super::{DATE, GROWTH, HEADER, NUMBERS_SET_ASIDE, PAGE, SHAPE, TABLES, USED, WARNING, pool_from, set_key};
use crate::page::{BlockKind, Cell, Page, Table};
use crate::reading::{Diagnostic, Numbers, Severity};
use crate::recipe::{KeyPart, MetricWindow};

/// What a fact page states.
pub(in crate::engine) struct StatedFacts {
    pub(in crate::engine) source: ProviderSource,
    pub(in crate::engine) tables: u64,
    pub(in crate::engine) numbers: Numbers,
    /// The response headers, with their lines.
    pub(in crate::engine) headers: Vec<(u32, String)>,
    /// The rules of growth, with their lines.
    pub(in crate::engine) growths: Vec<(u32, String)>,
    /// The page's shape.
    pub(in crate::engine) shape: Option<String>,
    pub(in crate::engine) diagnostics: Vec<Diagnostic>,
}

/// Reads a fact page.
pub(in crate::engine) fn read(provider: &str, page_id: &str, url: &str, page: &Page) -> StatedFacts {
    let mut source = ProviderSource::new(provider);
    let mut vendor_page = VendorPage::new(page_id);
    vendor_page.url = Some(url.to_owned());
    source.pages.push(vendor_page);
    let mut stated = StatedFacts {
        source,
        tables: 0,
        numbers: Numbers::default(),
        headers: Vec::new(),
        growths: Vec::new(),
        shape: None,
        diagnostics: Vec::new(),
    };
    let mut path: Vec<(u8, &str)> = Vec::new();
    for block in &page.blocks {
        let result = match &block.kind {
            BlockKind::Heading { level, text } => {
                path.retain(|(outer, _)| outer < level);
                path.push((*level, text));
                Ok(())
            }
            BlockKind::Statement { name, value } => stated.statement(block.line, name, value),
            BlockKind::Table(table) => stated.table(page_id, table, &section(&path)),
            BlockKind::Paragraph(_) | BlockKind::Item { .. } | BlockKind::Code(_) | BlockKind::Unread { .. } => {
                Err("expected a heading, a table or a statement".to_owned())
            }
        };
        if let Err(message) = result {
            let message = format!("the fact page: {message}");
            stated.diagnostics.push(Diagnostic { severity: Severity::Error, line: Some(block.line), message });
        }
    }
    stated
}

/// The largest number of characters of a heading in a section.
const LONGEST: usize = 60;

/// The level of the headings that readers make of bold lines. They name a remark, not a section.
const BOLD: u8 = 6;

fn section(path: &[(u8, &str)]) -> Option<String> {
    let headings = path.iter().filter(|(level, _)| *level < BOLD);
    let headings: Vec<String> = headings.map(|(_, text)| text.chars().take(LONGEST).collect()).collect();
    (!headings.is_empty()).then(|| headings.join(" > "))
}

/// Parses a value, with the error as text.
fn parse<T: FromStr>(text: &str) -> Result<T, String>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|error: T::Err| error.to_string())
}

/// A row of a fact page's table, by the names of its columns.
struct Named<'a>(BTreeMap<&'a str, &'a Cell>);

impl<'a> Named<'a> {
    fn text(&self, column: &str) -> Result<&'a str, String> {
        self.0.get(column).map(|cell| cell.text.as_str()).ok_or_else(|| format!("expected a column `{column}`"))
    }

    fn filled(&self, column: &str) -> Option<&'a str> {
        self.0.get(column).map(|cell| cell.text.as_str()).filter(|text| !text.is_empty())
    }
}

impl StatedFacts {
    fn statement(&mut self, line: u32, name: &str, value: &str) -> Result<(), String> {
        match name {
            TABLES => self.tables = parse(value)?,
            USED => {
                self.numbers.used = parse(value)?;
                self.numbers.found += self.numbers.used;
            }
            NUMBERS_SET_ASIDE => {
                let (count, reason) = value.split_once(' ').ok_or("expected a number and a reason")?;
                let count: u64 = parse(count)?;
                self.numbers.found += count;
                *self.numbers.set_aside.entry(reason.to_owned()).or_default() += count;
            }
            WARNING => {
                let message = value.to_owned();
                self.diagnostics.push(Diagnostic { severity: Severity::Warning, line: Some(line), message });
            }
            PAGE => self.source.main_page_mut().is_partial = true,
            GROWTH => self.growths.push((line, value.to_owned())),
            SHAPE => self.shape = Some(value.to_owned()),
            HEADER => self.headers.push((line, value.to_owned())),
            DATE => self.source.main_page_mut().date = Some(parse(value)?),
            _ => {}
        }
        Ok(())
    }

    fn table(&mut self, page_id: &str, table: &Table, section: &Option<String>) -> Result<(), String> {
        let [header] = table.header.as_slice() else { return Err("expected one header row".to_owned()) };
        let columns: Vec<&str> = header.cells.iter().map(|cell| cell.text.as_str()).collect();
        for row in &table.rows {
            if row.cells.len() != columns.len() {
                return Err(format!("expected {} cells in the row of line {}", columns.len(), row.line));
            }
            let named = Named(columns.iter().copied().zip(&row.cells).collect());
            match columns.first() {
                Some(&"plan") if columns.contains(&"qualifies usd") => {
                    let plan = Plan {
                        name: named.text("plan")?.to_owned(),
                        within: named.filled("within").map(str::to_owned),
                        qualifies_usd: named.filled("qualifies usd").map(parse).transpose()?,
                    };
                    self.source.plans.push(plan);
                }
                Some(&"class") => {
                    let members = named.text("members")?.split(", ").filter(|name| !name.is_empty());
                    let class = SizeClass {
                        name: named.text("class")?.to_owned(),
                        from: parse(named.text("from")?)?,
                        to: named.filled("to").map(parse).transpose()?,
                        members: members.map(str::to_owned).collect(),
                    };
                    self.source.classes.push(class);
                }
                Some(_) | None => self.limits(page_id, &columns, &named, section)?,
            }
        }
        Ok(())
    }

    fn limits(
        &mut self,
        page_id: &str,
        columns: &[&str],
        row: &Named<'_>,
        section: &Option<String>,
    ) -> Result<(), String> {
        let kind: Kind = parse(row.text("kind")?)?;
        let pool = pool_from(row.text("pool")?);
        let is_key = |column: &str| KeyPart::from_word(column).is_some() || matches!(column, "kind" | "name" | "pool");
        for column in columns.iter().filter(|column| !is_key(column)) {
            let Some(cell) = row.0.get(column).filter(|cell| !cell.text.is_empty()) else { continue };
            let mut words = column.split(' ');
            let window = MetricWindow::parse(words.next().unwrap_or_default())?;
            let mut limit = Limit::new(kind, row.text("name")?, window.metric, Amount::Custom, pool.clone());
            limit.per = window.per;
            for word in words {
                match (word.parse::<Bound>(), word.parse::<Invocation>()) {
                    (Ok(bound), _) => limit.bound = bound,
                    (Err(_), Ok(calls)) => limit.calls = calls,
                    (Err(_), Err(_)) => return Err(format!("unknown word `{word}` in the column `{column}`")),
                }
            }
            for key in KeyPart::ALL {
                if let Some(value) = row.filled(key.word()) {
                    set_key(&mut limit, key, value.to_owned());
                }
            }
            read_limit_text(&mut limit, &cell.text)?;
            limit.line = Some(cell.line);
            limit.page = Some(page_id.to_owned());
            limit.section.clone_from(section);
            self.source.limits.push(limit);
        }
        Ok(())
    }
}

fn read_limit_text(limit: &mut Limit, text: &str) -> Result<(), String> {
    let mut parts = text.split("; ");
    limit.amount = parse(parts.next().unwrap_or_default())?;
    for part in parts {
        let (name, value) = part.split_once(": ").ok_or_else(|| format!("expected `name: value`, found `{part}`"))?;
        match name {
            "evidence" => limit.evidence = parse(value)?,
            "or" => limit.alternative = Some(parse(value)?),
            "ramp" => limit.ramp = value.split(',').map(ramp_point).collect::<Result<_, _>>()?,
            "weight" => limit.weight = parse(value)?,
            "until" => limit.until = Some(parse(value)?),
            "factor" => limit.factor = Some(parse(value)?),
            "retired" => limit.retired_on = Some(parse(value)?),
            "in" => limit.each_region = true,
            "also" => limit.aliases = value.split(',').map(str::to_owned).collect(),
            _ => return Err(format!("unknown field `{name}` of a limit")),
        }
    }
    Ok(())
}

fn ramp_point(text: &str) -> Result<RampPoint, String> {
    let (after, amount) = text.split_once(':').ok_or_else(|| format!("expected `minutes:amount`, found `{text}`"))?;
    Ok(RampPoint { after_minutes: parse(after)?, amount: parse(amount)? })
}
