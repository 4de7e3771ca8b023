//! Cloudflare's own page.

use crate::support::{
    assert_all_numbers_accounted_for, assert_page_md_reads_the_same, diagnostics, fixture, limits, read,
    read_vendor_page,
};

pub(crate) fn every_block_and_number_is_read(text: &str) {
    let reading = read_vendor_page("cloudflare", text, "md");
    assert_eq!(diagnostics(&reading), "");
    assert_eq!(limits(&reading), limits(&read("cloudflare", &fixture("cloudflare", "md"), "md")));
    assert_eq!((reading.numbers.found, reading.numbers.used), (18, 18));
    assert_all_numbers_accounted_for(&reading);
    assert_page_md_reads_the_same("cloudflare", &reading);
    let phi = reading.source.limits.iter().find(|limit| limit.name == "@cf/microsoft/phi-2");
    assert_eq!(phi.and_then(|limit| limit.line), Some(44));
}
