//! Calls, by the properties that determine their limits.

use crate::{Context, Deployment, Mode, Plan, Provider, Region};

/// The properties of a call that determine its limits.
///
/// ```
/// use ratebook::{Call, Metric, Plan, Provider};
///
/// // At Fireworks, the limits of the account, the size class and the tier apply at once.
/// let call = Call::new(Provider::Fireworks, "llama-v3p1-70b-instruct").plan(Plan::Tier2);
/// let limits: Vec<_> = call.resolve().unwrap().limits().map(|limit| limit.metric).collect();
/// assert!(limits.contains(&Metric::Requests) && limits.contains(&Metric::Tokens) && limits.contains(&Metric::SpendUsd));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Call<'a> {
    pub(crate) provider: Provider,
    pub(crate) region: Option<Region>,
    pub(crate) plan: Option<Plan>,
    pub(crate) deployment: Option<Deployment>,
    pub(crate) mode: Option<Mode>,
    pub(crate) context: Option<Context>,
    pub(crate) model: &'a str,
    pub(crate) task: Option<&'a str>,
    pub(crate) endpoint: Option<&'a str>,
}

impl<'a> Call<'a> {
    /// Returns a call of a model in the usual mode, without region, plan, deployment, task and endpoint.
    #[inline]
    pub const fn new(provider: Provider, model: &'a str) -> Self {
        let (region, plan, deployment, mode, context) = (None, None, None, None, None);
        Self { provider, region, plan, deployment, mode, context, model, task: None, endpoint: None }
    }

    key_parts!();

    /// Sets the task of the call, by its name in the catalog: `text-generation`. Default: none.
    #[must_use]
    #[inline]
    pub const fn task(self, task: &'a str) -> Self {
        Self { task: Some(task), ..self }
    }

    /// Sets the endpoint of the call, by its name in the catalog: `POST /v1/embeddings`. An endpoint without limits of its
    /// own has no effect. Default: none.
    #[must_use]
    #[inline]
    pub const fn endpoint(self, endpoint: &'a str) -> Self {
        Self { endpoint: Some(endpoint), ..self }
    }
}
