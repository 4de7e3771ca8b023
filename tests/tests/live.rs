//! Tests of the shipped catalog. They pass with any reading of the pages, and contain no vendor's number.

use std::path::PathBuf;

fn catalog() -> PathBuf {
    ratebook_tests::root().join("catalog-src")
}

#[test]
fn every_provider_has_limits_a_page_and_the_day_of_its_reading() {
    let providers = ratebook_codegen::load(&catalog(), None).unwrap_or_else(|error| panic!("{error}"));
    assert!(!providers.is_empty());
    for provider in providers {
        let source = provider.source;
        let has_limits = !source.limits.is_empty() || source.state != ratebook_source::ProviderState::Published;
        assert!(has_limits, "{} has neither limits nor a state that says why", source.provider);
        assert!(
            source.pages.iter().all(|page| page.url.is_some() && page.read.is_some() && page.checked >= page.read),
            "{}",
            source.provider
        );
    }
}

#[test]
fn the_same_catalog_gives_the_same_tables() {
    let generate = || ratebook_codegen::generate(&ratebook_codegen::load(&catalog(), None).unwrap()).unwrap();
    assert!(generate() == generate());
}
