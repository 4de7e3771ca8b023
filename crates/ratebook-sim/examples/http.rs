//! Makes 10,000 calls to a local server that enforces limits over real HTTP, with the limiter and without it:
//! `cargo run --release -p ratebook-sim --example http`.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use ratebook::Metric;
use ratebook_limiter::{Account, Cost, Model, Quota, Usage};
use ratebook_sim::{Algorithm, SECOND, Server, SimCall, SimRule};

const CALLS: u64 = 10_000;
const CONCURRENT: usize = 200;
const REQUESTS_PER_SECOND: u64 = 2_500;
const TOKENS_PER_SECOND: u64 = 1_000_000;

/// The state of the HTTP server.
struct Api {
    /// The limits, and the number of refusals.
    server: Mutex<(Server, u64)>,
    start: Instant,
}

async fn complete(State(api): State<Arc<Api>>, Path(tokens): Path<u64>) -> StatusCode {
    let mut server = api.server.lock().expect("no handler panics");
    let now = api.start.elapsed().as_nanos() as u64;
    if server.0.serve(now, &SimCall::of_tokens(0, tokens)) {
        return StatusCode::OK;
    }
    server.1 += 1;
    StatusCode::TOO_MANY_REQUESTS
}

async fn serve() -> Result<(String, Arc<Api>), Box<dyn std::error::Error>> {
    let rule = |metric, limit| SimRule::new(metric, limit, SECOND, Algorithm::SlidingLog);
    let rules = vec![rule(Metric::Requests, REQUESTS_PER_SECOND), rule(Metric::Tokens, TOKENS_PER_SECOND)];
    let api = Arc::new(Api { server: Mutex::new((Server::new(rules), 0)), start: Instant::now() });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", listener.local_addr()?);
    let router = Router::new().route("/complete/{tokens}", post(complete)).with_state(Arc::clone(&api));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok((address, api))
}

/// Makes all calls, [`CONCURRENT`] at a time, through the limiter if there is one. Returns the refusals and the time.
async fn run(model: Option<Model>) -> Result<(u64, Duration), Box<dyn std::error::Error>> {
    let (address, api) = serve().await?;
    let http = reqwest::Client::new();
    let begin = Instant::now();
    let mut tasks = Vec::new();
    for worker in 0..CONCURRENT as u64 {
        let (address, http, model) = (address.clone(), http.clone(), model.clone());
        tasks.push(tokio::spawn(async move {
            for call in (worker..CALLS).step_by(CONCURRENT) {
                let tokens = 100 + call * 37 % 500;
                let permit = match &model {
                    Some(model) => Some(model.acquire(Cost::tokens(tokens)).await.expect("no call is above a limit")),
                    None => None,
                };
                let response = http.post(format!("{address}/complete/{tokens}")).send().await?;
                if let Some(permit) = permit {
                    let served = response.status().is_success();
                    permit.settle(if served { Usage::new().tokens(tokens) } else { Usage::new() });
                }
            }
            Ok::<(), reqwest::Error>(())
        }));
    }
    for task in tasks {
        task.await??;
    }
    let refused = api.server.lock().expect("no handler panics").1;
    Ok((refused, begin.elapsed()))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Calls sent a second apart arrive closer together if the first is slow. Half a second covers that, even on a busy
    // machine.
    let account = Account::custom("local")
        .limit(Quota::requests(REQUESTS_PER_SECOND).per_second())
        .limit(Quota::tokens(TOKENS_PER_SECOND).per_second())
        .jitter(Duration::from_millis(500));
    let model = account.build()?.model("local")?;
    for (name, model) in [("with the limiter", Some(model)), ("without", None)] {
        let limited = model.is_some();
        let (refused, took) = run(model).await?;
        println!("{name}: {CALLS} calls in {:.1} s, {refused} refused", took.as_secs_f64());
        if limited == (refused > 0) {
            return Err("expected refusals without the limiter only".into());
        }
    }
    Ok(())
}
