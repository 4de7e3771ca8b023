//! Lookups do not allocate, measured with a counting allocator.

use ratebook::{Call, Kind, Plan, Provider, Region, find};

#[test]
fn no_lookup_allocates() {
    let info = allocation_counter::measure(|| {
        let mut sum = 0;
        for _ in 0..100 {
            let call = Call::new(Provider::Fireworks, "llama-v3p1-70b-instruct").plan(Plan::Tier2);
            sum += call.resolve().map_or(0, |found| found.limits().filter_map(|limit| limit.amount.count()).sum());
            sum += u64::from(find(Provider::Alibaba, Some(Region::Us), None, "qwen-plus-us").is_some());
            sum += u64::from(Call::new(Provider::Alibaba, "qwen-pls").region(Region::Us).resolve().is_err());
            sum += Provider::Alibaba.entries().filter(|entry| entry.kind() == Kind::Model).count() as u64;
            sum += Provider::Alibaba.entries().flat_map(|entry| entry.aliases()).count() as u64;
            sum += u64::from(Provider::from_name("castai").is_some());
        }
        assert!(sum > 0);
    });
    assert_eq!(info.count_total, 0);
}
