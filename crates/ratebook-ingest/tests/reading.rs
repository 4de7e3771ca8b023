//! The forms that real pages take, each read as it is meant; the text is ours.

use proptest::prelude::*;
use ratebook_ingest::page::Form;
use ratebook_ingest::read::{ReadError, form_of, read, read_bytes};
use ratebook_ingest::{Block, BlockKind, Origin, Page, Table};

fn markdown(text: &str) -> Page {
    read(text, Form::Markdown)
}

fn html(text: &str) -> Page {
    read(text, Form::Html)
}

/// Returns each block as one line: its line number, its mark, its text.
fn outline(page: &Page) -> Vec<String> {
    page.blocks.iter().map(line_of).collect()
}

fn line_of(block: &Block) -> String {
    let text = match &block.kind {
        BlockKind::Heading { level, text } => format!("{} {text}", "#".repeat((*level).into())),
        BlockKind::Paragraph(text) => text.clone(),
        BlockKind::Item { depth, text } => format!("{}- {text}", "  ".repeat((*depth).into())),
        BlockKind::Code(_) => "code".to_owned(),
        BlockKind::Unread { what, text } => format!("{what:?}: {text}"),
        BlockKind::Statement { name, value } => format!("> {name}: {value}"),
        BlockKind::Table(table) => format!("table {}x{}", table.header.len() + table.rows.len(), width(table)),
    };
    format!("{}: {text}", block.line)
}

fn width(table: &Table) -> usize {
    table.header.iter().chain(&table.rows).map(|row| row.cells.len()).max().unwrap_or(0)
}

fn table(page: &Page) -> &Table {
    let tables = page.blocks.iter().filter_map(|block| match &block.kind {
        BlockKind::Table(table) => Some(table),
        _ => None,
    });
    let tables: Vec<&Table> = tables.collect();
    assert_eq!(tables.len(), 1, "{:?}", outline(page));
    tables[0]
}

/// Returns the rows of the body with their cells joined: `^` marks a spanned cell, `/` a line break.
fn body(table: &Table) -> Vec<String> {
    let cell = |cell: &ratebook_ingest::Cell| {
        let mark = if cell.origin == Origin::Spanned { "^" } else { "" };
        format!("{mark}{}", cell.text.replace('\n', "/"))
    };
    table.rows.iter().map(|row| row.cells.iter().map(cell).collect::<Vec<_>>().join("|")).collect()
}

mod forms {
    use super::*;

    #[test]
    fn content_overrides_the_extension() {
        assert_eq!(form_of("<!doctype html><p>x</p>", Some("txt")), Form::Html);
        assert_eq!(form_of("\n<html lang=en>", None), Form::Html);
        assert_eq!(form_of("<!-- source: x -->\n\n## Limits", Some("md")), Form::Markdown);
        assert_eq!(form_of("<!-- x --><p>y</p>", None), Form::Html);
        assert_eq!(form_of("Limits | Plan |\n---|---|\nCalls | 6 |\n", Some("txt")), Form::Markdown);
        assert_eq!(form_of("---\ntitle: x\n---\ntext", Some("txt")), Form::Markdown);
        assert_eq!(form_of("## Limits\n\n- 720 a minute", None), Form::Markdown);
        assert_eq!(form_of("import A from 'a'\n\n## Limits", Some("mdx")), Form::Markdown);
        assert_eq!(form_of("Model\n\nRPM\n\nrocket\n\n60\n", None), Form::Text);
        assert_eq!(form_of("# LoRAs\n100\nin a row of a flattened table", None), Form::Markdown);
        assert_eq!(form_of("Limits\n# LoRAs\n100\n", None), Form::Text, "a number sign is not a heading");
        assert_eq!(form_of("plain", Some("md")), Form::Markdown);
        assert_eq!(form_of("plain", Some("html")), Form::Html);
    }

    #[test]
    fn invalid_utf8_is_an_error_with_its_offset() {
        assert_eq!(read_bytes(b"abc\xff", None), Err(ReadError::NotUtf8 { at: 3 }));
        assert_eq!(read_bytes(b" \n", None), Err(ReadError::Empty));
        let page = read_bytes("\u{feff}# A\r\n\r\nb\r\n".as_bytes(), Some("md")).unwrap();
        assert_eq!(outline(&page), ["1: # A", "3: b"]);
    }
}

mod in_markdown {
    use super::*;

    #[test]
    fn syntax_around_the_content_is_omitted_and_what_it_stands_for_is_named() {
        let page = markdown(
            "---\ntitle: Limits\n\nsidebar: 3\n---\nimport { Render } from \"~/x\";\nexport const a = 1;\n\n# Limits\n\n\
             {{<render file=\"_x.md\">}}\n<Render file=\"x\" />\n<Aside type=\"note\">\nBeta is less.\n</Aside>\n\n\
             :::note\nMind this.\n:::\n",
        );
        let expected = [
            "6: Import: import { Render } from \"~/x\";",
            "7: Constant: export const a = 1;",
            "9: # Limits",
            "11: Include: {{<render file=\"_x.md\">}}",
            "12: Include: <Render file=\"x\" />",
            "14: Beta is less.",
            "18: Mind this.",
        ];
        assert_eq!(outline(&page), expected);
    }

    #[test]
    fn lists_keep_their_depth_and_links_their_text() {
        let page = markdown(
            "### [Text Generation](/models/#x)\n\n * [a/b](/c) is 5 a minute\n    - nested\n\n1. one\n2. two\n",
        );
        assert_eq!(
            outline(&page),
            ["1: ### Text Generation", "3: - a/b is 5 a minute", "4:   - nested", "6: - one", "7: - two"]
        );
    }

    #[test]
    fn a_paragraph_of_bold_text_alone_is_a_heading() {
        assert_eq!(
            outline(&markdown("**Translation**\n\n- 720 a minute\n")),
            ["1: ###### Translation", "3: - 720 a minute"]
        );
        assert_eq!(outline(&markdown("**Note** this.\n")), ["1: Note this."]);
    }

    #[test]
    fn tables_need_no_leading_pipe_and_no_blank_lines_around_them() {
        let page =
            markdown("A sentence.\nLimits | Plan |\n---|---|\n# LoRAs | 100 |\nCalls | 6,000 |\nAnother sentence.\n");
        assert_eq!(outline(&page), ["1: A sentence.", "2: table 3x2", "6: Another sentence."]);
        assert_eq!(body(table(&page)), ["# LoRAs|100", "Calls|6,000"]);
        assert_eq!(table(&page).rows[1].line, 5);
    }

    #[test]
    fn adjacent_tables_stay_separate() {
        let page = markdown("A | B |\n---|---|\n1 | 2 |\nC | D |\n---|---|\n3 | 4 |\n");
        assert_eq!(outline(&page), ["1: table 2x2", "4: table 2x2"]);
    }

    #[test]
    fn a_stray_blank_line_does_not_end_a_table() {
        assert_eq!(body(table(&markdown("| A | B |\n|---|---|\n| 1 | 2 |\n\n| 3 | 4 |\n"))), ["1|2", "3|4"]);
    }

    #[test]
    fn rows_of_different_length_keep_all_cells() {
        let page = markdown("| A | B |\n|---|---|\n| 1 |\n| 1 | 2 | 3 |\n| | 5 |\n");
        assert_eq!(body(table(&page)), ["1", "1|2|3", "|5"]);
    }

    #[test]
    fn tables_in_quotes_in_components_and_indented_are_read() {
        for text in [
            "> | A | B |\n> |---|---|\n> | 1 | 2 |\n",
            "<Tabs>\n  <Tab>\n    | A | B |\n    |---|---|\n    | 1 | 2 |\n  </Tab>\n</Tabs>\n",
        ] {
            assert_eq!(body(table(&markdown(text))), ["1|2"], "{text}");
        }
    }

    #[test]
    fn cells_may_have_breaks_code_escapes_entities_and_footnotes() {
        let page = markdown(
            "| A |\n|---|\n| x<br>(y) |\n| `a-b` \\| c |\n| &lt; 40B |\n| 5<sup>1</sup> |\n| **6** [7](/z) |\n",
        );
        assert_eq!(body(table(&page)), ["x/(y)", "a-b | c", "< 40B", "5", "6 7"]);
    }

    #[test]
    fn an_html_table_in_markdown_is_read_as_html() {
        let page = markdown(
            "# A\n\n<table>\n<tr><th>M</th><th>N</th></tr>\n<tr><td rowspan=\"2\">x</td><td>1</td></tr>\n<tr><td>2</td></tr>\n</table>\n\nB\n",
        );
        assert_eq!(outline(&page), ["1: # A", "3: table 3x2", "9: B"]);
        assert_eq!(body(table(&page)), ["x|1", "^x|2"]);
        assert_eq!(table(&page).rows[1].line, 6);
    }

    #[test]
    fn code_is_one_block() {
        let page = markdown("```\n| no | table |\n|---|---|\n- no item\n```\n\n- item\n");
        assert_eq!(outline(&page), ["1: code", "7: - item"]);
    }
}

mod in_html {
    use super::*;

    #[test]
    fn a_merged_cell_repeats_in_every_cell_it_covers() {
        let page = html(
            "<table><thead><tr><th rowspan=2>Model</th><th colspan=2>Limit</th></tr><tr><th>RPM</th><th>TPM</th></tr></thead>\n\
             <tr><td>a</td><td rowspan=3>60</td><td>1</td></tr>\n<tr><td>b</td><td rowspan=2>2</td></tr>\n<tr><td>c</td></tr></table>",
        );
        let table = table(&page);
        assert_eq!(body(table), ["a|60|1", "b|^60|2", "c|^60|^2"]);
        let header: Vec<Vec<&str>> =
            table.header.iter().map(|row| row.cells.iter().map(|c| c.text.as_str()).collect()).collect();
        assert_eq!(header, [["Model", "Limit", "Limit"], ["Model", "RPM", "TPM"]]);
        assert_eq!(table.rows[2].line, 4);
    }

    #[test]
    fn spans_are_bounded() {
        let page = html(
            "<table><tr><th>A</th></tr><tr><td rowspan=4000000000 colspan=99999999>x</td></tr><tr><td>y</td></tr></table>",
        );
        assert!(width(table(&page)) <= 2_000);
    }

    #[test]
    fn metadata_scripts_and_comments_are_omitted() {
        let page = html(
            "<head><title>no</title></head><body><p>yes</p><script>document.write('<p>no</p>')</script>\
             <style>p { no }</style><!-- <p>no</p> -->",
        );
        assert_eq!(outline(&page), ["1: yes"]);
    }

    #[test]
    fn text_keeps_its_order_and_its_line() {
        let page = html(
            "<h2>\n  A &amp; <em>B</em></h2>\n<p>one\ntwo</p>\n<ul>\n<li>x\n<ul><li>y</li></ul></li>\n<li><p>z</p></li></ul>\n<div>loose</div>",
        );
        assert_eq!(outline(&page), ["1: ## A & B", "3: one two", "6: - x", "7:   - y", "8: - z", "9: loose"]);
    }

    #[test]
    fn a_cell_is_on_the_line_of_its_text() {
        let page = html("<table>\n<tr><th>M</th></tr>\n<tr>\n<td>\n\n<p>x</p><p>(y)</p>\n</td></tr></table>");
        let cell = &table(&page).rows[0].cells[0];
        assert_eq!((cell.text.as_str(), cell.line), ("x\n(y)", 6));
    }

    #[test]
    fn tables_in_details_and_without_header_cells_are_read() {
        let page = html(
            "<details><summary>More</summary><table><tr><td>A</td></tr><tr><td>1<sup>*</sup></td></tr></table></details>",
        );
        assert_eq!(body(table(&page)), ["1"]);
    }

    #[test]
    fn a_paragraph_of_bold_text_alone_is_a_heading() {
        assert_eq!(
            outline(&html("<p><strong>Translation</strong></p><ul><li>720</li></ul>")),
            ["1: ###### Translation", "1: - 720"]
        );
    }
}

mod in_text {
    use super::*;

    #[test]
    fn each_line_is_a_paragraph_or_an_item() {
        let page = read("Title\n\n  • Account: one\n    • nested\n\n  1. Wait\n-1\n2\n1,200\n", Form::Text);
        assert_eq!(
            outline(&page),
            ["1: Title", "3: - Account: one", "4:   - nested", "6: - Wait", "7: -1", "8: 2", "9: 1,200"]
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn any_text_can_be_read_in_any_form(text in "([ -~\n]|<td>|</td>|<tr>|<table>|\\|---\\||\\| |\n---\n|<A>|\\{\\{<|# |- |é){0,60}") {
        for form in [Form::Html, Form::Markdown, Form::Text] {
            let lines = text.lines().count().max(1) as u32;
            for block in read(&text, form).blocks {
                prop_assert!((1..=lines).contains(&block.line), "{form:?} line {} of {lines}", block.line);
            }
        }
    }
}

#[test]
fn escapes_of_markdown_in_a_cell_of_html_are_no_text() {
    let page =
        markdown("<table>\n<tr><th>Tier</th><th>Spend</th></tr>\n<tr><td>1</td><td>\\$100</td></tr>\n</table>\n");
    assert_eq!(body(table(&page)), ["1|$100"]);
    let path = markdown("<table>\n<tr><th>Folder</th></tr>\n<tr><td>C:\\limits</td></tr>\n</table>\n");
    assert_eq!(body(table(&path)), ["C:\\limits"]);
}
