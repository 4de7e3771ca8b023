//! Which column a lone number belongs to, where the other is covered by a merged cell.

use ratebook_source::{Amount, Bound, Calls, Metric, Period};

use super::columns::Column;
use super::prose::ONE_RUNNING;
use crate::number::{self, NumberError, rate};

/// What one cell says under its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) metric: Metric,
    pub(super) per: Option<Period>,
    pub(super) amount: Amount,
    pub(super) calls: Calls,
    pub(super) bound: Bound,
}

/// Reads a cell under a column.
pub(super) fn value(column: Column, text: &str) -> Result<Value, NumberError> {
    let stated = |metric, per, amount| Value { metric, per, amount, calls: Calls::All, bound: Bound::Hard };
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
            Err(NumberError { text: text.to_owned(), expected: "limit: its column holds names" })
        }
    }
}

/// A number for all calls; no limit for synchronous ones, perhaps with one for asynchronous ones.
fn concurrency(text: &str) -> Result<(Amount, Calls, Bound), NumberError> {
    if text == "No limit for sync API" {
        return Ok((Amount::Unlimited, Calls::Sync, Bound::Hard));
    }
    if let Some(count) = text.strip_prefix("No limit for sync API / Async API: ") {
        return Ok((Amount::Count(number::count(count)?), Calls::Async, Bound::Hard));
    }
    match text.strip_suffix(ONE_RUNNING) {
        Some("") => Ok((Amount::Count(1), Calls::All, Bound::Queued)),
        Some(count) => Ok((Amount::Count(number::count(count)?), Calls::All, Bound::Queued)),
        None => Ok((Amount::Count(number::count(text)?), Calls::All, Bound::Hard)),
    }
}

/// A lone cell, worked out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lone {
    /// It can only belong to one column; the values of both.
    Inferred(usize, [Value; 2]),
    /// It may belong to either: the row read with it in the first column, and in the second.
    Ambiguous([[Value; 2]; 2]),
}

/// Works out to which of two columns a lone cell belongs; the other value is the one above.
///
/// A reading stays possible where the cell can be read so and, of requests and tokens, where the two go together.
/// No threshold is safe for that: where both stay possible, the caller is told.
pub(super) fn lone(columns: [Column; 2], text: &str, above: [Value; 2]) -> Result<Lone, NumberError> {
    // A sentence behind the number is of the concurrent tasks, also where the number is not.
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

/// Of two readings, each column's stricter value and the amount not used.
pub(super) fn stricter([first, second]: [[Value; 2]; 2]) -> [(Value, Amount); 2] {
    // `Amount` orders counts below unlimited and custom.
    [0, 1].map(|at| match (first[at], second[at]) {
        (one, other) if one.amount <= other.amount => (one, other.amount),
        (one, other) => (other, one.amount),
    })
}

/// Most requests a minute that the page gives a model is 30,000: twice that leaves room.
const MOST_REQUESTS_PER_MINUTE: u64 = 60_000;
/// Fewest tokens a minute that the page gives a model is 7,500.
const FEWEST_TOKENS_PER_MINUTE: u64 = 5_000;
/// Fewest tokens to a request that the page's complete rows give is 50; a request cannot do with a handful.
const FEWEST_TOKENS_PER_REQUEST: u64 = 8;

/// Whether an amount of requests and one of tokens go together; of other metrics nothing is known.
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
    per_minute <= MOST_REQUESTS_PER_MINUTE
        && tokens_count >= FEWEST_TOKENS_PER_MINUTE
        && tokens_count >= per_minute.saturating_mul(FEWEST_TOKENS_PER_REQUEST)
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
    fn size_tells_requests_from_tokens_where_it_can() {
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
    fn a_number_that_may_be_either_is_ambiguous_and_the_stricter_reading_holds() {
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
    fn tokens_may_stand_before_requests() {
        let turned = [Column::TokensPerMinute, Column::RequestsPerMinute];
        assert_eq!(inferred(turned, "1,200", ["1,000,000", "60"]), 1);
        assert_eq!(inferred(turned, "150,000", ["1,000,000", "60"]), 0);
    }

    #[test]
    fn words_belong_where_they_can_be_read() {
        assert_eq!(
            inferred([Column::Tasks, Column::ConcurrentTasks], "No limit for sync API", ["2 per minute", "2"]),
            1
        );
        assert_eq!(inferred([Column::Tasks, Column::ConcurrentTasks], "2 per second", ["2 per minute", "2"]), 0);
        assert!(lone(TASKS, "x", [value(TASKS[0], "1").unwrap(), value(TASKS[1], "1").unwrap()]).is_err());
    }
}
