//! Lookup of an entry by name, compared with maps and searches over the same names, for hits and misses.
//!
//! `cargo bench -p ratebook-bench` measures the shipped catalog. Set `RATEBOOK_OVERLAY` to measure a larger one, such as the
//! output of `scripts/measure-build.py --write-catalog DIR`. The others look up a name alone; ratebook looks up provider,
//! region, plan, kind and name.

use std::collections::{BTreeMap, HashMap};
use std::hint::black_box;

use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime};
use ratebook::{Call, Entry, Kind, Plan, Provider, Region};

include!(concat!(env!("OUT_DIR"), "/by_match.rs"));

/// The largest number of arms of the `match`.
const MAX_ARMS: usize = 2_000;

/// The scope of a lookup.
type Place = (Provider, Option<Region>, Option<Plan>, Kind);

/// Returns whether an entry is of a deployment, mode or context. They are measured apart.
fn has_variant(entry: Entry) -> bool {
    entry.deployment().is_some() || entry.mode().is_some() || entry.context().is_some()
}

struct Keys {
    /// Each name once, with the scope of one of its entries, shuffled.
    hits: Vec<(&'static str, Place)>,
    /// Unknown names. Each differs in one byte from a known one.
    misses: Vec<(String, Place)>,
}

fn keys() -> Keys {
    let entries = Provider::ALL.iter().flat_map(|provider| provider.entries()).filter(|entry| !has_variant(*entry));
    let place = |entry: Entry| (entry.provider(), entry.region(), entry.plan(), entry.kind());
    let by_name: BTreeMap<&str, Place> = entries.map(|entry| (entry.name(), place(entry))).collect();
    let mut hits: Vec<_> = by_name.into_iter().collect();
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    for at in (1..hits.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        hits.swap(at, (state >> 33) as usize % (at + 1));
    }
    let miss = |(name, place): &(&str, Place)| {
        let mut bytes = name.as_bytes().to_vec();
        let at = bytes.len() / 2;
        bytes[at] = if bytes[at] == b'~' { b'!' } else { b'~' };
        (String::from_utf8_lossy(&bytes).into_owned(), *place)
    };
    let misses = hits.iter().map(miss).collect();
    Keys { hits, misses }
}

fn phf_map(hits: &[(&'static str, Place)]) -> phf::Map<&'static str, Place> {
    let names: Vec<&str> = hits.iter().map(|(name, _)| *name).collect();
    let state = phf_generator::generate_hash(&names);
    let entries: Vec<(&'static str, Place)> = state.map.iter().map(|&at| hits[at]).collect();
    phf::Map { key: state.key, disps: state.disps.leak(), entries: entries.leak() }
}

fn bench<'a>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    keys: &'a [(impl AsRef<str>, Place)],
    found: bool,
    find: impl Fn(&'a str, Place) -> bool,
) {
    assert!(keys.iter().all(|(key, place)| find(key.as_ref(), *place) == found), "{name} gives a wrong result");
    group.bench_function(name, |bencher| {
        bencher.iter(|| keys.iter().filter(|(key, place)| find(black_box(key.as_ref()), *place)).count());
    });
}

fn lookup(criterion: &mut Criterion) {
    let keys = keys();
    let std_map: HashMap<&str, Place> = keys.hits.iter().copied().collect();
    let fold_map: hashbrown::HashMap<&str, Place, foldhash::fast::RandomState> = keys.hits.iter().copied().collect();
    let phf_map = phf_map(&keys.hits);
    let mut sorted = keys.hits.clone();
    sorted.sort_unstable_by_key(|(name, _)| *name);

    macro_rules! group {
        ($label:literal, $keys:expr, $found:expr) => {{
            let keys = $keys;
            let mut group = criterion.benchmark_group(format!("{} of {}", $label, keys.len()));
            group.throughput(Throughput::Elements(keys.len() as u64));
            bench(&mut group, "ratebook", keys, $found, |name, (provider, region, plan, kind)| {
                ratebook::find_of_kind(provider, region, plan, kind, name).is_some()
            });
            bench(&mut group, "hashbrown + foldhash", keys, $found, |name, _| fold_map.contains_key(name));
            bench(&mut group, "std HashMap", keys, $found, |name, _| std_map.contains_key(name));
            bench(&mut group, "phf::Map", keys, $found, |name, _| phf_map.contains_key(name));
            bench(&mut group, "binary search", keys, $found, |name, _| {
                sorted.binary_search_by(|(known, _)| (*known).cmp(name)).is_ok()
            });
            if keys.len() <= MAX_ARMS {
                bench(&mut group, "match", keys, $found, |name, _| by_match(name).is_some());
            }
            group.finish();
        }};
    }
    group!("hits", &keys.hits, true);
    group!("misses", &keys.misses, false);
}

/// Lookups that the other maps do not have: whole keys, and names that patterns lead to. A group without names is left out.
/// `RATEBOOK_OVERLAY` with the path of `crates/ratebook/tests/catalog` adds a provider that has all of them.
fn rules(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("one lookup");
    let entries = || Provider::ALL.iter().flat_map(|provider| provider.entries());
    if let Some(entry) = entries().find(|entry| has_variant(*entry)) {
        group.bench_function("of a deployment, mode or context", |bencher| {
            bencher.iter(|| black_box(entry.key()).find())
        });
    }
    let mut resolve = |what: &str, provider: Provider, name: &str| {
        let call = Call::new(provider, name);
        if call.resolve().is_ok() {
            group.bench_function(what, |bencher| bencher.iter(|| black_box(call).resolve()));
        }
    };
    let models = || entries().filter(|entry| entry.kind() == Kind::Model && !has_variant(*entry));
    if let Some(entry) = models().find(|entry| entry.region().is_none() && entry.plan().is_none()) {
        resolve("resolved by exact name", entry.provider(), entry.name());
    }
    for provider in Provider::ALL {
        let member = |pattern: &str| pattern.replace('*', "x").replace('#', "0");
        let families = provider.families().iter().flat_map(|family| family.patterns);
        if let Some(pattern) = families.into_iter().next() {
            resolve("resolved by family", *provider, &member(pattern.as_str()));
        }
    }
}

criterion_group!(benches, lookup, rules);
criterion_main!(benches);
