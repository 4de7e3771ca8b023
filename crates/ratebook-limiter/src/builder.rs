//! The account builder: settings of an account, with their defaults.

mod admission;
mod check;
mod policy;

use std::sync::Arc;
use std::time::Duration;

use ratebook::{Metric, Period, Provider};

use crate::account::Account;
use crate::account_provider::AccountProvider;
use crate::clock::Clock;
use crate::label::Label;
use crate::quota::Quota;
use crate::refusal::Error;
use crate::settings::{Burst, Class, Negotiated, Settings, StartLevel};

impl Account {
    /// Returns a builder for an account that follows the published limits.
    pub fn builder(provider: Provider) -> AccountBuilder {
        AccountBuilder::new(AccountProvider::of_catalog(provider))
    }

    /// Returns a builder for an account at a provider that the catalog does not have: a gateway, a server of your own,
    /// or a vendor that is not in the catalog. Give it at least one limit with [`AccountBuilder::limit`]. Everything
    /// else works as for a provider of the catalog.
    ///
    /// `name` stands for the provider in refusals, errors, metrics and events. Each distinct name, and each distinct
    /// name of a pool, is stored once and never freed.
    ///
    /// [`Account::model`] accepts any name if a limit applies to the whole account. If all limits name models, any
    /// other model is an error.
    ///
    /// ```
    /// use ratebook_limiter::{Account, Cost, Quota, Refused};
    ///
    /// // OpenAI: 500 requests and 30,000 tokens a minute.
    /// let account = Account::custom("openai")
    ///     .limit(Quota::requests(500).per_minute())
    ///     .limit(Quota::tokens(30_000).per_minute())
    ///     .build()?;
    /// let gpt = account.model("gpt-4o")?;
    /// let permit = gpt.try_acquire(Cost::request().input(1_200).output(400)).unwrap();
    /// let Err(Refused::Wait(wait)) = gpt.try_acquire(Cost::request().input(29_000)) else { panic!() };
    /// assert!(wait.to_string().starts_with("30000 tokens per 60s (openai, as configured) has no room for the call"));
    /// # drop(permit);
    /// # Ok::<(), ratebook_limiter::Error>(())
    /// ```
    ///
    /// With the feature `feedback`, set the dialect of its responses: `.dialect(Dialect::of(Provider::Openai))`.
    /// Default: the statuses 429, 402, 413 and 503 and `Retry-After` are read.
    pub fn custom(name: impl AsRef<str>) -> AccountBuilder {
        AccountBuilder::new(AccountProvider::custom(name.as_ref()))
    }
}

/// A builder of an [`Account`]. Returned by [`Account::builder`] and [`Account::custom`].
#[derive(Clone, Debug)]
pub struct AccountBuilder {
    settings: Settings,
    region: Option<String>,
    plan: Option<String>,
    deployment: Option<String>,
    sub_window: Option<Duration>,
}

impl AccountBuilder {
    pub(crate) fn new(provider: AccountProvider) -> Self {
        let settings = Settings {
            provider,
            region: None,
            plan: None,
            deployment: None,
            negotiated: Vec::new(),
            shares: Vec::new(),
            classes: Vec::new(),
            burst: Burst::default(),
            jitter: None,
            start: StartLevel::default(),
            start_levels: Vec::new(),
            slow_start: None,
            grace: Duration::from_millis(20),
            longest_wait: None,
            calendar: provider.policy().calendar,
            penalties: provider.catalog().map_or_else(Vec::new, |provider| provider.policy().penalties.to_vec()),
            growth: provider.catalog().map_or_else(Vec::new, |provider| provider.policy().growth.to_vec()),
            resolution: 128,
            exceeds_guarantees: false,
            shadow: false,
            shared: None,
            #[cfg(feature = "feedback")]
            feedback: crate::feedback::FeedbackSettings::of(&provider),
            clock: Clock::system(),
            label: Label::default(),
            limits: Vec::new(),
            aliases: Vec::new(),
            strict: false,
        };
        Self { settings, region: None, plan: None, deployment: None, sub_window: None }
    }

    /// Sets the region of the account's endpoint, by its name in the catalog, without regard to case, spaces and
    /// punctuation. Default: each model has the limits of the region with the strictest ones.
    #[must_use]
    pub fn region(mut self, name: impl Into<String>) -> Self {
        self.region = Some(name.into());
        self
    }

    /// Sets the account's plan or tier, by its name in the catalog, without regard to case, spaces and punctuation:
    /// `tier-2`, `Tier 2` and `TIER_2` are one. Default: each model has the limits of the first plan on the vendor's
    /// page that serves it.
    #[must_use]
    pub fn plan(mut self, name: impl Into<String>) -> Self {
        self.plan = Some(name.into());
        self
    }

    /// Like [`plan`](Self::plan), for vendors that call their plans tiers.
    #[must_use]
    pub fn tier(self, name: impl Into<String>) -> Self {
        self.plan(name)
    }

    /// Sets how the account's capacity is bought or invoked, by its name in the catalog: Azure's `global-standard`.
    /// Case, spaces and punctuation do not matter. Default: each model has its limits without a deployment, or else
    /// those of the deployment with the strictest ones.
    #[must_use]
    pub fn deployment(mut self, name: impl Into<String>) -> Self {
        self.deployment = Some(name.into());
        self
    }

    /// Adds a name of the program's own for a model: Azure's names of deployments, or those of a gateway. Calls of both
    /// names draw from the same limits. `model` is any name of the model except another alias. An alias takes
    /// precedence over a model of the same name, and a later alias over an earlier one of the same name.
    ///
    /// ```
    /// use ratebook::Provider;
    /// use ratebook_limiter::{Account, Cost};
    ///
    /// let account = Account::builder(Provider::Castai).plan("growth").alias("my-deployment", "Qwen 3 32B").build()?;
    /// let (own, qwen) = (account.model("my-deployment")?, account.model("Qwen 3 32B")?);
    /// assert_eq!(own.found_by(), qwen.found_by());
    /// let permit = own.try_acquire(Cost::tokens(150_000)).unwrap();
    /// assert!(qwen.try_acquire(Cost::tokens(60_000)).is_err());
    /// # drop(permit);
    /// # Ok::<(), ratebook_limiter::Error>(())
    /// ```
    #[must_use]
    pub fn alias(mut self, name: impl Into<String>, model: impl Into<String>) -> Self {
        self.settings.aliases.push((name.into(), model.into()));
        self
    }

    /// Replaces a published amount by one agreed with the vendor, in units of the metric. Zero refuses every call that
    /// uses any.
    ///
    /// `model` is the name of a model that the catalog resolves to limits without a task, or `*` for every limit on
    /// this metric and period. The limit keeps its bound, hard or guaranteed, and does not grow with use.
    ///
    /// | the catalog has | the amount replaces |
    /// |---|---|
    /// | a limit of the model | that limit |
    /// | a limit of the model's group | that limit, for all models of the group |
    /// | a limit of the account only | that limit, for all models |
    /// | no such limit | nothing: a hard limit of the model is added, or one of the account for `*` |
    /// | a hard limit and a guarantee in one pool | the hard limit |
    /// | a guarantee above the amount, beside a hard limit | the hard limit; the guarantee is dropped |
    ///
    /// A guarantee that is not above the amount stays and grows as published. Calls stay below it unless they [exceed
    /// guarantees](Self::exceed_guarantees). Fireworks, for example, guarantees 60 requests per minute and refuses
    /// above 6,000. Of two amounts for one limit, an amount for a model wins over one for `*`, and otherwise the later
    /// call wins.
    ///
    /// Refusals cite such a limit as negotiated, without a line of the page. [`build`](Self::build) returns an error
    /// for a model that the catalog does not have, a metric counted over time without a period, a concurrency metric
    /// with a period, and a metric that calls do not use.
    ///
    /// ```
    /// use ratebook::{Metric, Period, Provider};
    /// use ratebook_limiter::Account;
    ///
    /// let minute = Some(Period::Minute);
    /// let account = Account::builder(Provider::Castai).plan("growth");
    /// let account = account.negotiated("Qwen 3 32B", Metric::Tokens, minute, 900_000).build()?;
    /// // Both are in the size class medium, whose models share their limits.
    /// for model in ["Gemma 3 27B", "Qwen 3 32B"] {
    ///     assert!(account.model(model)?.limits().any(|limit| limit.amount == 900_000 && limit.is_negotiated()));
    /// }
    /// # Ok::<(), ratebook_limiter::Error>(())
    /// ```
    #[must_use]
    pub fn negotiated(mut self, model: impl Into<String>, metric: Metric, per: Option<Period>, amount: u64) -> Self {
        self.settings.negotiated.push(Negotiated { model: model.into(), metric, per, amount });
        self
    }

    /// Limits the account to `percent` (1 to 100) of every limit. Default: 100.
    #[must_use]
    pub fn share(mut self, percent: u8) -> Self {
        self.settings.shares.push((None, percent));
        self
    }

    /// Limits the account to `percent` (1 to 100) of the limits on a metric. Default: 100.
    #[must_use]
    pub fn share_of(mut self, metric: Metric, percent: u8) -> Self {
        self.settings.shares.push((Some(metric), percent));
        self
    }

    /// Adds a class of callers that together use at most `percent` (1 to 100) of every limit. Select it with
    /// [`ModelBuilder::class`](crate::ModelBuilder::class). Use classes for a few names known in advance; metrics tell
    /// them apart. For names that become known at run time, such as customers', see [`Account::tenant`]. If each has an
    /// account or a limit of its own, see [`Keyed`](crate::Keyed).
    #[must_use]
    pub fn class(mut self, name: impl Into<String>, percent: u8) -> Self {
        self.settings.classes.push(Class { name: name.into(), percent });
        self
    }

    /// Sets the source of time. Default: the system's monotonic clock, [`Clock::system`].
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.settings.clock = clock;
        self
    }

    /// Sets the account's name in metrics and events, the label `account`, to tell it from others at the same provider.
    /// Use a fixed set of names: each one makes a time series. Default: none.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.settings.label.name = Some(name.into().into());
        self
    }

    /// Adds a limit of your own to those of the catalog, if there are any. It replaces none of them;
    /// [`negotiated`](Self::negotiated) does. See [`Account::custom`] and [`Quota`].
    #[must_use]
    pub fn limit(mut self, quota: Quota<'_>) -> Self {
        self.settings.limits.push(quota.into());
        self
    }

    /// Makes [`Account::model`] return an error, with similar names, if only a default was found
    /// ([`LimitsBy::is_default`](crate::LimitsBy::is_default)): limits of every model of the account, or of the
    /// strictest size class because the name states no size. A model that the catalog has in another plan is not an
    /// error. Models with [negotiated](Self::negotiated) or [own](Self::limit) limits have to be known, too. Default:
    /// the default applies, and [`Model::found_by`](crate::Model::found_by) reports it.
    ///
    /// ```
    /// use ratebook::{Provider, Rule};
    /// use ratebook_limiter::{Account, Error, LimitsBy};
    ///
    /// let fireworks = Account::builder(Provider::Fireworks).plan("tier-2");
    /// let kimi = fireworks.clone().build()?.model("accounts/fireworks/models/kimi-k2-instruct")?;
    /// assert_eq!(kimi.found_by(), LimitsBy::Catalog(Rule::UnknownSize { class: "over-100b" }));
    /// let error = fireworks.strict().build()?.model("accounts/fireworks/models/kimi-k2-instruct").unwrap_err();
    /// assert!(matches!(error, Error::OnlyDefault { .. }));
    /// # Ok::<(), ratebook_limiter::Error>(())
    /// ```
    #[must_use]
    pub fn strict(mut self) -> Self {
        self.settings.strict = true;
        self
    }

    /// Checks the settings and returns the account.
    ///
    /// # Errors
    /// - [`Error::UnknownRegion`], [`Error::UnknownPlan`], [`Error::UnknownDeployment`]: the provider has no such
    ///   region, plan or deployment.
    /// - [`Error::Share`]: a percentage is not 1 to 100.
    /// - [`Error::InvalidLimit`]: a negotiated or own limit is invalid.
    /// - [`Error::LimitOfUnknownModel`]: a limit is given for a model that the catalog does not have.
    /// - [`Error::SubWindow`]: the sub-window does not divide a minute.
    /// - [`Error::InvalidPolicy`]: a growth rule has no interval, or a penalty no calls or no time.
    /// - [`Error::Unnamed`], [`Error::NoLimits`], [`Error::NotInCatalog`]: a [custom account](Account::custom) has no
    ///   name, no limit, or a setting that only a provider of the catalog has.
    pub fn build(self) -> Result<Account, Error> {
        Ok(Account::new(Arc::new(self.settings()?)))
    }
}
