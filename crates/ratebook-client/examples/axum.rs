//! A gateway for tenants: an HTTP server whose callers share one account at the vendor, each with a share of every
//! limit. A tenant whose share is used up gets the status 429 with `Retry-After`, while the others are served.
//!
//! A local server stands for the vendor, and clients in this process call the gateway.
//! `cargo run -p ratebook-client --features body,reqwest --example axum`

use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderMap, Response, StatusCode};
use axum::response::IntoResponse;
use axum::routing::post;
use ratebook::Metric;
use ratebook_client::estimate::{Rough, estimate_request};
use ratebook_client::{ObserveResponse, PendingCall};
use ratebook_limiter::{Account, Error as AccountError, Model, Quota, Refused};
use ratebook_sim::http::LocalProvider;
use ratebook_sim::{Algorithm, SECOND, Server, SimRule};
use serde_json::json;

const REQUESTS_PER_MINUTE: u64 = 60;
const TOKENS_PER_MINUTE: u64 = 100_000;
/// The tenants and their shares in percent.
const TENANTS: [(&str, u8); 2] = [("acme", 50), ("globex", 25)];
/// How long a tenant's call may wait in the gateway for its turn.
const MAX_WAIT: Duration = Duration::from_millis(500);

/// The state of the gateway.
struct Gateway {
    /// The model of each tenant.
    models: HashMap<&'static str, Model>,
    http: reqwest::Client,
    vendor_url: String,
}

impl Gateway {
    fn new(vendor_url: String) -> Result<Self, AccountError> {
        let account = Account::custom("vendor")
            .limit(Quota::requests(REQUESTS_PER_MINUTE).per_minute())
            .limit(Quota::tokens(TOKENS_PER_MINUTE).per_minute())
            .build()?;
        let of_tenant = |(name, percent)| Ok((name, account.tenant(name, percent)?.model("gpt-4o")?));
        let models = TENANTS.into_iter().map(of_tenant).collect::<Result<_, AccountError>>()?;
        Ok(Self { models, http: reqwest::Client::new(), vendor_url })
    }
}

/// Forwards a chat for the tenant that the header `x-tenant` names. A real gateway takes the tenant from credentials.
async fn chat(State(gateway): State<Arc<Gateway>>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let tenant = headers.get("x-tenant").and_then(|name| name.to_str().ok());
    let Some(model) = tenant.and_then(|name| gateway.models.get(name)) else {
        return (StatusCode::UNAUTHORIZED, "expected a tenant in `x-tenant`").into_response();
    };
    let Some(estimate) = estimate_request(&Rough::O200K, &body) else {
        return (StatusCode::BAD_REQUEST, "expected a JSON object").into_response();
    };
    let call = PendingCall::new(model.clone(), estimate.or_output(500).cost()).within(MAX_WAIT);
    let admitted = match call.admit().await {
        Ok(admitted) => admitted,
        Err(refused) => return refusal(refused),
    };
    let response = match gateway.http.post(&gateway.vendor_url).body(body).send().await {
        Ok(response) => response,
        // The estimate stays charged, because the vendor may have received the call.
        Err(error) => return (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    };
    match response.observe_with(Some(admitted)).await {
        // The body is passed on as it arrives, also that of a stream, and its end settles the call.
        Ok(response) => Response::from(response).map(Body::new),
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

/// Answers a call that is not admitted.
fn refusal(refused: Refused) -> Response<Body> {
    match refused {
        Refused::Wait(wait) => {
            // Rounded up to whole seconds. Without a delay, a call that holds the limit has to end first.
            let seconds = wait.delay().map_or(1, |delay| delay.as_millis().div_ceil(1_000).max(1));
            (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, seconds.to_string())], wait.to_string()).into_response()
        }
        // No wait helps: the call costs more than the tenant's share of a whole window.
        Refused::Never(never) => (StatusCode::PAYLOAD_TOO_LARGE, never.to_string()).into_response(),
    }
}

/// Serves the gateway on a free port of 127.0.0.1, as long as the runtime runs. Returns its URL.
async fn serve(gateway: Gateway) -> std::io::Result<String> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/chat", listener.local_addr()?);
    let router = Router::new().route("/chat", post(chat)).with_state(Arc::new(gateway));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(url)
}

/// What a tenant's client sees.
#[derive(Debug)]
struct Answer {
    status: u16,
    retry_after: Option<u64>,
    text: String,
}

/// Asks the gateway one question for a tenant.
async fn ask(url: &str, tenant: &str, max_tokens: u64) -> Result<Answer, reqwest::Error> {
    let body = json!({
        "model": "gpt-4o",
        "max_tokens": max_tokens,
        "messages": [{ "role": "user", "content": "Who built the lighthouse?" }],
    });
    let request = reqwest::Client::new().post(url).header("x-tenant", tenant).body(body.to_string());
    let response = request.send().await?;
    let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    Ok(Answer { status: response.status().as_u16(), retry_after, text: response.text().await? })
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let rule = |metric, limit| SimRule::new(metric, limit, 60 * SECOND, Algorithm::SlidingLog);
    let rules = vec![rule(Metric::Requests, REQUESTS_PER_MINUTE), rule(Metric::Tokens, TOKENS_PER_MINUTE)];
    let vendor = LocalProvider::new().model("gpt-4o", Server::new(rules)).serve().await?;
    let url = serve(Gateway::new(format!("{}/chat/completions", vendor.base_url()))?).await?;

    // A quarter of 60 requests, and the next one is refused: for a minute, and the jitter by which the limiter
    // lengthens it.
    let mut served = 0;
    let refused = loop {
        let answer = ask(&url, "globex", 100).await?;
        if answer.status != 200 {
            break answer;
        }
        served += 1;
    };
    let Answer { status, retry_after, text } = &refused;
    println!("globex: {served} calls served, then {status}, Retry-After: {} s: {text}", retry_after.unwrap_or(0));
    expect((served, *status, retry_after.is_some_and(|seconds| (1..=61).contains(&seconds))), (15, 429, true))?;

    for (tenant, max_tokens, status) in [("acme", 100, 200), ("acme", 60_000, 413), ("initech", 100, 401)] {
        let answer = ask(&url, tenant, max_tokens).await?;
        println!("{tenant}, up to {max_tokens} tokens: {}", answer.status);
        expect(answer.status, status)?;
    }
    // What the gateway refused did not reach the vendor.
    let counts = vendor.counts();
    expect((counts.served, counts.refused), (16, 0))?;
    Ok(())
}

fn expect<T: PartialEq + std::fmt::Debug>(found: T, expected: T) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("expected {expected:?}, found {found:?}")) }
}
