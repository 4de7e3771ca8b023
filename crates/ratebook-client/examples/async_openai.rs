//! An unmodified `async-openai` client makes 2,000 calls, 200 at a time, to a local provider that enforces Alibaba's
//! limits over real HTTP: chats, complete and streamed, and embeddings. Once with the limiter beneath the client, once
//! without.
//!
//! `cargo run --release -p ratebook-client --features tower,reqwest,body --example async_openai`

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use async_openai::middleware::retry::OpenAIRetryLayer;
use async_openai::types::chat::{
    ChatCompletionRequestUserMessage, ChatCompletionStreamOptions, CreateChatCompletionRequest,
    CreateChatCompletionRequestArgs,
};
use async_openai::types::embeddings::CreateEmbeddingRequestArgs;
use comfy_table::{Table, presets};
use futures::StreamExt;
use ratebook::Provider;
use ratebook::providers::alibaba::china_mainland::{QWEN_PLUS_LATEST, TEXT_EMBEDDING_V4};
use ratebook_client::PendingCall;
use ratebook_client::estimate::{Rough, estimate_request, model_in_body};
use ratebook_client::tower::{BoxError, LimitLayer};
use ratebook_limiter::{Account, AccountBuilder, Model};
use ratebook_sim::Algorithm;
use ratebook_sim::http::{CallCounts, LocalProvider, LocalServer};
use tower::{Layer, Service, ServiceBuilder, ServiceExt};

const CALLS: usize = 2_000;
const CONCURRENT: usize = 200;

/// Any HTTP client beneath `async-openai`.
pub(crate) trait HttpClient:
    Service<reqwest::Request, Response = reqwest::Response, Error = reqwest::Error, Future: Send>
    + Clone
    + Send
    + Sync
    + 'static
{
}

impl<S> HttpClient for S where
    S: Service<reqwest::Request, Response = reqwest::Response, Error = reqwest::Error, Future: Send>
        + Clone
        + Send
        + Sync
        + 'static
{
}

pub(crate) fn provider() -> LocalProvider {
    let algorithm = Algorithm::SlidingLog;
    LocalProvider::new().entry(QWEN_PLUS_LATEST, algorithm).entry(TEXT_EMBEDDING_V4, algorithm)
}

pub(crate) fn account() -> AccountBuilder {
    Account::builder(Provider::Alibaba).region("china-mainland")
}

/// Returns a client with the limiter beneath it. The client's own retries stay, and each attempt is admitted again.
fn limited(
    server: &LocalServer,
    account: AccountBuilder,
    http: impl HttpClient,
) -> Result<Client<OpenAIConfig>, Box<dyn Error>> {
    let account = account.build()?;
    let models: [(&str, Model); 2] = [
        ("qwen-plus-latest", account.model("qwen-plus-latest")?),
        ("text-embedding-v4", account.model("text-embedding-v4")?),
    ];
    let to_call = move |request: &reqwest::Request| {
        let body = request.body()?.as_bytes()?;
        let model_name = model_in_body(body)?;
        let (_, model) = models.iter().find(|(name, _)| model_name == *name)?;
        Some(PendingCall::new(model.clone(), estimate_request(&Rough::QWEN, body)?.cost()))
    };
    Ok(client(server, LimitLayer::new(to_call).layer(http)))
}

/// Returns a client over an HTTP client, with its default retries.
pub(crate) fn client<S>(server: &LocalServer, http: S) -> Client<OpenAIConfig>
where
    S: Service<reqwest::Request, Response = reqwest::Response> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
{
    let service =
        ServiceBuilder::new().layer(OpenAIRetryLayer::default()).service_fn(move |request: HttpRequestFactory| {
            let http = http.clone();
            async move { http.oneshot(request.build().await?).await.map_err(|error| to_openai(error.into())) }
        });
    let config = OpenAIConfig::new().with_api_base(server.base_url()).with_api_key("none");
    Client::with_config(config).with_http_service(service)
}

/// Restores the client's own error types, which its retries depend on.
fn to_openai(error: BoxError) -> OpenAIError {
    match error.downcast::<reqwest::Error>() {
        Ok(error) => OpenAIError::Reqwest(*error),
        Err(error) => error.into(),
    }
}

fn chat(number: usize, stream: bool) -> Result<CreateChatCompletionRequest, OpenAIError> {
    let mut request = CreateChatCompletionRequestArgs::default();
    let text = format!("Say in few words what is special about the number {number}. {}", "Please. ".repeat(number % 7));
    request.model("qwen-plus-latest").max_completion_tokens(48u32);
    request.messages([ChatCompletionRequestUserMessage::from(text).into()]);
    if stream {
        let options =
            ChatCompletionStreamOptions { include_usage: Some(true), ..ChatCompletionStreamOptions::default() };
        request.stream(true).stream_options(options);
    }
    request.build()
}

/// Makes one call: every tenth is an embedding, of the others every third is a stream. Returns the reported tokens.
async fn call(client: &Client<OpenAIConfig>, number: usize) -> Result<u32, OpenAIError> {
    if number.is_multiple_of(10) {
        let request =
            CreateEmbeddingRequestArgs::default().model("text-embedding-v4").input(format!("text {number}")).build()?;
        return Ok(client.embeddings().create(request).await?.usage.total_tokens);
    }
    if !number.is_multiple_of(3) {
        let response = client.chat().create(chat(number, false)?).await?;
        return Ok(response.usage.map_or(0, |usage| usage.total_tokens));
    }
    let mut stream = client.chat().create_stream(chat(number, true)?).await?;
    let mut tokens = 0;
    while let Some(chunk) = stream.next().await {
        tokens = chunk?.usage.map_or(tokens, |usage| usage.total_tokens);
    }
    Ok(tokens)
}

pub(crate) struct Run {
    pub(crate) calls: usize,
    pub(crate) answered: usize,
    tokens: u64,
    pub(crate) counts: CallCounts,
    took: Duration,
}

/// Makes all calls, [`CONCURRENT`] at a time.
async fn run(client: Client<OpenAIConfig>, server: &LocalServer, calls: usize) -> Result<Run, Box<dyn Error>> {
    let (client, begin) = (Arc::new(client), Instant::now());
    let workers: Vec<_> = (0..CONCURRENT)
        .map(|worker| {
            let client = Arc::clone(&client);
            tokio::spawn(async move {
                let (mut answered, mut tokens) = (0, 0);
                for number in (worker..calls).step_by(CONCURRENT) {
                    if let Ok(used) = call(&client, number).await {
                        (answered, tokens) = (answered + 1, tokens + u64::from(used));
                    }
                }
                (answered, tokens)
            })
        })
        .collect();
    let (mut answered, mut tokens) = (0, 0);
    for worker in workers {
        let (of_worker, used) = worker.await?;
        (answered, tokens) = (answered + of_worker, tokens + used);
    }
    Ok(Run { calls, answered, tokens, counts: server.counts(), took: begin.elapsed() })
}

/// Runs the calls with the limiter and without it, each against a new server.
pub(crate) async fn compare(
    provider: LocalProvider,
    account: AccountBuilder,
    http: impl HttpClient,
    calls: usize,
) -> Result<[Run; 2], Box<dyn Error>> {
    let server = provider.clone().serve().await?;
    let with = run(limited(&server, account, http.clone())?, &server, calls).await?;
    let server = provider.serve().await?;
    let without = run(client(&server, http), &server, calls).await?;
    if with.counts.refused > 0 || with.answered < calls || with.tokens != with.counts.tokens {
        let (answered, refused) = (with.answered, with.counts.refused);
        return Err(
            format!("expected {calls} calls answered with the limiter, found {answered}, {refused} refused").into()
        );
    }
    if without.counts.refused < 100 {
        return Err(format!("expected hundreds refused without the limiter, found {}", without.counts.refused).into());
    }
    Ok([with, without])
}

#[tokio::main]
#[allow(dead_code, reason = "tests call `compare`")]
async fn main() -> Result<(), Box<dyn Error>> {
    // On a busy machine, calls sent a second apart may arrive closer together.
    let account = account().jitter(Duration::from_millis(500));
    let [with, without] = compare(provider(), account, reqwest::Client::new(), CALLS).await?;
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).set_header([
        "async-openai",
        "calls",
        "answered",
        "refused",
        "tokens",
        "seconds",
    ]);
    for (name, run) in [("with the limiter", &with), ("without", &without)] {
        table.add_row([
            name.to_owned(),
            run.calls.to_string(),
            run.answered.to_string(),
            run.counts.refused.to_string(),
            run.tokens.to_string(),
            format!("{:.1}", run.took.as_secs_f64()),
        ]);
    }
    println!("{table}");
    Ok(())
}
