//! What is compared, and how it is shown.

use std::num::NonZeroU32;
use std::time::Duration;

use comfy_table::{Table, presets};
use fastrand::Rng;
use governor::clock::FakeRelativeClock;
use governor::{Quota, RateLimiter};
use ratebook::Metric;
use ratebook_limiter::{Account, Burst, Cost, ManualClock};
use ratebook_sim::{
    Algorithm, Amounts, Arrivals, Client, Estimates, Network, Report, SECOND, Server, Simulation, Tokens, Workload,
};
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::clients::{Backoff, PerMinute, Ratebook, TwoGovernors, exact, fixed_sleep, last_minute, ticker};
use super::scenarios::{Policy, SERVERS, every, kind, kinds};

/// Six minutes after a warm-up of two.
pub fn simulation(policy: &Policy, algorithm: Algorithm, network: Network) -> Simulation {
    let further = Amounts::none().with_audio_millis(policy.each.audio_millis()).with_micro_usd(policy.each.micro_usd());
    let workload = Workload::new()
        .with_callers(policy.callers)
        .with_models(policy.model_count())
        .with_tokens(Tokens::Each(policy.each.of(Metric::Tokens)))
        .with_further(further)
        .with_service(policy.service);
    let simulation = Simulation::new(Server::new(policy.rules(algorithm)), workload, 8 * 60 * SECOND);
    simulation.with_network(network).with_warm_up(2 * 60 * SECOND).with_seed(42)
}

pub fn ours(policy: &Policy, burst: Burst, jitter: Duration) -> Ratebook {
    let clock = ManualClock::new();
    let models = policy.account(&clock, |account| account.burst(burst).jitter(jitter));
    Ratebook::new(clock, models)
}

/// The clients by name, the exact log first.
pub fn clients(policy: &Policy, algorithm: Algorithm) -> Vec<(&'static str, Box<dyn Client>)> {
    let rules = policy.rules(algorithm);
    let limits = PerMinute::of(&rules, &policy.each);
    vec![
        ("exact log", exact(&rules)),
        ("ratebook, full bursts", Box::new(ours(policy, Burst::Full, Duration::ZERO))),
        ("ratebook, smooth", Box::new(ours(policy, Burst::Smooth, Duration::ZERO))),
        ("two governors", Box::new(TwoGovernors::new(limits))),
        ("last 60 seconds", last_minute(limits)),
        ("semaphore and ticker", ticker(limits)),
        ("fixed sleep", fixed_sleep(limits, &policy.each)),
        ("retry with backoff", Box::new(Backoff::new())),
    ]
}

pub fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).set_header(header.to_vec());
    table
}

pub fn of_the_limit(report: &Report) -> String {
    report.goodput().map_or("-".to_owned(), |goodput| format!("{:.1} %", 100.0 * goodput))
}

fn seconds(nanos: u64) -> String {
    format!("{:.1} s", nanos as f64 / SECOND as f64)
}

/// One run of the comparison.
pub struct Row {
    pub policy: Policy,
    pub server: &'static str,
    pub client: &'static str,
    pub report: Report,
    /// Served usage, relative to the exact log's.
    pub of_exact: f64,
}

/// A network without jitter.
pub const QUIET: Network = Network::new(SECOND / 100);

/// Runs clients, the exact log first, under one policy.
fn race(
    policy: &Policy,
    server: &'static str,
    simulation: &Simulation,
    clients: Vec<(&'static str, Box<dyn Client>)>,
) -> Vec<Row> {
    let mut best = 0;
    let row = |(client, mut under_test): (&'static str, Box<dyn Client>)| {
        let report = simulation.run(&mut [under_test.as_mut()]);
        if client == "exact log" {
            best = report.served.max(1);
        }
        Row { policy: policy.clone(), server, client, of_exact: report.served as f64 / best as f64, report }
    };
    clients.into_iter().map(row).collect()
}

/// Policies of every kind, every server and client, without jitter.
pub fn compare() -> Vec<Row> {
    let run = |(policy, server, algorithm): (Policy, _, _)| {
        race(&policy, server, &simulation(&policy, algorithm, QUIET), clients(&policy, algorithm))
    };
    on_all_servers().flat_map_iter(run).collect()
}

/// Policies of every kind with every server, to be run in parallel. Results keep this order.
fn on_all_servers() -> impl ParallelIterator<Item = (Policy, &'static str, Algorithm)> {
    let on_each = |policy: Policy| SERVERS.iter().map(move |&(server, algorithm)| (policy.clone(), server, algorithm));
    kinds().into_iter().flat_map(on_each).collect::<Vec<_>>().into_par_iter()
}

/// Every policy of the catalog and the wanted clients, the exact log included, on sliding logs. Policies with a monthly
/// spend limit run for 45 days, with only the clients that such a limit affects.
pub fn catalog(is_wanted: impl Fn(&str) -> bool + Sync) -> Vec<Row> {
    let algorithm = Algorithm::SlidingLog;
    let run = |policy: Policy| {
        let (mut simulation, mut clients) = (simulation(&policy, algorithm, QUIET), clients(&policy, algorithm));
        if policy.is_of_spend() {
            let workload = simulation.workload().with_callers(20);
            simulation = simulation.with_workload(workload).with_duration(45 * 86_400 * SECOND).with_warm_up(0);
            clients.retain(|(name, _)| matches!(*name, "exact log" | "ratebook, full bursts" | "retry with backoff"));
        }
        clients.retain(|(name, _)| is_wanted(name));
        race(&policy, "sliding log", &simulation, clients)
    };
    every().into_par_iter().flat_map_iter(run).collect()
}

pub fn comparison(rows: &[Row]) -> String {
    let mut shown = table(&[
        "policy",
        "server",
        "client",
        "of the limit",
        "of the exact log",
        "429s",
        "wait p50",
        "p99",
        "fairness",
    ]);
    for row in rows {
        let report = &row.report;
        shown.add_row(vec![
            row.policy.name.clone(),
            row.server.to_owned(),
            row.client.to_owned(),
            of_the_limit(report),
            format!("{:.1} %", 100.0 * row.of_exact),
            report.refused.to_string(),
            seconds(report.wait_percentile(50)),
            seconds(report.wait_percentile(99)),
            format!("{:.2}", report.fairness()),
        ]);
    }
    shown.to_string()
}

/// Our limiter under jitter of up to 250 ms either way, with the margin for it: windows longer by half a second.
pub fn under_jitter() -> Vec<(Row, f64)> {
    let spread = SECOND / 2;
    let network = QUIET.with_jitter(spread);
    let run = |(policy, server, algorithm): (Policy, _, _)| {
        let width = policy.shortest() as f64;
        let possible = width / (width + spread as f64);
        let exact_log = simulation(&policy, algorithm, QUIET);
        let best = exact_log.run(&mut [exact(&policy.rules(algorithm)).as_mut()]).served.max(1);
        let burst = if matches!(algorithm, Algorithm::SlidingCounter { .. }) { Burst::Smooth } else { Burst::Full };
        let mut client = ours(&policy, burst, Duration::from_nanos(spread));
        let report = simulation(&policy, algorithm, network).run(&mut [&mut client]);
        let of_exact = report.served as f64 / best as f64;
        (Row { policy, server, client: "ratebook", of_exact, report }, possible)
    };
    on_all_servers().map(run).collect()
}

pub fn jitter_table(rows: &[(Row, f64)]) -> String {
    let mut shown = table(&["policy", "server", "shortest window", "possible", "of the exact log", "429s"]);
    for (row, possible) in rows {
        shown.add_row(vec![
            row.policy.name.clone(),
            row.server.to_owned(),
            seconds(row.policy.shortest()),
            format!("{:.1} %", 100.0 * possible),
            format!("{:.1} %", 100.0 * row.of_exact),
            row.report.refused.to_string(),
        ]);
    }
    shown.to_string()
}

/// Our limiter under workloads of every kind, on a sliding log of Cast AI's medium class.
pub fn workloads() -> String {
    let policy = &kind("castai");
    let algorithm = Algorithm::SlidingLog;
    let base = Workload::new().with_models(policy.model_count());
    let (saturating, every) = (base.with_tokens(Tokens::Each(900)), 20 * SECOND);
    let kinds = [
        ("1 caller", saturating.with_callers(1)),
        ("10,000 callers", saturating.with_callers(10_000)),
        ("steady, under the limit", saturating.with_callers(50).with_arrivals(Arrivals::Steady { every })),
        ("bursts, at the limit", saturating.with_callers(70).with_arrivals(Arrivals::Bursts { every })),
        ("heavy-tailed tokens", base.with_tokens(Tokens::HeavyTailed { least: 300 })),
        ("estimates of double", saturating.with_estimates(Estimates::Percent(200))),
        ("estimates of half", saturating.with_estimates(Estimates::Percent(50))),
        ("no estimates", saturating.with_estimates(Estimates::None)),
    ];
    let mut shown = table(&["workload", "of the limit", "429s", "wait p50", "p99", "fairness"]);
    for (name, workload) in kinds {
        let simulation = simulation(policy, algorithm, QUIET).with_workload(workload);
        let report = simulation.run(&mut [&mut ours(policy, Burst::Full, Duration::ZERO)]);
        shown.add_row(vec![
            name.to_owned(),
            of_the_limit(&report),
            report.refused.to_string(),
            seconds(report.wait_percentile(50)),
            seconds(report.wait_percentile(99)),
            format!("{:.2}", report.fairness()),
        ]);
    }
    shown.to_string()
}

/// Daily requests that a chain of separate limiters wastes, compared with ours: a daily request limiter, then tokens
/// per minute. Calls of 5,000 tokens arrive at random, at 7/5 of the rate that the token limit allows.
pub fn chain() -> String {
    let (requests, tokens, cost) = (14_000, 60_000, 5_000);
    let clock = ManualClock::new();
    let account = Account::custom("ours")
        .clock(clock.clock())
        .limit(ratebook_limiter::Quota::requests(requests).per_day().of_model("ours"))
        .limit(ratebook_limiter::Quota::tokens(tokens).per_minute().of_model("ours"));
    let ours = account.build().expect("nothing is wrong with it").model("ours").expect("it has limits");
    let fake = FakeRelativeClock::default();
    let governor = |quota: Quota| RateLimiter::direct_with_clock(quota, fake.clone());
    let count = |count: u64| NonZeroU32::new(count as u32).expect("one at least");
    // A burst of the whole daily quota, as a daily limit is configured with governor.
    let daily = Quota::with_period(Duration::from_secs(86_400)).expect("some time").allow_burst(count(requests));
    let (by_day, by_minute) = (governor(daily), governor(Quota::per_minute(count(tokens))));
    let mut rng = Rng::with_seed(3);
    let (mut sent, mut taken, mut ours_sent) = (0u64, 0u64, 0u64);
    for _ in 0..86_400 {
        fake.advance(Duration::from_secs(1));
        clock.advance(Duration::from_secs(1));
        if rng.u32(0..100) >= 28 {
            continue;
        }
        if by_day.check().is_ok() {
            taken += 1;
            sent += u64::from(by_minute.check_n(count(cost)).expect("below the burst").is_ok());
        }
        ours_sent += u64::from(ours.try_acquire(Cost::tokens(cost)).is_ok());
    }
    let used =
        ours.account().snapshot().iter().find(|pool| pool.limit.metric == Metric::Requests).map_or(0, |pool| pool.used);
    let mut shown = table(&["client", "requests taken from the day", "calls made", "lost"]);
    for (name, taken, sent) in [("two governors", taken, sent), ("ratebook", used, ours_sent)] {
        let lost = format!("{:.1} %", 100.0 * (taken - sent) as f64 / taken as f64);
        shown.add_row(vec![name.to_owned(), taken.to_string(), sent.to_string(), lost]);
    }
    shown.to_string()
}

/// What each client gets under all policies: a line for each kind of server, and one for the policies of the catalog.
pub fn summary(rows: &[Row], catalog: &[Row]) -> String {
    let mut shown = table(&["server", "client", "policies", "of the exact log, least", "median", "429s"]);
    let mut add = |title: &str, rows: &[&Row]| {
        let mut clients: Vec<&str> = Vec::new();
        rows.iter().for_each(|row| {
            if !clients.contains(&row.client) {
                clients.push(row.client);
            }
        });
        for client in clients {
            let of_client: Vec<&&Row> = rows.iter().filter(|row| row.client == client).collect();
            let mut shares: Vec<f64> = of_client.iter().map(|row| row.of_exact).collect();
            shares.sort_unstable_by(f64::total_cmp);
            let refused: u64 = of_client.iter().map(|row| row.report.refused).sum();
            let percent = |share: f64| format!("{:.1} %", 100.0 * share);
            let (least, median) = (percent(shares[0]), percent(shares[shares.len() / 2]));
            let count = of_client.len().to_string();
            shown.add_row(vec![title.to_owned(), client.to_owned(), count, least, median, refused.to_string()]);
        }
    };
    for &(server, _) in SERVERS {
        add(server, &rows.iter().filter(|row| row.server == server).collect::<Vec<_>>());
    }
    add("sliding log, the catalog's", &catalog.iter().collect::<Vec<_>>());
    shown.to_string()
}

/// Everything that was run, as it is printed.
pub fn text(rows: &[Row], jitter: &[(Row, f64)], catalog: &[Row]) -> String {
    let parts = [
        ("Without jitter", comparison(rows)),
        ("Jitter of up to 250 ms either way, a margin of half a second", jitter_table(jitter)),
        ("Workloads, full bursts, a sliding log", workloads()),
        ("Separate limiters in a chain, and one that is atomic", chain()),
        ("Every policy of the catalog, on sliding logs; of a month's spend, 45 days", comparison(catalog)),
    ];
    parts.map(|(title, table)| format!("{title}:\n\n{table}\n")).join("\n")
}
