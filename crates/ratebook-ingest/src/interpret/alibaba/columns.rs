//! The columns of the page's tables.

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Service,
    Category,
    Model,
    RequestsPerMinute,
    RequestsPerSecond,
    TokensPerMinute,
    InputTokensPerMinute,
    /// Tasks submitted, the period in the cell.
    Tasks,
    TasksPerSecond,
    ConcurrentTasks,
}

impl Column {
    const ALL: [(Self, &'static str); 10] = [
        (Self::Service, "service"),
        (Self::Category, "category"),
        (Self::Model, "model"),
        (Self::RequestsPerMinute, "requests per minute"),
        (Self::RequestsPerSecond, "requests per second"),
        (Self::TokensPerMinute, "tokens per minute"),
        (Self::InputTokensPerMinute, "input tokens per minute"),
        (Self::Tasks, "task submissions"),
        (Self::TasksPerSecond, "task submissions per second"),
        (Self::ConcurrentTasks, "concurrent tasks"),
    ];

    /// Our name of the column.
    pub(super) fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(column, _)| *column == self).map_or("", |(_, name)| name)
    }

    /// The column of one of our names.
    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known)| *known == name).map(|(column, _)| column)
    }

    pub(super) fn holds_values(self) -> bool {
        !matches!(self, Self::Service | Self::Category | Self::Model)
    }
}

/// A cell of a table's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Header {
    Column(Column),
    /// The tokens counted are those of the input and the output.
    BothTokens,
    /// The tokens counted are those of the input alone.
    InputOnly,
    /// A title over several columns, or a remark on how limits are enforced.
    Remark,
}

/// What a header cell says, or `None` where it is not known.
pub(super) fn header(text: &str) -> Option<Header> {
    let lower = text.to_lowercase();
    let column = match lower.as_str() {
        "service" => Column::Service,
        "category" => Column::Category,
        "model" => Column::Model,
        "rpm" => Column::RequestsPerMinute,
        "rps" => Column::RequestsPerSecond,
        "tpm" | "tpm/number of tasks" | "tpm / number of tasks" | "tpm / jobs" | "tpm/jobs" => Column::TokensPerMinute,
        "task submission limit" => Column::Tasks,
        "task submission rps limit" => Column::TasksPerSecond,
        "concurrent tasks" => Column::ConcurrentTasks,
        _ if lower == "rate limit" || lower.starts_with("rate limit (") => return Some(Header::Remark),
        _ if lower.contains("per-minute limits") || lower.contains("limits apply per minute") => {
            return has_sixtieths_only(&lower).then_some(Header::Remark);
        }
        _ if lower.contains("input and output tokens") => return Some(Header::BothTokens),
        _ if lower.starts_with("input tokens only") => return Some(Header::InputOnly),
        _ => return None,
    };
    Some(Header::Column(column))
}

/// The remark says that a second's limit is a sixtieth of the minute's, as the policy has it: any other share is news.
fn has_sixtieths_only(remark: &str) -> bool {
    let is_sixtieth = |share: &str| {
        share.strip_prefix("60").is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
    };
    remark.split('/').skip(1).all(is_sixtieth)
}

/// The columns that header cells name, left to right, with the remarks on tokens applied.
pub(super) fn assemble(cells: &[Header]) -> Result<Vec<Column>, String> {
    let mut columns: Vec<Column> = Vec::new();
    let mut tokens_told = false;
    for cell in cells {
        match cell {
            Header::Column(column) if columns.contains(column) => {
                return Err(format!("two columns `{}`", column.name()));
            }
            Header::Column(column) => columns.push(*column),
            Header::Remark => {}
            Header::BothTokens | Header::InputOnly => {
                let Some(tokens) = columns.iter_mut().find(|column| **column == Column::TokensPerMinute) else {
                    return Err("a remark on tokens, and no column of tokens before it".to_owned());
                };
                tokens_told = true;
                if *cell == Header::InputOnly {
                    *tokens = Column::InputTokensPerMinute;
                }
            }
        }
    }
    if columns.contains(&Column::TokensPerMinute) && !tokens_told {
        return Err("a column of tokens that does not say whether output tokens count".to_owned());
    }
    check(&columns)?;
    Ok(columns)
}

/// What every table of the page has: the model, and values behind it.
fn check(columns: &[Column]) -> Result<(), String> {
    let named: Vec<&str> = columns.iter().map(|column| column.name()).collect();
    let model = columns.iter().position(|column| *column == Column::Model);
    let Some(model) = model else { return Err(format!("no column of models among {}", named.join(", "))) };
    if !columns[model + 1..].iter().any(|column| column.holds_values()) {
        return Err("no column of limits behind the models".to_owned());
    }
    Ok(())
}
