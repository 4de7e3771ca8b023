//! The invariants of parsing, for a response of arbitrary bytes.
#![forbid(unsafe_code)]

use std::time::Duration;

use ratebook::{Provider, Remedy};
use ratebook_limiter::feedback::{Counted, Dialect, Signal, Signals};

const STATUSES: [u16; 12] = [200, 429, 402, 413, 503, 529, 500, 204, 400, 403, 412, 498];

/// Moments in nanoseconds since 1970: 2026-02-05T15:02:41Z, and extreme ones.
const MOMENTS: [i128; 6] = [1_770_303_761_000_000_000, 0, -1, i64::MAX as i128, i128::MAX, i128::MIN];

/// The longest valid time: a month of 31 days.
const LONGEST: Duration = Duration::from_secs(31 * 86_400);

/// Decodes bytes to a response, parses it, and checks the invariants.
///
/// The first line has a letter for the dialect, a digit for the index of the status in [`STATUSES`], and a digit for
/// the index of the moment in [`MOMENTS`]. Each of the next lines is the value of a header that the dialect reads, in
/// its order, with `Retry-After` and `Date` last. An empty line is an absent header. The rest is the body.
///
/// # Panics
///
/// If an invariant does not hold.
pub fn read_response(bytes: &[u8]) {
    let mut lines = bytes.split_inclusive(|byte| *byte == b'\n');
    let Some([dialect, status, moment, ..]) = lines.next() else { return };
    let catalog = Provider::ALL.iter().map(|provider| Dialect::of(*provider));
    let dialects = Dialect::NAMED.iter().map(|(_, dialect)| *dialect).chain(catalog);
    let at = usize::from(dialect.wrapping_sub(b'a')) % dialects.clone().count();
    let Some(dialect) = dialects.clone().nth(at) else { return };
    let status = STATUSES[usize::from(status.wrapping_sub(b'0')) % STATUSES.len()];
    let moment = MOMENTS[usize::from(moment.wrapping_sub(b'0')) % MOMENTS.len()];

    let names = dialect.header_names().chain(["retry-after", "date"]);
    let mut headers: Vec<_> = names.zip(&mut lines).map(|(name, line)| (name, line.trim_ascii_end())).collect();
    headers.retain(|(_, value)| !value.is_empty());
    let body = lines.collect::<Vec<_>>().concat();

    let signals = dialect.read(status, &headers[..], &body, moment);
    assert_eq!(signals, dialect.read(status, &headers[..], &body, moment), "parsing is deterministic");
    assert!(signals.refusal().is_some() || status != 429);
    assert!(signals.refusal().is_none_or(|refusal| refusal.status == status && status >= 400));
    check(&signals);

    // The same as an error inside a response of status 200, with and without the status of the stream.
    let inside = dialect.read_error(Some(status), &headers[..], &body, moment);
    assert!(status < 400 || inside == signals, "same as a response of this status");
    let inside = dialect.read_error(None, &headers[..], &body, moment);
    assert!(inside.refusal().is_none_or(|refusal| (400..600).contains(&refusal.status)));
    check(&inside);
}

/// Checks the ranges of all signals.
fn check(signals: &Signals) {
    assert!(signals.iter().count() <= Signals::MAX);
    for signal in signals.iter() {
        let check_window = |window: Option<Duration>| {
            assert!(window.is_none_or(|window| window <= LONGEST && !window.is_zero()));
        };
        let window = |counted: Counted| check_window(counted.window);
        match signal {
            Signal::Limit { counted, amount } => {
                window(counted);
                assert!(amount > 0);
            }
            Signal::Remaining { counted, .. } | Signal::Cost { counted, .. } => window(counted),
            Signal::UntilFull { counted, after } | Signal::UntilRoom { counted, after } => {
                window(counted);
                assert!(after <= LONGEST);
            }
            Signal::Refused(refusal) => {
                check_window(refusal.window);
                assert!(refusal.retry_after.max(refusal.lasts) <= Some(LONGEST));
                let is_final = matches!(refusal.remedy, Remedy::Raise | Remedy::Split);
                assert!(refusal.lasts.is_none() || !is_final, "waiting does not help");
            }
            Signal::Invalid { at, .. } => assert!(!at.is_empty()),
            _ => {}
        }
    }
}
