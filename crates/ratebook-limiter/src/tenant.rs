//! Tenants of one account: a share of each of its limits, by a name that is given at run time.

use std::sync::Arc;

use crate::account::Account;
use crate::model::{Model, ModelBuilder};
use crate::refusal::Error;
use crate::state::Inner;

/// A tenant of an account, with a share of each limit; made by [`Account::tenant`]. Clones are the same tenant.
#[derive(Clone, Debug)]
pub struct Tenant {
    account: Account,
    name: Arc<str>,
}

impl Account {
    /// A tenant, whose calls draw from the account's limits and use together at most so many percent (1 to 100) of each:
    /// one permit and one settlement for both. Shares may add up to more than 100; no tenant has its share to itself.
    ///
    /// A name is one tenant, whoever asks for it: asked for again with another share, the tenant has that from then on, on
    /// all its handles; its waiting calls above it are refused. A limit that is set, lowered by replies or grows is shared as
    /// it is in force.
    ///
    /// Which to use:
    /// - `tenant`, where all draw from **one** account at the vendor, and their names are known when they come. Each tenant
    ///   takes some kilobytes ([`AccountBuilder::resolution`](crate::AccountBuilder::resolution)) for as long as the account
    ///   lives, once it has a handle: it is meant for some thousands, not for a name without end. Metrics count their calls
    ///   as the account's;
    /// - [`AccountBuilder::class`](crate::AccountBuilder::class), for the same with a few names that the program knows: a
    ///   misspelt one is an error, and metrics tell them apart. A handle may have a class and a tenant: its calls keep to
    ///   both shares;
    /// - [`Keyed`](crate::Keyed), where each has an account or a limit **of its own**: any number, the idle ones dropped.
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
    /// permit.settle(Usage::new().tokens(3_000)); // the tenant and the account have the rest back
    /// assert!(acme.try_acquire(Cost::tokens(6_000)).is_ok());
    /// # Ok::<(), ratebook_limiter::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Share`], for a share that is not 1 to 100 percent.
    pub fn tenant(&self, name: &str, percent: u8) -> Result<Tenant, Error> {
        if !(1..=100).contains(&percent) {
            return Err(Error::Share(percent));
        }
        let name = self.0.name_tenant(name, percent);
        Ok(Tenant { account: self.clone(), name })
    }
}

impl Tenant {
    /// The handle that the tenant's calls of a model go through. Like [`Account::model`], it is worth keeping.
    ///
    /// # Errors
    /// As [`Account::model`].
    pub fn model(&self, name: &str) -> Result<Model, Error> {
        self.model_builder(name).build()
    }

    /// Like [`Account::model_builder`], but of the tenant's calls.
    pub fn model_builder(&self, name: &str) -> ModelBuilder {
        ModelBuilder::new(self.account.clone(), name).of_tenant(Arc::clone(&self.name))
    }

    /// The name that the tenant was asked for by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The percentage of each limit that its calls may use together.
    pub fn share(&self) -> u8 {
        self.account.0.tenant_share(&self.name)
    }

    /// The account.
    pub fn account(&self) -> &Account {
        &self.account
    }
}

impl Inner {
    /// Notes a tenant's share, which all its handles have from now on.
    fn name_tenant(&self, name: &str, percent: u8) -> Arc<str> {
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
                let queue = state.schedule.at(reading).change(&self.fast_lock);
                for meter in meters {
                    queue.meter_mut(meter).set_share(percent);
                    queue.fit(queue.meter(meter).whole());
                }
                state.schedule.admission_pass(&self.fast_lock, None);
                state.schedule.show_all();
            }
            name
        })
    }

    pub(crate) fn tenant_share(&self, name: &str) -> u8 {
        self.with(|state| state.tenants.get(name).copied().unwrap_or(100))
    }
}
