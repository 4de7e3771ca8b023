//! Why no limits govern a call: the part of it that is unknown or missing, with the nearest names.

use crate::candidates::is_called;
use crate::nearest::Nearest;
use crate::{Call, Entry, Kind, Unknown, UnknownKind};

impl Call<'_> {
    /// Returns the part of the call that the provider does not have.
    #[inline]
    pub(crate) fn unknown_part(&self) -> Option<UnknownKind> {
        let Self { provider, plan, deployment, mode, context, .. } = *self;
        if plan.is_some_and(|plan| provider.plans().all(|known| known != plan)) {
            Some(UnknownKind::Plan)
        } else if deployment.is_some_and(|deployment| provider.deployments().all(|known| known != deployment)) {
            Some(UnknownKind::Deployment)
        } else if mode.is_some_and(|mode| provider.modes().all(|known| known != mode)) {
            Some(UnknownKind::Mode)
        } else if context.is_some_and(|context| provider.contexts().all(|known| known != context)) {
            Some(UnknownKind::Context)
        } else {
            None
        }
    }

    #[inline]
    pub(crate) fn why_unknown(&self) -> Unknown {
        let entries = || self.provider.entries();
        let plans = self.plans();
        let in_plan = |entry: Entry| self.holds_here(entry) && plans.contains(&Some(entry.plan()));
        let region_is_missing = self.region.is_none() && entries().any(|entry| entry.region().is_some());
        // A model that has limits in some plans only, whatever the provider's default is.
        let is_of_call = |entry: Entry| {
            let is_member =
                || entry.kind() == Kind::Family && self.families().any(|family| family.name == entry.name());
            let is_here = self.holds_here(entry) && entry.deployment() == self.deployment;
            is_here
                && (entry.mode(), entry.context()) == (self.mode, self.context)
                && (is_called(entry, self.model) || is_member())
        };
        let needs_plan = self.plan.is_none() && entries().any(|entry| entry.plan().is_some() && is_of_call(entry));
        // A model that has limits in some variants only.
        let is_own = |entry: &Entry| in_plan(*entry) && is_called(*entry, self.model);
        let differs_by = |part: fn(Entry) -> bool| entries().filter(is_own).any(part);
        self.unknown(if needs_plan {
            UnknownKind::Plan
        } else if self.deployment.is_none() && differs_by(|entry| entry.deployment().is_some()) {
            UnknownKind::Deployment
        } else if self.mode.is_none() && differs_by(|entry| entry.mode().is_some()) {
            UnknownKind::Mode
        } else if self.context.is_none() && differs_by(|entry| entry.context().is_some()) {
            UnknownKind::Context
        } else if region_is_missing || !self.has_limits_in_its_region() {
            UnknownKind::Region
        } else if entries().next().is_some() && !entries().any(in_plan) {
            UnknownKind::Plan
        } else if self.task.is_none() && self.provider.policy().task_default {
            UnknownKind::Task
        } else {
            UnknownKind::Model
        })
    }

    #[inline]
    pub(crate) fn unknown(&self, what: UnknownKind) -> Unknown {
        let mut nearest = Nearest::new();
        match what {
            UnknownKind::Region => {
                for region in self.provider.regions() {
                    let call = Self { region: Some(region), ..*self };
                    let has_model = call.each_entry(Kind::Model, self.model).next().is_some();
                    if has_model || self.provider.entries().all(|entry| entry.name() != self.model) {
                        // A missing name has no similar regions, so each region is offered as its own match.
                        nearest.offer(region.name(), region.name());
                    }
                }
            }
            UnknownKind::Deployment => self.provider.deployments().for_each(|it| nearest.offer(it.name(), it.name())),
            UnknownKind::Mode => self.provider.modes().for_each(|mode| nearest.offer(mode.name(), mode.name())),
            UnknownKind::Context => self.provider.contexts().for_each(|it| nearest.offer(it.name(), it.name())),
            UnknownKind::Plan => self.provider.plans().for_each(|plan| nearest.offer(plan.name(), plan.name())),
            UnknownKind::Model | UnknownKind::Task => {
                let kind = if what == UnknownKind::Task { Kind::Task } else { Kind::Model };
                let name = if what == UnknownKind::Task { self.task.unwrap_or_default() } else { self.model };
                let entries = self.provider.entries().filter(|entry| entry.kind() == kind);
                for entry in entries.filter(|entry| self.holds_here(*entry)) {
                    nearest.offer(name, entry.name());
                }
            }
        }
        Unknown { provider: self.provider, what, nearest }
    }

    #[inline]
    fn holds_here(&self, entry: Entry) -> bool {
        self.regions().contains(&Some(entry.region()))
    }
}
