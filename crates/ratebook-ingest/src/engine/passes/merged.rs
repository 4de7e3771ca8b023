//! Amounts that merged cells cover.
//!
//! A page that lost its merged cells has blank or missing amounts, which are those of the row above. A row of two columns
//! with one amount does not show which column the amount belongs to. Each column is tried, with the other amount taken
//! from the row above. If exactly one reading is plausible, it is *inferred*; if both are or neither is, the cell is
//! *ambiguous*, and the stricter amount of each column is used, unless a person has decided.

use ratebook_source::{Amount, Evidence, Metric, Period};

use super::super::assign::Marked;
use super::super::grid::{Grid, GridCell, GridRow, Placed};
use super::super::value::{self, Values};
use crate::page::{Cell, Origin};
use crate::reading::{Diagnostic, Severity};
use crate::recipe::{self, Plausible, Recipe, Role};
use crate::reviewed::{Decision, Decisions};

/// What a pass over one table needs.
pub(in crate::engine) struct Pass<'r, 'a> {
    pub(in crate::engine) recipe: &'r Recipe,
    pub(in crate::engine) rule: &'r recipe::TableRule,
    pub(in crate::engine) columns: &'r [Marked<'a>],
    pub(in crate::engine) decisions: &'r Decisions,
    /// The region and the plan of the table, where the page names them.
    pub(in crate::engine) region: Option<String>,
    pub(in crate::engine) plan: Option<String>,
}

/// An amount of a row, as text.
#[derive(Clone, Debug)]
struct FilledAmount {
    text: String,
    placed: Placed,
}

/// The texts of the two columns of a row.
type Pair = [String; 2];

/// The reading of an amount that stands alone in a row of two columns.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Lone {
    /// The amount belongs to the column of this index.
    Inferred(usize, Pair),
    /// The amount may belong to either column. The texts if it is in the first, and if it is in the second.
    Ambiguous([Pair; 2]),
}

impl Pass<'_, '_> {
    /// Fills the amounts of a table's rows. Rows that cannot be filled are removed, with an error.
    pub(in crate::engine) fn fill(&self, grid: &mut Grid) -> Vec<Diagnostic> {
        let Some(selector) = self.columns.iter().position(|column| column.assigned.column.role == Role::Selector)
        else {
            return Vec::new();
        };
        let values: Vec<usize> =
            (0..self.columns.len()).filter(|&at| self.columns[at].assigned.column.is_value()).collect();
        let mut filler = Filler { pass: self, values, above: None, diagnostics: Vec::new() };
        grid.rows.retain_mut(|row| {
            // A row without a name, or with too many cells, is an error of its own.
            let name = row.cells.get(selector).filter(|cell| !cell.cell.text.is_empty());
            let Some((name, line)) = name.map(|name| (name.cell.text.clone(), name.cell.line)) else { return true };
            row.trim_to(self.columns.len());
            row.cells.len() > self.columns.len() || filler.row(row, &name, line)
        });
        filler.diagnostics
    }

    /// Returns what a cell states in a value column.
    fn read(&self, column: usize, text: &str) -> Result<Values, String> {
        value::of_column(self.recipe, self.rule, self.columns[column].assigned.column, text)
    }

    fn first_amount(&self, column: usize, text: &str) -> Option<Amount> {
        self.read(column, text).ok()?.first()?.1.amount()
    }

    /// Assigns a lone cell to one of two columns. The text of the other column is the one in the row above.
    ///
    /// No threshold separates the columns safely, so the result is ambiguous if both readings are plausible, or neither.
    ///
    /// # Errors
    /// Returns the error of the second column if the cell is an amount of neither.
    fn lone(&self, columns: [usize; 2], text: &str, above: &Pair) -> Result<Lone, String> {
        // An amount of the first column may have our words for the second after it.
        let split = self.recipe.rewords.iter().find_map(|reword| {
            let number = text.strip_suffix(reword.says.as_str())?.trim_end();
            (!number.is_empty() && self.read(columns[1], &reword.says).is_ok())
                .then(|| [number.to_owned(), reword.says.clone()])
        });
        let first = split.unwrap_or_else(|| [text.to_owned(), above[1].clone()]);
        let second = [above[0].clone(), text.to_owned()];
        let fits = |pair: &Pair| -> Result<[Values; 2], String> {
            Ok([self.read(columns[0], &pair[0])?, self.read(columns[1], &pair[1])?])
        };
        match (fits(&first), fits(&second)) {
            (Err(_), Err(error)) => Err(error),
            (Ok(_), Err(_)) => Ok(Lone::Inferred(0, first)),
            (Err(_), Ok(_)) => Ok(Lone::Inferred(1, second)),
            (Ok(one), Ok(other)) if amounts(&one) == amounts(&other) => Ok(Lone::Inferred(1, second)),
            (Ok(one), Ok(other)) => Ok(match (self.is_plausible(&one), self.is_plausible(&other)) {
                (true, false) => Lone::Inferred(0, first),
                (false, true) => Lone::Inferred(1, second),
                (true, true) | (false, false) => Lone::Ambiguous([first, second]),
            }),
        }
    }

    fn is_plausible(&self, [first, second]: &[Values; 2]) -> bool {
        let (Some(plausible), Some(first), Some(second)) = (self.rule.plausible, first.first(), second.first()) else {
            return true;
        };
        plausible.accepts(first, second)
    }
}

/// Returns the amounts that two cells state.
fn amounts(values: &[Values; 2]) -> Vec<Option<Amount>> {
    values.iter().flatten().map(|(_, value)| value.amount()).collect()
}

impl Plausible {
    /// Returns whether an amount of requests and one of tokens are plausible together. Pairs of other metrics always are.
    fn accepts(
        self,
        first: &(recipe::MetricWindow, value::Value),
        second: &(recipe::MetricWindow, value::Value),
    ) -> bool {
        let (requests, tokens) = if second.0.metric == Metric::Requests { (second, first) } else { (first, second) };
        let (Some(Amount::Count(count)), Some(Amount::Count(tokens_count))) = (requests.1.amount(), tokens.1.amount())
        else {
            return true;
        };
        let per_minute = match (requests.0.metric, requests.0.per) {
            (Metric::Requests, Some(Period::Minute)) => count,
            (Metric::Requests, Some(Period::Second)) => count.saturating_mul(60),
            _ => return true,
        };
        if !matches!(tokens.0.metric, Metric::Tokens | Metric::InputTokens) || tokens.0.per != Some(Period::Minute) {
            return true;
        }
        per_minute <= self.max_requests_per_minute
            && tokens_count >= self.min_tokens_per_minute
            && tokens_count >= per_minute.saturating_mul(self.min_tokens_per_request)
    }
}

/// Fills the rows of one table, top to bottom.
struct Filler<'p, 'r, 'a> {
    pass: &'p Pass<'r, 'a>,
    /// The columns of amounts.
    values: Vec<usize>,
    above: Option<Vec<FilledAmount>>,
    diagnostics: Vec<Diagnostic>,
}

impl Filler<'_, '_, '_> {
    fn report(&mut self, severity: Severity, line: u32, message: String) {
        self.diagnostics.push(Diagnostic { severity, line: Some(line), message });
    }

    /// Fills a row. Returns whether it has all its amounts.
    fn row(&mut self, row: &mut GridRow, name: &str, line: u32) -> bool {
        let name = name.lines().next().unwrap_or_default().to_owned();
        let stated: Vec<usize> = self.values.iter().copied().filter(|&at| is_filled(row, at)).collect();
        let filled = match (stated.as_slice(), self.values.as_slice()) {
            (stated, values) if stated == values => self.stated(row),
            // A cell alone in the last of two columns is in its place only if the source has the blank cell before it.
            (&[own], &[first, second]) if own == second && row.cells.get(first).is_some() => {
                let above = self.inherited(0, line, &name);
                above.map(|above| vec![above, filled(&row.cells[own].cell)])
            }
            (&[own], &[first, second]) => self.lone(row, own, [first, second], line, &name),
            ([], values) => {
                let count = values.len();
                (0..count).map(|index| self.inherited(index, line, &name)).collect()
            }
            (stated, values) => {
                let message = format!(
                    "`{name}` has {} of {} amounts, and it is unknown which cells are merged",
                    stated.len(),
                    values.len()
                );
                self.report(Severity::Error, line, message);
                None
            }
        };
        let Some(filled) = filled else { return false };
        for (&at, filled) in self.values.iter().zip(&filled) {
            place(row, at, filled, line);
        }
        self.above = Some(filled);
        true
    }

    fn stated(&self, row: &GridRow) -> Option<Vec<FilledAmount>> {
        Some(self.values.iter().map(|&at| filled(&row.cells[at].cell)).collect())
    }

    /// Returns the amount of the row above. An ambiguous or reviewed amount keeps its evidence.
    fn inherited(&mut self, index: usize, line: u32, name: &str) -> Option<FilledAmount> {
        let Some(above) = self.above.as_ref().map(|above| above[index].clone()) else {
            let message = format!("`{name}` has no amount, and there is no row above to take it from");
            self.report(Severity::Error, line, message);
            return None;
        };
        Some(match above.placed.evidence {
            Evidence::Ambiguous | Evidence::Reviewed => above,
            Evidence::Stated | Evidence::Spanned | Evidence::Inferred => {
                FilledAmount { placed: Placed { evidence: Evidence::Spanned, alternative: None }, ..above }
            }
        })
    }

    /// Reads the only amount of a row of two columns.
    fn lone(
        &mut self,
        row: &mut GridRow,
        own: usize,
        columns: [usize; 2],
        line: u32,
        name: &str,
    ) -> Option<Vec<FilledAmount>> {
        let above = [self.inherited(0, line, name)?, self.inherited(1, line, name)?];
        let texts = [above[0].text.clone(), above[1].text.clone()];
        let cell = row.cells[own].clone();
        let reading = match self.pass.lone(columns, &cell.cell.text, &texts) {
            Ok(reading) => reading,
            Err(error) => {
                self.report(Severity::Error, cell.cell.line, error);
                return None;
            }
        };
        let (texts, filled) = match reading {
            Lone::Inferred(at, texts) => {
                let mut filled = above.map(|above| above.placed);
                filled[at] = Placed { evidence: Evidence::Inferred, alternative: None };
                (texts, filled)
            }
            Lone::Ambiguous(readings) => self.decided(&cell.cell, name, columns, readings)?,
        };
        // The cell moves to the column that its amount belongs to.
        let at = usize::from(
            texts[0] != cell.cell.text && !cell.cell.text.starts_with(&texts[0]) || texts[1] == cell.cell.text,
        );
        row.cells[own] = GridCell::blank(cell.cell.line);
        while row.cells.len() <= columns[1] {
            row.cells.push(GridCell::blank(line));
        }
        row.cells[columns[at]] = cell;
        Some(texts.into_iter().zip(filled).map(|(text, placed)| FilledAmount { text, placed }).collect())
    }

    /// Returns the reviewed reading of an ambiguous cell. Without a decision, returns the stricter reading and warns.
    fn decided(
        &mut self,
        cell: &Cell,
        name: &str,
        columns: [usize; 2],
        readings: [Pair; 2],
    ) -> Option<(Pair, [Placed; 2])> {
        let amount = |reading: usize, at: usize| self.pass.first_amount(columns[at], &readings[reading][at]);
        let amounts = [[amount(0, 0)?, amount(0, 1)?], [amount(1, 0)?, amount(1, 1)?]];
        // `Amount` orders counts below unlimited and custom.
        let strict = [0, 1].map(|at| usize::from(amounts[1][at] < amounts[0][at]));
        let placed = |evidence, chosen: Amount, other: Amount| Placed {
            evidence,
            alternative: (chosen != other).then_some(other),
        };
        let is_about = |decision: &&Decision| {
            decision.name == name
                && decision.region == self.pass.region
                && decision.plan == self.pass.plan
                && decision.is_about_cell(&cell.text)
        };
        if let Some(decision) = self.pass.decisions.decisions.iter().find(is_about) {
            let metric = |at: usize| {
                let values = self.pass.read(columns[at], &readings[0][at]).ok()?;
                values.first().map(|(window, _)| window.metric)
            };
            let decided = [decision.amount(metric(0)?), decision.amount(metric(1)?)];
            if let Some(missing) = decided.iter().position(Option::is_none).and_then(metric) {
                let message = format!("the decision on `{name}` has no reading of {missing}");
                self.report(Severity::Error, cell.line, message);
                return None;
            }
            if let Some(found) = (0..2).find(|&reading| amounts[reading].map(Some) == decided) {
                let texts = readings[found].clone();
                let machine = [0, 1].map(|at| amounts[strict[at]][at]);
                return Some((texts, [0, 1].map(|at| placed(Evidence::Reviewed, amounts[found][at], machine[at]))));
            }
            // The other amount comes from the row above. If that changed, the decision no longer matches.
            let message = format!("the decision on `{name}` matches neither reading of its cell: decide again");
            self.report(Severity::Warning, cell.line, message);
        }
        let used = [0, 1].map(|at| amounts[strict[at]][at]);
        let shown = used.map(|amount| amount.to_string()).join(" and ");
        let message =
            format!("`{}` of `{name}` may belong to either column: the stricter reading, {shown}, is used", cell.text);
        self.report(Severity::Warning, cell.line, message);
        let texts = [0, 1].map(|at| readings[strict[at]][at].clone());
        Some((texts, [0, 1].map(|at| placed(Evidence::Ambiguous, used[at], amounts[1 - strict[at]][at]))))
    }
}

fn is_filled(row: &GridRow, at: usize) -> bool {
    row.cells.get(at).is_some_and(|cell| !cell.cell.text.is_empty())
}

fn filled(cell: &Cell) -> FilledAmount {
    let evidence = match cell.origin {
        Origin::Stated => Evidence::Stated,
        Origin::Spanned => Evidence::Spanned,
    };
    FilledAmount { text: cell.text.clone(), placed: Placed { evidence, alternative: None } }
}

/// Sets the amount of a cell. The cell keeps its address and line, if the page has it.
fn place(row: &mut GridRow, at: usize, filled: &FilledAmount, line: u32) {
    while row.cells.len() <= at {
        row.cells.push(GridCell::blank(line));
    }
    let cell = &mut row.cells[at];
    if cell.cell.text.is_empty() {
        cell.cell.line = line;
    }
    cell.cell.text.clone_from(&filled.text);
    cell.placed = Some(filled.placed);
}
