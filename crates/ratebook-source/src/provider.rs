//! `limits.tsv` and `lines.tsv`: the limits of one provider, and the lines of its page that state them.

use crate::Date;
use crate::limit::{Limit, Pool, RampPoint};
use crate::line::{Fields, SourceError};
use crate::words::Kind;

pub(crate) const COLUMNS: &str = "region\tplan\tkind\tname\taliases\tmetric\tper\tamount\tcalls\tpool\tbound\tevidence\talternative\tramp\tretired_on\tchanged";
pub(crate) const LINES_COLUMNS: &str = "region\tplan\tkind\tname\tmetric\tper\tcalls\tbound\tline";

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
    /// The largest number of parameters. `u64::MAX` if the class has no upper bound.
    pub to: u64,
    /// The class's name, such as `small`.
    pub name: String,
    /// The models that the page lists as examples, in its spelling, sorted.
    pub members: Vec<String>,
}

impl SizeClass {
    /// Returns whether the class begins directly after another: no gap and no overlap.
    pub fn follows(&self, below: &Self) -> bool {
        below.to.checked_add(1) == Some(self.from)
    }
}

/// Everything that the page of one provider states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderSource {
    /// The provider's name: lowercase letters, digits and `-`.
    pub provider: String,
    /// The URL of the page.
    pub url: Option<String>,
    /// The date on the page.
    pub page_date: Option<Date>,
    /// The day on which the page was last read with a change.
    pub read: Option<Date>,
    /// The day on which the page was last fetched, changed or not.
    pub checked: Option<Date>,
    /// The day from which the page no longer states limits. The limits here are then its last reading.
    pub withdrawn_on: Option<Date>,
    /// Plans, in the page's order.
    pub plans: Vec<Plan>,
    /// Size classes, by size.
    pub classes: Vec<SizeClass>,
    /// Limits, by their key.
    pub limits: Vec<Limit>,
}

impl ProviderSource {
    /// Returns a provider without limits.
    pub fn new(provider: impl Into<String>) -> Self {
        Self {
            provider: provider.into(),
            url: None,
            page_date: None,
            read: None,
            checked: None,
            withdrawn_on: None,
            plans: Vec::new(),
            classes: Vec::new(),
            limits: Vec::new(),
        }
    }

    /// Parses `limits.tsv`, without the lines of the page: [`parse_lines`](Self::parse_lines) sets them.
    /// [`validate`](crate::validate) checks whether the limits are consistent.
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
        let mut in_limits = false;
        for (index, line) in text.lines().enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let mut fields = Fields::new(index + 1, line);
            if in_limits {
                let mut limit = parse_limit(&mut fields)?;
                limit.line = u32::try_from(index + 1).ok();
                source.limits.push(limit);
            } else if line == COLUMNS {
                in_limits = true;
                continue;
            } else {
                source.parse_directive(&mut fields)?;
            }
            fields.end()?;
        }
        if source.provider.is_empty() {
            return Err(SourceError::new(0, "expected a line `@provider` at the top, found none"));
        }
        if !in_limits {
            return Err(SourceError::new(0, format!("expected the line of column names `{COLUMNS}`, found none")));
        }
        Ok(source)
    }

    fn parse_directive(&mut self, fields: &mut Fields<'_>) -> Result<(), SourceError> {
        match fields.text("directive")? {
            "@provider" => self.provider = fields.text("provider")?.to_owned(),
            "@url" => self.url = fields.optional("url")?.map(str::to_owned),
            "@page-date" => self.page_date = fields.parse_optional("page date")?,
            "@read" => self.read = fields.parse_optional("day of reading")?,
            "@checked" => self.checked = fields.parse_optional("day of the last check")?,
            "@withdrawn-on" => self.withdrawn_on = fields.parse_optional("day of withdrawal")?,
            "@plan" => self.plans.push(Plan {
                name: fields.text("plan")?.to_owned(),
                within: fields.optional("enclosing plan")?.map(str::to_owned),
                qualifies_usd: fields.parse_optional("qualifying dollars")?,
            }),
            "@class" => self.classes.push(SizeClass {
                name: fields.text("class")?.to_owned(),
                from: fields.parse("smallest number of parameters")?,
                to: fields.parse_optional("largest number of parameters")?.unwrap_or(u64::MAX),
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
                return Err(fields.error(format!("unknown directive `{other}`, or missing line of column names")));
            }
        }
        Ok(())
    }

    /// Parses `lines.tsv`, and sets the lines of the limits. A line for an unknown limit is ignored.
    ///
    /// # Errors
    /// Returns the first line that is not in the format, with what was expected.
    pub fn parse_lines(&mut self, text: &str) -> Result<(), SourceError> {
        for (index, line) in text.lines().enumerate() {
            if line.is_empty() || line.starts_with('#') || line == LINES_COLUMNS {
                continue;
            }
            let mut fields = Fields::new(index + 1, line);
            let key = crate::LimitKey {
                region: fields.optional("region")?,
                plan: fields.optional("plan")?,
                kind: fields.parse("kind")?,
                name: fields.text("name")?,
                metric: fields.parse("metric")?,
                per: fields.parse_optional("period")?,
                calls: fields.parse("calls")?,
                bound: fields.parse("bound")?,
            };
            let page_line = fields.parse("line")?;
            // Both files are sorted by key. The scan covers unsorted files.
            let found = match self.limits.binary_search_by(|limit| limit.key().cmp(&key)) {
                Ok(found) => Some(found),
                Err(_) => self.limits.iter().position(|limit| limit.key() == key),
            };
            if let Some(found) = found {
                self.limits[found].line = Some(page_line);
            }
            fields.end()?;
        }
        Ok(())
    }
}

fn parse_limit(fields: &mut Fields<'_>) -> Result<Limit, SourceError> {
    Ok(Limit {
        region: fields.optional("region")?.map(str::to_owned),
        plan: fields.optional("plan")?.map(str::to_owned),
        kind: fields.parse::<Kind>("kind")?,
        name: fields.text("name")?.to_owned(),
        aliases: fields.optional("aliases")?.map_or_else(Vec::new, |list| list.split(',').map(str::to_owned).collect()),
        metric: fields.parse("metric")?,
        per: fields.parse_optional("period")?,
        amount: fields.parse("amount")?,
        calls: fields.parse("calls")?,
        pool: match fields.text("pool")? {
            "account" => Pool::Account,
            "model" => Pool::Model,
            group => Pool::Group(group.to_owned()),
        },
        bound: fields.parse("bound")?,
        evidence: fields.parse("evidence")?,
        alternative: fields.parse_optional("alternative amount")?,
        ramp: match fields.optional("ramp")? {
            None => Vec::new(),
            Some(list) => list.split(',').map(|point| parse_ramp_point(fields, point)).collect::<Result<_, _>>()?,
        },
        retired_on: fields.parse_optional("day of retirement")?,
        changed: fields.parse_optional("day of change")?,
        line: None,
    })
}

fn parse_ramp_point(fields: &Fields<'_>, text: &str) -> Result<RampPoint, SourceError> {
    text.split_once(':')
        .and_then(|(after, amount)| {
            Some(RampPoint { after_minutes: after.parse().ok()?, amount: amount.parse().ok()? })
        })
        .ok_or_else(|| fields.error(format!("ramp: expected a point minutes:amount such as 10:120, found `{text}`")))
}
