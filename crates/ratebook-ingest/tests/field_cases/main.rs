//! Pages that were read wrongly, by the name of the case: `../shared/field-cases/pages` beside the checkout. A case whose
//! page is absent is reported as ignored. [`CASES`] are what the readers alone show, [`READINGS`] what a recipe makes of it.

#[allow(dead_code, reason = "each test binary uses a part of the support module")]
#[path = "../support/mod.rs"]
mod support;

use std::path::PathBuf;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};
use ratebook_ingest::ledger::{Ledger, Weight};
use ratebook_ingest::{Block, BlockKind, Page, Reading, Severity, read};
use ratebook_source::{Amount, Evidence, Metric};

/// One case: its file, and what its page must show.
struct Case {
    file: &'static str,
    check: fn(&Page),
}

const CASES: &[Case] = &[
    Case { file: "m01.md", check: |page| assert_eq!(item(page, "Burst: 1440 requests per minute").1, 1) },
    Case {
        file: "m02.md",
        check: |page| {
            let block = block(page, "@cf/meta/m2m100-1.2b is 50 requests per minute");
            assert!(block.path.to_string().ends_with("Translation > Workers Free plan"), "{}", block.path);
        },
    },
    Case { file: "m04.md", check: |page| assert_eq!(item(page, "1500 requests per minute").0.line, 9) },
    Case { file: "m05.md", check: |page| states(page, 8, Weight::Rate) },
    Case {
        file: "m06.md",
        check: |page| assert_eq!(item(page, "@cf/meta/m2m100-1.2b is 60 requests per minute").0.line, 7),
    },
    Case { file: "m07.html", check: |page| only_is_struck(page, "@cf/meta/m2m100-1.2b is 60 requests per minute") },
    Case { file: "m09.md", check: |page| states(page, 5, Weight::LimitWord) },
    Case {
        file: "m10.md",
        check: |page| {
            assert!(
                page.blocks
                    .iter()
                    .any(|block| matches!(&block.kind, BlockKind::Code(text) if text.contains("60 requests")))
            );
            states(page, 8, Weight::Rate);
        },
    },
    Case { file: "m11.txt", check: |page| assert_eq!(block(page, "Japan (Tokyo)").line, 19) },
    Case { file: "m13.txt", check: |page| assert_eq!(block(page, "4,000").line, 21) },
    Case { file: "m14.txt", check: |page| states(page, 7, Weight::LimitWord) },
    Case { file: "m15.txt", check: |page| states(page, 19, Weight::Rate) },
    Case { file: "m16.txt", check: |page| states(page, 19, Weight::LimitWord) },
    Case {
        file: "m17.md",
        check: |page| {
            let cells = cells(page);
            let marked: Vec<_> = cells.iter().filter(|cell| !cell.marks.is_empty()).collect();
            assert_eq!(marked.len(), 1);
            assert_eq!((marked[0].text.as_str(), marked[0].marks[0].as_str()), ("600", "*"));
            assert_eq!(block(page, "300 RPM until 2026-12-31").note.as_deref(), Some("*"));
        },
    },
    Case { file: "m19.txt", check: |page| assert_eq!(block(page, "FreeQwen 3 Coder Next10150,000").line, 20) },
    Case { file: "m20.txt", check: |page| states(page, 29, Weight::Rate) },
    Case { file: "m21.md", check: |page| states(page, 11, Weight::Rate) },
    Case { file: "m23.md", check: |page| has_cell(page, "Audio min per minute, Whisper-v3-turbo and Whisper-v4") },
    Case {
        file: "m25.md",
        check: |page| {
            states(page, 3, Weight::Rate);
            states(page, 11, Weight::Rate);
        },
    },
    Case {
        file: "m27.md",
        check: |page| has_cell(page, "Tokens per day, models > 100B (incl. large MoE like Deepseek R1 and Kimi K2)"),
    },
    Case { file: "n01.txt", check: |page| assert_eq!(block(page, "~10").line, 15) },
    Case { file: "n02.txt", check: |page| assert_eq!(block(page, "N/A").line, 15) },
    Case { file: "n03.txt", check: |page| assert_eq!(block(page, "Dynamic rate limit").line, 15) },
    Case { file: "n04.html", check: |page| only_is_struck(page, "@cf/x/y is 60 requests per minute") },
    Case {
        file: "n06.html",
        check: |page| {
            let hidden: Vec<_> = page.blocks.iter().filter(|block| block.flags.hidden).map(text_of).collect();
            assert_eq!(hidden, ["Summarization", "1500 requests per minute"]);
        },
    },
    Case { file: "n07.txt", check: |page| assert_eq!(block(page, "—").line, 15) },
    Case { file: "n09.txt", check: |page| assert_eq!(block(page, "Unlimited").line, 15) },
    Case { file: "q01.mdx", check: |page| has_no(page, "@cf/x/old") },
    Case { file: "q02.mdx", check: |page| has_no(page, "@cf/x/old") },
    Case { file: "q03.md", check: |page| has_no(page, "@cf/x/old") },
];

/// A case that the shipped recipe of a provider reads right, or refuses at a line.
struct ReadingCase {
    file: &'static str,
    provider: &'static str,
    /// The line of the first error, and words of it. `None`: the page is read right, as `right` checks.
    refused: Option<(u32, &'static str)>,
    right: fn(&Reading),
}

const fn refused(file: &'static str, line: u32, words: &'static str) -> ReadingCase {
    ReadingCase { file, provider: "alibaba", refused: Some((line, words)), right: |_| {} }
}

const READINGS: &[ReadingCase] = &[
    refused("m11.txt", 19, "expected an amount, a model, a heading of [[line]] or a sentence, found `Japan (Tokyo)`"),
    ReadingCase { file: "m13.txt", provider: "alibaba", refused: None, right: a_lone_number_is_ambiguous },
    refused("m14.txt", 7, "unknown column `Rate limit (per second)`"),
    refused("m15.txt", 19, "no rule reads the rate in `qwen-plus is limited to 300 RPM until 2026-12-31`"),
    refused("m16.txt", 19, "found `(shared with qwen-max)`"),
    refused("m17.md", 7, "unknown footnote mark `*` on `600`"),
    refused("m25.md", 3, "no rule reads the rate in `qwen-plus is limited to 300 RPM in the EU until 2026-12-31.`"),
    refused("n01.txt", 15, "found `~10`"),
    refused("n02.txt", 15, "found `N/A`"),
    refused("n03.txt", 15, "found `Dynamic rate limit`"),
    refused("n07.txt", 15, "found `—`"),
    ReadingCase { file: "n09.txt", provider: "alibaba", refused: None, right: the_last_row_is_unlimited },
    ReadingCase { file: "m23.md", provider: "fireworks", refused: None, right: both_models_have_the_limit },
    ReadingCase { file: "m27.md", provider: "fireworks", refused: None, right: both_members_are_of_the_class },
];

/// 4,000 may be requests or tokens: the stricter reading of each column is used, and the other is kept.
fn a_lone_number_is_ambiguous(reading: &Reading) {
    let turbo: Vec<_> = reading.source.limits.iter().filter(|limit| limit.name == "qwen-turbo").collect();
    let read: Vec<_> =
        turbo.iter().map(|limit| (limit.metric, limit.amount, limit.evidence, limit.alternative)).collect();
    let count = Amount::Count;
    let expected = [
        (Metric::Requests, count(60), Evidence::Ambiguous, Some(count(4_000))),
        (Metric::Tokens, count(4_000), Evidence::Ambiguous, Some(count(1_000_000))),
    ];
    assert_eq!(read, expected);
}

fn the_last_row_is_unlimited(reading: &Reading) {
    let last = reading.source.limits.iter().find(|limit| limit.name == "qwen-b");
    assert_eq!(last.map(|limit| (limit.amount, limit.evidence)), Some((Amount::Unlimited, Evidence::Stated)));
}

fn both_models_have_the_limit(reading: &Reading) {
    let amount_of =
        |name: &str| reading.source.limits.iter().find(|limit| limit.name == name).map(|limit| limit.amount);
    assert!(amount_of("Whisper-v4").is_some());
    assert_eq!(amount_of("Whisper-v4"), amount_of("Whisper-v3-turbo"));
}

fn both_members_are_of_the_class(reading: &Reading) {
    let members: Vec<_> = reading.source.classes.iter().flat_map(|class| &class.members).collect();
    assert_eq!(members, ["Deepseek R1", "Kimi K2"]);
}

fn check(case: &ReadingCase, text: &str) {
    let ending = case.file.rsplit('.').next().unwrap_or("md");
    let reading = support::read_vendor_page(case.provider, text, ending);
    let errors = reading.diagnostics.iter().filter(|found| found.severity == Severity::Error);
    let mut errors: Vec<_> = errors.filter_map(|found| Some((found.line?, found.message.as_str()))).collect();
    errors.sort_unstable();
    match case.refused {
        Some((line, words)) => {
            assert!(errors.iter().any(|(at, message)| *at == line && message.contains(words)), "{errors:?}");
        }
        None => {
            let prose = |message: &str| message.starts_with("no rule reads `");
            errors.retain(|(_, message)| !prose(message));
            assert_eq!(errors, []);
            (case.right)(&reading);
        }
    }
}

fn text_of(block: &Block) -> &str {
    match &block.kind {
        BlockKind::Heading { text, .. }
        | BlockKind::Paragraph(text)
        | BlockKind::Item { text, .. }
        | BlockKind::Code(text)
        | BlockKind::Unread { text, .. } => text,
        BlockKind::Statement { value, .. } => value,
        BlockKind::Table(_) => "",
    }
}

fn block<'a>(page: &'a Page, text: &str) -> &'a Block {
    page.blocks.iter().find(|block| text_of(block) == text).unwrap_or_else(|| panic!("expected `{text}` in {page:?}"))
}

fn item<'a>(page: &'a Page, text: &str) -> (&'a Block, u8) {
    let block = block(page, text);
    match block.kind {
        BlockKind::Item { depth, .. } => (block, depth),
        _ => panic!("expected an item, found {block:?}"),
    }
}

fn cells(page: &Page) -> Vec<&ratebook_ingest::Cell> {
    let tables = page.blocks.iter().filter_map(|block| match &block.kind {
        BlockKind::Table(table) => Some(table),
        _ => None,
    });
    tables.flat_map(|table| table.header.iter().chain(&table.rows)).flat_map(|row| &row.cells).collect()
}

fn has_cell(page: &Page, text: &str) {
    assert!(cells(page).iter().any(|cell| cell.text == text), "{page:?}");
}

/// Asserts that the block on a line is a passage that a rule must read or that is set aside by its fingerprint.
fn states(page: &Page, line: u32, weight: Weight) {
    let passages = Ledger::new(page).passages();
    let heaviest = passages.iter().filter(|passage| passage.line == line).map(|passage| passage.weight).max();
    assert_eq!(heaviest, Some(weight), "{passages:?}");
}

fn only_is_struck(page: &Page, text: &str) {
    let struck: Vec<_> = page.blocks.iter().filter(|block| block.flags.struck).map(text_of).collect();
    assert_eq!(struck, [text]);
    assert!(!block(page, "720 requests per minute").flags.struck);
}

fn has_no(page: &Page, text: &str) {
    assert!(!page.blocks.iter().any(|block| text_of(block).contains(text)), "{page:?}");
    assert_eq!(block(page, "720 requests per minute").line, 6);
}

fn main() -> ExitCode {
    let trial = |case: &'static Case| {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/field-cases/pages");
        let path = folder.join(case.file);
        let is_absent = !path.exists();
        let run = move || {
            let ending = case.file.rsplit('.').next();
            (case.check)(&read::read_bytes(&std::fs::read(&path)?, ending)?);
            Ok(())
        };
        Trial::test(case.file, run).with_ignored_flag(is_absent)
    };
    let reading = |case: &'static ReadingCase| {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/field-cases/pages");
        let path = folder.join(case.file);
        let is_absent = !path.exists();
        let run = move || {
            check(case, &std::fs::read_to_string(&path)?);
            Ok(())
        };
        Trial::test(format!("reading::{}", case.file), run).with_ignored_flag(is_absent)
    };
    let mut trials: Vec<Trial> = CASES.iter().map(trial).chain(READINGS.iter().map(reading)).collect();
    trials.push(Trial::test("every_case_is_tested", every_case_is_tested));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// Fails if the folder has a page without a case here.
fn every_case_is_tested() -> Result<(), libtest_mimic::Failed> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/field-cases/pages");
    for file in folder.read_dir().into_iter().flatten() {
        let name = file?.file_name();
        let name = name.to_string_lossy();
        if !CASES.iter().any(|case| case.file == name) {
            return Err(format!("expected a case for {name}, found none").into());
        }
    }
    Ok(())
}
