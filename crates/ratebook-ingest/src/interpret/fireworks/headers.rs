//! The table of response headers: no limits, but what `policy.toml` says of headers rests on it.

use super::super::distil::Distiller;
use super::super::findings::Findings;
use crate::number::numbers;
use crate::page::{BlockKind, Page, Row};

/// Statement that the page describes a response header.
const HEADER: &str = "response header";
/// Statement of how a call for several completions counts.
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

/// Keeps the names of the headers; of the descriptions only that completions are counted.
pub(super) fn distil(rows: &[Row], out: &mut Distiller) {
    for row in rows {
        let [names, description] = row.cells.as_slice() else {
            out.error(row.line, "expected a row of response headers and their description");
            continue;
        };
        for name in names.text.split(',').map(str::trim) {
            out.statement(names.line, HEADER, name);
        }
        if description.text.is_empty() || names.text.is_empty() {
            out.error(row.line, "a response header without name or description");
        }
        if description.text.contains("n > 1") {
            out.statement(description.line, COMPLETIONS, "each counts as a request");
        } else if !numbers(&description.text).is_empty() {
            out.error(description.line, format!("`{}` states a number that is not known", description.text));
        }
        for cell in &row.cells {
            out.skip(&cell.text, "in the description of a response header");
        }
    }
}

/// Warns of headers that the policy misses or that the page no longer describes.
pub(super) fn check(page: &Page, out: &mut Findings<'_>) {
    let statements = |wanted: &'static str| {
        page.blocks.iter().filter_map(move |block| match &block.kind {
            BlockKind::Statement { name, value } if name == wanted => Some((block.line, value.as_str())),
            _ => None,
        })
    };
    for (line, header) in statements(HEADER).filter(|(_, header)| !KNOWN.contains(header)) {
        out.warning(line, format!("the response header `{header}` is new: policy.toml does not describe it"));
    }
    for known in KNOWN {
        let times = statements(HEADER).filter(|(_, header)| *header == known).count();
        if times != 1 {
            out.warning(1, format!("the page describes the response header `{known}` {times} times: expected once"));
        }
    }
    if statements(COMPLETIONS).count() != 1 {
        out.warning(1, "the page does not say once how a call for several completions counts");
    }
}
