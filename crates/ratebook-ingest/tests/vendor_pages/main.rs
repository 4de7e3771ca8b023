//! Tests on the vendors' own pages, which are not ours to commit: `../shared/vendor-docs` beside the checkout.
//!
//! A test whose page is absent is reported as ignored. libtest decides that at build time, so libtest-mimic runs these.

mod alibaba;
mod castai;
mod cloudflare;
mod fireworks;
#[allow(dead_code, reason = "each test binary uses a part of the support module")]
#[path = "../support/mod.rs"]
mod support;

use std::path::PathBuf;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

/// A test on the text of one vendor's page.
struct PageTest {
    name: &'static str,
    file: &'static str,
    run: fn(&str),
}

/// Names each test after its function.
macro_rules! page_tests {
    ($($file:literal: $module:ident::{$($name:ident),+ $(,)?})+) => {
        &[$($(PageTest {
            name: concat!(stringify!($module), "::", stringify!($name)),
            file: $file,
            run: $module::$name,
        }),+),+]
    };
}

const TESTS: &[PageTest] = page_tests! {
    "alibaba.txt": alibaba::{
        every_block_and_number_is_read,
        the_fixture_states_the_same_limits,
        only_these_cells_are_ambiguous,
        an_ambiguous_cell_uses_the_stricter_reading_and_keeps_the_other,
        reviewed_decisions_settle_every_ambiguous_cell,
        a_lone_number_is_assigned_to_its_column,
        columns_and_cells_set_the_units_and_call_modes,
        retired_models_have_a_date_no_region_and_no_quota,
        labels_of_services_and_categories_are_not_models,
    }
    "castai.txt": castai::{every_block_and_number_is_read}
    "cloudflare.md": cloudflare::{every_block_and_number_is_read}
    "fireworks.txt": fireworks::{every_block_and_number_is_read}
};

fn path(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vendor-docs").join(file)
}

fn main() -> ExitCode {
    let trial = |test: &'static PageTest| {
        let path = path(test.file);
        let is_absent = !path.exists();
        let run = move || {
            (test.run)(&std::fs::read_to_string(&path)?);
            Ok(())
        };
        Trial::test(test.name, run).with_ignored_flag(is_absent)
    };
    libtest_mimic::run(&Arguments::from_args(), TESTS.iter().map(trial).collect()).exit_code()
}
