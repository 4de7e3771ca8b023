//! The settings in force of a running account, and the models that it was asked for, for a reload to look up again.

use std::collections::HashMap;
use std::sync::Arc;

use ratebook::{Context, Entry, Invocation, Mode};

use crate::find_limits;
use crate::refusal::Error;
use crate::resolved_limit::{ResolvedLimit, Target};
use crate::settings::Settings;

/// The settings in force, which differ from those of the builder by the catalog, and the models that are in use.
#[derive(Debug)]
pub(crate) struct InUse {
    settings: Arc<Settings>,
    /// The models, by the order in which they were first asked for.
    models: HashMap<KnownModel, usize>,
}

/// The owned form of a [`Target`], or an entry.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct KnownModel {
    model: String,
    entry: Option<Entry>,
    task: Option<String>,
    mode: Option<Mode>,
    context: Option<Context>,
    endpoint: Option<String>,
    calls: Invocation,
    class: Option<String>,
    tenant: Option<String>,
}

impl KnownModel {
    fn of(target: &Target<'_>, entry: Option<Entry>) -> Self {
        let Target { model, task, mode, context, endpoint, calls, class, tenant, unix_nanos: _ } = *target;
        Self {
            model: model.to_owned(),
            entry,
            task: task.map(str::to_owned),
            mode,
            context,
            endpoint: endpoint.map(str::to_owned),
            calls,
            class: class.map(str::to_owned),
            tenant: tenant.map(|(name, _)| name.to_owned()),
        }
    }

    /// Returns the name that the program asked for.
    pub(crate) fn name(&self) -> &str {
        &self.model
    }

    /// Returns the limits of the model under the given settings.
    pub(crate) fn limits(&self, settings: &Settings, unix_nanos: i128) -> Result<Vec<ResolvedLimit>, Error> {
        let target = Target {
            model: &self.model,
            task: self.task.as_deref(),
            mode: self.mode,
            context: self.context,
            endpoint: self.endpoint.as_deref(),
            calls: self.calls,
            class: self.class.as_deref(),
            // The share does not depend on the catalog.
            tenant: self.tenant.as_deref().map(|name| (name, 100)),
            unix_nanos,
        };
        let found = match self.entry {
            Some(entry) => find_limits::limits_of_entry(settings, &target, entry),
            None => find_limits::limits(settings, &target),
        };
        found.map(|found| found.limits)
    }
}

impl InUse {
    pub(crate) fn new(settings: &Arc<Settings>) -> Self {
        Self { settings: Arc::clone(settings), models: HashMap::new() }
    }

    /// Returns the settings in force.
    pub(crate) fn settings(&self, _built: &Arc<Settings>) -> Arc<Settings> {
        Arc::clone(&self.settings)
    }

    /// Keeps a model whose limits were found under `settings`. Returns `false` if other settings are in force now.
    pub(crate) fn register(&mut self, settings: &Arc<Settings>, target: &Target<'_>, entry: Option<Entry>) -> bool {
        if !Arc::ptr_eq(settings, &self.settings) {
            return false;
        }
        let number = self.models.len();
        self.models.entry(KnownModel::of(target, entry)).or_insert(number);
        true
    }

    /// Returns the settings in force, and the models in the order in which they were first asked for.
    pub(crate) fn to_reload(&self) -> (Arc<Settings>, Vec<KnownModel>) {
        let mut models: Vec<_> = self.models.iter().collect();
        models.sort_unstable_by_key(|(_, number)| **number);
        (Arc::clone(&self.settings), models.into_iter().map(|(model, _)| model.clone()).collect())
    }

    /// Puts `new` in force instead of `old`. Returns `false`, and changes nothing, if other settings are in force now,
    /// or there are other than `models` models.
    pub(crate) fn replace(&mut self, old: &Arc<Settings>, models: usize, new: &Arc<Settings>) -> bool {
        let is_same = Arc::ptr_eq(old, &self.settings) && self.models.len() == models;
        if is_same {
            self.settings = Arc::clone(new);
        }
        is_same
    }

    /// Memory in bytes, without names.
    pub(crate) fn memory(&self) -> usize {
        self.models.capacity() * (size_of::<(KnownModel, usize)>() + 1)
    }
}
