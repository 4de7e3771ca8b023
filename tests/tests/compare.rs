//! What our limiter promises in the comparison of clients.

use ratebook_tests::compare::{clients, feedback, scenarios, tables};

#[test]
fn ours_is_never_refused_and_uses_what_there_is() {
    // Of the catalog's policies, those that are asserted.
    let catalog = tables::catalog(|client| ["exact log", "ratebook, full bursts"].contains(&client));
    let (rows, jitter) = (tables::compare(), tables::under_jitter());
    for row in catalog.iter().filter(|row| row.client == "ratebook, full bursts") {
        assert_eq!(row.report.refused, 0, "{}", row.policy.name);
        assert!(row.of_exact >= 0.99, "{}: {}", row.policy.name, row.of_exact);
    }
    for row in &rows {
        let at = format!("{}, {}, {}", row.policy.name, row.server, row.client);
        match (row.client, row.server) {
            // A sliding counter refuses full bursts, even those of the exact log.
            ("ratebook, full bursts", "sliding counter") => assert!(row.of_exact >= 0.99, "{at}: {}", row.of_exact),
            ("ratebook, full bursts", _) => {
                assert_eq!(row.report.refused, 0, "{at}");
                assert!(row.of_exact >= 0.99, "{at}: {}", row.of_exact);
            }
            ("ratebook, smooth", _) => assert_eq!(row.report.refused, 0, "{at}"),
            _ => {}
        }
        if row.client == "ratebook, smooth" && row.server == "sliding counter" {
            assert!(row.of_exact >= 0.99, "{at}: {}", row.of_exact);
        }
    }
    for (row, _) in &jitter {
        let at = format!("{}, {}", row.policy.name, row.server);
        assert_eq!(row.report.refused, 0, "{at}");
        let is_long = row.policy.shortest() >= 60 * ratebook_sim::SECOND;
        assert!(!is_long || row.of_exact >= 0.97, "{at}: {}", row.of_exact);
    }
    insta::assert_snapshot!(tables::summary(&rows, &catalog));
}

#[test]
fn an_account_that_others_use_is_hardly_refused_and_leaves_little_unused() {
    // Those that are asserted.
    let is_wanted = |situation: &str, client: &str| match client {
        "ratebook, shared with others" | "retry with backoff" => true,
        "ratebook" | "ratebook, no feedback" => !situation.starts_with("others come and go"),
        _ => false,
    };
    let rows = feedback::feedback(is_wanted);
    let rows_of = |situation: &str, client: &str| {
        let rows = rows.iter().filter(move |row| row.name.starts_with(situation) && row.client == client);
        rows.collect::<Vec<_>>()
    };
    let shared = rows_of("others come and go", "ratebook, shared with others");
    let backoff = rows_of("others come and go", "retry with backoff");
    assert_eq!(shared.len(), 8);
    for (ours, theirs) in shared.iter().zip(backoff) {
        let at = format!("{}, {}", ours.name, ours.server);
        assert!(ours.refused() < 0.005, "{at}: {}", ours.refused());
        assert!(ours.of_the_rest().is_some_and(|share| share >= 0.9), "{at}: {:?}", ours.of_the_rest());
        assert!(theirs.refused() > 100.0 * ours.refused(), "{at}: {}", theirs.refused());
    }
    let refused = |situation, client| rows_of(situation, client)[0].report.refused;
    assert_eq!(refused("half of the limit, amount stated", "ratebook"), 0);
    for situation in ["castai", "alibaba"] {
        assert!(2 * refused(situation, "ratebook") < refused(situation, "ratebook, no feedback"), "{situation}");
    }
    let over = |client| rows_of("fireworks, guaranteed limits, others", client)[0].report.over_limit;
    assert!(100 * over("ratebook, shared with others") < over("ratebook, no feedback"));
    let shown = rows.iter().filter(|row| ["ratebook, shared with others", "retry with backoff"].contains(&row.client));
    insta::assert_snapshot!(feedback::feedback_table(shown));
}

/// Three processes on one account, each with a third of every limit, while other clients use a tenth.
#[test]
fn processes_with_shares_of_one_account_are_never_refused() {
    use ratebook_limiter::{Burst, ManualClock};
    use ratebook_sim::{Algorithm, Others, SECOND};

    let policy = scenarios::kind("castai");
    let algorithm = Algorithm::FixedWindow { offset: 7 * SECOND };
    let plan = tables::simulation(&policy, algorithm, tables::QUIET);
    let mut processes: Vec<_> = (0..3)
        .map(|_| {
            let clock = ManualClock::new();
            let models = policy.account(&clock, |account| account.share(30).burst(Burst::Full));
            clients::Ratebook::new(clock, models)
        })
        .collect();
    let mut processes: Vec<_> = processes.iter_mut().map(|client| client as &mut dyn ratebook_sim::Client).collect();
    let report = plan.with_others(Others::steady(10)).run(&mut processes);
    assert_eq!(report.refused, 0);
    let goodput = report.goodput().unwrap();
    assert!((0.88..=0.90).contains(&goodput), "{goodput}");
}
