//! What simulated vendors say, in every dialect that the limiter knows, is what it hears.

use std::collections::BTreeSet;

use ratebook::{Metric, Provider, Remedy};
use ratebook_limiter::feedback::{Counted, Dialect, InvalidValue, Signal};
use ratebook_sim::{Call, Enforcement, Rule, SECOND, Server, Voice};

const EACH: u64 = 400;
const CALLS: u64 = 10;

/// Every dialect with its name, and a voice that speaks it.
fn all() -> impl Iterator<Item = (&'static str, Dialect, Voice)> {
    let named = Dialect::NAMED.iter().map(|(name, dialect)| {
        let voice = Voice::new(dialect.headers(), dialect.replies());
        (*name, *dialect, voice)
    });
    named.chain(Provider::ALL.iter().map(|provider| (provider.name(), Dialect::of(*provider), Voice::of(*provider))))
}

/// A limit of ten calls for each metric and window that a dialect's headers speak of, a minute where they do not say.
fn rules(dialect: Dialect) -> Vec<Rule> {
    let headers = dialect.headers().iter().filter_map(|header| Some((header.metric?, header.window_seconds)));
    let mut spoken: BTreeSet<(Metric, u32)> = headers.map(|(metric, window)| (metric, window.unwrap_or(60))).collect();
    spoken.retain(|(metric, _)| Call::of_tokens(0, EACH).real.of(*metric) > 0);
    spoken.insert((Metric::Requests, spoken.iter().map(|(_, window)| *window).min().unwrap_or(60)));
    let rule = |(metric, window): (Metric, u32)| {
        let amount = CALLS * Call::of_tokens(0, EACH).real.of(metric);
        Rule::new(metric, amount, u64::from(window) * SECOND, Enforcement::SlidingLog)
    };
    spoken.into_iter().map(rule).collect()
}

/// The limit that a signal speaks of.
fn meant(server: &Server, of: Counted) -> &Rule {
    let is_meant = |rule: &&Rule| {
        let same_window = of.window.is_none_or(|window| window.as_nanos() == u128::from(rule.width()));
        of.metric == Some(rule.metric()) && same_window
    };
    server.rules().iter().filter(is_meant).min_by_key(|rule| rule.width()).expect("what is said is of a limit")
}

#[test]
fn what_every_vendor_says_is_heard_as_it_was_meant() {
    for (name, dialect, voice) in all() {
        let mut server = Server::new(rules(dialect)).speaking(voice);
        let says = dialect.headers().iter().any(|header| header.says == ratebook::Says::Remaining);
        let mut heard = 0;
        for number in 0..=CALLS {
            let now = number * SECOND / 100;
            let answer = server.answer(now, &Call::of_tokens(0, EACH));
            let body = answer.body.as_bytes();
            let signals = dialect.read(answer.status, &answer.headers[..], body, i128::from(now));
            let odd: Vec<_> = signals.invalid_values().filter(|(_, why)| *why != InvalidValue::Unstated).collect();
            assert_eq!(odd, [], "{name}: {answer:?}");
            assert_eq!(answer.is_served(), number < CALLS, "{name}");
            let remedy = signals.refusal().map(|refusal| refusal.remedy);
            assert_eq!(remedy, (number == CALLS).then_some(Remedy::Wait), "{name}: {answer:?}");
            for signal in signals.iter() {
                match signal {
                    Signal::Limit { of, amount } => assert_eq!(amount, meant(&server, of).limit_at(now), "{name}"),
                    Signal::Remaining { of, amount } => {
                        assert_eq!(amount, meant(&server, of).left_at(now), "{name}: {answer:?}");
                        heard += 1;
                    }
                    Signal::UntilFull { of, after } => {
                        let rule = meant(&server, of);
                        let until = rule.when_full(now).unwrap() - now;
                        let said = after.as_nanos() as u64;
                        assert!((until.saturating_sub(SECOND)..=until + SECOND).contains(&said), "{name}: {after:?}");
                    }
                    _ => {}
                }
            }
        }
        assert_eq!(heard > 0, says, "{name}");
    }
}

#[test]
fn a_call_that_can_never_fit_is_heard_as_one_to_split_where_the_vendor_says_so() {
    let mut split = Vec::new();
    for (name, dialect, voice) in all() {
        let says = dialect.replies().iter().find(|reply| reply.remedy == Remedy::Split);
        let metric = says.and_then(|reply| reply.metric).unwrap_or(Metric::Tokens);
        let rule = Rule::new(metric, EACH - 1, 60 * SECOND, Enforcement::SlidingLog);
        let mut server = Server::new(vec![rule]).speaking(voice);
        for now in [0, 86_400 * SECOND] {
            let answer = server.answer(now, &Call::of_tokens(0, EACH));
            let signals = dialect.read(answer.status, &answer.headers[..], answer.body.as_bytes(), i128::from(now));
            let refusal = signals.refusal().expect("it is refused");
            assert_eq!((refusal.retry_after, refusal.lasts), (None, None), "{name}: {answer:?}");
            assert_eq!(answer.status, says.map_or(429, |reply| reply.status), "{name}");
            assert_eq!(refusal.remedy == Remedy::Split, says.is_some(), "{name}: {answer:?}");
            let odd: Vec<_> = signals.invalid_values().filter(|(_, why)| *why != InvalidValue::Unstated).collect();
            assert_eq!(odd, [], "{name}: {answer:?}");
        }
        split.extend(says.map(|_| name));
    }
    assert_eq!(split, ["openai", "github-models", "groq", "cloudflare"]);
}
