//! Writes a `match` over the first names of the catalog.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

/// The largest number of arms. The compiler needs minutes for 10,000.
const MAX_ARMS: usize = 2_000;

fn main() {
    println!("cargo::rerun-if-env-changed=RATEBOOK_OVERLAY");
    let entries = ratebook::Provider::ALL.iter().flat_map(|provider| provider.entries());
    let names: BTreeSet<&str> = entries.map(|entry| entry.name()).collect();
    let mut code = String::from("fn by_match(name: &str) -> Option<u32> {\n    Some(match name {\n");
    for (number, name) in names.iter().take(MAX_ARMS).enumerate() {
        let _ = writeln!(code, "        {name:?} => {number},");
    }
    code.push_str("        _ => return None,\n    })\n}\n");
    let out = std::env::var_os("OUT_DIR").expect("OUT_DIR, which cargo sets");
    std::fs::write(Path::new(&out).join("by_match.rs"), code).expect("a writable output folder");
}
