//! `async-openai`, unchanged, against a local provider that enforces Alibaba's limits over real HTTP: 2,000 calls, 200 at
//! once, chats whole and as streams, and embeddings; with the limiter beneath the client, and without.
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
use ratebook::alibaba::china_mainland::{QWEN_PLUS_LATEST, TEXT_EMBEDDING_V4};
use ratebook_client::Call;
use ratebook_client::estimate::{Rough, asked_by, model_named_by};
use ratebook_client::tower::{BoxError, LimitLayer};
use ratebook_limiter::{Account, Model};
use ratebook_sim::Enforcement;
use ratebook_sim::http::{Count, LocalProvider, Serving};
use tower::{Layer, ServiceBuilder, ServiceExt};

const CALLS: usize = 2_000;
const AT_ONCE: usize = 200;

/// A client whose calls go through the limiter. Each try of its own retrying, which is kept, is admitted anew.
fn limited(serving: &Serving) -> Result<Client<OpenAIConfig>, Box<dyn Error>> {
    // On a busy machine, calls sent a second apart may arrive closer.
    let account =
        Account::builder(Provider::Alibaba).region("china-mainland").jitter(Duration::from_millis(500)).build()?;
    let models: [(&str, Model); 2] = [
        ("qwen-plus-latest", account.model("qwen-plus-latest")?),
        ("text-embedding-v4", account.model("text-embedding-v4")?),
    ];
    let plan = move |request: &reqwest::Request| {
        let body = request.body()?.as_bytes()?;
        let named = model_named_by(body)?;
        let (_, model) = models.iter().find(|(name, _)| named == *name)?;
        Some(Call::new(model.clone(), asked_by(&Rough::QWEN, body)?.cost()))
    };
    let http = LimitLayer::new(plan).layer(reqwest::Client::new());
    let service =
        ServiceBuilder::new().layer(OpenAIRetryLayer::default()).service_fn(move |request: HttpRequestFactory| {
            let http = http.clone();
            async move { http.oneshot(request.build().await?).await.map_err(as_it_was) }
        });
    Ok(plain(serving).with_http_service(service))
}

/// The client's own errors stay what they are, so that its retrying knows them.
fn as_it_was(error: BoxError) -> OpenAIError {
    match error.downcast::<reqwest::Error>() {
        Ok(error) => OpenAIError::Reqwest(*error),
        Err(error) => error.into(),
    }
}

fn plain(serving: &Serving) -> Client<OpenAIConfig> {
    Client::with_config(OpenAIConfig::new().with_api_base(serving.base_url()).with_api_key("none"))
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

/// One call: of ten an embedding, and of the others every third a stream. Its tokens, as the reply says.
async fn call(client: &Client<OpenAIConfig>, number: usize) -> Result<u32, OpenAIError> {
    if number.is_multiple_of(10) {
        let request =
            CreateEmbeddingRequestArgs::default().model("text-embedding-v4").input(format!("text {number}")).build()?;
        return Ok(client.embeddings().create(request).await?.usage.total_tokens);
    }
    if !number.is_multiple_of(3) {
        let reply = client.chat().create(chat(number, false)?).await?;
        return Ok(reply.usage.map_or(0, |usage| usage.total_tokens));
    }
    let mut stream = client.chat().create_stream(chat(number, true)?).await?;
    let mut tokens = 0;
    while let Some(chunk) = stream.next().await {
        tokens = chunk?.usage.map_or(tokens, |usage| usage.total_tokens);
    }
    Ok(tokens)
}

struct Run {
    answered: usize,
    tokens: u64,
    count: Count,
    took: Duration,
}

/// Makes all calls, some at once.
async fn run(client: Client<OpenAIConfig>, serving: &Serving) -> Result<Run, Box<dyn Error>> {
    let (client, begin) = (Arc::new(client), Instant::now());
    let workers: Vec<_> = (0..AT_ONCE)
        .map(|worker| {
            let client = Arc::clone(&client);
            tokio::spawn(async move {
                let (mut answered, mut tokens) = (0, 0);
                for number in (worker..CALLS).step_by(AT_ONCE) {
                    if let Ok(used) = call(&client, number).await {
                        (answered, tokens) = (answered + 1, tokens + u64::from(used));
                    }
                }
                (answered, tokens)
            })
        })
        .collect();
    let mut run = Run { answered: 0, tokens: 0, count: Count::default(), took: Duration::ZERO };
    for worker in workers {
        let (answered, tokens) = worker.await?;
        (run.answered, run.tokens) = (run.answered + answered, run.tokens + tokens);
    }
    Ok(Run { count: serving.count(), took: begin.elapsed(), ..run })
}

#[tokio::main]
pub(crate) async fn main() -> Result<(), Box<dyn Error>> {
    let by = Enforcement::SlidingLog;
    let provider = LocalProvider::new().entry(QWEN_PLUS_LATEST, by).entry(TEXT_EMBEDDING_V4, by);
    let serving = provider.clone().serve().await?;
    let with = run(limited(&serving)?, &serving).await?;
    let serving = provider.serve().await?;
    let without = run(plain(&serving), &serving).await?;

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
            CALLS.to_string(),
            run.answered.to_string(),
            run.count.refused.to_string(),
            run.tokens.to_string(),
            format!("{:.1}", run.took.as_secs_f64()),
        ]);
    }
    println!("{table}");
    if with.count.refused > 0 || with.answered < CALLS || with.tokens != with.count.tokens {
        return Err("with the limiter, every call is answered and none refused".into());
    }
    if without.count.refused < 100 {
        return Err("without it, hundreds are refused".into());
    }
    Ok(())
}
