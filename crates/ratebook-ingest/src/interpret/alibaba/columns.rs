//! The columns of the page's tables.

/// The content of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Service,
    Category,
    Model,
    RequestsPerMinute,
    RequestsPerSecond,
    TokensPerMinute,
    InputTokensPerMinute,
    /// Tasks submitted; the cell states the period.
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

    /// Returns our name of the column.
    pub(super) fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(column, _)| *column == self).map_or("", |(_, name)| name)
    }

    /// Returns the column with one of our names.
    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known)| *known == name).map(|(column, _)| column)
    }

    pub(super) fn holds_values(self) -> bool {
        !matches!(self, Self::Service | Self::Category | Self::Model)
    }
}

/// The meaning of a header cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeaderCell {
    Column(Column),
    /// A remark: input and output tokens count.
    BothTokens,
    /// A remark: only input tokens count.
    InputOnly,
    /// A title over several columns, or a remark on enforcement.
    Remark,
}

/// Returns the meaning of a header cell, or `None` if its text is unknown.
pub(super) fn header(text: &str) -> Option<HeaderCell> {
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
        _ if lower == "rate limit" || lower.starts_with("rate limit (") => return Some(HeaderCell::Remark),
        _ if lower.contains("per-minute limits") || lower.contains("limits apply per minute") => {
            return has_sixtieths_only(&lower).then_some(HeaderCell::Remark);
        }
        _ if lower.contains("input and output tokens") => return Some(HeaderCell::BothTokens),
        _ if lower.starts_with("input tokens only") => return Some(HeaderCell::InputOnly),
        _ => return None,
    };
    Some(HeaderCell::Column(column))
}

/// Returns whether every per-second share in the remark is a sixtieth of the minute, which is what the policy states.
fn has_sixtieths_only(remark: &str) -> bool {
    let is_sixtieth = |share: &str| {
        share.strip_prefix("60").is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
    };
    remark.split('/').skip(1).all(is_sixtieth)
}

/// Returns the columns that header cells name, left to right, with the remarks on tokens applied.
///
/// # Errors
/// Returns a message if a column is repeated, if it is unstated which tokens count, or if models or limits are missing.
pub(super) fn assemble(cells: &[HeaderCell]) -> Result<Vec<Column>, String> {
    let mut columns: Vec<Column> = Vec::new();
    let mut has_token_remark = false;
    for cell in cells {
        match cell {
            HeaderCell::Column(column) if columns.contains(column) => {
                return Err(format!("the column `{}` is repeated", column.name()));
            }
            HeaderCell::Column(column) => columns.push(*column),
            HeaderCell::Remark => {}
            HeaderCell::BothTokens | HeaderCell::InputOnly => {
                let Some(tokens) = columns.iter_mut().find(|column| **column == Column::TokensPerMinute) else {
                    return Err("expected a column of tokens before the remark on tokens".to_owned());
                };
                has_token_remark = true;
                if *cell == HeaderCell::InputOnly {
                    *tokens = Column::InputTokensPerMinute;
                }
            }
        }
    }
    if columns.contains(&Column::TokensPerMinute) && !has_token_remark {
        return Err("the header does not state whether output tokens count".to_owned());
    }
    check(&columns)?;
    Ok(columns)
}

/// Checks that the table has a column of models, with columns of limits after it.
fn check(columns: &[Column]) -> Result<(), String> {
    let named: Vec<&str> = columns.iter().map(|column| column.name()).collect();
    let model = columns.iter().position(|column| *column == Column::Model);
    let Some(model) = model else { return Err(format!("expected a column `model`, found {}", named.join(", "))) };
    if !columns[model + 1..].iter().any(|column| column.holds_values()) {
        return Err("expected a column of limits after the column `model`".to_owned());
    }
    Ok(())
}
