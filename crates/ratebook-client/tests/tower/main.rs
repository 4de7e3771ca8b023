//! The limiter as a tower layer, on tokio's paused clock.
#![cfg(feature = "tower")]

mod errors;
mod layer;
#[cfg(feature = "tracing")]
mod tracing;
mod vendor;
mod waiting_rooms;

use std::time::Duration;

use http::{Request, Response};
use http_body_util::BodyExt;
use ratebook::{Metric, Period, Provider};
use ratebook_client::Metered;
use ratebook_limiter::feedback::Dialect;
use ratebook_limiter::{Account, AccountBuilder, Clock, Model, PoolSnapshot};
use vendor::Body;

const SECOND: Duration = Duration::from_secs(1);

/// The model of these tests. The account sets its limits.
const MODEL: &str = "@cf/microsoft/phi-2";

/// Returns an account with limits per minute for [`MODEL`].
fn account(dialect: Dialect, requests: u64, tokens: u64) -> AccountBuilder {
    Account::builder(Provider::Cloudflare)
        .clock(Clock::tokio())
        .dialect(dialect)
        .negotiated(MODEL, Metric::Requests, Some(Period::Minute), requests)
        .negotiated(MODEL, Metric::Tokens, Some(Period::Minute), tokens)
}

fn pool(model: &Model, metric: Metric) -> PoolSnapshot {
    let pools = model.account().snapshot();
    pools.into_iter().find(|pool| pool.limit.metric == metric).unwrap()
}

fn request(tokens: u64) -> Request<u64> {
    Request::new(tokens)
}

async fn text(response: Response<Metered<Body>>) -> String {
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

const USED_70: &str = r#"{"usage": {"prompt_tokens": 50, "completion_tokens": 20}}"#;
