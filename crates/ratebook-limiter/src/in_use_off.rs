//! Without the feature `load`, the settings of an account never change.

use std::sync::Arc;

use ratebook::Entry;

use crate::resolved_limit::Target;
use crate::settings::Settings;

/// The settings in force: those of the builder.
#[derive(Debug)]
pub(crate) struct InUse;

impl InUse {
    pub(crate) fn new(_settings: &Arc<Settings>) -> Self {
        Self
    }

    /// Returns the settings in force.
    pub(crate) fn settings(&self, built: &Arc<Settings>) -> Arc<Settings> {
        Arc::clone(built)
    }

    /// Returns whether the settings are in force: always.
    pub(crate) fn register(&mut self, _settings: &Arc<Settings>, _target: &Target<'_>, _entry: Option<Entry>) -> bool {
        true
    }

    pub(crate) fn memory(&self) -> usize {
        0
    }
}
