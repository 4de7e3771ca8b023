//! The example `http`, as it is run by hand.

#[path = "../examples/http.rs"]
mod http;

#[test]
fn ten_thousand_calls_over_http_and_none_refused() {
    http::main().unwrap();
}
