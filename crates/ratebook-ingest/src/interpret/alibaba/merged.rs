//! The column of a lone number whose neighbour is covered by a merged cell.
//!
//! Flattened text omits covered cells, so a row of two columns may have one number. Each column is tried, with the other
//! value taken from the row above. If only one reading is valid and plausible, it is *inferred*; if both are, the cell is
//! *ambiguous*, and the stricter value of each column is used.

use ratebook_source::{Amount, Bound, CallMode, Metric, Period};

use super::columns::Column;
use super::prose::ONE_RUNNING;
use crate::number::{self, NumberError, rate};

/// The limit that one cell states under its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) metric: Metric,
    pub(super) per: Option<Period>,
    pub(super) amount: Amount,
    pub(super) calls: CallMode,
    pub(super) bound: Bound,
}

/// Reads a cell under a column.
///
/// # Errors
/// Returns an error if the text is not a value of the column.
pub(super) fn value(column: Column, text: &str) -> Result<Value, NumberError> {
    let stated = |metric, per, amount| Value { metric, per, amount, calls: CallMode::All, bound: Bound::Hard };
    let count = |metric, per| Ok(stated(metric, Some(per), Amount::Count(number::count(text)?)));
    match column {
        Column::RequestsPerMinute => count(Metric::Requests, Period::Minute),
        Column::RequestsPerSecond => count(Metric::Requests, Period::Second),
        Column::TokensPerMinute => count(Metric::Tokens, Period::Minute),
        Column::InputTokensPerMinute => count(Metric::InputTokens, Period::Minute),
        Column::TasksPerSecond => count(Metric::Tasks, Period::Second),
        Column::Tasks => {
            let rate = rate(text)?;
            Ok(stated(Metric::Tasks, Some(rate.per), Amount::Count(rate.amount)))
        }
        Column::ConcurrentTasks => {
            let (amount, calls, bound) = concurrency(text)?;
            Ok(Value { metric: Metric::ConcurrentTasks, per: None, amount, calls, bound })
        }
        Column::Service | Column::Category | Column::Model => {
            Err(NumberError { text: text.to_owned(), expected: "a column of limits, not of names" })
        }
    }
}

/// Reads a number for all calls, or no limit for synchronous calls with or without a number for asynchronous ones.
fn concurrency(text: &str) -> Result<(Amount, CallMode, Bound), NumberError> {
    if text == "No limit for sync API" {
        return Ok((Amount::Unlimited, CallMode::Sync, Bound::Hard));
    }
    if let Some(count) = text.strip_prefix("No limit for sync API / Async API: ") {
        return Ok((Amount::Count(number::count(count)?), CallMode::Async, Bound::Hard));
    }
    match text.strip_suffix(ONE_RUNNING) {
        Some("") => Ok((Amount::Count(1), CallMode::All, Bound::Queued)),
        Some(count) => Ok((Amount::Count(number::count(count)?), CallMode::All, Bound::Queued)),
        None => Ok((Amount::Count(number::count(text)?), CallMode::All, Bound::Hard)),
    }
}

/// The reading of a lone cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lone {
    /// The cell belongs to the column of this index; the values of both columns.
    Inferred(usize, [Value; 2]),
    /// The cell may belong to either column: the values with it in the first column, and with it in the second.
    Ambiguous([[Value; 2]; 2]),
}

/// Assigns a lone cell to one of two columns. The value of the other column is the one in the row above.
///
/// A reading is possible if the cell is a value of the column and, for requests and tokens, if the pair is plausible.
/// No threshold separates the two safely, so the result is ambiguous if both readings are possible.
///
/// # Errors
/// Returns the error of the second column if the cell is a value of neither.
pub(super) fn lone(columns: [Column; 2], text: &str, above: [Value; 2]) -> Result<Lone, NumberError> {
    // A sentence after the number is about concurrent tasks, even if the number is not.
    let split = (columns[1] == Column::ConcurrentTasks).then(|| text.strip_suffix(ONE_RUNNING)).flatten();
    let first = match split {
        Some(number) if !number.is_empty() => {
            value(columns[0], number.trim()).and_then(|first| Ok([first, value(columns[1], ONE_RUNNING)?]))
        }
        _ => value(columns[0], text).map(|first| [first, above[1]]),
    };
    let second = value(columns[1], text).map(|second| [above[0], second]);
    let possible = |reading: &[Value; 2]| plausible(reading[0], reading[1]);
    match (first, second) {
        (Err(_), Err(error)) => Err(error),
        (Ok(first), Err(_)) => Ok(Lone::Inferred(0, first)),
        (Err(_), Ok(second)) => Ok(Lone::Inferred(1, second)),
        (Ok(first), Ok(second)) if first == second => Ok(Lone::Inferred(1, second)),
        (Ok(first), Ok(second)) => Ok(match (possible(&first), possible(&second)) {
            (true, false) => Lone::Inferred(0, first),
            (false, true) => Lone::Inferred(1, second),
            _ => Lone::Ambiguous([first, second]),
        }),
    }
}

/// Returns each column's stricter value of two readings, and the amount that is not used.
pub(super) fn stricter([first, second]: [[Value; 2]; 2]) -> [(Value, Amount); 2] {
    // `Amount` orders counts below unlimited and custom.
    [0, 1].map(|at| match (first[at], second[at]) {
        (one, other) if one.amount <= other.amount => (one, other.amount),
        (one, other) => (other, one.amount),
    })
}

/// Upper bound of plausible requests per minute. The page's highest limit is 30,000, half of this.
const MAX_REQUESTS_PER_MINUTE: u64 = 60_000;
/// Lower bound of plausible tokens per minute. The page's lowest limit is 7,500.
const MIN_TOKENS_PER_MINUTE: u64 = 5_000;
/// Lower bound of plausible tokens per request. The lowest ratio of the page's complete rows is 50.
const MIN_TOKENS_PER_REQUEST: u64 = 8;

/// Returns whether an amount of requests and one of tokens are plausible together. Pairs of other metrics always are.
fn plausible(first: Value, second: Value) -> bool {
    let (requests, tokens) = if second.metric == Metric::Requests { (second, first) } else { (first, second) };
    let (Amount::Count(count), Amount::Count(tokens_count)) = (requests.amount, tokens.amount) else { return true };
    let per_minute = match (requests.metric, requests.per) {
        (Metric::Requests, Some(Period::Minute)) => count,
        (Metric::Requests, Some(Period::Second)) => count.saturating_mul(60),
        _ => return true,
    };
    if !matches!(tokens.metric, Metric::Tokens | Metric::InputTokens) {
        return true;
    }
    per_minute <= MAX_REQUESTS_PER_MINUTE
        && tokens_count >= MIN_TOKENS_PER_MINUTE
        && tokens_count >= per_minute.saturating_mul(MIN_TOKENS_PER_REQUEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: [Column; 2] = [Column::RequestsPerMinute, Column::TokensPerMinute];
    const TASKS: [Column; 2] = [Column::TasksPerSecond, Column::ConcurrentTasks];

    fn read(columns: [Column; 2], text: &str, above: [&str; 2]) -> Lone {
        let above = [value(columns[0], above[0]).unwrap(), value(columns[1], above[1]).unwrap()];
        lone(columns, text, above).unwrap()
    }

    fn inferred(columns: [Column; 2], text: &str, above: [&str; 2]) -> usize {
        match read(columns, text, above) {
            Lone::Inferred(column, _) => column,
            Lone::Ambiguous(..) => panic!("`{text}` under {above:?} is ambiguous"),
        }
    }

    #[test]
    fn size_distinguishes_requests_from_tokens() {
        for (text, above) in [
            ("120", ["120", "1,000,000"]),
            ("1,200", ["60", "1,000,000"]),
            ("2400", ["600", "1,000,000"]),
            ("60", ["500", "1,000,000"]),
        ] {
            assert_eq!(inferred(MINUTE, text, above), 0, "{text}");
        }
        for (text, above) in [
            ("1,000,000", ["60", "100,000"]),
            ("100,000", ["60", "1,000,000"]),
            ("35,000", ["60", "25,000"]),
            ("35,000", ["60", "100,000"]),
            ("150,000", ["60", "1,000,000"]),
        ] {
            assert_eq!(inferred(MINUTE, text, above), 1, "{text}");
        }
    }

    #[test]
    fn a_number_that_fits_both_columns_is_ambiguous_and_the_stricter_reading_is_used() {
        let strict = |columns, text, above| match read(columns, text, above) {
            Lone::Ambiguous(readings) => stricter(readings).map(|(value, other)| (value.amount, other)),
            inferred => panic!("{inferred:?}"),
        };
        let count = Amount::Count;
        assert_eq!(
            strict(MINUTE, "10,000", ["60", "100,000"]),
            [(count(60), count(10_000)), (count(10_000), count(100_000))]
        );
        assert_eq!(strict(TASKS, "1", ["2", "2"]), [(count(1), count(2)), (count(1), count(2))]);
    }

    #[test]
    fn a_number_with_the_sentence_on_running_tasks_is_ambiguous_unless_both_readings_agree() {
        let text = format!("1 {ONE_RUNNING}");
        assert!(matches!(read(TASKS, &text, ["5", "No limit for sync API"]), Lone::Ambiguous(..)));
        assert_eq!(inferred(TASKS, &text, ["1", "No limit for sync API"]), 1);
    }

    #[test]
    fn tokens_may_precede_requests() {
        let turned = [Column::TokensPerMinute, Column::RequestsPerMinute];
        assert_eq!(inferred(turned, "1,200", ["1,000,000", "60"]), 1);
        assert_eq!(inferred(turned, "150,000", ["1,000,000", "60"]), 0);
    }

    #[test]
    fn words_belong_to_the_column_that_can_read_them() {
        assert_eq!(
            inferred([Column::Tasks, Column::ConcurrentTasks], "No limit for sync API", ["2 per minute", "2"]),
            1
        );
        assert_eq!(inferred([Column::Tasks, Column::ConcurrentTasks], "2 per second", ["2 per minute", "2"]), 0);
        assert!(lone(TASKS, "x", [value(TASKS[0], "1").unwrap(), value(TASKS[1], "1").unwrap()]).is_err());
    }
}
