//! What a request's body asks for.

use std::fmt;

use ratebook_limiter::Cost;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{Estimate, TOKENS_BEFORE_REPLY, TOKENS_PER_MESSAGE};

/// What a request asks for, as far as its body says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Tokens of the prompt: messages, system, instructions, tools, schemas. Without [`media`](Self::media).
    pub input: u64,
    /// The most tokens that each completion may have; `None` where the body leaves it to the vendor.
    pub output: Option<u64>,
    /// How many completions: `n` for each prompt; at least 1.
    pub completions: u64,
    /// How many images, recordings, videos and files the prompt has, by data or by address. What they cost depends on
    /// their size and on the model: whoever sends them has to add it.
    pub media: u64,
}

impl Asked {
    /// The cost by it: the input once, the output for each completion, and each completion as a request, as some vendors
    /// count. Where the body names no output, the cost has none: add what is likely, such as
    /// [`Model::expected_output`](ratebook_limiter::Model::expected_output).
    pub fn cost(&self) -> Cost {
        let output = self.output.unwrap_or(0).saturating_mul(self.completions);
        Cost::request().requests(self.completions).input(self.input).output(output)
    }
}

/// Reads what a request asks for out of its JSON body; `None` where that is no JSON object.
///
/// It knows the bodies of chat completions, completions, responses and embeddings as OpenAI has them, of Anthropic's
/// messages, of DashScope and of Workers AI. It errs high: a tool or a schema counts as the JSON it is written in, a
/// field that it does not know in a message counts as text. Not counted as text is what is base64 or an address: an
/// image, audio, a file (see [`Asked::media`]), an encrypted reasoning, a signature. Nor is what a vendor adds of its
/// own: for tools, Anthropic adds some hundred tokens.
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
    let body: Body<'_> = object(body)?;
    let mut prompt = Prompt { estimate, tokens: TOKENS_BEFORE_REPLY, media: 0 };
    let texts = [body.messages, body.prompt, body.input, body.system, body.instructions, body.suffix, body.text];
    for text in texts.into_iter().flatten() {
        prompt.walk(text);
    }
    for json in [body.tools, body.functions, body.response_format].into_iter().flatten() {
        prompt.text(json.get());
    }
    let mut limits = body.limits();
    let parameters = body.parameters.filter(|raw| raw.get().starts_with('{'));
    if let Some(inner) = parameters.and_then(|raw| serde_json::from_str::<Body<'_>>(raw.get()).ok()) {
        let inner = inner.limits();
        limits =
            Limits { output: limits.output.or(inner.output), completions: limits.completions.or(inner.completions) };
    }
    let prompts = body.prompt.map_or(1, how_many);
    Some(Asked {
        input: prompt.tokens,
        output: limits.output,
        completions: limits.completions.unwrap_or(1).max(1).saturating_mul(prompts),
        media: prompt.media,
    })
}

/// The model that a request's JSON body names; `None` where it names none.
///
/// ```
/// use ratebook_client::estimate::model_named_by;
///
/// assert_eq!(model_named_by(br#"{"input": "a text", "model": "text-embedding-v4"}"#).as_deref(), Some("text-embedding-v4"));
/// ```
pub fn model_named_by(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        model: String,
    }
    object::<Named>(body).map(|named| named.model)
}

/// The fields of a body that is an object.
fn object<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Option<T> {
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace())?;
    // Of an array, serde would take the elements for fields.
    if *first == b'{' { serde_json::from_slice(body).ok() } else { None }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Body<'a> {
    #[serde(borrow)]
    messages: Option<&'a RawValue>,
    #[serde(borrow)]
    prompt: Option<&'a RawValue>,
    /// Of responses and embeddings; in DashScope's own form an object with messages or a prompt.
    #[serde(borrow)]
    input: Option<&'a RawValue>,
    #[serde(borrow)]
    system: Option<&'a RawValue>,
    #[serde(borrow)]
    instructions: Option<&'a RawValue>,
    #[serde(borrow)]
    suffix: Option<&'a RawValue>,
    /// Of responses, the output's form; of embeddings at Cloudflare, the texts.
    #[serde(borrow)]
    text: Option<&'a RawValue>,
    #[serde(borrow)]
    tools: Option<&'a RawValue>,
    #[serde(borrow)]
    functions: Option<&'a RawValue>,
    #[serde(borrow)]
    response_format: Option<&'a RawValue>,
    /// In DashScope's own form, where limits stand.
    #[serde(borrow)]
    parameters: Option<&'a RawValue>,
    #[serde(borrow)]
    max_tokens: Option<&'a RawValue>,
    #[serde(borrow)]
    max_completion_tokens: Option<&'a RawValue>,
    #[serde(borrow)]
    max_output_tokens: Option<&'a RawValue>,
    #[serde(borrow)]
    n: Option<&'a RawValue>,
    #[serde(borrow)]
    best_of: Option<&'a RawValue>,
}

impl Body<'_> {
    fn limits(&self) -> Limits {
        let most = |fields: &[Option<&RawValue>]| fields.iter().flatten().filter_map(|field| count(field)).max();
        Limits {
            output: most(&[self.max_tokens, self.max_completion_tokens, self.max_output_tokens]),
            completions: most(&[self.n, self.best_of]),
        }
    }
}

/// How much may be generated.
#[derive(Clone, Copy, Default)]
struct Limits {
    output: Option<u64>,
    completions: Option<u64>,
}

/// A whole number, or `None` where the value is none.
fn count(raw: &RawValue) -> Option<u64> {
    raw.get().parse().ok()
}

/// How many prompts a value is: an array's texts and arrays of tokens are one each, all else is one.
fn how_many(raw: &RawValue) -> u64 {
    match serde_json::from_str::<Vec<&RawValue>>(raw.get()) {
        Ok(prompts) => prompts.iter().filter(|prompt| prompt.get().starts_with(['"', '['])).count().max(1) as u64,
        Err(_) => 1,
    }
}

/// What has been counted of a prompt.
struct Prompt<'a> {
    estimate: &'a dyn Estimate,
    tokens: u64,
    media: u64,
}

impl Prompt<'_> {
    fn walk(&mut self, raw: &RawValue) {
        // What is too deep, or no text, stays uncounted from there on.
        let _ = Value(self).deserialize(&mut serde_json::Deserializer::from_str(raw.get()));
    }

    fn add(&mut self, tokens: u64) {
        self.tokens = self.tokens.saturating_add(tokens);
    }

    fn text(&mut self, text: &str) {
        if is_data(text) {
            self.media += 1;
        } else {
            self.add(self.estimate.tokens(text));
        }
    }
}

/// An address that holds the data itself.
fn is_data(text: &str) -> bool {
    let head = &text.as_bytes()[..text.len().min(100)];
    head.starts_with(b"data:") && head.windows(7).any(|window| window == b";base64")
}

/// What stands under a key of a message or of one of its parts.
enum Key {
    /// Text, or parts that have texts.
    Text,
    /// It names something, or is of the form only.
    Name,
    /// Beside it stands a message.
    Message,
    /// An image, a recording, a file.
    Media,
    /// Either data or a text.
    Source,
    /// Arguments or a schema: JSON that the model reads or has written.
    Json,
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Named;

        impl Visitor<'_> for Named {
            type Value = Key;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_str<E>(self, key: &str) -> Result<Key, E> {
                Ok(match key {
                    "role" | "call_id" | "tool_call_id" => Key::Message,
                    "type" | "id" | "tool_use_id" | "status" | "detail" | "cache_control" | "media_type"
                    | "signature" | "encrypted_content" => Key::Name,
                    "image_url" | "image" | "input_audio" | "audio" | "video_url" | "video" | "file" | "file_data"
                    | "file_url" | "file_id" => Key::Media,
                    "source" => Key::Source,
                    "input" | "arguments" | "parameters" | "input_schema" | "format" => Key::Json,
                    _ => Key::Text,
                })
            }
        }

        deserializer.deserialize_str(Named)
    }
}

/// A value of a prompt, whose texts are to be counted.
struct Value<'p, 'a>(&'p mut Prompt<'a>);

impl<'de> DeserializeSeed<'de> for Value<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a part of a prompt")
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.0.text(text);
        Ok(())
    }

    /// A prompt may be given as tokens, by their numbers.
    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        self.0.add(1);
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<(), A::Error> {
        while values.next_element_seed(Value(self.0))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        let mut is_message = false;
        while let Some(key) = fields.next_key::<Key>()? {
            match key {
                Key::Text => fields.next_value_seed(Value(self.0))?,
                Key::Json => match fields.next_value::<&RawValue>()? {
                    raw if raw.get().starts_with('"') => self.0.walk(raw),
                    raw => self.0.text(raw.get()),
                },
                Key::Source => match fields.next_value::<&RawValue>()? {
                    raw if Source::is_text(raw) => self.0.walk(raw),
                    _ => self.0.media += 1,
                },
                Key::Media => {
                    let raw = fields.next_value::<&RawValue>()?;
                    self.0.media += u64::from(raw.get() != "null");
                }
                Key::Name | Key::Message => {
                    is_message |= matches!(key, Key::Message);
                    fields.next_value::<IgnoredAny>()?;
                }
            }
        }
        if is_message {
            self.0.add(TOKENS_PER_MESSAGE);
        }
        Ok(())
    }
}

/// Where a part of Anthropic's has its content from.
#[derive(Deserialize)]
struct Source {
    r#type: SourceType,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum SourceType {
    Text,
    Content,
    #[serde(other)]
    Media,
}

impl Source {
    fn is_text(raw: &RawValue) -> bool {
        raw.get().starts_with('{')
            && serde_json::from_str::<Self>(raw.get()).is_ok_and(|source| !matches!(source.r#type, SourceType::Media))
    }
}
