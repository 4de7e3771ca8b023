//! Lookup of an entry by name, compared with maps and searches over the same names, for hits and misses.
//!
//! `cargo bench -p ratebook-bench` measures the shipped catalog. Set `RATEBOOK_OVERLAY` to measure a larger one, such as the
//! output of `scripts/measure-build.py --write-catalog DIR`. The others look up a name alone; ratebook looks up provider,
//! region, plan, kind and name.

use std::collections::{BTreeMap, HashMap};
use std::hint::black_box;

use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime};
use ratebook::{Entry, Kind, Plan, Provider, Region};

include!(concat!(env!("OUT_DIR"), "/by_match.rs"));

/// The largest number of arms of the `match`.
const MAX_ARMS: usize = 2_000;

/// The scope of a lookup.
type Place = (Provider, Option<Region>, Option<Plan>, Kind);

struct Keys {
    /// Each name once, with the scope of one of its entries, shuffled.
    hits: Vec<(&'static str, Place)>,
    /// Unknown names. Each differs in one byte from a known one.
    misses: Vec<(String, Place)>,
}

fn keys() -> Keys {
    let entries = Provider::ALL.iter().flat_map(|provider| provider.entries());
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

criterion_group!(benches, lookup);
criterion_main!(benches);
