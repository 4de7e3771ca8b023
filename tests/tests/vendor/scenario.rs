//! A scenario: models of the made-up provider, equal calls of each, and the time that is simulated.

use std::time::Duration;

use ratebook::{Deployment, Plan, Provider, Region};
use ratebook_limiter::{Account, AccountBuilder, ManualClock};
use ratebook_sim::{
    Algorithm, Amounts, Client, ModelKey, Network, Report, SECOND, Server, SimAccount, Simulation, Tokens, Workload,
};
use ratebook_tests::compare::tables::QUIET;

use crate::client::{Ours, Sent};

pub(crate) const MINUTE: u64 = 60 * SECOND;
pub(crate) const HOUR: u64 = 60 * MINUTE;
pub(crate) const DAY: u64 = 24 * HOUR;

/// 2026-11-27T23:00:00Z, an hour of the Pacific afternoon.
pub(crate) const START: Duration = Duration::from_secs(1_795_820_400);

/// Servers that count by fixed windows, whose edges are not those of the client, and by a log. Days follow the
/// calendar.
pub(crate) const SERVERS: [Algorithm; 2] = [Algorithm::FixedWindow { offset: 17 * SECOND }, Algorithm::SlidingLog];

pub(crate) const fn of_tier_1(model: &str) -> ModelKey<'_> {
    ModelKey::new(model).with_plan(Plan::Tier1)
}

#[derive(Clone, Debug)]
pub(crate) struct Scenario<'a> {
    pub(crate) keys: Vec<ModelKey<'a>>,
    /// Callers, and the time that each call takes. Amounts besides `each` are zero.
    pub(crate) workload: Workload,
    pub(crate) network: Network,
    /// The Unix time of the start.
    pub(crate) start: Duration,
    /// Length of the simulation, and of its beginning that is not measured.
    pub(crate) duration: u64,
    pub(crate) warm_up: u64,
}

impl<'a> Scenario<'a> {
    /// Returns a scenario of equal calls, each a request with further amounts, for ten minutes after a minute.
    pub(crate) fn new(keys: &[ModelKey<'a>], each: Amounts) -> Self {
        let plain = Workload::new().with_callers(60).with_models(keys.len()).with_tokens(Tokens::Each(0));
        let workload = plain.with_further(each);
        Self { keys: keys.to_vec(), workload, network: QUIET, start: START, duration: 11 * MINUTE, warm_up: MINUTE }
    }

    /// Returns the account at the provider, with limits at a point within ranges, in percent.
    pub(crate) fn sim_account(&self, algorithm: Algorithm, range_percent: u8) -> SimAccount {
        let account = SimAccount::new(Provider::Acme, algorithm).range_percent(range_percent);
        self.keys.iter().fold(account, |account, key| account.model(key).unwrap())
    }

    /// Returns our client. Models of one region, plan and deployment have one account.
    pub(crate) fn ours(&self, configure: impl Fn(AccountBuilder) -> AccountBuilder) -> Ours {
        let clock = ManualClock::beginning_at(self.start.as_secs());
        let mut accounts: Vec<(Place, Account)> = Vec::new();
        let mut models = Vec::new();
        for key in &self.keys {
            let place = (key.region(), key.plan(), key.deployment());
            let known = accounts.iter().find(|(known, _)| *known == place).map(|(_, account)| account.clone());
            let account = known.unwrap_or_else(|| {
                let account = configure(Account::builder(Provider::Acme)).clock(clock.clock());
                let account = key.plan().map_or(account.clone(), |plan| account.plan(plan.name()));
                let account = key.deployment().map_or(account.clone(), |it| account.deployment(it.name()));
                let account = account.build().unwrap();
                accounts.push((place, account.clone()));
                account
            });
            let model = account.model_builder(key.model());
            let model = key.mode().map_or(model.clone(), |mode| model.mode(mode.name()));
            let model = key.context().map_or(model.clone(), |context| model.context(context.name()));
            let model = key.endpoint().map_or(model.clone(), |endpoint| model.endpoint(endpoint));
            models.push(model.build().unwrap());
        }
        Ours::new(clock, models)
    }

    /// Runs a client against a server.
    pub(crate) fn simulate(&self, server: Server, client: &mut dyn Client) -> Report {
        let server = server.starting_at(self.start);
        let simulation = Simulation::new(server, self.workload, self.duration).with_network(self.network);
        let simulation = simulation.with_warm_up(self.warm_up).with_seed(42);
        simulation.run(&mut [client])
    }

    /// Runs our client against a server.
    pub(crate) fn run_against(&self, server: Server, mut client: Ours) -> Run {
        let report = self.simulate(server, &mut client);
        Run { sent: client.log, report, from: self.warm_up, until: self.duration }
    }

    /// Runs our client against the provider, with its penalties. No call may be refused.
    pub(crate) fn run(&self, algorithm: Algorithm) -> Run {
        let run = self.run_against(self.sim_account(algorithm, 0).server(), self.ours(|account| account));
        let names: Vec<&str> = self.keys.iter().map(|key| key.model()).collect();
        assert_eq!(run.report.refused, 0, "{names:?}, {algorithm:?}");
        run
    }
}

/// What an account of the client is for.
type Place = (Option<Region>, Option<Plan>, Option<Deployment>);

/// What the client sent, and the measured time.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) sent: Vec<Sent>,
    pub(crate) report: Report,
    from: u64,
    until: u64,
}

impl Run {
    /// Returns how many calls of some models were sent in the measured time.
    pub(crate) fn calls(&self, models: &[usize]) -> u64 {
        let counts = |sent: &&Sent| models.contains(&sent.model) && (self.from..self.until).contains(&sent.at);
        self.sent.iter().filter(counts).count() as u64
    }

    /// Returns the length of the measured time in minutes.
    pub(crate) fn minutes(&self) -> u64 {
        (self.until - self.from) / MINUTE
    }

    /// Returns the calls of some models as a share of those that a limit allows: `calls` in each `per` nanoseconds.
    pub(crate) fn share(&self, models: &[usize], calls: u64, per: u64) -> f64 {
        self.calls(models) as f64 * per as f64 / (calls as f64 * (self.until - self.from) as f64)
    }
}
