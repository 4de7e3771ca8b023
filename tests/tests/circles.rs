//! No two files depend on each other, directly or through others, except a module and its own submodules.

#[path = "circles/modules.rs"]
mod modules;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use modules::{Module, Modules};
use ratebook_tests::root;

/// Which modules use which.
type Uses = BTreeMap<Module, BTreeSet<Module>>;

/// Returns which modules use which, without the uses of a module by its own submodules.
fn uses(modules: &Modules) -> Uses {
    let mut uses = Uses::new();
    for (user, used) in modules.uses() {
        if !user.starts_with(&used) {
            uses.entry(user).or_default().insert(used);
        }
    }
    uses
}

/// Returns the modules that a module uses, directly or through others.
fn reached(uses: &Uses, from: &Module) -> BTreeSet<Module> {
    let (mut found, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(module) = open.pop() {
        for used in uses.get(module).into_iter().flatten() {
            if found.insert(used.clone()) {
                open.push(used);
            }
        }
    }
    found
}

/// Returns the modules in circles, each with those that it uses in its circle.
fn circles(modules: &Modules) -> Vec<String> {
    let uses = uses(modules);
    let reached: BTreeMap<&Module, BTreeSet<Module>> = uses.keys().map(|it| (it, reached(&uses, it))).collect();
    let mut circles = Vec::new();
    for (module, used) in &uses {
        let is_back = |used: &&Module| reached.get(used).is_some_and(|reached| reached.contains(module));
        let used: Vec<String> = used.iter().filter(is_back).map(|used| used.join("::")).collect();
        if !used.is_empty() {
            circles.push(format!("{} uses {}", module.join("::"), used.join(", ")));
        }
    }
    circles
}

#[test]
fn the_files_of_a_crate_form_no_circles() {
    let mut folders: Vec<_> = std::fs::read_dir(root().join("crates")).unwrap().map(|it| it.unwrap().path()).collect();
    folders.extend([root().join("xtask"), root().join("tests")]);
    folders.sort();
    let (mut found, mut files) = (Vec::new(), 0);
    for folder in folders {
        let roots = ["src/lib.rs", "src/main.rs"].map(|file| folder.join(file));
        for root in roots.iter().filter(|root| root.is_file()) {
            let modules = Modules::read(root);
            files += modules.len();
            let name = folder.file_name().unwrap().display();
            found.extend(circles(&modules).into_iter().map(|circle| format!("{name}: {circle}")));
        }
    }
    assert!(files > 300, "{files} files were read");
    assert!(found.is_empty(), "expected no circles, found:\n{}", found.join("\n"));
}

/// Returns the circles of a crate of these files.
fn circles_of(files: &[(&str, &str)]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new(""))).unwrap();
        std::fs::write(path, text).unwrap();
    }
    circles(&Modules::read(&folder.path().join("lib.rs")))
}

#[test]
fn a_circle_is_found_through_other_files() {
    let files = [
        ("lib.rs", "mod a; mod b; mod c;"),
        ("a.rs", "use crate::b::B; pub struct A(B);"),
        ("b.rs", "pub struct B; fn f() { crate::c::g() }"),
        ("c.rs", "use super::a::{A as Other}; pub fn g() { let _: Other; }"),
    ];
    assert_eq!(circles_of(&files), ["a uses b", "b uses c", "c uses a"]);
}

#[test]
fn a_circle_is_found_through_reexports_globs_and_submodules() {
    let files = [
        ("lib.rs", "mod a; mod b; mod c; pub use b::*; use c::C;"),
        ("a.rs", "mod inner; pub use inner::Inner;"),
        ("a/inner.rs", "use crate::B; macro_rules! structs { () => {} } structs!(Inner);"),
        ("b.rs", "use crate::a; pub struct B(crate::C); fn f(_: a::Inner) {}"),
        ("c.rs", "pub struct C; fn f() { assert!(crate::b::B::is_b()); }"),
    ];
    let expected = ["a uses a::inner", "a::inner uses b", "b uses a, a::inner, c", "c uses b"];
    assert_eq!(circles_of(&files), expected);
}

#[test]
fn a_circle_is_found_through_a_submodule() {
    let files = [
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "mod inner; pub struct A(inner::Inner);"),
        ("a/inner.rs", "use super::A; use crate::b::B; pub struct Inner(B);"),
        ("b.rs", "pub struct B(crate::a::A);"),
    ];
    assert_eq!(circles_of(&files), ["a uses a::inner", "a::inner uses b", "b uses a"]);
}

#[test]
fn a_module_and_its_submodules_may_use_each_other() {
    let files = [
        ("lib.rs", "mod a; pub struct Root;"),
        ("a.rs", "mod inner; mod other; pub struct A(inner::Inner);"),
        ("a/inner.rs", "use super::A; use crate::Root; use self::deep::Deep; mod deep; pub struct Inner;"),
        ("a/inner/deep.rs", "use super::Inner; use crate::a::other::Other; pub struct Deep;"),
        ("a/other.rs", "pub struct Other; #[cfg(test)] mod tests { use super::super::inner::Inner; }"),
    ];
    assert_eq!(circles_of(&files), [""; 0]);
}
