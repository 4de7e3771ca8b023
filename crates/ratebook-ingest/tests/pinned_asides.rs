//! What rules set aside by a pattern is pinned on the fact page: a change of it shows.

#[path = "support/acme.rs"]
#[allow(dead_code, reason = "each test binary uses a part of the support module")]
mod acme;

use acme::{errors, limits, read_form};
use ratebook_ingest::engine::Inputs;
use ratebook_ingest::ledger::Asides;
use ratebook_ingest::{BlockKind, Decisions, ProviderReader, Reading, read};

const RULES: &str = r#"
[[table]]
id = "limits"
usual = ["Model", "RPM"]
who = [
  { match = "Legacy {any}", skip = "a service without models" },
  { match = "Total", skip = "the sum" },
  { match = "{model}", kind = "model", name = "{model}" },
]
[table.columns]
"Description" = { skip = "in words what the limit is" }
[[skip]]
lists = "advice"
code = "a sample"
unread = { include = "a shared note" }
[[skip]]
under = { heading = "Errors" }
tables = "codes of errors"
"#;

const PAGE: &str = "\
# Limits

| Model | RPM | Description |
|---|---|---|
| rocket | 60 | Calls counted by minute |
| Legacy search | 10 | Calls of the old search |
| Total | 90 | The sum |

- Wait before you try again

```
sleep 30
```

<Tabs>
<Tab title=\"EU\">

<Render file=\"eu\" />

</Tab>
<Tab title=\"US\">

<Render file=\"us\" />

</Tab>
</Tabs>

## Errors

| Code | Meaning |
|---|---|
| 429 | Too many calls |
";

/// Reads a page with passages that are set aside.
fn read_aside(rules: &str, page: &str, extension: &str, asides: &Asides) -> Reading {
    let decisions = Decisions::default();
    let page = read::read_bytes(page.as_bytes(), Some(extension)).expect("text");
    let inputs = Inputs { decisions: &decisions, policy: None, asides };
    ProviderReader::new(acme::recipe(rules).expect("a recipe")).read(&page, inputs)
}

/// Returns the fingerprints of what rules set aside, with their places.
fn pins(reading: &Reading) -> Vec<(u32, String)> {
    let pin = |block: &ratebook_ingest::Block| match &block.kind {
        BlockKind::Statement { name, value } if name == "set aside" => Some((block.line, value.clone())),
        _ => None,
    };
    reading.page.blocks.iter().filter_map(pin).collect()
}

/// Asserts that an edit changes no limit, and one fingerprint.
#[track_caller]
fn assert_seen(from: &str, to: &str, line: u32) {
    assert!(PAGE.contains(from), "{from}");
    let (before, after) = (read_form(RULES, PAGE, "md"), read_form(RULES, &PAGE.replacen(from, to, 1), "md"));
    assert_eq!(errors(&after), Vec::<String>::new());
    assert_eq!(limits(&after), limits(&before));
    let (before, after) = (pins(&before), pins(&after));
    let changed: Vec<u32> = before.iter().zip(&after).filter(|(a, b)| a.1 != b.1).map(|(a, _)| a.0).collect();
    assert_eq!(changed, [line], "{before:?}\n{after:?}");
}

#[test]
fn a_changed_window_in_a_column_that_is_set_aside_is_seen() {
    assert_seen("Calls counted by minute", "Calls counted by hour", 3);
    assert_seen("Calls counted by minute", "Calls counted by minute in the EU", 3);
}

#[test]
fn a_changed_number_in_a_row_that_is_set_aside_is_seen() {
    assert_seen("| 90 |", "| 900 |", 3);
    assert_seen("| Legacy search |", "| Legacy images |", 3);
}

#[test]
fn a_changed_table_that_is_set_aside_is_seen() {
    assert_seen("Too many calls", "More than 60 calls a minute", 30);
}

#[test]
fn words_that_a_pattern_takes_and_does_not_bind_are_seen() {
    let rules =
        RULES.replace("match = \"Total\", skip = \"the sum\"", "match = \"Every other {any}\", kind = \"rest\"");
    let page = PAGE.replace("| Total |", "| Every other model counts requests |");
    let (before, after) =
        (read_form(&rules, &page, "md"), read_form(&rules, &page.replace("counts requests", "counts tokens"), "md"));
    assert_eq!((errors(&before), limits(&before)), (errors(&after), limits(&after)));
    assert_eq!(limits(&before).len(), 2, "{:?}", errors(&before));
    assert_ne!(pins(&before), pins(&after));
}

#[test]
fn a_changed_item_and_line_of_code_are_seen() {
    assert_seen("Wait before", "Wait a minute before", 9);
    assert_seen("sleep 30", "sleep 60", 11);
}

#[test]
fn labels_that_change_places_around_included_text_are_seen() {
    let swapped = PAGE.replace("\"EU\"", "\"?\"").replace("\"US\"", "\"EU\"").replace("\"?\"", "\"US\"");
    let (before, after) = (pins(&read_form(RULES, PAGE, "md")), pins(&read_form(RULES, &swapped, "md")));
    let values = |pins: &[(u32, String)]| {
        pins.iter().filter(|pin| pin.1.contains("a shared note")).map(|pin| pin.1.clone()).collect::<Vec<_>>()
    };
    assert_eq!(values(&before).len(), 2, "{before:?}");
    assert_ne!(values(&before), values(&after));
}

#[test]
fn a_change_of_form_keeps_the_fingerprint() {
    let before = read_form(RULES, PAGE, "md");
    let after = read_form(RULES, &PAGE.replace("Calls counted by minute", "*Calls*, counted by `minute`."), "md");
    assert_eq!(pins(&before), pins(&after));
}

#[test]
fn a_rate_in_a_row_that_a_pattern_sets_aside_is_set_aside_singly() {
    let page =
        PAGE.replace("| Legacy search | 10 | Calls of the old search |", "| Legacy search | 10 | Calls a minute |");
    let refused = read_form(RULES, &page, "md");
    assert_eq!(errors(&refused), ["error: line 6: no rule reads the rate in `Legacy search | 10 | Calls a minute`"]);
    let [passage] = refused.unknown.as_slice() else { panic!("{:?}", refused.unknown) };
    let mut asides = Asides::default();
    asides.add(std::slice::from_ref(passage), "the old search, which has no model").unwrap();
    let reading = read_aside(RULES, &page, "md", &asides);
    assert_eq!(errors(&reading), Vec::<String>::new());
    assert_eq!(reading.numbers.left_over(), 0);
    let other = read_aside(RULES, &page.replace("| 10 |", "| 20 |"), "md", &asides);
    assert_eq!(errors(&other), ["error: line 6: no rule reads the rate in `Legacy search | 20 | Calls a minute`"]);
    // The recipe names this row singly.
    let named = read_form(RULES, &PAGE.replace("| The sum |", "| Calls a minute |"), "md");
    assert_eq!(errors(&named), Vec::<String>::new());
}

#[test]
fn a_rate_in_an_item_that_a_pattern_sets_aside_is_set_aside_singly() {
    let rules = format!(
        "{RULES}[[list]]\nid = \"items\"\nrequired = false\nwho = [{{ match = \"Legacy: {{any}} a minute\", skip = \"old\" }}, {{ match = \"Legacy: {{rate}}\", skip = \"old\" }}]\n"
    );
    let reading =
        read_form(&rules, &PAGE.replace("- Wait before you try again", "- Legacy: 5 requests per minute"), "md");
    assert_eq!(errors(&reading).len(), 1, "{:?}", errors(&reading));
    assert!(errors(&reading)[0].starts_with("error: line 9: no "), "{:?}", errors(&reading));
}
