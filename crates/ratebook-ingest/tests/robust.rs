//! Readers and accounts on arbitrary input: no panic, no overflow of the stack, and lines of the page only.

use proptest::prelude::*;
use ratebook_ingest::accounts::{Accounts, Asides};
use ratebook_ingest::page::Form;
use ratebook_ingest::{BlockKind, Page, read};

const FORMS: [Form; 3] = [Form::Html, Form::Markdown, Form::Text];

/// Beginnings and ends of everything that a reader knows.
const PARTS: &[&str] = &[
    "<",
    ">",
    "<!--",
    "-->",
    "{/*",
    "*/}",
    "{{<",
    ">}}",
    "{{< comment >}}",
    "{{< /comment >}}",
    "{%",
    "{% comment %}",
    "`",
    "``",
    "\n```\n",
    "~~~",
    "[… ",
    " …]",
    "[",
    "]",
    "](",
    "*",
    "**",
    "~~",
    "_",
    "> ",
    "\n> ",
    "- ",
    "\n- ",
    "\n  * ",
    "1. ",
    "|",
    "\n| a | b |",
    "\n|---|---|",
    "\n| 5 |\n|---|\n",
    "<b>",
    "</b>",
    "<s>",
    "</s>",
    "<div>",
    "</div>",
    "<div hidden>",
    "\n\n<div>\n\n",
    "\n\n</div>\n\n",
    "<p>",
    "</p>",
    "<table>",
    "</table>",
    "<tr>",
    "<td>",
    "<th>",
    "<td rowspan=9 colspan=3>",
    "<ul><li>",
    "<a>",
    "<sup>",
    "</sup>",
    "<Tab title=\"a\">\n",
    "\n</Tab>\n",
    "<Render />",
    "\n:::note\n",
    "\n:::\n",
    "\n=== \"a\"\n    ",
    "\n# [a](#tab/b)\n",
    "\n---\n",
    "\n# A\n",
    "[^1]",
    "\n[^1]: a\n",
    "[1]: 3\n",
    "&",
    "&nbsp;",
    "&#8203;",
    "\u{200b}",
    "\u{fdd0}",
    "\u{fdd6}",
    "１",
    "，",
    "†",
    "¹",
    "\n----------\n",
    "\n  ---- ----\n",
    "  a    b\n",
    "<details><summary>",
    "</summary>",
    "</details>",
    "<div role=tab id=x aria-controls=y>",
    "<div role=tabpanel id=y>",
    "<aside>",
    "<script>",
    "</script>",
    "<template>",
    "<svg>",
    "<ratebook-panel kind=tab>",
    "<ratebook-unread>",
    "import {\n",
    "\nexport const a = 5;\n",
    "5 requests per minute. ",
    "[!INCLUDE [a](b)]",
    "\\",
    "\"",
    "'",
    "=",
    "é",
    "限",
    "\r\n",
    "\n\n",
    "\n",
    "    ",
    "\t",
    " ",
];

fn lines_of(page: &Page) -> Vec<u32> {
    let mut lines = Vec::new();
    for block in &page.blocks {
        lines.push(block.line);
        if let BlockKind::Table(table) = &block.kind {
            for row in table.header.iter().chain(&table.rows) {
                lines.push(row.line);
                lines.extend(row.cells.iter().map(|cell| cell.line));
            }
        }
    }
    lines
}

fn check(text: &str) -> Result<(), TestCaseError> {
    for form in FORMS {
        let page = read::read(text, form);
        let last = text.replace("\r\n", "\n").replace('\r', "\n").lines().count().max(1) as u32;
        for line in lines_of(&page) {
            prop_assert!((1..=last).contains(&line), "{form:?} line {line} of {last}");
        }
        let mut accounts = Accounts::new(&page);
        let numbers = accounts.counts().numbers.found();
        accounts.settle(&Asides::default());
        prop_assert_eq!(accounts.counts().numbers.found(), numbers);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_parts_can_be_read(parts in proptest::collection::vec(proptest::sample::select(PARTS), 0..60)) {
        check(&parts.concat())?;
    }

    #[test]
    fn any_bytes_can_be_read(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        for ending in [None, Some("html"), Some("md"), Some("txt")] {
            let _ = read::read_bytes(&bytes, ending);
        }
        check(&String::from_utf8_lossy(&bytes))?;
    }

    #[test]
    fn any_file_of_fingerprints_is_read_or_refused(text in "(section\treason\tfingerprint\n)?([ -~\t\n]|[0-9a-f]{16}){0,40}") {
        if let Ok(asides) = Asides::parse(&text) {
            prop_assert_eq!(Asides::parse(&asides.write()), Ok(asides));
        }
    }
}

#[test]
fn every_part_can_be_repeated() {
    for part in PARTS {
        check(&part.repeat(3_000)).unwrap();
    }
}
