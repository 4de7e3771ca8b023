//! Estimates the cost of a request from its JSON body.

mod media;
mod prompt;
mod shape;
mod stored;

use std::borrow::Cow;

use ratebook::Provider;
use ratebook_limiter::Cost;

use self::prompt::{Prompt, ValueKind};
use super::{Estimate, TOKENS_BEFORE_REPLY};
use crate::json;

/// Default estimate for each input that the vendor stores, in tokens: a conversation of about ten exchanges, or five
/// pages of a file. [`RequestEstimate::or_stored_input`] replaces it.
pub const STORED_INPUT_TOKENS: u64 = 2_000;

/// The estimated cost of a request, from its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequestEstimate {
    /// Tokens of the prompt: messages, system, instructions, tools, schemas. Excludes [`media`](Self::media) and
    /// [`stored_inputs`](Self::stored_inputs).
    pub input: u64,
    /// Maximum tokens of each completion, including a separate thinking budget. `None` if the body does not limit it.
    pub output: Option<u64>,
    /// Number of completions, images or other results: `n` for each prompt, at least 1.
    pub completions: u64,
    /// Number of images, audio clips, videos and files in the request, inline or by URL, in any field. Their cost
    /// depends on the size and the model and is not included: add it yourself.
    pub media: u64,
    /// Number of inputs that the vendor stores and the body only names: a conversation or an earlier response, a stored
    /// prompt, an assistant and its thread, cached content, files. Each counts [`STORED_INPUT_TOKENS`], unless
    /// [`or_stored_input`](Self::or_stored_input) sets the real number.
    pub stored_inputs: u64,
    /// Number of inputs that are embedded or ranked: the texts, or arrays of tokens, of `input` or `texts`. A body
    /// that limits the output, or names a stored conversation, has none.
    pub inputs: u64,
    /// Number of images to generate: the completions of a request that states a size or an aspect ratio of images.
    pub images: u64,
    /// Number of characters to speak: those of the text of a request that states a voice.
    pub characters: u64,
}

impl RequestEstimate {
    /// Creates an estimate of one completion with these input tokens, and nothing else.
    ///
    /// ```
    /// use ratebook_client::estimate::RequestEstimate;
    /// use ratebook_limiter::Cost;
    ///
    /// const ESTIMATE: RequestEstimate = RequestEstimate::new(1_200);
    /// assert_eq!(ESTIMATE.or_output(400).cost(), Cost::request().input(1_200).output(400));
    /// ```
    pub const fn new(input: u64) -> Self {
        Self { input, output: None, completions: 1, media: 0, stored_inputs: 0, inputs: 0, images: 0, characters: 0 }
    }

    /// Returns the cost as one request: the input once, with [`STORED_INPUT_TOKENS`] for each stored input, the output
    /// for each completion, and the inputs, images and characters.
    ///
    /// Without an output limit in the body the cost has no output, which is too low: set one with
    /// [`or_output`](Self::or_output). For a provider that counts each completion as a request, use
    /// [`cost_at`](Self::cost_at).
    ///
    /// ```
    /// use ratebook_client::estimate::{Rough, estimate_request};
    ///
    /// let estimate = estimate_request(&Rough::default(), br#"{"prompt": "Who built the lighthouse?"}"#).unwrap();
    /// assert_eq!(estimate.output, None);
    /// let cost = estimate.or_output(2_048).cost();
    /// # let _ = cost;
    /// ```
    pub fn cost(&self) -> Cost {
        let cost = Cost::request().input(self.all_input()).output(self.all_output());
        cost.inputs(self.inputs).images(self.images).characters(self.characters)
    }

    /// Like [`cost`](Self::cost), but counts requests as the provider's policy does: one request, or one per completion
    /// (`n`).
    ///
    /// ```
    /// use ratebook::Provider;
    /// use ratebook_client::estimate::{Rough, estimate_request};
    /// use ratebook_limiter::Cost;
    ///
    /// let estimate = estimate_request(&Rough::default(), br#"{"prompt": "", "n": 4, "max_tokens": 10}"#).unwrap();
    /// assert_eq!(estimate.cost_at(Provider::Alibaba), Cost::request().input(3).output(40));
    /// assert_eq!(estimate.cost_at(Provider::Fireworks), Cost::request().requests(4).input(3).output(40));
    /// ```
    pub fn cost_at(&self, provider: Provider) -> Cost {
        let per_completion = provider.policy().request_per_completion;
        self.cost().requests(if per_completion { self.completions } else { 1 })
    }

    fn all_input(&self) -> u64 {
        self.input.saturating_add(self.stored_inputs.saturating_mul(STORED_INPUT_TOKENS))
    }

    fn all_output(&self) -> u64 {
        self.output.unwrap_or(0).saturating_mul(self.completions)
    }

    /// Adds the tokens of all stored inputs to the input and sets [`stored_inputs`](Self::stored_inputs) to zero.
    /// Changes nothing without stored inputs.
    ///
    /// For a conversation, a good value is the input of the previous response.
    ///
    /// ```
    /// use ratebook_client::estimate::{Rough, estimate_request};
    ///
    /// let body = br#"{"input": "And the second one?", "previous_response_id": "resp_68e0"}"#;
    /// let estimate = estimate_request(&Rough::default(), body).unwrap();
    /// assert_eq!(estimate.stored_inputs, 1);
    /// assert_eq!(estimate.or_stored_input(4_100).input, estimate.input + 4_100);
    /// ```
    #[must_use]
    pub fn or_stored_input(self, tokens: u64) -> Self {
        if self.stored_inputs == 0 {
            return self;
        }
        Self { input: self.input.saturating_add(tokens), stored_inputs: 0, ..self }
    }

    /// Whether the input may differ much from the estimate, because of media or stored inputs.
    pub fn is_uncertain(&self) -> bool {
        self.media > 0 || self.stored_inputs > 0
    }

    /// Sets the output tokens of each completion if the body does not limit them: the model's maximum, or a likely
    /// number such as [`Model::expected_output`](ratebook_limiter::Model::expected_output).
    #[must_use]
    pub fn or_output(self, tokens: u64) -> Self {
        Self { output: self.output.or(Some(tokens)), ..self }
    }
}

/// Estimates the cost of a request from its JSON body. Returns `None` if the body does not start with `{`.
///
/// Known bodies: OpenAI's chat completions, completions, responses and embeddings; Anthropic's messages; DashScope;
/// Workers AI; reranking. Estimates are on the high side:
///
/// - Tools, schemas and unknown objects in a message count as their JSON source. Unknown fields of a message count as
///   text, and so do strings and numbers that cannot be decoded.
/// - Of a duplicate field, both texts count, and the larger limit.
/// - In reranking, the query counts once per document.
/// - A `thinking_budget` adds to the output limit, if there is one. Anthropic's `budget_tokens` are part of
///   `max_tokens`.
/// - Invalid UTF-8 counts as replacement characters. A body that cannot be parsed, or that has no known prompt field,
///   counts as text; one that cannot be parsed has no output limit.
/// - Media and names of stored inputs are found in any field, known or not. A URL counts as media if the field is named
///   after media or the path has a media file extension.
///
/// Not counted as text: base64 data and URLs of images, audio and files (see [`RequestEstimate::media`]), encrypted
/// reasoning and signatures, in the fields where the API has them; in an unknown field, only a complete base64 `data:`
/// URL. Short identifiers beside a type or a role do not count. Nor do tokens that a vendor adds: Anthropic adds a few
/// hundred for tools.
///
/// Without an output limit in the body, [`RequestEstimate::output`] is `None`: see [`RequestEstimate::or_output`].
///
/// ```
/// use ratebook_client::estimate::{RequestEstimate, Rough, estimate_request};
///
/// let body = br#"{
///   "model": "m", "max_tokens": 300, "n": 2,
///   "messages": [{"role": "user", "content": "Who built the lighthouse?"}]
/// }"#;
/// let estimate = estimate_request(&Rough::default(), body).unwrap();
/// assert_eq!((estimate.input, estimate.output, estimate.completions, estimate.media), (16, Some(300), 2, 0));
/// let cost = estimate.cost();
/// # let _ = cost;
/// ```
pub fn estimate_request(estimate: &dyn Estimate, body: &[u8]) -> Option<RequestEstimate> {
    let body = object(body)?;
    let mut prompt = Prompt::new(estimate);
    prompt.add(TOKENS_BEFORE_REPLY);
    let Some(fields) = json::fields(&body) else {
        prompt.text(&body);
        return Some(RequestEstimate {
            input: prompt.tokens,
            output: None,
            completions: 1,
            media: 0,
            stored_inputs: 0,
            inputs: 0,
            images: 0,
            characters: 0,
        });
    };
    let mut limits = OutputLimits::default();
    let mut prompts = 1;
    let mut is_known = false;
    let mut counts = Counts::default();
    for (key, value) in &fields {
        let key = &**key;
        let is_prompt = PROMPT_FIELDS.contains(&key);
        is_known |= is_prompt || media::is_media_field(key, value);
        if !is_prompt {
            prompt.add_linked(media::in_field(key, value));
        }
        if !is_prompt || key == "prompt" {
            prompt.add_stored(stored::in_field(key, value));
        }
        match key {
            "prompt" | "input" => prompt.walk(value, ValueKind::Tokens),
            _ if is_prompt => prompt.walk(value, ValueKind::Text),
            "parameters" if value.starts_with('{') => {
                for (key, value) in json::fields(value).iter().flatten() {
                    parameter(key, value, &mut prompt, &mut limits);
                    counts.read(key, value);
                }
            }
            _ => parameter(key, value, &mut prompt, &mut limits),
        }
        if key == "prompt" {
            prompts = prompt_count(value).max(prompts);
        }
        counts.read(key, value);
    }
    prompt.repeat_query(&fields);
    if !is_known {
        prompt.text(&body);
    }
    // Embeddings have no output, and continue nothing.
    let is_conversation = limits.output.is_some() || prompt.stored_inputs > 0;
    let completions = limits.completions.unwrap_or(1).max(1).saturating_mul(prompts);
    Some(RequestEstimate {
        input: prompt.tokens,
        output: limits.output.map(|output| output.saturating_add(limits.thinking.unwrap_or(0))),
        completions,
        inputs: if is_conversation || counts.has_voice { 0 } else { counts.inputs },
        images: if counts.has_size { completions } else { 0 },
        characters: if counts.has_voice { counts.characters } else { 0 },
        media: prompt.media.saturating_add(prompt.linked),
        stored_inputs: prompt.stored_inputs,
    })
}

/// Returns the `model` of a JSON request body, the last one if it is duplicated, or `None` without one.
///
/// ```
/// use ratebook_client::estimate::model_in_body;
///
/// assert_eq!(model_in_body(br#"{"input": "a text", "model": "text-embedding-v4"}"#).as_deref(), Some("text-embedding-v4"));
/// ```
pub fn model_in_body(body: &[u8]) -> Option<String> {
    let body = object(body)?;
    let fields = json::fields(&body)?;
    let (_, model) = fields.iter().rfind(|(key, _)| key == "model")?;
    serde_json::from_str(model).ok()
}

/// Fields that contain a prompt. In DashScope's native format, `input` is an object with messages, a prompt or texts.
/// `text` is the output format of OpenAI's responses, and the texts of Cloudflare's embeddings.
const PROMPT_FIELDS: [&str; 10] =
    ["messages", "prompt", "input", "system", "instructions", "suffix", "text", "query", "documents", "contexts"];

/// Returns the text of a body that starts with `{`.
fn object(body: &[u8]) -> Option<Cow<'_, str>> {
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace())?;
    (*first == b'{').then(|| String::from_utf8_lossy(body))
}

/// Reads a field of the body, or of `parameters` in DashScope's native format.
fn parameter(key: &str, value: &str, prompt: &mut Prompt<'_>, limits: &mut OutputLimits) {
    let raise = |limit: &mut Option<u64>| *limit = json::count(value).max(*limit);
    match key {
        "tools" | "functions" | "response_format" if value != "null" => prompt.text(value),
        "max_tokens" | "max_completion_tokens" | "max_output_tokens" => raise(&mut limits.output),
        "thinking_budget" => raise(&mut limits.thinking),
        "n" | "best_of" => raise(&mut limits.completions),
        _ => {}
    }
}

/// Limits of what may be generated, in tokens per completion and in completions.
#[derive(Default)]
struct OutputLimits {
    output: Option<u64>,
    thinking: Option<u64>,
    completions: Option<u64>,
}

/// What a body states beside tokens.
#[derive(Default)]
struct Counts {
    inputs: u64,
    characters: u64,
    /// Whether a voice is stated, as for speech.
    has_voice: bool,
    /// Whether a size of images is stated.
    has_size: bool,
}

impl Counts {
    /// Reads a field of the body, or of `parameters` in DashScope's native format.
    fn read(&mut self, key: &str, value: &str) {
        match key {
            "input" if value.starts_with('{') => {
                json::fields(value).iter().flatten().for_each(|(key, value)| self.read(key, value));
            }
            "input" | "texts" => {
                self.inputs = self.inputs.saturating_add(input_count(value));
                self.characters = self.characters.saturating_add(character_count(value));
            }
            "text" => self.characters = self.characters.saturating_add(character_count(value)),
            "voice" => self.has_voice |= value != "null",
            "size" | "image_size" | "aspect_ratio" => self.has_size |= value != "null",
            _ => {}
        }
    }
}

/// Returns the number of characters of a JSON string. 0 for any other value.
fn character_count(raw: &str) -> u64 {
    if !raw.starts_with('"') {
        return 0;
    }
    u64::try_from(json::decoded(raw).chars().count()).unwrap_or(u64::MAX)
}

/// Returns the number of inputs in a value: each text or token array of an array, and one for a text or an array of
/// tokens. Objects, such as the messages of a conversation, are none.
fn input_count(raw: &str) -> u64 {
    if raw.starts_with('"') {
        return 1;
    }
    let (mut inputs, mut has_tokens) = (0_u64, false);
    if raw.starts_with('[') {
        json::each(raw, |element| {
            inputs = inputs.saturating_add(element.starts_with(['"', '[']).into());
            has_tokens |= element.starts_with(|first: char| first.is_ascii_digit());
        });
    }
    inputs.max(has_tokens.into())
}

/// Returns the number of prompts in a value: each text or token array of an array is one, any other value is one.
fn prompt_count(raw: &str) -> u64 {
    let mut prompts = 0_u64;
    if raw.starts_with('[') {
        json::each(raw, |prompt| prompts = prompts.saturating_add(prompt.starts_with(['"', '[']).into()));
    }
    prompts.max(1)
}
