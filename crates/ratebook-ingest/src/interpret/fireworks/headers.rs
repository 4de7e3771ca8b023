//! The table of response headers. It has no limits; `policy.toml` describes the headers it lists.

use super::super::extract::Extractor;
use super::super::findings::Findings;
use crate::number::numbers;
use crate::page::{BlockKind, Page, Row};

/// Name of the statements with the response headers that the page describes.
const HEADER: &str = "response header";
/// Name of the statement on how a call for several completions counts.
const COMPLETIONS: &str = "completions of one call";

/// The headers that `policy.toml` describes.
const KNOWN: [&str; 7] = [
    "x-ratelimit-limit-requests",
    "x-ratelimit-limit-tokens-prompt",
    "x-ratelimit-limit-tokens-generated",
    "x-ratelimit-remaining-requests",
    "x-ratelimit-remaining-tokens-prompt",
    "x-ratelimit-remaining-tokens-generated",
    "x-ratelimit-over-limit",
];

/// Extracts the names of the headers. Of the descriptions, only the counting of completions is extracted.
pub(super) fn extract(rows: &[Row], out: &mut Extractor) {
    for row in rows {
        let [names, description] = row.cells.as_slice() else {
            out.error(row.line, "expected response headers and a description in the row");
            continue;
        };
        for name in names.text.split(',').map(str::trim) {
            out.statement(names.line, HEADER, name);
        }
        if description.text.is_empty() || names.text.is_empty() {
            out.error(row.line, "expected a name and a description of the response header");
        }
        if description.text.contains("n > 1") {
            out.statement(description.line, COMPLETIONS, "each counts as a request");
        } else if !numbers(&description.text).is_empty() {
            out.error(description.line, format!("unknown number in the description `{}`", description.text));
        }
        for cell in &row.cells {
            out.skip(&cell.text, "in the description of a response header");
        }
    }
}

/// Warns of headers that the policy does not describe, or that the page no longer describes.
pub(super) fn check(page: &Page, out: &mut Findings<'_>) {
    let statements = |wanted: &'static str| {
        page.blocks.iter().filter_map(move |block| match &block.kind {
            BlockKind::Statement { name, value } if name == wanted => Some((block.line, value.as_str())),
            _ => None,
        })
    };
    for (line, header) in statements(HEADER).filter(|(_, header)| !KNOWN.contains(header)) {
        out.warning(line, format!("the response header `{header}` is new: add it to policy.toml"));
    }
    for known in KNOWN {
        let times = statements(HEADER).filter(|(_, header)| *header == known).count();
        if times != 1 {
            out.warning(1, format!("expected one description of the response header `{known}`, found {times}"));
        }
    }
    if statements(COMPLETIONS).count() != 1 {
        out.warning(1, "expected one description of how a call for several completions counts");
    }
}
