//! The runs of a case, and what they found.

use std::any::Any;
use std::cell::Cell;
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

use fastrand::Rng;

/// The number of a case's faults that are printed in full.
const SHOWN: usize = 3;

thread_local! {
    /// Whether the thread is in a run. Its panics are then reported with the run's seed, and not at once.
    static IN_A_RUN: Cell<bool> = const { Cell::new(false) };
}

/// Keeps panics of runs, of which there may be thousands, out of the output.
fn quiet_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = take_hook();
        set_hook(Box::new(move |panic| {
            if !IN_A_RUN.get() {
                usual(panic);
            }
        }));
    });
}

/// What the runs of a case have checked.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Hand-outs, refusals, settlements, changes.
    pub(crate) events: u64,
    /// Windows of a limit that were summed up.
    pub(crate) windows: u64,
    /// The largest value that the case measures, as a share of its tolerance.
    pub(crate) worst: f64,
}

impl Tally {
    /// Records a measurement as a share of its tolerance.
    pub(crate) fn measure(&mut self, share: f64) {
        self.worst = self.worst.max(share);
    }
}

/// Runs a case with seeds from 0 on, `usual` times or `RATEBOOK_ORACLE_RUNS` times. A panic of the limiter is a fault.
///
/// # Panics
/// If a run has a fault, with the number of such runs and the first of them.
pub(crate) fn explore(case: &str, usual: u64, run: impl FnMut(&mut Rng, &mut Tally) -> Result<(), String>) {
    explore_and_sum(case, usual, run, |_| Ok(()));
}

/// Like [`explore`], but also checks what holds of all runs together.
pub(crate) fn explore_and_sum(
    case: &str,
    usual: u64,
    mut run: impl FnMut(&mut Rng, &mut Tally) -> Result<(), String>,
    sum: impl FnOnce(&mut Tally) -> Result<(), String>,
) {
    let seeds = match (number("RATEBOOK_ORACLE_SEED"), number("RATEBOOK_ORACLE_RUNS")) {
        (Some(seed), _) => seed..seed + 1,
        (None, runs) => 0..runs.unwrap_or(usual),
    };
    let runs = seeds.end - seeds.start;
    quiet_panics();
    let mut tally = Tally::default();
    let mut faults = Vec::new();
    for seed in seeds {
        let mut rng = Rng::with_seed(seed);
        IN_A_RUN.set(true);
        let outcome = catch_unwind(AssertUnwindSafe(|| run(&mut rng, &mut tally)));
        IN_A_RUN.set(false);
        let fault = match outcome {
            Ok(Ok(())) => continue,
            Ok(Err(fault)) => fault,
            Err(panic) => format!("panic: {}", message(&*panic)),
        };
        faults.push((seed, fault));
    }
    let sum = sum(&mut tally);
    let Tally { events, windows, worst } = tally;
    println!(
        "oracle, {case}: {runs} runs, {events} events, {windows} windows, worst {worst:.3} of the tolerance; {} faulty runs",
        faults.len()
    );
    let shown: Vec<_> = faults.iter().take(SHOWN).map(|(seed, fault)| format!("seed {seed}: {fault}")).collect();
    if let Err(fault) = &sum {
        println!("oracle, {case}: {fault}");
    }
    assert!(faults.is_empty(), "{case}: {} of {runs} runs are faulty\n{}", faults.len(), shown.join("\n"));
    assert!(sum.is_ok(), "{case}: {sum:?}");
}

/// Returns an error with a message if a condition does not hold.
pub(crate) fn holds(is_so: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if is_so { Ok(()) } else { Err(otherwise()) }
}

/// Formats a time or a length of time for a fault.
pub(crate) fn seconds(nanos: impl TryInto<u64>) -> impl Display {
    nanos.try_into().map_or_else(|_| "an endless time".to_owned(), |nanos| format!("{} s", nanos as f64 / 1e9))
}

fn number(variable: &str) -> Option<u64> {
    let value = std::env::var(variable).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{variable}: expected a number, found `{value}`")))
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("no message")
}
