//! The generated source: its text for three entries, and its syntax for any catalog.

use std::path::Path;

use proptest::prelude::*;
use ratebook_codegen::{ProviderInput, generate, load};
use ratebook_source::{
    Amount, KeyParts, Kind, Limit, Metric, Period, PolicySource, ProviderSource, Removed, Replacement,
};

/// Returns three entries that use every feature of an entry.
fn three_entries() -> Vec<ProviderInput> {
    load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/catalog"), None).unwrap()
}

fn pretty(code: &str) -> String {
    let file = syn::parse_file(code).unwrap_or_else(|error| panic!("the generated source is not Rust: {error}"));
    prettyplease::unparse(&file)
}

#[test]
fn three_entries_generate_the_source_beside_this_test() {
    let generated = pretty(&generate(&three_entries()).unwrap().code);
    let expected = include_str!("generated/three_entries.rs").replace("\r\n", "\n");
    let (_, expected) = expected.split_once('\n').unwrap();
    assert!(generated == expected, "run `cargo xtask codegen` and review the changes");
}

#[test]
fn the_same_catalog_gives_the_same_bytes() {
    assert_eq!(generate(&three_entries()).unwrap(), generate(&three_entries()).unwrap());
}

#[test]
fn a_new_day_of_checking_does_not_change_the_version() {
    let mut providers = three_entries();
    let version = |providers: &[ProviderInput]| {
        let code = generate(providers).unwrap().code;
        code.lines().find(|line| line.contains("CATALOG_VERSION")).unwrap().to_owned()
    };
    let before = version(&providers);
    providers[0].source.pages[0].checked = "2031-01-01".parse().ok();
    assert_eq!(version(&providers), before);
    providers[0].source.limits[2].amount = Amount::Count(77);
    assert_ne!(version(&providers), before);
}

prop_compose! {
    fn provider()(
        name in "[a-z][a-z0-9-]{0,8}",
        models in proptest::collection::btree_map("[ -+.-~]{1,12}", (any::<u64>(), any::<bool>()), 0..20),
    ) -> ProviderInput {
        let mut source = ProviderSource::new(name);
        for (model, (amount, regional)) in models {
            let mut limit = Limit::model(model, Metric::Requests, Amount::Count(amount));
            limit.region = regional.then(|| "moon base".to_owned());
            limit.per = Some(Period::Minute);
            source.limits.push(limit);
        }
        source.sort();
        ProviderInput { source, policy: PolicySource::new() }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn the_source_is_rust_for_any_names(mut providers in proptest::collection::vec(provider(), 0..4)) {
        providers.sort_by(|a, b| a.source.provider.cmp(&b.source.provider));
        providers.dedup_by(|a, b| a.source.provider == b.source.provider);
        let generated = generate(&providers).unwrap();
        pretty(&generated.code);
    }
}

mod names {
    use super::*;

    fn of(provider: &str, models: &[&str]) -> ProviderInput {
        let mut source = ProviderSource::new(provider);
        source.limits = models.iter().map(|name| Limit::model(*name, Metric::Requests, Amount::Count(1))).collect();
        source.sort();
        ProviderInput { source, policy: PolicySource::new() }
    }

    /// Providers 0 and 2, and names whose last bytes differ by 2, had the same hash under every seed.
    #[test]
    fn the_number_of_a_provider_does_not_undo_a_difference_of_names() {
        let is_generated = |a: &str, b: &str| generate(&[of("a", &[a]), of("b", &[]), of("c", &[b])]).is_ok();
        assert!(is_generated("$':", "$'8"));
        assert!(is_generated("apple-12", "cpple-12"));
        assert!(is_generated("a-name-of-more-than-16", "c-name-of-more-than-16"));
    }

    /// Returns the names of the modules of the providers, and of their constants.
    fn items(providers: &[ProviderInput]) -> Vec<String> {
        let file = syn::parse_file(&generate(providers).unwrap().code).unwrap();
        let items = file.items.into_iter().find_map(|item| match item {
            syn::Item::Mod(module) if module.ident == "providers" => module.content,
            _ => None,
        });
        let mut names = Vec::new();
        for item in items.expect("a module `providers`").1 {
            let syn::Item::Mod(module) = item else { continue };
            names.push(module.ident.to_string());
            let items = module.content.map(|(_, items)| items).unwrap_or_default();
            names.extend(items.iter().filter_map(|item| match item {
                syn::Item::Const(item) => Some(item.ident.to_string()),
                _ => None,
            }));
        }
        names
    }

    #[test]
    fn names_with_equal_identifiers_get_a_suffix() {
        let names = items(&[of("a-b", &["x-1", "x.1", "read-on"]), of("a--b", &[]), of("type", &[])]);
        let dates = ["PAGE_DATE", "READ_ON", "CHECKED_ON"];
        let expected: Vec<&str> = ["a_b"].into_iter().chain(dates).chain(["READ_ON_2", "X_1", "X_1_2"]).collect();
        assert_eq!(names[..7], expected);
        assert!(names.contains(&"a_b_2".to_owned()) && names.contains(&"type_".to_owned()), "{names:?}");
    }
}

#[test]
fn a_retired_name_keeps_its_constant_for_a_year_as_deprecated() {
    let constant = |providers: &[ProviderInput]| {
        let code = generate(providers).unwrap().code;
        let mut lines = code.lines().skip_while(|line| !line.starts_with("#[deprecated"));
        Some((lines.next()?.to_owned(), lines.next()?.to_owned()))
    };
    let mut providers = three_entries();
    let expected = |note: &str| {
        let attribute = format!("#[deprecated(since = \"2026-01-01\", note = \"{note}\")]");
        Some((attribute, "pub const ROCKET_0: Entry = Entry(COMPILED, 0);".to_owned()))
    };
    assert_eq!(constant(&providers), expected("retired: calls are refused"));
    let (name, new) = ("rocket-0".to_owned(), "rocket-1".to_owned());
    providers[0].source.replacements.push(Replacement { name, new });
    assert_eq!(constant(&providers), expected("retired: calls are refused; replaced by `rocket-1`"));
    providers[0].source.pages[0].read = "2026-12-31".parse().ok();
    assert!(constant(&providers).is_some());
    providers[0].source.pages[0].read = "2027-01-01".parse().ok();
    assert_eq!(constant(&providers), None, "a year later");
}

#[test]
fn a_removed_name_keeps_its_constant_for_a_year_as_deprecated() {
    let mut providers = three_entries();
    let removed = |name: &str, on: &str| Removed {
        on: on.parse().unwrap(),
        was_retired: false,
        kind: Kind::Model,
        name: name.to_owned(),
        parts: KeyParts { plan: Some("trial".to_owned()), ..KeyParts::default() },
    };
    providers[0].source.removed = vec![removed("shuttle", "2025-02-02"), removed("sonde", "2025-02-01")];
    let code = generate(&providers).unwrap().code;
    let attribute = r#"#[deprecated(since = "2025-02-02", note = "removed from the vendor's pages")]"#;
    assert!(code.contains("pub mod any_region {\n#[doc = \" Limits of `trial`.\"]"), "{code}");
    assert!(code.contains(&format!("{attribute}\npub const SHUTTLE: Entry = Entry(COMPILED, 3);")), "{code}");
    assert!(!code.contains("SONDE"), "a year has passed");
}

#[test]
fn a_region_called_pages_does_not_take_the_module_of_the_pages() {
    let mut providers = three_entries();
    let source = &mut providers[0].source;
    source.limits.iter_mut().for_each(|limit| limit.region = Some("pages".to_owned()));
    source.sort();
    let code = pretty(&generate(&providers).unwrap().code);
    assert!(code.contains("pub mod pages {") && code.contains("pub mod pages_2 {"), "{code}");
}

mod sources {
    use super::*;
    use std::fs;

    fn catalog_of(limits: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("acme")).unwrap();
        fs::write(folder.path().join("acme/limits.tsv"), limits).unwrap();
        folder
    }

    fn acme(amount: u64) -> String {
        let mut source = ProviderSource::new("acme");
        let mut limit = Limit::model("rocket-1", Metric::Requests, Amount::Count(amount));
        limit.per = Some(Period::Minute);
        source.limits.push(limit);
        source.write()
    }

    #[test]
    fn an_invalid_line_is_an_error_with_its_file_and_number() {
        let folder = catalog_of(&acme(600).replace("\t600\t", "\t6OO\t"));
        let error = load(folder.path(), None).unwrap_err().to_string();
        assert!(error.contains("limits.tsv:6: amount: unknown amount `6OO`"), "{error}");
    }

    #[test]
    fn an_overlay_replaces_limits_of_the_same_key_and_adds_others() {
        let (below, above) = (catalog_of(&acme(600)), catalog_of(&acme(9_000).replace("rocket-1", "rocket-2")));
        let providers = load(below.path(), Some(above.path())).unwrap();
        assert_eq!(providers[0].source.limits.len(), 2);
        let above = catalog_of(&acme(9_000));
        let providers = load(below.path(), Some(above.path())).unwrap();
        assert_eq!(providers[0].source.limits[0].amount, Amount::Count(9_000));
        assert_eq!(
            providers[0].source.limits[0].line,
            Some(6),
            "the source of limits written by hand is the file itself"
        );
    }

    #[test]
    fn an_overlay_is_validated_like_the_catalog() {
        let above = catalog_of(&acme(1).replace("rocket-1", "rocket-2"));
        fs::write(above.path().join("acme/names.tsv"), "alias\trocket-2\trocket-1\n").unwrap();
        let below = catalog_of(&acme(600));
        let error = load(below.path(), Some(above.path())).unwrap_err().to_string();
        let file = above.path().join("acme/limits.tsv");
        assert!(error.starts_with(&file.display().to_string()), "{error}");
        assert!(error.contains("`rocket-1` is also a name of"), "{error}");
        assert!(load(below.path(), Some(Path::new("/no/such/folder"))).is_err());
    }

    #[test]
    fn an_overlay_without_limits_is_an_error() {
        let below = catalog_of(&acme(600));
        let error = |overlay: &Path| load(below.path(), Some(overlay)).unwrap_err().to_string();
        assert!(error(Path::new("rates")).contains("whole path"));
        let above = tempfile::tempdir().unwrap();
        assert!(error(above.path()).contains("expected one folder with a limits.tsv for each provider"));
        fs::create_dir(above.path().join("acme")).unwrap();
        fs::write(above.path().join("acme/policy.tsv"), "scope\taccount\n").unwrap();
        assert!(error(above.path()).contains("expected a limits.tsv in the same folder"));
    }
}
