//! Readers lose nothing: sections, panels, hidden and struck-out content, footnote marks, comments, odd tables.

use ratebook_ingest::page::Form;
use ratebook_ingest::read::read;
use ratebook_ingest::{Block, BlockKind, Cell, LabelKind, Page, Table, Unread};

fn markdown(text: &str) -> Page {
    read(text, Form::Markdown)
}

fn html(text: &str) -> Page {
    read(text, Form::Html)
}

fn text_of(block: &Block) -> String {
    match &block.kind {
        BlockKind::Heading { text, .. } | BlockKind::Paragraph(text) | BlockKind::Item { text, .. } => text.clone(),
        BlockKind::Code(text) => text.trim().to_owned(),
        BlockKind::Unread { what, .. } => format!("unread {}", what.word()),
        BlockKind::Statement { name, value } => format!("{name}: {value}"),
        BlockKind::Table(table) => {
            let rows = table.header.iter().chain(&table.rows);
            let row = |cells: &Vec<Cell>| cells.iter().map(|cell| cell.text.clone()).collect::<Vec<_>>().join("|");
            rows.map(|row_of| row(&row_of.cells)).collect::<Vec<_>>().join(" / ")
        }
    }
}

/// Returns `line [path] text` of each block, with its flags.
fn outline(page: &Page) -> Vec<String> {
    let line = |block: &Block| {
        let path = if block.path.labels().is_empty() { String::new() } else { format!("[{}] ", block.path) };
        let hidden = if block.flags.hidden { "hidden " } else { "" };
        let struck = if block.flags.struck { "struck " } else { "" };
        format!("{} {path}{hidden}{struck}{}", block.line, text_of(block))
    };
    page.blocks.iter().map(line).collect()
}

fn table(page: &Page) -> &Table {
    let tables = page.blocks.iter().filter_map(|block| match &block.kind {
        BlockKind::Table(table) => Some(table),
        _ => None,
    });
    let tables: Vec<_> = tables.collect();
    assert_eq!(tables.len(), 1, "{:?}", outline(page));
    tables[0]
}

fn cells(page: &Page) -> Vec<&Cell> {
    table(page).rows.iter().flat_map(|row| &row.cells).collect()
}

/// Returns the notes of a page, with their marks.
fn notes(page: &Page) -> Vec<(&str, String)> {
    page.blocks.iter().filter_map(|block| Some((block.note.as_deref()?, text_of(block)))).collect()
}

mod sections {
    use super::*;

    #[test]
    fn a_block_has_the_headings_above_it_and_a_heading_those_of_its_parents() {
        let expected = ["1 A", "2 [A] B", "3 [A > B] x", "5 [A] C", "7 [A > C] y"];
        assert_eq!(outline(&markdown("# A\n## B\nx\n\n## C\n\ny\n")), expected);
        let page = html("<h1>A</h1>\n<div><h2>B</h2></div>\n<p>x</p>\n\n<h2>C</h2>\n\n<p>y</p>");
        assert_eq!(outline(&page), expected);
    }

    #[test]
    fn tabs_of_every_spelling_are_in_the_path() {
        let pages = [
            html(
                "<div role=tablist><button role=tab aria-controls=p1>Tier 1</button><button role=tab id=t2>Tier 2</button></div>\
                 <div role=tabpanel id=p1><p>a 5</p></div><div role=tabpanel aria-labelledby=t2><p>a 9</p></div>",
            ),
            html(
                "<ul role=tablist><li role=tab>Tier 1</li><li role=tab>Tier 2</li></ul>\
                 <div role=tabpanel><p>a 5</p></div><div role=tabpanel><p>a 9</p></div>",
            ),
            markdown(
                "<Tabs>\n  <Tab title=\"Tier 1\">\n    a 5\n  </Tab>\n  <Tab title=\"Tier 2\">\n    a 9\n  </Tab>\n</Tabs>\n",
            ),
            markdown(
                "<Tabs>\n<TabItem value=\"t1\" label=\"Tier 1\">a 5</TabItem>\n<TabItem label='Tier 2'>\na 9\n</TabItem>\n</Tabs>\n",
            ),
            markdown("# [Tier 1](#tab/t1)\n\na 5\n\n# [Tier 2](#tab/t2)\n\na 9\n\n---\n"),
            markdown("=== \"Tier 1\"\n\n    a 5\n\n=== \"Tier 2\"\n\n    a 9\n"),
            markdown(
                "{{< tabs >}}\n{{% tab \"Tier 1\" %}}\na 5\n{{% /tab %}}\n{{% tab name=\"Tier 2\" %}}\na 9\n{{% /tab %}}\n{{< /tabs >}}\n",
            ),
        ];
        for page in &pages {
            let labels = page.blocks.iter().map(|block| {
                let label = &block.path.labels()[0];
                (label.kind, label.text.to_string(), text_of(block))
            });
            let tab = |label: &str, text: &str| (LabelKind::Tab, label.to_owned(), text.to_owned());
            assert_eq!(labels.collect::<Vec<_>>(), [tab("Tier 1", "a 5"), tab("Tier 2", "a 9")], "{page:?}");
        }
    }

    #[test]
    fn what_follows_the_tabs_is_outside_of_them() {
        let page = markdown("## S\n\n# [Tier 1](#tab/t1)\n\n## X\n\na\n\n***\n\nb\n");
        assert_eq!(page.blocks.last().unwrap().path.to_string(), "S");
        let page = markdown("## S\n\n<Tab title=\"T\">\n### X\na\n</Tab>\n\nb\n");
        assert_eq!(outline(&page)[3], "8 [S] b");
    }

    #[test]
    fn details_accordions_and_admonitions_are_in_the_path() {
        let kinds = |page: &Page| {
            let labels = page.blocks.iter().flat_map(|block| block.path.labels().to_vec());
            labels.map(|label| (label.kind, label.text.to_string())).collect::<Vec<_>>()
        };
        let is = |kind, text: &str| vec![(kind, text.to_owned())];
        for page in [
            html("<details><summary>More</summary><table><tr><td>A</td></tr></table></details>"),
            markdown("<details>\n<summary>More</summary>\n\n| A |\n|---|\n| 1 |\n\n</details>\n"),
            markdown("{{< details \"More\" >}}\nx\n{{< /details >}}\n"),
        ] {
            assert_eq!(kinds(&page), is(LabelKind::Details, "More"));
        }
        for page in [
            markdown("<Accordion title=\"More\">\n  x\n</Accordion>\n"),
            html("<button aria-expanded=false aria-controls=p>More</button><div id=p><p>x</p></div>"),
        ] {
            assert_eq!(page.blocks.last().unwrap().path.labels()[0].kind, LabelKind::Accordion);
            assert_eq!(&*page.blocks.last().unwrap().path.labels()[0].text, "More");
        }
        for page in [
            markdown("> [!WARNING]\n> x\n"),
            markdown("> [!WARNING] x\n"),
            markdown(":::warning\nx\n:::\n"),
            markdown("!!! warning\n\n    x\n"),
            markdown("<Warning>x</Warning>\n"),
            markdown("<Callout type=\"warning\">\nx\n</Callout>\n"),
            html("<div class='admonition warning'><p>x</p></div>"),
        ] {
            assert_eq!(kinds(&page), is(LabelKind::Admonition, "warning"), "{page:?}");
        }
    }

    #[test]
    fn a_panel_without_content_and_a_tab_without_a_panel_are_blocks() {
        assert_eq!(outline(&markdown("<Tab title=\"Tier 9\">\n</Tab>\n")), ["1 Tier 9"]);
        assert_eq!(outline(&html("<div role=tab>Tier 9</div>")), ["1 Tier 9"]);
        let page = html("<div role=tabpanel><p>5</p></div>");
        assert!(matches!(page.blocks[0].kind, BlockKind::Unread { what: Unread::Panel, .. }));
    }

    #[test]
    fn tables_in_tabs_accordions_and_quotes_are_read_in_their_section() {
        let page = markdown(
            "<Tabs>\n  <Tab title=\"T\">\n    <Accordion title=\"A\">\n      Text\n\n      | M | R |\n      | --- | --- |\n      | x | 5 |\n    </Accordion>\n  </Tab>\n</Tabs>\n",
        );
        assert_eq!(outline(&page), ["4 [T > A] Text", "6 [T > A] M|R / x|5"]);
        assert_eq!(outline(&markdown("> | M | R |\n> |---|---|\n> | > 9 | 5 |\n")), ["1 M|R / > 9|5"]);
    }
}

mod flags {
    use super::*;

    #[test]
    fn hidden_content_is_read_and_flagged() {
        for hidden in
            ["hidden", "style='display: none'", "style='visibility:hidden'", "aria-hidden=true", "class='hidden'"]
        {
            let page = html(&format!("<p>a</p><div {hidden}><p>b</p><table><tr><td>5</td></tr></table></div>"));
            assert_eq!(outline(&page), ["1 a", "1 hidden b", "1 hidden 5"], "{hidden}");
        }
        assert_eq!(
            outline(&html("<nav>b</nav><template><p>c</p></template><noscript>d</noscript>")),
            ["1 hidden b", "1 hidden c", "1 hidden d"]
        );
        assert_eq!(
            outline(&markdown("<div style={{display: \"none\"}}>\n\n5 a day\n\n</div>\n")),
            ["3 hidden 5 a day"]
        );
        assert_eq!(outline(&markdown("<div style={{display: \"none\"}} />\n\n5 a day\n")), ["3 5 a day"]);
    }

    #[test]
    fn a_hidden_part_of_a_text_is_a_block_of_its_own() {
        assert_eq!(outline(&html("<p>a <span hidden>5 a day</span>b</p>")), ["1 a b", "1 hidden 5 a day"]);
        let page = html("<table><tr><th>R</th></tr><tr><td>9<i hidden>5</i></td><td><b hidden>6</b></td></tr></table>");
        assert_eq!(outline(&page), ["1 R / 9|6", "1 hidden 5"]);
        assert_eq!(cells(&page).iter().map(|cell| cell.flags.hidden).collect::<Vec<_>>(), [false, true]);
    }

    #[test]
    fn a_hidden_row_is_flagged_cell_by_cell() {
        let page = html("<table><tr><th>R</th></tr><tr hidden><td>5</td></tr><tr><td>6</td></tr></table>");
        assert_eq!(cells(&page).iter().map(|cell| cell.flags.hidden).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn struck_out_content_is_flagged() {
        for tag in ["s", "del", "strike"] {
            let page = html(&format!(
                "<p><{tag}>5 a day</{tag}></p><ul><li><{tag}>6</{tag}></li></ul><{tag}><p>7</p></{tag}>"
            ));
            assert_eq!(outline(&page), ["1 struck 5 a day", "1 struck 6", "1 struck 7"], "{tag}");
        }
        let page = markdown("~~5 a day~~\n\n- ~~6~~\n\n| R |\n|---|\n| ~~7~~ |\n| ~~8~~ 9 |\n| <s>10</s> |\n");
        assert_eq!(outline(&page), ["1 struck 5 a day", "3 struck 6", "5 R / 7 / ~~8~~ 9 / 10"]);
        assert_eq!(cells(&page).iter().map(|cell| cell.flags.struck).collect::<Vec<_>>(), [true, false, true]);
    }

    #[test]
    fn an_inline_tag_without_an_end_ends_with_its_block() {
        assert_eq!(outline(&markdown("a <s>b\n\nc\n\n- d <model> e\n")), ["1 a ~~b~~", "3 c", "5 d <model> e"]);
    }
}

mod marks {
    use super::*;

    #[test]
    fn marks_stay_beside_the_text_of_a_cell() {
        let page = markdown(
            "| R |\n|---|\n| 5<sup>1</sup> |\n| 6\\* |\n| 7** |\n| 8† |\n| 9¹ |\n| 10[1] |\n| 11[^a] |\n| 12<sup>*, 2</sup> |\n| `q*` |\n\n[^a]: Note.\n",
        );
        let found: Vec<String> =
            cells(&page).iter().map(|cell| format!("{}:{}", cell.text, cell.marks.join(" "))).collect();
        assert_eq!(found, ["5:1", "6:*", "7:**", "8:†", "9:¹", "10:[1]", "11:[^a]", "12:* 2", "q*:"]);
        assert_eq!(notes(&page), [("[^a]", "Note.".to_owned())]);
    }

    #[test]
    fn a_note_has_its_mark() {
        let page =
            markdown("<sup>1</sup> One. <sup>2</sup> Two.\n\n\\* Three.\n\n*\\*\\* Four.*\n\n† Five.\n\n[1] Six.\n");
        let notes = notes(&page);
        let notes: Vec<String> = notes.iter().map(|(mark, text)| format!("{mark} {text}")).collect();
        assert_eq!(notes, ["1 One.", "2 Two.", "* Three.", "** Four.", "† Five.", "[1] Six."]);
        assert_eq!(self::notes(&html("<p><sup>1</sup>One<br><sup>2</sup>Two</p>")).len(), 2);
    }

    #[test]
    fn a_lone_item_with_a_star_is_the_note_of_a_star() {
        let page = markdown("| R |\n|---|\n| 600* |\n\n* 300 until May\n");
        assert_eq!(notes(&page), [("*", "300 until May".to_owned())]);
        assert_eq!(notes(&markdown("| R |\n|---|\n| 600* |\n\n* one\n* two\n")), []);
        assert_eq!(notes(&markdown("| R |\n|---|\n| 600 |\n\n* 300 until May\n")), []);
        assert_eq!(notes(&read("600*\n* 300 until May\n", Form::Text)), [("*", "300 until May".to_owned())]);
    }

    #[test]
    fn other_superscripts_are_text() {
        assert_eq!(outline(&html("<p>the 1<sup>st</sup> of May</p>")), ["1 the 1st of May"]);
    }
}

mod comments {
    use super::*;

    #[test]
    fn a_comment_around_a_whole_tab_is_not_content() {
        for (open, close) in [("<!--", "-->"), ("{/*", "*/}"), ("{{< comment >}}", "{{< /comment >}}")] {
            let page = markdown(&format!("a\n\n{open}\n<Tab title=\"T\">\n\n- 5 a day\n\n</Tab>\n{close}\n\nb\n"));
            assert_eq!(outline(&page), ["1 a", "11 b"], "{open}");
        }
        assert_eq!(outline(&html("<p>a</p><!--\n\n<p>5</p>\n-->\n<p>b</p>")), ["1 a", "5 b"]);
    }

    #[test]
    fn a_comment_without_an_end_is_named_and_hides_nothing() {
        assert_eq!(outline(&markdown("a\n\n<!-- b\n\n5 a day\n")), ["3 unread comment", "1 a", "3 b", "5 5 a day"]);
        assert_eq!(outline(&html("<p>a</p>\n<!-- <p>5</p>")), ["2 unread comment", "1 a", "2 5"]);
    }

    #[test]
    fn what_stands_for_other_text_is_named() {
        let page = markdown(
            "[!INCLUDE [x](y.md)]\n\n{% if a %}\n5\n{% endif %}\n\n{rows.map(r => r.rpm)}\n\nimport {\n  A\n} from \"b\"\n",
        );
        let expected = [
            "1 unread include",
            "3 unread template-tag",
            "4 5",
            "5 unread template-tag",
            "7 unread expression",
            "9 unread import",
        ];
        assert_eq!(outline(&page), expected);
        assert_eq!(outline(&html("<iframe src=x></iframe>")), ["1 unread include"]);
        assert_eq!(outline(&markdown("Limit <Badge text=\"new\" /> is 5.\n")), ["1 Limit is 5.", "1 unread include"]);
    }

    #[test]
    fn a_shortened_copy_is_partial_and_the_mark_is_not_content() {
        let page = markdown("# A\n\n[… prose shortened …]\n\n- b [… x …] c\n");
        assert_eq!(outline(&page), ["1 A", "5 [A] b c"]);
        assert!(page.is_partial());
        assert_eq!(page.gaps, [3, 5]);
        assert!(!markdown("# A\n").is_partial());
    }

    #[test]
    fn characters_are_normalized_in_every_form() {
        for form in [Form::Html, Form::Markdown, Form::Text] {
            let page = read("qwen\u{200b}-plus １，５００\u{a0}a&nbsp;day\n", form);
            assert_eq!(outline(&page), ["1 qwen-plus 1,500 a day"], "{form:?}");
        }
    }
}

mod tables {
    use super::*;

    #[test]
    fn a_header_that_is_cut_off_is_joined_to_its_table() {
        for text in
            ["| M | R |\n|---|---|\n\n| | |\n|---|---|\n| x | 5 |\n", "| M | R |\n|---|---|\n\n| x | 5 |\n|---|---|\n"]
        {
            assert_eq!(outline(&markdown(text)), ["1 M|R / x|5"], "{text}");
        }
        let page = html("<table><tr><th>M<th>R</table><table><tr><td>x<td>any</table>");
        assert_eq!(outline(&page), ["1 M|R / x|any"]);
    }

    #[test]
    fn a_header_below_a_blank_row_is_joined_to_its_table() {
        let cut = "|  |  |\n|---|---|\n| MODEL ID | RPM |\n\n";
        let page = markdown(&format!("{cut}| x | 30 |\n|---|---|\n| y | 40 |\n"));
        assert_eq!(outline(&page), ["1 MODEL ID|RPM / x|30 / y|40"]);
    }

    #[test]
    fn rows_that_carry_their_columns_are_a_table_in_every_form() {
        let rows = "Limits > Tier 1 > Model: rockets\nLimits > Tier 1 > Model: rocket-1 | Requests: 60\n";
        let page = read(&format!("Title\n{rows}"), Form::Text);
        let expected = ["1 Title", "2 Limits", "2 Tier 1", "2 Model|Requests / rockets| / rocket-1|60"];
        assert_eq!(outline(&page), expected);
        let page = markdown(&format!("# Limits\n\n## Tier 1\n\n{rows}"));
        assert_eq!(outline(&page)[2], "5 [Limits > Tier 1] Model|Requests / rockets| / rocket-1|60");
        let page = markdown(&format!("# Limits\n\n{rows}\nText\n"));
        let expected = ["3 [Limits > Tier 1] Model|Requests / rockets| / rocket-1|60", "6 [Limits] Text"];
        assert_eq!(outline(&page)[1..], expected);
    }

    #[test]
    fn a_copy_of_a_header_and_other_tables_stay() {
        let page = markdown("| M | R |\n|---|---|\n\n| M | R |\n|---|---|\n| x | 5 |\n");
        assert_eq!(outline(&page), ["1 M|R", "4 M|R / x|5"]);
    }

    #[test]
    fn rows_without_a_header_are_named() {
        let page = markdown("| M | R |\n|---|---|\n| x | 5 |\n\nText.\n\n| y | 6 |\n| z | 7 |\n");
        assert_eq!(outline(&page), ["1 M|R / x|5", "5 Text.", "7 unread table"]);
        assert_eq!(outline(&markdown("| M | R |\n|---|---|---|\n| x | 5 |\n")), ["1 unread table"]);
        assert_eq!(outline(&markdown("+---+---+\n| x | 5 |\n+---+---+\n")), ["1 unread table"]);
    }

    #[test]
    fn pandoc_tables_are_read() {
        let page =
            markdown("  Tier   Limits\n  ------ --------------\n  1      `x`, see above\n  2      2x Tier 1\n\nText\n");
        assert_eq!(outline(&page), ["1 Tier|Limits / 1|x, see above / 2|2x Tier 1", "6 Text"]);
        assert_eq!(outline(&markdown("  `x`,   4M\n  ----------------------\n")), ["1 x, 4M", "2 unread table"]);
    }

    #[test]
    fn a_comparison_is_not_a_quotation() {
        assert_eq!(outline(&markdown("### Long\n\n> 272K input tokens\n\nx\n"))[1], "3 [Long] > 272K input tokens");
    }

    #[test]
    fn a_cell_a_paragraph_is_a_paragraph_a_cell() {
        let page = markdown("**Model**\n\n**RPM**\n\nx\n\n600\n");
        let texts: Vec<String> = page.blocks.iter().map(text_of).collect();
        assert_eq!(texts, ["Model", "RPM", "x", "600"]);
    }

    #[test]
    fn captions_and_header_cells_of_rows_are_kept() {
        let page = html(
            "<table><caption>Per minute<sup>1</sup></caption><thead><tr><th>M</thead><tr><th>Group</tr><tr><td>x</table>",
        );
        let caption = table(&page).caption.as_ref().unwrap();
        assert_eq!((caption.text.as_str(), caption.marks.as_slice()), ("Per minute", &["1".to_owned()][..]));
        assert_eq!(cells(&page).iter().map(|cell| cell.is_header).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn the_target_of_a_link_that_is_no_target_is_text() {
        assert_eq!(outline(&markdown("[1]: 300\n")), ["1 300"]);
    }

    #[test]
    fn merged_cells_that_repeat_too_much_are_named() {
        let row = "<tr><td rowspan=60000 colspan=1000>x</td></tr>";
        let page = html(&format!("<table>{}</table>", row.repeat(300)));
        assert_eq!(outline(&page).len(), 1);
        assert!(matches!(page.blocks[0].kind, BlockKind::Unread { what: Unread::Table, .. }));
    }

    #[test]
    fn what_is_nested_too_deeply_is_named() {
        for text in ["<div>".repeat(5_000) + "5", "<b><p>".repeat(3_000) + "5"] {
            let page = html(&text);
            let is_nesting = |block: &Block| matches!(block.kind, BlockKind::Unread { what: Unread::Nesting, .. });
            assert!(page.blocks.iter().any(is_nesting));
        }
    }
}
