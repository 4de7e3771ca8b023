//! Checks of the settings given to the builder.

use ratebook::{Penalty, Provider};

use super::AccountBuilder;
use crate::nanos::Nanos;
use crate::negotiated;
use crate::per::divides_a_minute;
use crate::quota::{self, is_blank};
use crate::refusal::Error;
use crate::settings::Settings;

impl AccountBuilder {
    /// Checks the settings, resolves their names in the catalog, and returns them.
    pub(crate) fn settings(self) -> Result<Settings, Error> {
        let Self { mut settings, region, plan, deployment, sub_window } = self;
        if let Some(window) = sub_window {
            if !divides_a_minute(window) {
                return Err(Error::SubWindow(window));
            }
            settings.provider.policy_mut().sub_window = Some(Nanos::from(window));
        }
        #[cfg(feature = "feedback")]
        settings.feedback.recover_as(&settings.provider);
        if settings.growth.iter().any(|growth| growth.every_seconds == 0) {
            return Err(Error::InvalidPolicy("expected a growth rule with an interval of at least a second, found 0"));
        }
        let is_empty =
            |penalty: &Penalty| penalty.calls == 0 || penalty.lasts_seconds == 0 || penalty.within_seconds == Some(0);
        if settings.penalties.iter().any(is_empty) {
            return Err(Error::InvalidPolicy("expected a penalty of at least one call and one second, found 0"));
        }
        quota::check(&settings.limits)?;
        match settings.provider.catalog() {
            Some(provider) => {
                set_region(&mut settings, provider, region)?;
                set_plan(&mut settings, provider, plan)?;
                set_deployment(&mut settings, provider, deployment)?;
                negotiated::check(&settings, provider)?;
            }
            None => {
                let given = [
                    (region.is_some(), "remove `AccountBuilder::region`"),
                    (plan.is_some(), "remove `AccountBuilder::plan`"),
                    (deployment.is_some(), "remove `AccountBuilder::deployment`"),
                ];
                check_custom(&settings, given.into_iter().find(|(is_given, _)| *is_given).map(|(_, what)| what))?;
            }
        }
        let shares = settings.shares.iter().map(|(_, percent)| *percent);
        let shares = shares.chain(settings.classes.iter().map(|class| class.percent));
        let shares = shares.chain(settings.slow_start.flatten().map(|slow_start| slow_start.from_percent));
        let mut shares = shares.chain(settings.shared);
        match shares.find(|percent| !(1..=100).contains(percent)) {
            Some(percent) => Err(Error::Share(percent)),
            None => Ok(settings),
        }
    }
}

/// Resolves the name of the region in the catalog.
fn set_region(settings: &mut Settings, provider: Provider, name: Option<String>) -> Result<(), Error> {
    if let Some(name) = name {
        settings.region = Some(provider.region_named(&name).ok_or(Error::UnknownRegion { provider, name })?);
    }
    Ok(())
}

/// Resolves the name of the plan in the catalog.
fn set_plan(settings: &mut Settings, provider: Provider, name: Option<String>) -> Result<(), Error> {
    if let Some(name) = name {
        settings.plan = Some(provider.plan_named(&name).ok_or(Error::UnknownPlan { provider, name })?);
    }
    Ok(())
}

/// Resolves the name of the deployment in the catalog.
fn set_deployment(settings: &mut Settings, provider: Provider, name: Option<String>) -> Result<(), Error> {
    if let Some(name) = name {
        settings.deployment =
            Some(provider.deployment_named(&name).ok_or(Error::UnknownDeployment { provider, name })?);
    }
    Ok(())
}

/// Checks that a custom account has a name and a limit, and no setting that only a provider of the catalog has. `given`
/// says what to do about such a setting.
fn check_custom(settings: &Settings, given: Option<&'static str>) -> Result<(), Error> {
    let account = settings.provider.name();
    let what = if is_blank(account) {
        return Err(Error::Unnamed);
    } else if let Some(given) = given {
        given
    } else if !settings.negotiated.is_empty() {
        "it has no published limits to replace, so use `AccountBuilder::limit` in place of `negotiated`"
    } else if settings.limits.is_empty() {
        return Err(Error::NoLimits(account));
    } else {
        return Ok(());
    };
    Err(Error::NotInCatalog { account, what })
}
