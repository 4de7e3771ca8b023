//! Tenants of one account: each has a share of every limit, under a name given at run time.

use std::sync::Arc;

use crate::account::Account;
use crate::model::Model;
use crate::model_builder::ModelBuilder;
use crate::refusal::Error;
use crate::state::Inner;

/// A tenant of an account, with a share of each limit. Returned by [`Account::tenant`]. Clones are the same tenant.
#[derive(Clone, Debug)]
pub struct Tenant {
    account: Account,
    name: Arc<str>,
}

impl Account {
    /// Returns a tenant. Its calls draw from the account's limits, and together use at most `percent` (1 to 100) of
    /// each. One permit and one settlement cover both. Shares may add up to more than 100; no share is reserved.
    ///
    /// Requests with the same name return the same tenant. A request with another share changes it for all handles of
    /// the tenant, and waiting calls that cost more than the new share are refused. The share is taken of the limit in
    /// force: as set, lowered by responses, or grown.
    ///
    /// Which to use:
    /// - `tenant`, if all draw from **one** account at the vendor and their names become known at run time. A tenant
    ///   with a handle takes some kilobytes ([`AccountBuilder::resolution`](crate::AccountBuilder::resolution)) for as
    ///   long as the account lives: use it for thousands of names, not for an unbounded set. Metrics count its calls as
    ///   the account's;
    /// - [`AccountBuilder::class`](crate::AccountBuilder::class), for a few names known when the account is built. A
    ///   misspelt one is an error, and metrics tell them apart. A handle may have a class and a tenant: its calls stay
    ///   within both shares;
    /// - [`Keyed`](crate::Keyed), if each has an account or a limit **of its own**: any number, and idle ones can be
    ///   dropped.
    ///
    /// ```
    /// use ratebook_limiter::{Account, Cost, Quota, Usage};
    ///
    /// let account = Account::custom("openai").limit(Quota::tokens(100_000).per_minute()).build()?;
    /// let acme = account.tenant("acme", 25)?.model("gpt-4o")?;
    /// let globex = account.tenant("globex", 25)?.model("gpt-4o")?;
    /// let permit = acme.try_acquire(Cost::tokens(20_000)).unwrap();
    /// let refused = acme.try_acquire(Cost::tokens(6_000)).unwrap_err();
    /// assert!(refused.to_string().starts_with("25000 tokens per 60s, the share of the tenant (openai, as configured)"));
    /// assert!(globex.try_acquire(Cost::tokens(6_000)).is_ok());
    /// permit.settle(Usage::new().tokens(3_000)); // refunds the rest to the tenant and the account
    /// assert!(acme.try_acquire(Cost::tokens(6_000)).is_ok());
    /// # Ok::<(), ratebook_limiter::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Share`], if `percent` is not 1 to 100.
    pub fn tenant(&self, name: &str, percent: u8) -> Result<Tenant, Error> {
        if !(1..=100).contains(&percent) {
            return Err(Error::Share(percent));
        }
        let name = self.0.set_tenant_share(name, percent);
        Ok(Tenant { account: self.clone(), name })
    }
}

impl Tenant {
    /// Returns the handle for the tenant's calls of a model. Keep it, like that of [`Account::model`].
    ///
    /// # Errors
    /// Those of [`Account::model`].
    pub fn model(&self, name: &str) -> Result<Model, Error> {
        self.model_builder(name).build()
    }

    /// Like [`Account::model_builder`], but for the tenant's calls.
    pub fn model_builder(&self, name: &str) -> ModelBuilder {
        ModelBuilder::new(self.account.clone(), name).of_tenant(Arc::clone(&self.name))
    }

    /// Returns the tenant's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the percentage of each limit that the tenant's calls may use together.
    pub fn share(&self) -> u8 {
        self.account.0.tenant_share(&self.name)
    }

    /// Returns the account.
    pub fn account(&self) -> &Account {
        &self.account
    }
}

impl Inner {
    /// Sets a tenant's share, for all of its handles. Returns the stored name.
    fn set_tenant_share(&self, name: &str, percent: u8) -> Arc<str> {
        let reading = self.read();
        self.with(|state| {
            let (name, before) = match state.tenants.get_key_value(name) {
                Some((name, before)) => (Arc::clone(name), Some(*before)),
                None => (Arc::from(name), None),
            };
            if before == Some(percent) {
                return name;
            }
            state.tenants.insert(Arc::clone(&name), percent);
            let of_tenant = state.pools.iter().filter(|(key, _)| key.tenant() == Some(&*name));
            let meters: Vec<_> = of_tenant.map(|(_, meter)| *meter).collect();
            if !meters.is_empty() {
                let queue = state.schedule.advance_to(reading).change(&self.fast_lock);
                for meter in meters {
                    queue.meter_mut(meter).set_share(percent);
                    queue.recompute(queue.meter(meter).whole_meter());
                }
                state.schedule.admission_pass(&self.fast_lock, None);
                state.schedule.update_all_gauges();
            }
            name
        })
    }

    /// Returns a tenant's share in percent; 100 if the name is unknown.
    pub(crate) fn tenant_share(&self, name: &str) -> u8 {
        self.with(|state| state.tenants.get(name).copied().unwrap_or(100))
    }
}
