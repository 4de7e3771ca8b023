//! The source of a catalog from its tables, as the base of an overlay.

use std::borrow::ToOwned as _;
use std::path::PathBuf;
use std::string::String;
use std::vec::Vec;

use ratebook_codegen::ProviderFiles;
use ratebook_source as source;

use super::Catalog;
use super::store::Stored;
use crate::pattern::RenamingData;
use crate::provider_data::{PlanData, RegionData};
use crate::{Amount, Entry, Limit, Pool, Provider, Status};

/// Returns the files of a catalog, as if they had just been read.
pub(super) fn files(catalog: Catalog) -> Vec<ProviderFiles> {
    catalog.providers().map(files_of).collect()
}

fn files_of(provider: Provider) -> ProviderFiles {
    let data = provider.data();
    let source = source::ProviderSource {
        provider: provider.name().to_owned(),
        state: Stored::restore(&data.state),
        pages: Stored::restore(&data.pages),
        plans: data.plans.iter().map(plan).collect(),
        classes: Stored::restore(&data.size_classes),
        regions: data.regions.iter().map(region).collect(),
        families: Stored::restore(&data.families),
        renamings: data.renamings.iter().map(renaming).collect(),
        // Only constants of the compiled catalog refer to removed entries.
        removed: Vec::new(),
        replacements: data.replacements.iter().map(replacement).collect(),
        limits: provider.entries().flat_map(Entry::limits).map(|it| limit(&it)).collect(),
    };
    let path = PathBuf::from(provider.name()).join("limits.tsv");
    ProviderFiles { path, source, policy: Some(Stored::restore(&data.policy)) }
}

fn plan(data: &PlanData) -> source::Plan {
    let PlanData { plan, within, qualifies_usd } = *data;
    source::Plan { name: plan.name().to_owned(), within: within.map(|plan| plan.name().to_owned()), qualifies_usd }
}

fn region(data: &RegionData) -> source::Region {
    source::Region { name: data.region.name().to_owned(), aliases: Stored::restore(&data.names) }
}

fn replacement((name, new): &(&str, &str)) -> source::Replacement {
    source::Replacement { name: (*name).to_owned(), new: (*new).to_owned() }
}

fn renaming(data: &RenamingData) -> source::Renaming {
    let RenamingData { pattern, name, region, plan, deployment, mode, context } = data;
    let sets = source::KeyParts {
        region: region.map(|region| region.name().to_owned()),
        plan: plan.map(|plan| plan.name().to_owned()),
        deployment: deployment.map(|deployment| deployment.name().to_owned()),
        mode: mode.map(|mode| mode.name().to_owned()),
        context: context.map(|context| context.name().to_owned()),
    };
    source::Renaming { pattern: Stored::restore(pattern), name: name.unwrap_or("*").to_owned(), sets }
}

fn limit(limit: &Limit) -> source::Limit {
    let entry = limit.entry;
    source::Limit {
        region: entry.region().map(|region| region.name().to_owned()),
        plan: entry.plan().map(|plan| plan.name().to_owned()),
        deployment: entry.deployment().map(|deployment| deployment.name().to_owned()),
        mode: entry.mode().map(|mode| mode.name().to_owned()),
        context: entry.context().map(|context| context.name().to_owned()),
        kind: Stored::restore(&entry.kind()),
        name: entry.name().to_owned(),
        aliases: entry.aliases().map(String::from).collect(),
        metric: Stored::restore(&limit.metric),
        per: Stored::restore(&limit.per),
        amount: amount(limit.amount),
        calls: Stored::restore(&limit.calls),
        pool: match limit.pool {
            Pool::Account => source::Pool::Account,
            Pool::Group(group) => source::Pool::Group(group.to_owned()),
            Pool::Model(_) | Pool::EachModel => source::Pool::Model,
        },
        each_region: limit.each_region,
        weight: source::Weight { each: limit.weight.each, output: limit.weight.output },
        bound: Stored::restore(&limit.bound),
        retired_on: match entry.status() {
            Status::Live => None,
            Status::Retired(on) | Status::Removed(on) => Some(Stored::restore(&on)),
        },
        evidence: Stored::restore(&limit.evidence),
        alternative: limit.alternative.map(amount),
        ramp: {
            let points = limit.ramp.points();
            points.map(|it| source::RampPoint { after_minutes: it.after_minutes, amount: it.amount }).collect()
        },
        until: Stored::restore(&limit.until),
        factor: {
            let factor = limit.factor;
            factor.map(|it| source::Factor { percent: it.percent, plan: it.plan.name().to_owned() })
        },
        page: limit.page.map(|page| page.id.to_owned()),
        section: limit.section.map(str::to_owned),
        changed: Stored::restore(&limit.changed_on),
        line: limit.line,
    }
}

fn amount(amount: Amount) -> source::Amount {
    match amount {
        Amount::Count(count) => source::Amount::Count(count),
        Amount::Range { from, to } => source::Amount::Range { from, to },
        Amount::Unlimited => source::Amount::Unlimited,
        Amount::Custom => source::Amount::Custom,
        Amount::NotOffered => source::Amount::NotOffered,
        Amount::Elsewhere => source::Amount::Elsewhere,
    }
}
