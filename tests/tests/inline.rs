//! What dependents of the catalog compile: each function only where it is used.

use std::path::Path;

/// A function of `ratebook` without `#[inline]` is compiled into every dependent's build, with all that it calls. Those of
/// the feature `load`, `load.rs` and its modules, are compiled into the builds that have the feature.
#[test]
fn every_function_of_the_catalog_crate_is_inline() {
    let mut functions = 0;
    for file in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/ratebook/src")).unwrap() {
        let path = file.unwrap().path();
        if path.is_dir() || path.ends_with("load.rs") {
            continue;
        }
        let file = syn::parse_file(&std::fs::read_to_string(&path).unwrap()).unwrap();
        for (attributes, name) in functions_of(&file.items) {
            functions += 1;
            let is_inline = attributes.iter().any(|attribute| attribute.path().is_ident("inline"));
            assert!(is_inline, "{}: expected `#[inline]` on `{name}`", path.display());
        }
    }
    assert!(functions > 100, "{functions} functions");
}

/// Returns the attributes and the name of each function, outside of conditional modules.
fn functions_of(items: &[syn::Item]) -> Vec<(&[syn::Attribute], &syn::Ident)> {
    let mut functions = Vec::new();
    for item in items {
        match item {
            syn::Item::Fn(item) => functions.push((&item.attrs[..], &item.sig.ident)),
            syn::Item::Impl(item) => functions.extend(item.items.iter().filter_map(|item| match item {
                syn::ImplItem::Fn(item) => Some((&item.attrs[..], &item.sig.ident)),
                _ => None,
            })),
            syn::Item::Mod(module) if module.attrs.iter().all(|attribute| !attribute.path().is_ident("cfg")) => {
                if let Some((_, items)) = &module.content {
                    functions.extend(functions_of(items));
                }
            }
            _ => {}
        }
    }
    functions
}
