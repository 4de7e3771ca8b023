//! What a request's body asks for.

mod held;
mod media;
mod prompt;
mod requests;
mod shape;

use std::borrow::Cow;

use ratebook::Provider;
use ratebook_limiter::Cost;

use self::prompt::{Place, Prompt};
use super::{Estimate, TOKENS_BEFORE_REPLY};
use crate::json;

/// The tokens that a part of the input counts which the vendor holds, where nothing better is said by
/// [`Asked::or_held`]: a conversation of some ten exchanges, or five pages of a file.
pub const HELD_TOKENS: u64 = 2_000;

/// What a request asks for, as far as its body says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Tokens of the prompt: messages, system, instructions, tools, schemas. Without [`media`](Self::media) and what is
    /// [`held`](Self::held).
    pub input: u64,
    /// The most tokens that each completion may have, those of a thinking budget that stands beside it included; `None`
    /// where the body leaves it to the vendor.
    pub output: Option<u64>,
    /// How many completions, images or other results: `n` for each prompt; at least 1.
    pub completions: u64,
    /// How many images, recordings, videos and files the request has, by data or by address, in whatever field. What they
    /// cost depends on their size and on the model: whoever sends them has to add it.
    pub media: u64,
    /// How many parts of the input the vendor holds, of which the body has a name only: a conversation or an earlier
    /// response, a stored prompt, an assistant and its thread, cached content, files. Where it is not zero, the input is
    /// uncertain: each part costs [`HELD_TOKENS`], unless [`or_held`](Self::or_held) says what they have.
    pub held: u64,
}

impl Asked {
    /// The cost of one request by it: the input once, with [`HELD_TOKENS`] for each part that the vendor holds, and the
    /// output for each completion. Where the body names no output, the cost has none, and so too little: say by
    /// [`or_output`](Self::or_output) what to take instead. A provider that counts each completion as a request needs
    /// [`cost_at`](Self::cost_at).
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
        Cost::request().input(self.all_input()).output(self.all_output())
    }

    /// Like [`cost`](Self::cost), but with as many requests as the provider counts: one, however many completions are asked
    /// for, and at Fireworks one for each of them.
    ///
    /// ```
    /// use ratebook::Provider;
    /// use ratebook_client::estimate::{Rough, asked_by};
    /// use ratebook_limiter::Cost;
    ///
    /// let asked = asked_by(&Rough::default(), br#"{"prompt": "", "n": 4, "max_tokens": 10}"#).unwrap();
    /// assert_eq!(asked.cost_at(Provider::Alibaba), Cost::request().input(3).output(40));
    /// assert_eq!(asked.cost_at(Provider::Fireworks), Cost::request().requests(4).input(3).output(40));
    /// ```
    pub fn cost_at(&self, provider: Provider) -> Cost {
        self.cost().requests(requests::at(provider, self.completions))
    }

    fn all_input(&self) -> u64 {
        self.input.saturating_add(self.held.saturating_mul(HELD_TOKENS))
    }

    fn all_output(&self) -> u64 {
        self.output.unwrap_or(0).saturating_mul(self.completions)
    }

    /// The same with these tokens for what the vendor holds, where it holds anything: such as the input of the reply before
    /// in the same conversation. Then nothing is [`held`](Self::held) any more.
    ///
    /// ```
    /// use ratebook_client::estimate::{Rough, asked_by};
    ///
    /// let body = br#"{"input": "And the second one?", "previous_response_id": "resp_68e0"}"#;
    /// let asked = asked_by(&Rough::default(), body).unwrap();
    /// assert_eq!(asked.held, 1);
    /// assert_eq!(asked.or_held(4_100).input, asked.input + 4_100);
    /// ```
    #[must_use]
    pub fn or_held(self, tokens: u64) -> Self {
        if self.held == 0 {
            return self;
        }
        Self { input: self.input.saturating_add(tokens), held: 0, ..self }
    }

    /// Whether the input may be far from what is counted: the request has media, or the vendor holds a part of it.
    pub fn is_uncertain(&self) -> bool {
        self.media > 0 || self.held > 0
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
/// - Media and names of what the vendor holds are found wherever they stand, in fields that it does not know, too. An
///   address counts as a medium where its field is named after one or its path ends as files of such do.
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
/// assert_eq!(asked, Asked { input: 16, output: Some(300), completions: 2, media: 0, held: 0 });
/// let cost = asked.cost();
/// # let _ = cost;
/// ```
pub fn asked_by(estimate: &dyn Estimate, body: &[u8]) -> Option<Asked> {
    let body = object(body)?;
    let mut prompt = Prompt::new(estimate);
    prompt.add(TOKENS_BEFORE_REPLY);
    let Some(fields) = json::fields(&body) else {
        prompt.text(&body);
        return Some(Asked { input: prompt.tokens, output: None, completions: 1, media: 0, held: 0 });
    };
    let mut limits = Limits::default();
    let mut prompts = 1;
    let mut is_known = false;
    for (key, value) in &fields {
        let key = &**key;
        let is_prompt = PROMPTS.contains(&key);
        is_known |= is_prompt || media::is_named(key, value);
        if !is_prompt {
            prompt.link(media::outside(key, value));
        }
        if !is_prompt || key == "prompt" {
            prompt.hold(held::outside(key, value));
        }
        match key {
            "prompt" | "input" => prompt.walk(value, Place::Tokens),
            _ if is_prompt => prompt.walk(value, Place::Text),
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
        media: prompt.media.saturating_add(prompt.linked),
        held: prompt.held,
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
