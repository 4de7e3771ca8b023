//! `policy.tsv`: what the tables need of a hand-written `policy.toml`.

use crate::line::{Fields, SourceError};
use crate::words::{Calendar, HeaderFormat, Metric, OverLimit, Period, Remedy, Resets, Says, Scope, Window};

/// A response header that speaks of limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The header's name, lowercase.
    pub name: String,
    /// What it says.
    pub says: Says,
    /// What is counted, where it counts.
    pub metric: Option<Metric>,
    /// The seconds of the window that is counted over, where that is known.
    pub window_seconds: Option<u32>,
    /// How the value is written.
    pub format: HeaderFormat,
    /// What it means, in one sentence of ours.
    pub meaning: String,
}

/// A reply that refuses a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// What its body contains: whole words, or with a `*` at an end a part of a word.
    pub contains: String,
    /// The metric that was exhausted, where the body tells.
    pub metric: Option<Metric>,
    /// The seconds of the window over which it was, where the body tells.
    pub window_seconds: Option<u32>,
    /// What cures it.
    pub remedy: Remedy,
    /// The time that the body names, where it names one.
    pub time: Option<BodyTime>,
    /// When the window begins anew, where the vendor says so.
    pub resets: Option<Resets>,
    /// Whether every call of the account is refused, whatever its model.
    pub account_wide: bool,
}

/// A time within a body: how long to wait, or until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodyTime {
    /// What stands before it; quotes, colons and spaces may follow.
    pub after: String,
    /// How it is written.
    pub format: HeaderFormat,
}

/// What happens over limits of one metric, or over every limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Over {
    /// The metric meant; `None` for every metric without a line of its own.
    pub metric: Option<Metric>,
    /// What is done, first to last.
    pub then: Vec<OverLimit>,
}

/// How a provider enforces its limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicySource {
    /// Whose calls are added up.
    pub scope: Scope,
    /// How a period is measured.
    pub window: Window,
    /// Where days and months begin.
    pub calendar: Calendar,
    /// A shorter period over which a minute's limit may be enforced too, in proportion.
    pub sub_window: Option<Period>,
    /// Whether a steep rise is refused even below every limit.
    pub growth_protection: bool,
    /// Seconds after which a refusal is typically over.
    pub recovery_seconds: Option<u32>,
    /// Whether every model without a limit of its own is under its task type's.
    pub task_default: bool,
    /// What is done with calls over a limit.
    pub over: Vec<Over>,
    /// Response headers.
    pub headers: Vec<Header>,
    /// Replies that refuse.
    pub replies: Vec<Reply>,
    /// What else a user should know, a sentence of ours each.
    pub notes: Vec<String>,
}

impl PolicySource {
    /// Account-wide, everything else unstated.
    pub fn new() -> Self {
        Self {
            scope: Scope::Account,
            window: Window::Unstated,
            calendar: Calendar::Unstated,
            sub_window: None,
            growth_protection: false,
            recovery_seconds: None,
            task_default: false,
            over: Vec::new(),
            headers: Vec::new(),
            replies: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Reads `policy.tsv`.
    ///
    /// # Errors
    /// The first line that is not in the format, with what was expected of it.
    pub fn parse(text: &str) -> Result<Self, SourceError> {
        let mut policy = Self::new();
        for (index, line) in text.lines().enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let mut fields = Fields::new(index + 1, line);
            match fields.text("word")? {
                "scope" => policy.scope = fields.parse("scope")?,
                "window" => policy.window = fields.parse("window")?,
                "calendar" => policy.calendar = fields.parse("calendar")?,
                "sub-window" => policy.sub_window = fields.parse_optional("period")?,
                "growth-protection" => policy.growth_protection = parse_yes_no(&mut fields)?,
                "recovery-seconds" => policy.recovery_seconds = fields.parse_optional("seconds")?,
                "task-default" => policy.task_default = parse_yes_no(&mut fields)?,
                "over" => {
                    let metric = fields.parse_optional("metric")?;
                    let then = fields.text("ways")?;
                    let then = then.split(',').map(str::parse::<OverLimit>).collect::<Result<_, _>>();
                    policy.over.push(Over { metric, then: then.map_err(|error| fields.error(error.to_string()))? });
                }
                "header" => policy.headers.push(Header {
                    name: fields.text("header")?.to_owned(),
                    says: fields.parse("what it says")?,
                    metric: fields.parse_optional("metric")?,
                    window_seconds: fields.parse_optional("seconds")?,
                    format: fields.parse("format")?,
                    meaning: fields.text("meaning")?.to_owned(),
                }),
                "reply" => policy.replies.push(Reply {
                    status: fields.parse("status")?,
                    contains: fields.text("phrase")?.to_owned(),
                    metric: fields.parse_optional("metric")?,
                    window_seconds: fields.parse_optional("seconds")?,
                    remedy: fields.parse("remedy")?,
                    time: match (fields.optional("phrase")?, fields.parse_optional("format")?) {
                        (Some(after), Some(format)) => Some(BodyTime { after: after.to_owned(), format }),
                        (None, None) => None,
                        _ => {
                            return Err(
                                fields.error("expected the phrase before a time and its format, or neither".to_owned())
                            );
                        }
                    },
                    // A file of an older edition ends here.
                    resets: if fields.is_at_end() { None } else { fields.parse_optional("reset")? },
                    account_wide: !fields.is_at_end() && parse_yes_no(&mut fields)?,
                }),
                "note" => policy.notes.push(fields.text("note")?.to_owned()),
                other => return Err(fields.error(format!("unknown word `{other}`"))),
            }
            fields.end()?;
        }
        Ok(policy)
    }
}

impl Default for PolicySource {
    fn default() -> Self {
        Self::new()
    }
}

fn parse_yes_no(fields: &mut Fields<'_>) -> Result<bool, SourceError> {
    match fields.text("yes or no")? {
        "yes" => Ok(true),
        "no" => Ok(false),
        other => Err(fields.error(format!("`{other}`: expected yes or no"))),
    }
}
