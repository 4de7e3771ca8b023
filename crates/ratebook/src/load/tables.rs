//! The tables of a loaded catalog.

use std::boxed::Box;
use std::sync::{Mutex, PoisonError};
use std::vec::Vec;

use ratebook_codegen::{Packed, ProviderInput, pack};
use ratebook_source as source;

use super::LoadError;
use super::store::Stored;
use super::word::interned;
use crate::packed::Tables;
use crate::pattern::RenamingData;
use crate::provider_data::{PlanData, ProviderData, RegionData};
use crate::{Context, Deployment, Mode, Plan, Region};

/// A catalog that was loaded.
struct Generation {
    tables: &'static Tables,
    /// The providers without limits, to compare them. The limits are compared in the tables.
    providers: Vec<ProviderInput>,
}

/// Returns the tables of a catalog: those of the catalog with the same content that was loaded before, or new ones.
pub(super) fn of(providers: &[ProviderInput]) -> Result<&'static Tables, LoadError> {
    static LOADED: Mutex<Vec<Generation>> = Mutex::new(Vec::new());
    let packed = pack(providers)?;
    let version = packed.version(providers);
    let without_limits: Vec<ProviderInput> = providers.iter().map(without_limits).collect();
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    let same = |known: &&Generation| {
        known.tables.version == version && is_packed(known.tables, &packed) && known.providers == without_limits
    };
    if let Some(known) = loaded.iter().find(same) {
        return Ok(known.tables);
    }
    let data = providers.iter().enumerate().map(|(number, provider)| provider_data(number, provider, &packed));
    let data: Vec<ProviderData> = data.collect();
    let tables = Tables {
        version: interned(&version),
        provider_names: leak(providers.iter().map(|provider| interned(&provider.source.provider))),
        providers: data.leak(),
        regions: leak(packed.regions.iter().map(|name| Region::named(name))),
        plans: leak(packed.plans.iter().map(|name| Plan::named(name))),
        deployments: leak(packed.deployments.iter().map(|name| Deployment::named(name))),
        modes: leak(packed.modes.iter().map(|name| Mode::named(name))),
        contexts: leak(packed.contexts.iter().map(|name| Context::named(name))),
        names: Box::leak(packed.strings.into_boxed_str()),
        entries: records(packed.entry_records),
        aliases: records(packed.alias_records),
        limits: records(packed.limit_records),
        rares: records(packed.rare_records),
        ramps: records(packed.ramp_records),
        ranges: records(packed.range_records),
        pilots: records(packed.pilots),
        slots: records(packed.slots),
        seed: packed.seed,
    };
    let tables: &'static Tables = Box::leak(Box::new(tables));
    loaded.push(Generation { tables, providers: without_limits });
    Ok(tables)
}

fn without_limits(provider: &ProviderInput) -> ProviderInput {
    let source::ProviderSource { provider: name, state, pages, plans, classes, limits: _, .. } = &provider.source;
    let source::ProviderSource { regions, families, renamings, removed, replacements, .. } = &provider.source;
    let source = source::ProviderSource {
        provider: name.clone(),
        state: *state,
        pages: pages.clone(),
        plans: plans.clone(),
        classes: classes.clone(),
        regions: regions.clone(),
        families: families.clone(),
        renamings: renamings.clone(),
        removed: removed.clone(),
        replacements: replacements.clone(),
        limits: Vec::new(),
    };
    ProviderInput { source, policy: provider.policy.clone() }
}

/// Returns whether the tables have the same bytes as packed ones. The same bytes have the same slots.
fn is_packed(tables: &Tables, packed: &Packed<'_>) -> bool {
    tables.names == packed.strings
        && tables.entries.as_flattened() == packed.entry_records
        && tables.aliases.as_flattened() == packed.alias_records
        && tables.limits.as_flattened() == packed.limit_records
        && tables.rares.as_flattened() == packed.rare_records
        && tables.ramps.as_flattened() == packed.ramp_records
        && tables.ranges.as_flattened() == packed.range_records
        && tables.regions.iter().map(|word| word.name()).eq(packed.regions.iter().copied())
        && tables.plans.iter().map(|word| word.name()).eq(packed.plans.iter().copied())
        && tables.deployments.iter().map(|word| word.name()).eq(packed.deployments.iter().copied())
        && tables.modes.iter().map(|word| word.name()).eq(packed.modes.iter().copied())
        && tables.contexts.iter().map(|word| word.name()).eq(packed.contexts.iter().copied())
}

fn leak<T>(items: impl Iterator<Item = T>) -> &'static [T] {
    items.collect::<Vec<T>>().leak()
}

/// Returns packed records as an array of each.
fn records<const WIDTH: usize>(bytes: Vec<u8>) -> &'static [[u8; WIDTH]] {
    Box::leak(bytes.into_boxed_slice()).as_chunks().0
}

fn provider_data(number: usize, ProviderInput { source, policy }: &ProviderInput, packed: &Packed<'_>) -> ProviderData {
    let entries = packed.entries_of(number);
    ProviderData {
        state: source.state.store(),
        pages: source.pages.store(),
        entries: (entries.start as u32, entries.end as u32),
        plans: leak(source.plans.iter().map(plan_data)),
        regions: leak(source.regions.iter().map(region_data)),
        size_classes: source.classes.store(),
        families: source.families.store(),
        renamings: leak(source.renamings.iter().map(|renaming| renaming_data(renaming, packed))),
        replacements: leak(source.replacements.iter().map(|known| (interned(&known.name), interned(&known.new)))),
        policy: policy.store(),
    }
}

fn plan_data(plan: &source::Plan) -> PlanData {
    let source::Plan { name, within, qualifies_usd } = plan;
    let within = within.as_ref().map(|name| Plan::named(name));
    PlanData { plan: Plan::named(name), within, qualifies_usd: *qualifies_usd }
}

fn region_data(region: &source::Region) -> RegionData {
    RegionData { region: Region::named(&region.name), names: region.aliases.store() }
}

fn renaming_data(renaming: &source::Renaming, packed: &Packed<'_>) -> RenamingData {
    let source::Renaming { pattern, name, sets } = renaming;
    // As in a compiled catalog, a word that no limit has sets nothing.
    fn known<T>(words: &[&str], name: &Option<std::string::String>, word: fn(&str) -> T) -> Option<T> {
        let name = name.as_deref()?;
        words.binary_search(&name).ok().map(|_| word(name))
    }
    RenamingData {
        pattern: pattern.store(),
        name: (name != "*").then(|| name.store()),
        region: known(&packed.regions, &sets.region, Region::named),
        plan: known(&packed.plans, &sets.plan, Plan::named),
        deployment: known(&packed.deployments, &sets.deployment, Deployment::named),
        mode: known(&packed.modes, &sets.mode, Mode::named),
        context: known(&packed.contexts, &sets.context, Context::named),
    }
}
