//! A table of the headers of 25 providers: each is read, or documented as unread with a reason.

use ratebook::Provider;

use super::header_table::{ROWS, Row};

/// Words of the table that are not part of a header's name.
const PROSE: &[&str] = &[
    "and",
    "forms",
    "none",
    "documented",
    "on",
    "200",
    "measured",
    "with",
    "http",
    "402",
    "inside",
    "the",
    "json",
    "body",
    "field",
    "error.metadata.headers",
    "false",
    "unix",
    "timestamp",
    "duration",
    "in",
    "seconds",
    "1",
    "type",
    "request",
    "header",
    "asks",
    "server",
    "to",
    "queue",
    "burst",
    "limit",
    "ratelimitreached",
];

#[test]
fn every_header_is_read_or_unread_for_a_documented_reason() {
    let docs = include_str!("../../src/feedback/vendors.rs").replace("\n    ///", "").to_lowercase();
    for Row { provider, cell, dialect, read, unread } in ROWS {
        let is_read = |name: &str| {
            let own = dialect.header_names().chain(dialect.body_phrases());
            own.chain(["retry-after"]).any(|own| own.eq_ignore_ascii_case(name))
        };
        for name in *read {
            assert!(is_read(name), "{provider}: `{name}` is not read");
        }
        for (name, reason) in *unread {
            assert!(!is_read(name), "{provider}: expected `{name}` to be unread, but the dialect reads it");
            let notes = Provider::ALL.iter().flat_map(|provider| provider.policy().notes);
            let mut texts = notes.map(|note| note.to_lowercase()).chain([docs.clone()]);
            assert!(
                texts.any(|text| text.contains(name) && text.contains(&reason.to_lowercase())),
                "{provider}: expected the documentation to state why `{name}` is not read, found no reason"
            );
        }
        for word in cell.split(|letter: char| " /;:|{}(),<>*=".contains(letter)) {
            let word = word.trim_matches(['-', '.']).to_lowercase();
            let names = || read.iter().chain(unread.iter().map(|(name, _)| name));
            assert!(
                word.is_empty() || PROSE.contains(&&*word) || names().any(|name| name.contains(&*word)),
                "{provider}: expected a header or a word of prose, found `{word}`"
            );
        }
    }
}

#[test]
fn an_invalid_value_of_every_header_is_reported() {
    // Text headers are only searched for phrases, so no text is invalid.
    let texts = ["x-ratelimit-type", "x-ms-error-code", "x-error-message"];
    for dialect in super::any::all() {
        for name in dialect.header_names().chain(["retry-after"]).filter(|name| !texts.contains(name)) {
            let signals = super::read(dialect, 200, &[(name, "\"?")], "");
            let invalid: Vec<_> = signals.invalid_values().map(|(at, _)| at).collect();
            assert_eq!(invalid, [name]);
        }
    }
}
