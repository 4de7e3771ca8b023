//! Fireworks' own page.

use crate::support::{
    assert_all_numbers_accounted_for, assert_page_md_reads_the_same, diagnostics, facts, fixture, limits, read,
    read_vendor_page,
};

pub(crate) fn every_block_and_number_is_read(text: &str) {
    let reading = read_vendor_page("fireworks", text, "txt");
    assert_eq!(diagnostics(&reading), "");
    assert_eq!(limits(&reading), limits(&read("fireworks", &fixture("fireworks", "md"), "md")));
    assert_eq!(facts(&reading), facts(&read("fireworks", &fixture("fireworks", "md"), "md")));
    assert_eq!((reading.numbers.found, reading.numbers.used), (50, 40));
    assert_all_numbers_accounted_for(&reading);
    assert_page_md_reads_the_same("fireworks", &reading);
    let line = |name: &str| reading.source.limits.iter().find(|limit| limit.name == name).and_then(|limit| limit.line);
    assert_eq!((line("Whisper-v3-turbo"), line("gpu-hours"), line("loras")), (Some(8), Some(37), Some(10)));
}
