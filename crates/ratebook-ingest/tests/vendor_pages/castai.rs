//! Cast AI's own page.

use crate::support::{
    assert_all_numbers_accounted_for, assert_page_md_reads_the_same, errors, facts, fixture, limits, read,
    read_vendor_page,
};

pub(crate) fn every_block_and_number_is_read(text: &str) {
    let reading = read_vendor_page("castai", text, "txt");
    assert_eq!(errors(&reading), Vec::<String>::new());
    assert_eq!(limits(&reading), limits(&read("castai", &fixture("castai", "md"), "md")));
    assert_eq!(facts(&reading), facts(&read("castai", &fixture("castai", "txt"), "txt")));
    assert_eq!((reading.numbers.found, reading.numbers.used), (49, 26));
    assert_all_numbers_accounted_for(&reading);
    assert_page_md_reads_the_same("castai", &reading);
    let lines: Vec<u32> = reading.source.limits.iter().filter_map(|limit| limit.line).collect();
    assert_eq!(lines, [27, 27, 20, 20, 26, 26, 25, 25, 24, 24, 23, 23, 22, 22, 21, 21]);
}
