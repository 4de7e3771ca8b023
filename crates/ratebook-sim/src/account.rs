//! A provider's account with limits from the catalog.

use std::collections::HashMap;

use ratebook::{
    Amount, Bound, Call, Context, Deployment, Invocation, Kind, Limit, Metric, Mode, Period, Plan, Pool, Provider,
    Region, Resolution, Unknown,
};

use crate::algorithm::Algorithm;
use crate::response::ResponseStyle;
use crate::rule::SimRule;
use crate::server::{Draw, Route, Server};

/// The calls of one model number: a model, and the other parts of the key by which the catalog finds their limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelKey<'a> {
    model: &'a str,
    region: Option<Region>,
    plan: Option<Plan>,
    deployment: Option<Deployment>,
    mode: Option<Mode>,
    context: Option<Context>,
    task: Option<&'a str>,
    endpoint: Option<&'a str>,
    is_asynchronous: bool,
}

impl<'a> ModelKey<'a> {
    /// Creates the key of a model in the usual mode, without any other part.
    pub const fn new(model: &'a str) -> Self {
        Self {
            model,
            region: None,
            plan: None,
            deployment: None,
            mode: None,
            context: None,
            task: None,
            endpoint: None,
            is_asynchronous: false,
        }
    }

    /// Sets the region of the endpoint. Default: none.
    #[must_use]
    pub const fn with_region(self, region: Region) -> Self {
        Self { region: Some(region), ..self }
    }

    /// Sets the account's plan. Default: none.
    #[must_use]
    pub const fn with_plan(self, plan: Plan) -> Self {
        Self { plan: Some(plan), ..self }
    }

    /// Sets the way in which capacity is bought or invoked. Default: none.
    #[must_use]
    pub const fn with_deployment(self, deployment: Deployment) -> Self {
        Self { deployment: Some(deployment), ..self }
    }

    /// Sets the mode of processing. Default: none, for the usual mode.
    #[must_use]
    pub const fn with_mode(self, mode: Mode) -> Self {
        Self { mode: Some(mode), ..self }
    }

    /// Sets the class of context lengths. Default: none.
    #[must_use]
    pub const fn with_context(self, context: Context) -> Self {
        Self { context: Some(context), ..self }
    }

    /// Sets the task. Default: none.
    #[must_use]
    pub const fn with_task(self, task: &'a str) -> Self {
        Self { task: Some(task), ..self }
    }

    /// Sets the endpoint, such as `POST /v1/embeddings`. Default: none.
    #[must_use]
    pub const fn with_endpoint(self, endpoint: &'a str) -> Self {
        Self { endpoint: Some(endpoint), ..self }
    }

    /// Makes the calls start a task whose result is fetched later. Default: the call itself returns the result.
    #[must_use]
    pub const fn asynchronous(self) -> Self {
        Self { is_asynchronous: true, ..self }
    }

    /// Returns the model's name.
    pub const fn model(&self) -> &'a str {
        self.model
    }

    /// Returns the region of the endpoint.
    pub const fn region(&self) -> Option<Region> {
        self.region
    }

    /// Returns the account's plan.
    pub const fn plan(&self) -> Option<Plan> {
        self.plan
    }

    /// Returns the way in which capacity is bought or invoked.
    pub const fn deployment(&self) -> Option<Deployment> {
        self.deployment
    }

    /// Returns the mode of processing.
    pub const fn mode(&self) -> Option<Mode> {
        self.mode
    }

    /// Returns the class of context lengths.
    pub const fn context(&self) -> Option<Context> {
        self.context
    }

    /// Returns the task.
    pub const fn task(&self) -> Option<&'a str> {
        self.task
    }

    /// Returns the endpoint, such as `POST /v1/embeddings`.
    pub const fn endpoint(&self) -> Option<&'a str> {
        self.endpoint
    }

    /// Whether the calls start a task whose result is fetched later.
    pub const fn is_asynchronous(&self) -> bool {
        self.is_asynchronous
    }

    fn resolve(&self, provider: Provider) -> Result<Resolution, Unknown> {
        let mut call = Call::new(provider, self.model);
        call = self.region.map_or(call, |region| call.region(region));
        call = self.plan.map_or(call, |plan| call.plan(plan));
        call = self.deployment.map_or(call, |deployment| call.deployment(deployment));
        call = self.mode.map_or(call, |mode| call.mode(mode));
        call = self.context.map_or(call, |context| call.context(context));
        call = self.task.map_or(call, |task| call.task(task));
        call = self.endpoint.map_or(call, |endpoint| call.endpoint(endpoint));
        call.resolve()
    }
}

/// One account of a provider, with the limits that the catalog has for some of its models.
///
/// Every limit that governs a model is enforced. Models of one pool draw from the same limit, with their weights and
/// those of the policy. A pool that each region has for itself is one pool per region.
///
/// ```
/// use ratebook::{Metric, Provider};
/// use ratebook_sim::{Amounts, Algorithm, ModelKey, SimCall, SimAccount};
///
/// // A request of the large model takes four units of the pool of both.
/// let account = SimAccount::new(Provider::Acme, Algorithm::SlidingLog);
/// let account = account.model(&ModelKey::new("nova-small"))?.model(&ModelKey::new("nova-large"))?;
/// let mut server = account.server();
/// let small = SimCall::of(Amounts::request());
/// let large = small.with_model(1);
/// assert_eq!((0..30).filter(|_| server.serve(0, &large)).count(), 25);
/// assert!(!server.serve(0, &small));
/// # Ok::<(), ratebook::Unknown>(())
/// ```
#[derive(Clone, Debug)]
pub struct SimAccount {
    provider: Provider,
    algorithm: Algorithm,
    range_percent: u8,
    exceeds_guarantees: bool,
    rules: Vec<SimRule>,
    /// The index of the rule of each pool.
    pools: HashMap<PoolKey, usize>,
    routes: Vec<Route>,
    /// The name and the endpoint of each model, by its number.
    names: Vec<(String, Option<String>)>,
}

/// The identity of a rule: calls with the same key draw from the same limit.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct PoolKey {
    /// The parts of the entry's key besides the selector: each set of them has its own pools.
    region: Option<Region>,
    plan: Option<Plan>,
    deployment: Option<Deployment>,
    mode: Option<Mode>,
    context: Option<Context>,
    shared_by: SharedBy,
    /// The region of the call, if each region has the limit for itself.
    called_region: Option<Region>,
    calls: Invocation,
    metric: Metric,
    per: Option<Period>,
    bound: Bound,
    /// A limit may be enforced by several rules: itself, and its sub-window.
    position: usize,
}

/// The calls that share a rule.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum SharedBy {
    Account,
    Group(&'static str),
    Model(&'static str),
    /// Each called model for itself.
    Called(String),
}

impl SimAccount {
    /// Creates an account without models. Days, weeks and months follow the provider's calendar, if it has one.
    /// Everything else is measured by `algorithm`.
    pub fn new(provider: Provider, algorithm: Algorithm) -> Self {
        Self {
            provider,
            algorithm,
            range_percent: 0,
            exceeds_guarantees: false,
            rules: Vec::new(),
            pools: HashMap::new(),
            routes: Vec::new(),
            names: Vec::new(),
        }
    }

    /// Sets the point within a range at which the limit of this account is, in percent: 100 for the upper end. Takes
    /// effect for the models added later. Default: 0, the lower end.
    #[must_use]
    pub fn range_percent(self, percent: u8) -> Self {
        Self { range_percent: percent.min(100), ..self }
    }

    /// Serves calls above guaranteed limits, and marks their responses. Takes effect for the models added later.
    /// Default: they are refused.
    #[must_use]
    pub fn exceeding_guarantees(self) -> Self {
        Self { exceeds_guarantees: true, ..self }
    }

    /// Adds the next model: the first has the number 0 in [`SimCall::model`](crate::SimCall::model). Names of one model
    /// that the catalog does not know count as several models.
    ///
    /// # Errors
    /// If the catalog has no limits for such calls.
    pub fn model(mut self, key: &ModelKey<'_>) -> Result<Self, Unknown> {
        let found = key.resolve(self.provider)?;
        let of_model = found.entries().find(|entry| entry.kind() == Kind::Model);
        let called = of_model.map_or(key.model, |entry| entry.name());
        let mut route = Route::default();
        for entry in found.entries() {
            let counts = |limit: &Limit| {
                limit.calls == Invocation::All || (limit.calls == Invocation::Async) == key.is_asynchronous
            };
            // A region's own limit replaces the one of each region.
            let governs = |limit: &Limit| found.limits().any(|governing| governing == *limit);
            let limits = || entry.limits().filter(counts).filter(governs);
            route.is_not_offered |= limits().count() > 0 && limits().all(|limit| limit.amount == Amount::NotOffered);
            for limit in limits() {
                for (position, rule) in
                    SimRule::every_within_range(&limit, self.range_percent, self.algorithm).into_iter().enumerate()
                {
                    let is_soft = self.exceeds_guarantees && limit.bound == Bound::Guaranteed;
                    let rule = if is_soft { rule.soft() } else { rule };
                    let pool = PoolKey::new(&limit, position, called, key.region);
                    let rule = self.shared(pool, rule);
                    route.draws.push(Draw { rule, weight: limit.weight_of([key.model, called]) });
                }
            }
        }
        self.routes.push(route);
        self.names.push((key.model.to_owned(), key.endpoint.map(str::to_owned)));
        Ok(self)
    }

    /// Returns the name and the endpoint of each model, by its number.
    #[cfg(feature = "http")]
    pub(crate) fn names(&self) -> &[(String, Option<String>)] {
        &self.names
    }

    #[cfg(feature = "http")]
    pub(crate) fn provider(&self) -> Provider {
        self.provider
    }

    /// Returns the index of the rule of a pool. If two entries state different limits for it, the lower one holds.
    fn shared(&mut self, pool: PoolKey, rule: SimRule) -> usize {
        let index = *self.pools.entry(pool).or_insert(self.rules.len());
        match self.rules.get_mut(index) {
            Some(known) if known.limit() <= rule.limit() => {}
            Some(known) => *known = rule,
            None => self.rules.push(rule),
        }
        index
    }

    /// Creates a server with the limits of these models, the provider's penalties, and its style of responses.
    pub fn server(self) -> Server {
        let penalties = self.provider.policy().penalties;
        self.server_without_penalties().with_penalties(penalties)
    }

    /// Like [`server`](Self::server), but without penalties.
    pub fn server_without_penalties(self) -> Server {
        Server::by_model(self.rules, self.routes).styled_as(ResponseStyle::of(self.provider))
    }
}

impl PoolKey {
    fn new(limit: &Limit, position: usize, called: &str, region: Option<Region>) -> Self {
        let entry = limit.entry;
        Self {
            region: entry.region(),
            plan: entry.plan(),
            deployment: entry.deployment(),
            mode: entry.mode(),
            context: entry.context(),
            shared_by: match limit.pool {
                Pool::Account => SharedBy::Account,
                Pool::Group(group) => SharedBy::Group(group),
                Pool::Model(model) => SharedBy::Model(model),
                Pool::EachModel => SharedBy::Called(called.to_owned()),
            },
            called_region: region.filter(|_| limit.each_region),
            calls: limit.calls,
            metric: limit.metric,
            per: limit.per,
            bound: limit.bound,
            position,
        }
    }
}
