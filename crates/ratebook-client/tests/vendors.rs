//! The limiter beneath usual clients, in the dialects and the limits of vendors, over real HTTP and on simulated time.
//! The limits of client and server are those of the frozen catalog, and those of the shipped one.
#![cfg(all(feature = "body", feature = "reqwest-middleware", feature = "tower"))]

#[allow(dead_code, reason = "only its client is used")]
#[path = "../examples/async_openai.rs"]
mod async_openai;
mod simulated_time;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use ::async_openai::types::chat::{
    ChatCompletionRequestUserMessage, ChatCompletionStreamOptions, CreateChatCompletionRequestArgs,
};
use futures::StreamExt as _;
use ratebook::load::Catalog;
use ratebook::{Deployment, Metric, Period, Plan, Provider, Region};
use ratebook_client::PendingCall;
use ratebook_client::estimate::{Rough, estimate_request};
use ratebook_client::reqwest::LimitMiddleware;
use ratebook_client::tower::LimitLayer;
use ratebook_limiter::{Account, Clock, LimitInForce, Model};
use ratebook_sim::http::{CallCounts, LocalProvider, LocalServer};
use ratebook_sim::{Algorithm, ModelKey, SimAccount};
use reqwest_middleware::ClientBuilder;
use serde_json::json;
use simulated_time::{TimeLock, TimedClient, tokio_clock};
use tower::Layer as _;

/// An account of a vendor, and a model of it.
#[derive(Clone, Copy)]
struct Case {
    provider: Provider,
    region: Option<Region>,
    plan: Option<Plan>,
    deployment: Option<Deployment>,
    model: &'static str,
}

const fn case(provider: Provider, plan: Plan, model: &'static str) -> Case {
    Case { provider, region: None, plan: Some(plan), deployment: None, model }
}

const OPENAI: Case = case(Provider::Openai, Plan::Tier1, "gpt-4o-2024-08-06");
const AZURE: Case = Case {
    region: Some(Region::Eastus),
    deployment: Some(Deployment::GlobalStandard),
    ..case(Provider::Azure, Plan::Tier1, "gpt-4.1")
};
const GROQ: Case = case(Provider::Groq, Plan::Developer, "llama-3.3-70b-versatile");
const ANTHROPIC: Case = case(Provider::Anthropic, Plan::Build, "claude-sonnet-4-5-20250929");

impl Case {
    /// Returns the same account and model in the shipped catalog.
    fn shipped(self) -> Self {
        let catalog = Catalog::open(ratebook_catalog::FOLDER).unwrap();
        Self { provider: catalog.provider(self.provider.name()).unwrap(), ..self }
    }

    /// Returns the same model under another plan.
    fn plan(self, name: &str) -> Self {
        Self { plan: Some(self.provider.plan_named(name).unwrap()), ..self }
    }

    /// Starts a server. Returns it with the time of its last decision.
    async fn serve(&self) -> (LocalServer, Arc<Mutex<Duration>>) {
        let Self { region, plan, deployment, model, .. } = *self;
        let mut key = ModelKey::new(model);
        key = region.map_or(key, |region| key.with_region(region));
        key = plan.map_or(key, |plan| key.with_plan(plan));
        key = deployment.map_or(key, |deployment| key.with_deployment(deployment));
        let account = SimAccount::new(self.provider, Algorithm::SlidingLog).model(&key).unwrap();
        let (clock, last) = (tokio_clock(), Arc::new(Mutex::new(Duration::ZERO)));
        let noted = Arc::clone(&last);
        let clock = move || {
            let now = clock();
            *noted.lock().unwrap() = now;
            now
        };
        (LocalProvider::new().account(account).clock(clock).serve().await.unwrap(), last)
    }

    fn model(&self) -> Model {
        let mut account = Account::builder(self.provider).clock(Clock::tokio());
        if let Some(region) = self.region {
            account = account.region(region.name());
        }
        if let Some(plan) = self.plan {
            account = account.plan(plan.name());
        }
        if let Some(deployment) = self.deployment {
            account = account.deployment(deployment.name());
        }
        account.build().unwrap().model(self.model).unwrap()
    }

    /// Returns the limit on requests per minute.
    fn requests_per_minute(&self) -> LimitInForce {
        let minute = Some(Duration::from_secs(60));
        let is_wanted = |limit: &LimitInForce| limit.metric == Metric::Requests && limit.window() == minute;
        self.model().limits().find(is_wanted).unwrap()
    }

    /// Returns the time that the slow start costs. Where the vendor also enforces the seconds of a minute, the rate
    /// grows evenly from 12 to 100 % in the first minute, but at least ten calls are available at once.
    fn slow_start(&self) -> Duration {
        let policy = self.provider.policy();
        let by_second = policy.acceleration_limit && policy.sub_window == Some(Period::Second);
        let has_more = self.requests_per_minute().amount > 10 * 60;
        if by_second && has_more { Duration::from_secs(60) * (100 - 12) / 2 / 100 } else { Duration::ZERO }
    }
}

/// The minutes of requests that each run sends.
const MINUTES: u64 = 3;

/// Checks that every call was served, none was refused, and the limit on requests was used in full. `took` is the time
/// of the last decision: bodies are read after it, while the simulated clock may run on.
fn check(case: &Case, calls: u64, counts: CallCounts, took: Duration) {
    assert_eq!((counts.served, counts.refused, counts.failed), (calls, 0, 0), "{}", case.provider);
    // The last minute's calls may leave at its beginning.
    let longest = Duration::from_secs(60 * MINUTES + 5) + case.slow_start();
    assert!(took <= longest, "{}: {calls} calls took {took:?}, at most {longest:?} at full use", case.provider);
}

async fn async_openai_is_never_refused(case: Case) {
    let ((server, last), model) = (case.serve().await, case.model());
    let to_call = move |request: &reqwest::Request| {
        let estimate = estimate_request(&Rough::default(), request.body()?.as_bytes()?)?;
        Some(PendingCall::new(model.clone(), estimate.cost()))
    };
    let client = Arc::new(async_openai::client(&server, LimitLayer::new(to_call).layer(TimedClient::default())));
    let calls = case.requests_per_minute().amount * MINUTES;
    let sent = (0..calls).map(|number| {
        let client = Arc::clone(&client);
        tokio::spawn(async move {
            let mut request = CreateChatCompletionRequestArgs::default();
            request.model(case.model).max_completion_tokens(24u32);
            request.messages([ChatCompletionRequestUserMessage::from(format!("Count to {number}.")).into()]);
            if number % 3 > 0 {
                return client.chat().create(request.build().unwrap()).await.unwrap().usage.unwrap().total_tokens;
            }
            let usage =
                ChatCompletionStreamOptions { include_usage: Some(true), ..ChatCompletionStreamOptions::default() };
            let request = request.stream(true).stream_options(usage).build().unwrap();
            let mut stream = client.chat().create_stream(request).await.unwrap();
            let mut tokens = 0;
            while let Some(chunk) = stream.next().await {
                tokens = chunk.unwrap().usage.map_or(tokens, |usage| usage.total_tokens);
            }
            tokens
        })
    });
    let mut tokens = 0;
    for call in sent.collect::<Vec<_>>() {
        tokens += u64::from(call.await.unwrap());
    }
    check(&case, calls, server.counts(), *last.lock().unwrap());
    assert_eq!(tokens, server.counts().tokens);
}

async fn reqwest_is_never_refused(case: Case) {
    let ((server, last), model) = (case.serve().await, case.model());
    let used = model.clone();
    let to_call = move |request: &reqwest::Request| {
        let estimate = estimate_request(&Rough::default(), request.body()?.as_bytes()?)?;
        Some(PendingCall::new(model.clone(), estimate.cost()))
    };
    let client = ClientBuilder::new(reqwest::Client::new());
    let client = client.with(LimitMiddleware::new(to_call)).with(TimeLock::default()).build();
    let url = format!("{}/messages", server.base_url());
    let limit = case.requests_per_minute().amount;
    let calls = limit * MINUTES;
    let sent = (0..calls).map(|number| {
        let (client, url, limit) = (client.clone(), url.clone(), limit.to_string());
        tokio::spawn(async move {
            let request = json!({
                "model": case.model, "max_tokens": 24, "stream": number % 3 > 0,
                "messages": [{ "role": "user", "content": format!("Count to {number}.") }],
            });
            let response = client.post(url).json(&request).send().await.unwrap();
            assert_eq!(response.headers()["anthropic-ratelimit-requests-limit"], *limit);
            response.text().await.unwrap()
        })
    });
    for call in sent.collect::<Vec<_>>() {
        let text = call.await.unwrap();
        assert!(text.contains("\"output_tokens\""), "{text}");
    }
    check(&case, calls, server.counts(), *last.lock().unwrap());
    // Each call was settled with its usage: nothing is charged beyond what the server counted.
    let pools = used.account().snapshot();
    let output = pools.iter().find(|pool| pool.limit.metric == Metric::OutputTokens).unwrap();
    assert!(output.used <= server.counts().tokens, "{output:?}");
}

#[tokio::test(start_paused = true)]
async fn async_openai_is_never_refused_by_openai() {
    async_openai_is_never_refused(OPENAI).await;
}

#[tokio::test(start_paused = true)]
async fn async_openai_is_never_refused_by_openai_in_the_shipped_limits() {
    async_openai_is_never_refused(OPENAI.shipped()).await;
}

#[tokio::test(start_paused = true)]
async fn async_openai_is_never_refused_by_azure() {
    async_openai_is_never_refused(AZURE).await;
}

#[tokio::test(start_paused = true)]
async fn async_openai_is_never_refused_by_azure_in_the_shipped_limits() {
    async_openai_is_never_refused(AZURE.shipped()).await;
}

#[tokio::test(start_paused = true)]
async fn async_openai_is_never_refused_by_groq() {
    async_openai_is_never_refused(GROQ).await;
}

#[tokio::test(start_paused = true)]
async fn async_openai_is_never_refused_by_groq_in_the_shipped_limits() {
    async_openai_is_never_refused(GROQ.shipped()).await;
}

#[tokio::test(start_paused = true)]
async fn reqwest_is_never_refused_by_anthropic_with_streams() {
    reqwest_is_never_refused(ANTHROPIC).await;
}

#[tokio::test(start_paused = true)]
async fn reqwest_is_never_refused_by_anthropic_with_streams_in_the_shipped_limits() {
    reqwest_is_never_refused(ANTHROPIC.shipped().plan("start")).await;
}
