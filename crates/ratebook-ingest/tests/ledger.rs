//! The ledger of a page: claims, numbers by address, passages, and what is open.

use ratebook_ingest::Page;
use ratebook_ingest::ledger::{Address, Asides, ClaimError, Disposition, Ledger, Weight};
use ratebook_ingest::page::Form;
use ratebook_ingest::read::read;

fn page(text: &str) -> Page {
    read(text, Form::Markdown)
}

const TABLE: &str =
    "# Limits\n\n| Model | RPM | 10 minutes |\n|---|---|---|\n| x | 60 (2 a second) | 5 |\n| y | 70 | 6 |\n";

#[test]
fn numbers_are_accounted_for_by_the_address_of_their_cell() {
    let page = page(TABLE);
    let mut ledger = Ledger::new(&page);
    ledger.claim(Address::header(1, 0, 2), "table[a]").unwrap();
    ledger.claim(Address::body(1, 1, 1), "table[a]").unwrap();
    ledger.claim_within(Address::body(1, 0, 1), 0..2, "table[a]").unwrap();
    ledger.set_aside(Address::body(1, 0, 2), "the size of a request").unwrap();
    let open: Vec<_> = ledger.open().into_iter().map(|open| (open.line, open.text, open.numbers)).collect();
    assert_eq!(open, [(5, "60 (2 a second)".to_owned(), 1), (6, "6".to_owned(), 1)]);
    let counts = ledger.counts();
    assert_eq!((counts.numbers.claimed, counts.numbers.open, counts.numbers.found()), (3, 2, 6));
    assert_eq!(counts.numbers.set_aside.get("the size of a request"), Some(&1));
    assert_eq!((counts.blocks.claimed, counts.blocks.open), (1, 0));
}

#[test]
fn equal_texts_in_two_cells_are_two() {
    let page = page("| A | B |\n|---|---|\n| 5 | 5 |\n");
    let mut ledger = Ledger::new(&page);
    ledger.claim(Address::body(0, 0, 0), "t").unwrap();
    assert_eq!(ledger.open().len(), 1);
    assert_eq!(ledger.open()[0].address, Address::body(0, 0, 1));
}

#[test]
fn a_block_has_one_rule() {
    let page = page(&format!("{TABLE}\n- 5 requests a day\n"));
    let mut ledger = Ledger::new(&page);
    ledger.claim(Address::body(1, 0, 1), "table[a]").unwrap();
    let error = ledger.claim(Address::body(1, 1, 1), "table[b]").unwrap_err();
    assert_eq!(error.to_string(), "line 3: `table[b]` takes what `table[a]` has taken: each block has one rule");
    assert!(matches!(ledger.set_aside(Address::block(1), "advice"), Err(ClaimError::Twice { .. })));
    ledger.claim(Address::block(2), "list[a]").unwrap();
    ledger.claim(Address::block(2), "list[a]").unwrap();
    assert!(matches!(ledger.claim(Address::sentence(2, 0), "list[b]"), Err(ClaimError::Twice { line: 8, .. })));
    assert!(matches!(ledger.claim(Address::block(9), "x"), Err(ClaimError::NoSuchPlace(_))));
    assert!(matches!(ledger.claim(Address::body(1, 7, 0), "table[a]"), Err(ClaimError::NoSuchPlace(_))));
}

#[test]
fn an_unclaimed_table_and_an_unread_block_are_open() {
    let page = page(&format!("{TABLE}\n[!INCLUDE [x](y.md)]\n"));
    let mut ledger = Ledger::new(&page);
    let open: Vec<_> = ledger.open().into_iter().map(|open| open.text).collect();
    assert_eq!(open.len(), 2);
    assert_eq!(open[0], "Model | RPM | 10 minutes");
    assert!(open[1].starts_with("included text"), "{open:?}");
    ledger.set_aside(Address::block(1), "of another product").unwrap();
    ledger.set_aside(Address::block(2), "the same text on another page").unwrap();
    assert_eq!(ledger.open(), []);
    assert_eq!(ledger.counts().numbers.found(), ledger.counts().numbers.set_aside.values().sum::<u64>());
}

#[test]
fn in_the_scope_of_a_limit_every_passage_is_pinned_and_elsewhere_those_with_a_number_or_a_word() {
    let page = page(
        "# Page\n\n## Limits\n\nRead this. Then that.\n\n- 60 requests a minute\n\n### Notes\n\nSee there.\n\n## Other\n\nHello.\n\nA quota.\n\n```\nx = 3\n```\n",
    );
    let mut ledger = Ledger::new(&page);
    ledger.claim_limit(Address::block(3), "list").unwrap();
    let unknown = ledger.apply_asides(&Asides::default());
    let texts: Vec<_> =
        unknown.iter().map(|passage| (passage.text.as_str(), passage.weight, passage.stops())).collect();
    let expected = [
        ("Read this.", Weight::Plain, false),
        ("Then that.", Weight::Plain, false),
        ("See there.", Weight::Plain, false),
        ("A quota.", Weight::LimitWord, true),
        ("x = 3", Weight::Number, true),
    ];
    assert_eq!(texts, expected);
    assert_eq!(unknown[2].section, "Page > Limits > Notes");
    assert_eq!(ledger.counts().blocks.open, 4);
}

#[test]
fn a_passage_is_set_aside_until_its_wording_changes() {
    let before = page("# Limits\n\n- 60 requests a minute\n\nLimits hold per account.\n");
    let mut ledger = Ledger::new(&before);
    ledger.claim_limit(Address::block(1), "list").unwrap();
    let mut asides = Asides::default();
    asides.add(&ledger.apply_asides(&Asides::default()), "the policy says it").unwrap();
    assert_eq!(ledger.apply_asides(&asides), []);
    assert_eq!(ledger.open(), []);
    assert_eq!(ledger.counts().blocks.set_aside.get("the policy says it"), Some(&1));
    for (text, is_known) in [("limits hold  *per account*", true), ("Limits hold per key.", false)] {
        let after = page(&format!("# Limits\n\n- 60 requests a minute\n\n{text}\n"));
        let mut ledger = Ledger::new(&after);
        ledger.claim_limit(Address::block(1), "list").unwrap();
        assert_eq!(ledger.apply_asides(&asides).is_empty(), is_known, "{text}");
    }
}

#[test]
fn a_heading_counts_if_it_states_a_rate_and_a_caption_is_a_passage() {
    let page = read(
        "<h1>Tier 1</h1><h2>60 requests a minute</h2><table><caption>Limits are shared.</caption><tr><th>A<tr><td>5</table>",
        Form::Html,
    );
    let mut ledger = Ledger::new(&page);
    ledger.claim(Address::body(2, 0, 0), "table").unwrap();
    let passages: Vec<_> = ledger.passages().into_iter().map(|passage| passage.text).collect();
    assert_eq!(passages, ["60 requests a minute", "Limits are shared."]);
    assert_eq!(ledger.disposition(Address::caption(2)), Some(&Disposition::Open));
    assert_eq!(ledger.open().len(), 2);
}

#[test]
fn a_merged_cell_counts_once() {
    let page = read("<table><tr><th>A<th>B<tr><td rowspan=2>5<td>6<tr><td>7</table>", Form::Html);
    let mut ledger = Ledger::new(&page);
    assert_eq!(ledger.counts().numbers.found(), 3);
    ledger.claim(Address::body(0, 1, 0), "t").unwrap();
    assert_eq!(ledger.counts().numbers.claimed, 0);
    ledger.claim(Address::body(0, 0, 0), "t").unwrap();
    assert_eq!(ledger.counts().numbers.claimed, 1);
}
