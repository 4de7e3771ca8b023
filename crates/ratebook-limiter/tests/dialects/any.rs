//! Responses of arbitrary bytes.

use std::time::Duration;

use proptest::prelude::*;
use ratebook::Provider;
use ratebook_limiter::feedback::{Dialect, Signal};

/// Returns every dialect: those of the crate, and those of the catalog.
pub(crate) fn all() -> Vec<Dialect> {
    let catalog = Provider::ALL.iter().map(|provider| Dialect::of(*provider));
    Dialect::NAMED.iter().map(|(_, dialect)| *dialect).chain(catalog).collect()
}

/// Values close to those of vendors.
fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        "[-0-9a-zTZ:.;=\"\\\\, ]{0,30}".prop_map(String::into_bytes),
        "((\"[a-c]\"|[a-c]|[0-9]{1,3})(;(q|r|t|w|qu|pk)=(\"?-?[a-c0-9]{1,12}\"?))*(, )?){0,4}"
            .prop_map(String::into_bytes),
        "-?[0-9]{1,25}(\\.[0-9]{0,25})?(ms|s|m|h)?".prop_map(String::into_bytes),
    ]
}

proptest! {
    /// Parsing any response does not panic, and no time or window is above 31 days.
    #[test]
    fn any_response_can_be_parsed(
        dialect in prop::sample::select(all()),
        status in 100u16..600,
        values in prop::collection::vec(value(), 24),
        body in value(),
        now in any::<i64>(),
    ) {
        let names = dialect.header_names().chain(["retry-after", "date"]);
        let headers: Vec<_> = names.zip(&values).collect();
        let phrases = [
            &b"rate limited until "[..],
            b"retryDelay: \"",
            b"try again in ",
            b"X-RateLimit-Reset\":\"",
            b"{\"error\":{\"type\":\"rate_limit_error\",\"message\":\"a limit of ",
            b"{\"code\":429,\"message\":\"your daily limit resets in ",
            b"(TPM): Limit 7,000, Requested ",
        ];
        for phrase in phrases {
            let body = [phrase, &body].concat();
            let whole = dialect.read(status, &headers[..], &body, i128::from(now));
            let inside = dialect.read_error(None, &headers[..], &body, i128::from(now));
            let with_status = dialect.read_error(Some(status), &headers[..], &body, i128::from(now));
            prop_assert!(status < 400 || with_status == whole, "same as a response of this status");
            for signal in whole.iter().chain(inside.iter()) {
                let time = match signal {
                    Signal::UntilFull { after, .. } | Signal::UntilRoom { after, .. } => Some(after),
                    Signal::Refused(refusal) => refusal.retry_after.max(refusal.lasts),
                    _ => None,
                };
                let window = match signal {
                    Signal::Limit { counted, .. } | Signal::Remaining { counted, .. } => counted.window,
                    Signal::Refused(refusal) => refusal.window,
                    _ => None,
                };
                let time = time.max(window);
                prop_assert!(time.is_none_or(|time| time <= Duration::from_secs(31 * 86_400)), "{:?}", time);
            }
        }
    }
}
