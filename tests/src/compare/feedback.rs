//! The effect of learning from responses: shared accounts, and limits that differ from the catalog's.

use ratebook::providers::{alibaba, castai, fireworks};
use ratebook::{Entry, Metric, Provider};
use ratebook_limiter::feedback::Dialect;
use ratebook_limiter::{Account, AccountBuilder, ManualClock, Quota};
use ratebook_sim::{
    Algorithm, Arrivals, Client, Others, Report, ResponseStyle, SECOND, Server, SimRule, Simulation, Tokens, Workload,
};
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::clients::{Backoff, Ratebook};
use super::scenarios::SERVERS;
use super::tables::{QUIET, of_the_limit, table};

/// A provider that deviates from the catalog, or an account that others use too.
#[derive(Clone)]
pub struct Situation {
    name: &'static str,
    server: &'static str,
    simulation: Simulation,
    account: AccountBuilder,
    entry: Option<Entry>,
}

/// A client in a situation.
pub struct FeedbackRow {
    pub name: &'static str,
    pub server: &'static str,
    pub client: &'static str,
    pub report: Report,
}

impl FeedbackRow {
    /// Refusals, as a share of the calls that arrived.
    pub fn refused(&self) -> f64 {
        self.report.refused as f64 / self.report.arrived() as f64
    }

    /// Served usage, as a share of what other clients left unused.
    pub fn of_the_rest(&self) -> Option<f64> {
        self.report.goodput_beside_others()
    }
}

const REQUESTS: u64 = 600;
const TOKENS: u64 = 300_000;

/// One hour, after a warm-up of two minutes.
fn hour(server: Server, tokens: u64) -> Simulation {
    let workload = Workload::new().with_tokens(Tokens::Each(tokens));
    let simulation = Simulation::new(server, workload, 62 * 60 * SECOND).with_network(QUIET);
    simulation.with_warm_up(2 * 60 * SECOND).with_seed(42)
}

/// A custom account whose provider uses the given dialect.
fn own(dialect: Dialect) -> AccountBuilder {
    Account::custom("ours")
        .dialect(dialect)
        .limit(Quota::requests(REQUESTS).per_minute().of_model("ours"))
        .limit(Quota::tokens(TOKENS).per_minute().of_model("ours"))
}

/// The custom account's limits, scaled to a percentage.
fn enforced(percent: u64, algorithm: Algorithm, dialect: Dialect) -> Server {
    let rule = |metric, limit: u64| SimRule::new(metric, limit * percent / 100, 60 * SECOND, algorithm);
    let rules = vec![rule(Metric::Requests, REQUESTS), rule(Metric::Tokens, TOKENS)];
    Server::new(rules).styled_as(ResponseStyle::new(dialect.headers(), dialect.responses()))
}

/// The limits of an entry of the catalog, and the calls that it is simulated with.
fn of_catalog(entry: Entry, style: ResponseStyle, tokens: u64) -> (Vec<SimRule>, Situation) {
    let limits = entry.limits();
    let rules: Vec<SimRule> = limits.flat_map(|limit| SimRule::every_of(&limit, Algorithm::SlidingLog)).collect();
    let mut account = Account::builder(entry.provider());
    account = entry.region().map_or(account.clone(), |region| account.region(region.name()));
    account = entry.plan().map_or(account.clone(), |plan| account.plan(plan.name()));
    let simulation = hour(Server::new(rules.clone()).styled_as(style), tokens);
    (rules, Situation { name: "", server: "sliding log", simulation, account, entry: Some(entry) })
}

fn situations() -> Vec<Situation> {
    let mut situations = Vec::new();
    let come_and_go = Others::steady(30).with_tokens(400).with_turns(300 * SECOND);
    for (name, dialect) in [
        ("others come and go, bare 429s", Dialect::PLAIN),
        ("others come and go, remaining amount stated", Dialect::of(Provider::Openai)),
    ] {
        for &(server, algorithm) in SERVERS {
            let simulation = hour(enforced(100, algorithm, dialect), 400).with_others(come_and_go);
            situations.push(Situation { name, server, simulation, account: own(dialect), entry: None });
        }
    }
    for (name, dialect) in [
        ("half of the limit, bare 429s", Dialect::PLAIN),
        ("half of the limit, amount stated", Dialect::of(Provider::Openai)),
    ] {
        let simulation = hour(enforced(50, Algorithm::SlidingLog, dialect), 400);
        situations.push(Situation { name, server: "sliding log", simulation, account: own(dialect), entry: None });
    }
    // Its `Retry-After` is always 5 s; its body states the real wait.
    let castai = ResponseStyle::of(Provider::Castai).always_retrying_after(5);
    let (_, mut situation) = of_catalog(castai::growth::LARGE, castai, 900);
    situation.simulation = situation.simulation.with_others(come_and_go.with_tokens(900));
    situations.push(Situation { name: "castai growth, large, others come and go", ..situation });
    let alibaba = ResponseStyle::of(Provider::Alibaba);
    let (mut rules, mut situation) = of_catalog(alibaba::international::QWEN_PLUS, alibaba, 400);
    rules.push(SimRule::acceleration(Metric::Requests, 4, SECOND));
    let bursts = Arrivals::Bursts { every: 120 * SECOND };
    let workload = situation.simulation.workload().with_arrivals(bursts).with_callers(900);
    let server = Server::new(rules).styled_as(alibaba);
    situation.simulation = situation.simulation.with_server(server).with_workload(workload);
    situations.push(Situation { name: "alibaba, qwen-plus, bursts, and growth is limited", ..situation });
    let fireworks = ResponseStyle::of(Provider::Fireworks);
    let (rules, mut situation) = of_catalog(fireworks::ACCOUNT, fireworks, 200);
    situations.push(Situation { name: "fireworks, guaranteed limits that grow", ..situation.clone() });
    // Calls beyond what is guaranteed are served after others.
    let server = Server::new(rules.into_iter().map(SimRule::soft).collect()).styled_as(fireworks);
    let others = come_and_go.with_tokens(200);
    situation.simulation = situation.simulation.with_server(server).with_others(others);
    situations.push(Situation { name: "fireworks, guaranteed limits, others come and go", ..situation });
    situations
}

impl Situation {
    fn ours(&self, observes: bool, with: impl Fn(AccountBuilder) -> AccountBuilder) -> Box<dyn Client> {
        let clock = ManualClock::new();
        let account = self.account.clone().backoff_seed(7).clock(clock.clock());
        let account = with(account).build().expect("the catalog has the region and plan");
        let model = self.entry.map_or_else(|| account.model("ours"), |entry| account.entry(entry));
        let models = vec![model.expect("it has limits")];
        Box::new(if observes { Ratebook::observing(clock, models) } else { Ratebook::new(clock, models) })
    }

    /// Runs the wanted clients.
    fn run(&self, is_wanted: impl Fn(&str) -> bool) -> Vec<FeedbackRow> {
        let clients: [(&'static str, Box<dyn Client>); 5] = [
            (
                "ratebook, shared with others",
                self.ours(true, |account| account.shared_with_others(20).slow_down_over_limit()),
            ),
            ("ratebook, slowing when over", self.ours(true, AccountBuilder::slow_down_over_limit)),
            ("ratebook", self.ours(true, |account| account)),
            ("ratebook, no feedback", self.ours(false, |account| account)),
            ("retry with backoff", Box::new(Backoff::new())),
        ];
        let run = |(client, mut under_test): (&'static str, Box<dyn Client>)| FeedbackRow {
            name: self.name,
            server: self.server,
            client,
            report: self.simulation.run(&mut [under_test.as_mut()]),
        };
        clients.into_iter().filter(|(client, _)| is_wanted(client)).map(run).collect()
    }
}

/// Every situation, with the clients that are wanted in it, by the names of both.
pub fn feedback(is_wanted: impl Fn(&str, &str) -> bool + Sync) -> Vec<FeedbackRow> {
    let run = |situation: Situation| situation.run(|client| is_wanted(situation.name, client));
    situations().into_par_iter().flat_map_iter(run).collect()
}

pub fn feedback_table<'a>(rows: impl IntoIterator<Item = &'a FeedbackRow>) -> String {
    let mut shown =
        table(&["situation", "server", "client", "of the limit", "of the rest", "429s", "of calls", "over"]);
    for row in rows {
        shown.add_row(vec![
            row.name.to_owned(),
            row.server.to_owned(),
            row.client.to_owned(),
            of_the_limit(&row.report),
            row.of_the_rest().map_or("-".to_owned(), |share| format!("{:.1} %", 100.0 * share)),
            row.report.refused.to_string(),
            format!("{:.2} %", 100.0 * row.refused()),
            row.report.over_limit.to_string(),
        ]);
    }
    shown.to_string()
}
