//! The fact page: what a vendor's page states, in one form for every provider.
//!
//! The engine writes facts, and limits are read from facts alone, so `pages/<id>.md` gives the limits of the vendor's page
//! without the recipe. A fact page is a [`Page`] of headings, tables and statements:
//!
//! - A table of limits has a row for each entry. Its columns are the parts of the key in use, `kind`, `name`, `pool`, and one
//!   column for each metric: `requests/minute`, followed by the bound and the calls if they are unusual. A cell is an amount,
//!   followed by what is unusual of the limit: `45; evidence: inferred; or: 4`.
//! - A table of plans has the columns `plan`, `within`, `qualifies usd`, and one of size classes `class`, `from`, `to`,
//!   `members`.
//! - A statement is a fact in prose, a warning, or a part of the account of numbers.

use std::collections::BTreeMap;
use std::str::FromStr;

use ratebook_source::{
    Amount, Bound, CallMode, Evidence, Kind, Limit, Plan, Pool, ProviderSource, RampPoint, SizeClass, VendorPage,
};

use crate::accounts::Accounts;
use crate::page::{Block, BlockKind, Cell, Form, Page, Row, Table};
use crate::reading::{Diagnostic, Numbers, Severity};
use crate::recipe::{Key, MetricWindow, Recipe};

/// Name of the statement with the number of tables of the vendor's page.
const TABLES: &str = "tables";
/// Name of the statement with the number of numbers that are part of a fact.
const USED: &str = "numbers used";
/// Name of the statements with the number of skipped numbers, one for each reason.
const SKIPPED: &str = "numbers skipped";
/// Name of the statement that the page is a shortened copy.
const PAGE: &str = "page";
/// Name of the statement with the date of the page.
const DATE: &str = "page-date";
/// Name of the statements with warnings that stay until the page changes.
const WARNING: &str = "warning";
/// Name of the statements with response headers that the page describes.
pub(super) const HEADER: &str = "response header";

/// The facts of one block of the vendor's page, in the order of the page.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Fact {
    /// A heading.
    Heading { line: u32, level: u8, text: String },
    /// Limits of a table or a list. The line of each is set.
    Limits(Vec<Limit>),
    /// Plans, each with its line.
    Plans(Vec<(u32, Plan)>),
    /// Size classes, each with its line.
    Classes(Vec<(u32, SizeClass)>),
    /// A fact in prose, in our words.
    Statement { line: u32, name: String, value: String },
}

impl Fact {
    /// Returns the limits. Empty if the fact is another.
    pub(super) fn limits(&self) -> &[Limit] {
        match self {
            Self::Limits(limits) => limits,
            Self::Heading { .. } | Self::Plans(_) | Self::Classes(_) | Self::Statement { .. } => &[],
        }
    }

    /// Returns the size classes. Empty if the fact is another.
    pub(super) fn classes(&self) -> &[(u32, SizeClass)] {
        match self {
            Self::Classes(classes) => classes,
            Self::Heading { .. } | Self::Limits(_) | Self::Plans(_) | Self::Statement { .. } => &[],
        }
    }

    /// Returns the plans. Empty if the fact is another.
    pub(super) fn plans(&self) -> &[(u32, Plan)] {
        match self {
            Self::Plans(plans) => plans,
            Self::Heading { .. } | Self::Limits(_) | Self::Classes(_) | Self::Statement { .. } => &[],
        }
    }

    /// Returns the line of a statement of a name. `None` if the fact is another.
    pub(super) fn line_of_statement(&self, wanted: &str) -> Option<u32> {
        match self {
            Self::Statement { line, name, .. } if name == wanted => Some(*line),
            Self::Statement { .. } | Self::Heading { .. } | Self::Limits(_) | Self::Plans(_) | Self::Classes(_) => None,
        }
    }
}

/// The account of a page, which stands at the end of its fact page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) tables: u64,
    pub(super) numbers: Numbers,
    pub(super) warnings: Vec<(u32, String)>,
    /// Whether the page is a shortened copy.
    pub(super) is_partial: bool,
}

impl Account {
    /// Returns the account of a page, without warnings.
    pub(super) fn of(page: &Page, accounts: &Accounts<'_>) -> Self {
        let tables = page.blocks.iter().filter(|block| matches!(block.kind, BlockKind::Table(_)));
        let counts = accounts.counts().numbers;
        Self {
            tables: tables.count() as u64,
            numbers: Numbers { found: counts.found(), used: counts.claimed, skipped: counts.set_aside },
            warnings: Vec::new(),
            is_partial: page.is_partial(),
        }
    }
}

/// Returns the date of a page as a fact. Empty if the page has none.
pub(super) fn date(page: &Page) -> Vec<Fact> {
    let fact = |date| Fact::Statement { line: 1, name: DATE.to_owned(), value: format!("{date}") };
    page.date.map(fact).into_iter().collect()
}

/// Gives limits the names of `[values.model]`. The label of the page becomes an alias.
pub(super) fn rename_models(recipe: &Recipe, facts: &mut [Fact]) {
    for fact in facts {
        let Fact::Limits(limits) = fact else { continue };
        for limit in limits.iter_mut().filter(|limit| limit.kind == Kind::Model) {
            if let Some(name) = recipe.model(&limit.name) {
                let label = std::mem::replace(&mut limit.name, name);
                limit.aliases.push(label);
            }
        }
    }
}

/// Returns the fact page.
pub(super) fn write(form: Form, facts: Vec<Fact>, account: &Account) -> Page {
    let mut blocks: Vec<Block> = Vec::new();
    let mut push = |line: u32, kind: BlockKind| blocks.push(Block::new(line, kind));
    for fact in facts {
        match fact {
            Fact::Heading { line, level, text } => push(line, BlockKind::Heading { level, text }),
            Fact::Limits(limits) => {
                if let Some(first) = limits.first() {
                    push(first.line.unwrap_or(1), BlockKind::Table(limits_table(&limits)));
                }
            }
            Fact::Plans(plans) => {
                if let Some((line, _)) = plans.first() {
                    push(*line, BlockKind::Table(plans_table(&plans)));
                }
            }
            Fact::Classes(classes) => {
                if let Some((line, _)) = classes.first() {
                    push(*line, BlockKind::Table(classes_table(&classes)));
                }
            }
            Fact::Statement { line, name, value } => push(line, BlockKind::Statement { name, value }),
        }
    }
    let mut statement = |line: u32, name: &str, value: String| {
        push(line, BlockKind::Statement { name: name.to_owned(), value });
    };
    for (line, message) in &account.warnings {
        statement(*line, WARNING, message.clone());
    }
    if account.is_partial {
        statement(1, PAGE, "partial".to_owned());
    }
    statement(1, TABLES, account.tables.to_string());
    statement(1, USED, account.numbers.used.to_string());
    for (reason, count) in &account.numbers.skipped {
        statement(1, SKIPPED, format!("{count} {reason}"));
    }
    Page::new(form, blocks)
}

fn cell(line: u32, text: String) -> Cell {
    Cell::new(line, text)
}

fn table(line: u32, columns: &[String], rows: Vec<Row>) -> Table {
    let header = Row { line, cells: columns.iter().map(|name| cell(line, name.clone())).collect() };
    Table { caption: None, header: vec![header], rows }
}

/// The column of a limit: its metric with its period, and its calls and bound if they are unusual.
fn column_of(limit: &Limit) -> String {
    let mut name = MetricWindow { metric: limit.metric, per: limit.per }.to_string();
    if limit.bound != Bound::Hard {
        name.push_str(&format!(" {}", limit.bound));
    }
    if limit.calls != CallMode::All {
        name.push_str(&format!(" {}", limit.calls));
    }
    name
}

fn key_of(limit: &Limit, key: Key) -> Option<&str> {
    match key {
        Key::Region => limit.region.as_deref(),
        Key::Plan => limit.plan.as_deref(),
        Key::Deployment => limit.deployment.as_deref(),
        Key::Mode => limit.mode.as_deref(),
        Key::Context => limit.context.as_deref(),
    }
}

pub(super) fn set_key(limit: &mut Limit, key: Key, value: String) {
    let slot = match key {
        Key::Region => &mut limit.region,
        Key::Plan => &mut limit.plan,
        Key::Deployment => &mut limit.deployment,
        Key::Mode => &mut limit.mode,
        Key::Context => &mut limit.context,
    };
    *slot = Some(value);
}

fn limits_table(limits: &[Limit]) -> Table {
    let keys: Vec<Key> =
        Key::ALL.into_iter().filter(|&key| limits.iter().any(|limit| key_of(limit, key).is_some())).collect();
    let mut metrics: Vec<String> = Vec::new();
    for limit in limits {
        let column = column_of(limit);
        if !metrics.contains(&column) {
            metrics.push(column);
        }
    }
    let mut columns: Vec<String> = keys.iter().map(|key| key.word().to_owned()).collect();
    columns.extend(["kind", "name", "pool"].map(str::to_owned));
    let first_metric = columns.len();
    columns.extend(metrics.iter().cloned());
    let mut rows: Vec<(&Limit, Row)> = Vec::new();
    for limit in limits {
        let line = limit.line.unwrap_or(1);
        let at = first_metric + metrics.iter().position(|name| *name == column_of(limit)).unwrap_or(0);
        let fits = rows.last().is_some_and(|(of, row)| {
            of.entry_key() == limit.entry_key() && of.pool == limit.pool && row.cells[at].text.is_empty()
        });
        if !fits {
            let mut cells: Vec<Cell> =
                keys.iter().map(|&key| cell(line, key_of(limit, key).unwrap_or_default().to_owned())).collect();
            cells.push(cell(line, limit.kind.to_string()));
            cells.push(cell(line, limit.name.clone()));
            cells.push(cell(line, pool_text(&limit.pool)));
            cells.resize(columns.len(), cell(line, String::new()));
            rows.push((limit, Row { line, cells }));
        }
        if let Some((_, row)) = rows.last_mut() {
            row.cells[at] = cell(line, limit_text(limit));
        }
    }
    table(
        limits.first().and_then(|limit| limit.line).unwrap_or(1),
        &columns,
        rows.into_iter().map(|(_, row)| row).collect(),
    )
}

fn pool_text(pool: &Pool) -> String {
    match pool {
        Pool::Account => "account".to_owned(),
        Pool::Group(group) => group.clone(),
        Pool::Model => "model".to_owned(),
    }
}

pub(super) fn pool_from(text: &str) -> Pool {
    match text {
        "account" => Pool::Account,
        "model" => Pool::Model,
        group => Pool::Group(group.to_owned()),
    }
}

/// Returns the amount, and what else of the limit is not in the key.
fn limit_text(limit: &Limit) -> String {
    let mut text = limit.amount.to_string();
    let mut field = |name: &str, value: String| text.push_str(&format!("; {name}: {value}"));
    if limit.evidence != Evidence::Stated {
        field("evidence", limit.evidence.to_string());
    }
    if let Some(other) = limit.alternative {
        field("or", other.to_string());
    }
    if !limit.ramp.is_empty() {
        field("ramp", limit.ramp.iter().map(ToString::to_string).collect::<Vec<_>>().join(","));
    }
    if limit.weight != ratebook_source::Weight::ONE {
        field("weight", limit.weight.to_string());
    }
    if let Some(date) = limit.until {
        field("until", date.to_string());
    }
    if let Some(factor) = &limit.factor {
        field("factor", factor.to_string());
    }
    if let Some(date) = limit.retired_on {
        field("retired", date.to_string());
    }
    if limit.each_region {
        field("in", "each region".to_owned());
    }
    if !limit.aliases.is_empty() {
        field("also", limit.aliases.join(","));
    }
    text
}

fn plans_table(plans: &[(u32, Plan)]) -> Table {
    let columns = ["plan", "within", "qualifies usd"].map(str::to_owned);
    let rows = plans.iter().map(|(line, plan)| {
        let qualifies = plan.qualifies_usd.map(|usd| usd.to_string()).unwrap_or_default();
        let texts = [plan.name.clone(), plan.within.clone().unwrap_or_default(), qualifies];
        Row { line: *line, cells: texts.into_iter().map(|text| cell(*line, text)).collect() }
    });
    table(plans.first().map_or(1, |(line, _)| *line), &columns, rows.collect())
}

fn classes_table(classes: &[(u32, SizeClass)]) -> Table {
    let columns = ["class", "from", "to", "members"].map(str::to_owned);
    let rows = classes.iter().map(|(line, class)| {
        let to = if class.to == u64::MAX { String::new() } else { class.to.to_string() };
        let texts = [class.name.clone(), class.from.to_string(), to, class.members.join(", ")];
        Row { line: *line, cells: texts.into_iter().map(|text| cell(*line, text)).collect() }
    });
    table(classes.first().map_or(1, |(line, _)| *line), &columns, rows.collect())
}

/// What a fact page states.
pub(super) struct Stated {
    pub(super) source: ProviderSource,
    pub(super) tables: u64,
    pub(super) numbers: Numbers,
    /// The response headers, with their lines.
    pub(super) headers: Vec<(u32, String)>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// Reads a fact page.
pub(super) fn read(provider: &str, page_id: &str, url: &str, page: &Page) -> Stated {
    let mut source = ProviderSource::new(provider);
    let mut vendor_page = VendorPage::new(page_id);
    vendor_page.url = Some(url.to_owned());
    source.pages.push(vendor_page);
    let mut stated =
        Stated { source, tables: 0, numbers: Numbers::default(), headers: Vec::new(), diagnostics: Vec::new() };
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

/// The level of bold lines, which the readers make headings: they name a remark, and not a section.
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

impl Stated {
    fn statement(&mut self, line: u32, name: &str, value: &str) -> Result<(), String> {
        match name {
            TABLES => self.tables = parse(value)?,
            USED => {
                self.numbers.used = parse(value)?;
                self.numbers.found += self.numbers.used;
            }
            SKIPPED => {
                let (count, reason) = value.split_once(' ').ok_or("expected a number and a reason")?;
                let count: u64 = parse(count)?;
                self.numbers.found += count;
                *self.numbers.skipped.entry(reason.to_owned()).or_default() += count;
            }
            WARNING => {
                let message = value.to_owned();
                self.diagnostics.push(Diagnostic { severity: Severity::Warning, line: Some(line), message });
            }
            PAGE => self.source.main_page_mut().is_partial = true,
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
                        to: named.filled("to").map_or(Ok(u64::MAX), parse)?,
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
        let is_key = |column: &str| Key::from_word(column).is_some() || matches!(column, "kind" | "name" | "pool");
        for column in columns.iter().filter(|column| !is_key(column)) {
            let Some(cell) = row.0.get(column).filter(|cell| !cell.text.is_empty()) else { continue };
            let mut words = column.split(' ');
            let window = MetricWindow::parse(words.next().unwrap_or_default())?;
            let mut limit = Limit::new(kind, row.text("name")?, window.metric, Amount::Custom, pool.clone());
            limit.per = window.per;
            for word in words {
                match (word.parse::<Bound>(), word.parse::<CallMode>()) {
                    (Ok(bound), _) => limit.bound = bound,
                    (Err(_), Ok(calls)) => limit.calls = calls,
                    (Err(_), Err(_)) => return Err(format!("unknown word `{word}` in the column `{column}`")),
                }
            }
            for key in Key::ALL {
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

#[cfg(test)]
mod tests {
    use super::*;
    use ratebook_source::{Metric, Period};

    fn limit(name: &str, amount: u64, line: u32) -> Limit {
        let mut limit = Limit::model(name, Metric::Requests, Amount::Count(amount));
        limit.per = Some(Period::Minute);
        limit.line = Some(line);
        limit.page = Some("main".to_owned());
        limit.section = Some("Limits > By plan".to_owned());
        limit
    }

    #[test]
    fn every_field_of_a_limit_reads_back() {
        let mut unusual = limit("rocket", 60, 7);
        unusual.bound = Bound::Guaranteed;
        unusual.plan = Some("tier-1".into());
        unusual.region = Some("eu".into());
        unusual.evidence = Evidence::Inferred;
        unusual.alternative = Some(Amount::Count(6));
        unusual.ramp = vec![RampPoint { after_minutes: 0, amount: 60 }, RampPoint { after_minutes: 10, amount: 120 }];
        unusual.until = "2026-12-31".parse().ok();
        unusual.factor = "2x tier-1".parse().ok();
        unusual.weight = "output:5".parse().unwrap();
        unusual.retired_on = "2027-01-01".parse().ok();
        unusual.each_region = true;
        unusual.aliases = vec!["rocket-1".into(), "rocket-latest".into()];
        let mut tokens = limit("rocket", 9, 8);
        tokens.metric = Metric::Tokens;
        let limits = vec![unusual, tokens, limit("shuttle", 5, 9), limit("shuttle", 6, 10)];
        let facts = vec![
            Fact::Heading { line: 1, level: 1, text: "Limits".into() },
            Fact::Heading { line: 2, level: 2, text: "By plan".into() },
            Fact::Limits(limits.clone()),
        ];
        let page = write(Form::Html, facts, &Account::default());
        let text = crate::fact_page::write(&page);
        assert_eq!(crate::fact_page::parse(&text).as_ref(), Ok(&page), "{text}");
        let stated = read("acme", "main", "https://acme.example", &page);
        assert_eq!(stated.diagnostics, []);
        assert_eq!(stated.source.limits, limits);
    }

    #[test]
    fn a_damaged_fact_page_is_an_error() {
        let facts = vec![Fact::Limits(vec![limit("rocket", 60, 7)])];
        let text = crate::fact_page::write(&write(Form::Html, facts, &Account::default()));
        for (from, to) in
            [("requests/minute", "requests/moon"), ("| 60 |", "| 6o |"), ("| model | rocket", "| modle | rocket")]
        {
            assert!(text.contains(from), "{text}");
            let page = crate::fact_page::parse(&text.replace(from, to)).unwrap();
            assert_eq!(read("acme", "main", "https://acme.example", &page).diagnostics.len(), 1, "{to}");
        }
    }
}
