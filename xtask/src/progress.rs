//! The progress of a refresh on standard error: bars on a terminal, plain lines on a pipe.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use ratebook_refresh::{Progress, ProviderReport, State};

/// Returns the progress output for standard error.
pub(crate) fn for_stderr() -> Box<dyn Progress> {
    if std::io::stderr().is_terminal() { Box::new(Bars::default()) } else { Box::new(Lines) }
}

struct Lines;

impl Progress for Lines {
    fn step(&self, provider: &str, step: &str) {
        eprintln!("{provider}: {step}");
    }

    fn done(&self, report: &ProviderReport) {
        eprintln!("{}: {}", report.provider, outcome(report));
    }
}

#[derive(Default)]
struct Bars {
    all: MultiProgress,
    bars: RefCell<HashMap<String, ProgressBar>>,
}

const STEPS: [&str; 4] = ["find", "read", "compare", "write"];

impl Progress for Bars {
    fn step(&self, provider: &str, step: &str) {
        let mut bars = self.bars.borrow_mut();
        let bar = bars.entry(provider.to_owned()).or_insert_with(|| {
            let bar = self.all.add(ProgressBar::new(STEPS.len() as u64));
            let style = ProgressStyle::with_template("{spinner} {prefix:12} {bar:12} {msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.set_prefix(provider.to_owned());
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        bar.set_position(STEPS.iter().position(|known| *known == step).unwrap_or(0) as u64);
        bar.set_message(step.to_owned());
    }

    fn done(&self, report: &ProviderReport) {
        if let Some(bar) = self.bars.borrow().get(&report.provider) {
            bar.set_position(STEPS.len() as u64);
            bar.finish_with_message(outcome(report));
        }
    }
}

fn outcome(report: &ProviderReport) -> String {
    match report.state {
        State::Unchanged => "unchanged".to_owned(),
        State::Changed => format!("{} changes", report.changes.len()),
        State::Unavailable => "page unavailable, the last reading is kept".to_owned(),
        State::Withdrawn => "the page no longer states limits".to_owned(),
        State::Failed => format!("failed: {} errors", report.errors.len()),
        State::Refused => "refused: too many entries would be lost".to_owned(),
    }
}
