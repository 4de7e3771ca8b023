//! Configurations with values at their edges.

use ratebook::Metric;
use ratebook_sim::{
    Algorithm, Amounts, Client, Estimates, ModelKey, SECOND, Server, SimCall, SimResponse, SimRule, Simulation, Tokens,
    Workload,
};

/// Sends every call at once, and keeps the last one.
#[derive(Default)]
struct Last {
    unsent: Vec<usize>,
    call: Option<SimCall>,
}

impl Client for Last {
    fn submit(&mut self, _: u64, number: usize, call: &SimCall) {
        self.unsent.push(number);
        self.call = Some(*call);
    }

    fn poll(&mut self, _: u64, send: &mut Vec<usize>) -> Option<u64> {
        send.append(&mut self.unsent);
        None
    }

    fn on_response(&mut self, _: u64, _: usize, _: &SimResponse, _: &SimCall) {}
}

fn server() -> Server {
    Server::new(vec![SimRule::new(Metric::Requests, 60, 60 * SECOND, Algorithm::SlidingLog)])
}

#[test]
fn a_warm_up_beyond_the_end_reports_no_goodput() {
    let simulation = Simulation::new(server(), Workload::new(), 10 * SECOND).with_warm_up(20 * SECOND);
    let report = simulation.run(&mut [&mut Last::default()]);
    assert_eq!((report.served, report.goodput()), (0, None));
    assert!(report.refused > 0, "refusals of the warm-up are counted");
}

#[test]
fn an_estimate_is_a_share_of_the_tokens_and_of_nothing_else() {
    let workload = Workload::new()
        .with_callers(1)
        .with_tokens(Tokens::Each(1_000))
        .with_cached_percent(40)
        .with_further(Amounts::none().with_images(3))
        .with_estimates(Estimates::Percent(150));
    let mut client = Last::default();
    Simulation::new(server(), workload, SECOND).run(&mut [&mut client]);
    let call = client.call.unwrap();
    let real = Amounts::request().with_input(500).with_cached_input(200).with_output(500).with_images(3);
    assert_eq!(*call.real(), real);
    assert_eq!(*call.estimate(), real.with_input(750).with_cached_input(300).with_output(750));
}

#[test]
fn estimates_of_the_largest_calls_do_not_overflow() {
    let workload = Workload::new().with_callers(1).with_tokens(Tokens::Each(u64::MAX));
    for estimates in [Estimates::Right, Estimates::Percent(u64::MAX), Estimates::None] {
        let mut client = Last::default();
        Simulation::new(server(), workload.with_estimates(estimates), 0).run(&mut [&mut client]);
        let expected = match estimates {
            Estimates::Right => u64::MAX / 2 + 1,
            Estimates::None => 0,
            _ => u64::MAX,
        };
        assert_eq!(client.call.unwrap().estimate().input(), expected, "{estimates:?}");
    }
}

#[test]
fn a_key_has_the_parts_that_were_set() {
    let key = ModelKey::new("painter").with_endpoint("POST /v1/embeddings").asynchronous();
    assert_eq!((key.model(), key.endpoint(), key.task()), ("painter", Some("POST /v1/embeddings"), None));
    assert!(key.is_asynchronous());
}
