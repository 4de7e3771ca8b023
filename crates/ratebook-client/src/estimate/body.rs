//! What a request's body asks for.

mod json;
mod prompt;
mod shape;

use std::borrow::Cow;

use ratebook_limiter::Cost;

use self::prompt::{Place, Prompt};
use super::{Estimate, TOKENS_BEFORE_REPLY};

/// What a request asks for, as far as its body says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Tokens of the prompt: messages, system, instructions, tools, schemas. Without [`media`](Self::media).
    pub input: u64,
    /// The most tokens that each completion may have, those of a thinking budget that stands beside it included; `None`
    /// where the body leaves it to the vendor.
    pub output: Option<u64>,
    /// How many completions: `n` for each prompt; at least 1.
    pub completions: u64,
    /// How many images, recordings, videos and files the prompt has, by data or by address. What they cost depends on
    /// their size and on the model: whoever sends them has to add it.
    pub media: u64,
}

impl Asked {
    /// The cost by it: the input once, the output for each completion, and each completion as a request, as some vendors
    /// count. Where the body names no output, the cost has none, and so too little: say by [`or_output`](Self::or_output)
    /// what to take instead.
    ///
    /// ```
    /// use ratebook_client::estimate::{Rough, asked_by};
    ///
    /// let asked = asked_by(&Rough::default(), br#"{"prompt": "Who built the lighthouse?"}"#).unwrap();
    /// assert_eq!(asked.output, None);
    /// let cost = asked.or_output(2_048).cost();
    /// # let _ = cost;
    /// ```
    pub fn cost(&self) -> Cost {
        let output = self.output.unwrap_or(0).saturating_mul(self.completions);
        Cost::request().requests(self.completions).input(self.input).output(output)
    }

    /// The same with this output for each completion where the body names none: the most that the model can have, or what
    /// is likely, such as [`Model::expected_output`](ratebook_limiter::Model::expected_output).
    #[must_use]
    pub fn or_output(self, tokens: u64) -> Self {
        Self { output: self.output.or(Some(tokens)), ..self }
    }
}

/// Reads what a request asks for out of its JSON body; `None` where that does not begin like a JSON object.
///
/// It knows the bodies of chat completions, completions, responses and embeddings as OpenAI has them, of Anthropic's
/// messages, of DashScope, of Workers AI and of texts to be ranked. It errs high:
///
/// - A tool, a schema, and an object in a message that is no message and no part counts as the JSON it is written in. A
///   field that it does not know in a message counts as text, as does a string or a number that cannot be decoded.
/// - Of a field that is named twice, both texts count, and the larger of limits.
/// - A query counts once for each of the documents that are ranked by it.
/// - A `thinking_budget` is more output, where the body names an output; Anthropic's `budget_tokens` are within
///   `max_tokens`.
/// - Bytes that are no UTF-8 count as the characters that replace them. A body that begins like an object and cannot be
///   parsed, or that has no field known to hold a prompt, counts as text throughout; the former names no output.
///
/// Not counted as text is what is base64 or an address: an image, audio, a file (see [`Asked::media`]), an encrypted
/// reasoning, a signature. It has to stand where the API has such, or be a `data:` address in base64 throughout in a field
/// that is not known; in a field for text it is text. Short names, such as an `id`, do not count beside a type or a role.
/// Nor does what a vendor adds of its own: for tools, Anthropic adds some hundred tokens.
///
/// Where the body names no output, what is asked has none, nor has its cost: see [`Asked::or_output`].
///
/// ```
/// use ratebook_client::estimate::{Asked, Rough, asked_by};
///
/// let body = br#"{
///   "model": "m", "max_tokens": 300, "n": 2,
///   "messages": [{"role": "user", "content": "Who built the lighthouse?"}]
/// }"#;
/// let asked = asked_by(&Rough::default(), body).unwrap();
/// assert_eq!(asked, Asked { input: 16, output: Some(300), completions: 2, media: 0 });
/// let cost = asked.cost();
/// # let _ = cost;
/// ```
pub fn asked_by(estimate: &dyn Estimate, body: &[u8]) -> Option<Asked> {
    let body = object(body)?;
    let mut prompt = Prompt::new(estimate);
    prompt.add(TOKENS_BEFORE_REPLY);
    let Some(fields) = json::fields(&body) else {
        prompt.text(&body);
        return Some(Asked { input: prompt.tokens, output: None, completions: 1, media: 0 });
    };
    let mut limits = Limits::default();
    let mut prompts = 1;
    let mut is_known = false;
    for (key, value) in &fields {
        let key = &**key;
        is_known |= PROMPTS.contains(&key) || MEDIA.contains(&key);
        match key {
            "prompt" | "input" => prompt.walk(value, Place::Tokens),
            _ if PROMPTS.contains(&key) => prompt.walk(value, Place::Text),
            _ if MEDIA.contains(&key) && value.starts_with(['"', '[']) => prompt.medium(),
            "parameters" if value.starts_with('{') => {
                for (key, value) in json::fields(value).iter().flatten() {
                    parameter(key, value, &mut prompt, &mut limits);
                }
            }
            _ => parameter(key, value, &mut prompt, &mut limits),
        }
        if key == "prompt" {
            prompts = how_many(value).max(prompts);
        }
    }
    prompt.query_again(&fields);
    if !is_known {
        prompt.text(&body);
    }
    Some(Asked {
        input: prompt.tokens,
        output: limits.output.map(|output| output.saturating_add(limits.thinking.unwrap_or(0))),
        completions: limits.completions.unwrap_or(1).max(1).saturating_mul(prompts),
        media: prompt.media,
    })
}

/// The model that a request's JSON body names, at last where it names several; `None` where it names none.
///
/// ```
/// use ratebook_client::estimate::model_named_by;
///
/// assert_eq!(model_named_by(br#"{"input": "a text", "model": "text-embedding-v4"}"#).as_deref(), Some("text-embedding-v4"));
/// ```
pub fn model_named_by(body: &[u8]) -> Option<String> {
    let body = object(body)?;
    let fields = json::fields(&body)?;
    let (_, model) = fields.iter().rfind(|(key, _)| key == "model")?;
    serde_json::from_str(model).ok()
}

/// Fields that hold a prompt. In DashScope's own form `input` is an object with messages, a prompt or texts; `text` is of
/// responses the output's form, and of embeddings at Cloudflare the texts.
const PROMPTS: [&str; 10] =
    ["messages", "prompt", "input", "system", "instructions", "suffix", "text", "query", "documents", "contexts"];

/// Fields that hold what is no text.
const MEDIA: [&str; 3] = ["image", "audio", "video"];

/// The text of a body that begins like an object.
fn object(body: &[u8]) -> Option<Cow<'_, str>> {
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace())?;
    (*first == b'{').then(|| String::from_utf8_lossy(body))
}

/// Reads a field that stands in the body, or in DashScope's own form among its parameters.
fn parameter(key: &str, value: &str, prompt: &mut Prompt<'_>, limits: &mut Limits) {
    let most = |limit: &mut Option<u64>| *limit = json::count(value).max(*limit);
    match key {
        "tools" | "functions" | "response_format" if value != "null" => prompt.text(value),
        "max_tokens" | "max_completion_tokens" | "max_output_tokens" => most(&mut limits.output),
        "thinking_budget" => most(&mut limits.thinking),
        "n" | "best_of" => most(&mut limits.completions),
        _ => {}
    }
}

/// How much may be generated.
#[derive(Default)]
struct Limits {
    output: Option<u64>,
    thinking: Option<u64>,
    completions: Option<u64>,
}

/// How many prompts a value is: an array's texts and arrays of tokens are one each, all else is one.
fn how_many(raw: &str) -> u64 {
    let mut prompts = 0_u64;
    if raw.starts_with('[') {
        json::each(raw, |prompt| prompts = prompts.saturating_add(prompt.starts_with(['"', '[']).into()));
    }
    prompts.max(1)
}
