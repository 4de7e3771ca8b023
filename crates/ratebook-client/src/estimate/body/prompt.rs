//! Counts the tokens, media and stored inputs of a prompt.
//!
//! The walk descends the JSON of a prompt. Each object has a [`Shape`], each of its fields a [`FieldKind`]; both
//! together decide what the strings below are: text, or possibly data. In doubt a value counts as text, so that nothing
//! hides tokens.

use std::borrow::Cow;

use super::shape::{FieldKind, Shape, is_base64, is_data_url, is_media_url, is_opaque, is_part_key, is_url};
use super::stored;
use crate::estimate::{Estimate, TOKENS_PER_MESSAGE};
use crate::json;

/// Objects and arrays nested deeper count as their JSON source.
const MAX_DEPTH: usize = 64;

/// A value of a name field with this many bytes is text.
const MIN_TEXT_BYTES: usize = 100;

/// What the strings and numbers of a value are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ValueKind {
    /// Text.
    Text,
    /// Text, or tokens by number.
    Tokens,
    /// Text or `data:` URLs.
    TextOrData,
    /// Text, base64 data or URLs.
    TextOrLink,
    /// Data, unless it can only be text.
    Data,
}

/// The counts of a prompt.
pub(super) struct Prompt<'a> {
    estimate: &'a dyn Estimate,
    pub(super) tokens: u64,
    pub(super) media: u64,
    /// Media that also count as text, because the model may receive the URL as text.
    pub(super) linked: u64,
    /// Inputs that the vendor stores and the prompt only names.
    pub(super) stored_inputs: u64,
}

impl<'a> Prompt<'a> {
    pub(super) fn new(estimate: &'a dyn Estimate) -> Self {
        Self { estimate, tokens: 0, media: 0, linked: 0, stored_inputs: 0 }
    }

    pub(super) fn add(&mut self, tokens: u64) {
        self.tokens = self.tokens.saturating_add(tokens);
    }

    pub(super) fn text(&mut self, text: &str) {
        self.add(self.estimate.tokens(text));
    }

    pub(super) fn add_medium(&mut self) {
        self.media = self.media.saturating_add(1);
    }

    pub(super) fn add_stored(&mut self, parts: u64) {
        self.stored_inputs = self.stored_inputs.saturating_add(parts);
    }

    pub(super) fn add_linked(&mut self, media: u64) {
        self.linked = self.linked.saturating_add(media);
    }

    /// Counts the value of a field of the body.
    pub(super) fn walk(&mut self, raw: &str, kind: ValueKind) {
        self.value(raw, kind, 0);
    }

    /// In reranking, the model reads the query with each document: adds the query for every document but the first.
    pub(super) fn repeat_query(&mut self, fields: &[(Cow<'_, str>, &str)]) {
        let mut query = Prompt::new(self.estimate);
        let mut documents = 0_u64;
        for (key, value) in fields {
            match &**key {
                "query" => query.value(value, ValueKind::Text, 1),
                "documents" | "contexts" if value.starts_with('[') => {
                    json::each(value, |_| documents = documents.saturating_add(1));
                }
                _ => {}
            }
        }
        self.add(query.tokens.saturating_mul(documents.saturating_sub(1)));
    }

    fn value(&mut self, raw: &str, kind: ValueKind, depth: usize) {
        match raw.as_bytes().first() {
            Some(b'[' | b'{') if depth > MAX_DEPTH => self.text(raw),
            Some(b'[') => {
                let before = (self.tokens, self.media);
                if !json::each(raw, |element| self.value(element, kind, depth + 1)) {
                    (self.tokens, self.media) = before;
                    self.text(raw);
                }
            }
            Some(b'{') => match json::fields(raw) {
                Some(fields) => self.object(raw, &fields, kind, depth),
                None => self.text(raw),
            },
            Some(b'"') => self.string(&json::decoded(raw), kind),
            Some(b't' | b'f' | b'n') | None => {}
            Some(_) => match kind {
                ValueKind::Data => {}
                ValueKind::Tokens if raw.parse::<u64>().is_ok() => self.add(1),
                _ => self.text(raw),
            },
        }
    }

    fn string(&mut self, text: &str, kind: ValueKind) {
        if kind != ValueKind::Data {
            self.add_stored(stored::in_text(text));
        }
        match kind {
            ValueKind::TextOrData | ValueKind::TextOrLink if is_data_url(text) => self.add_medium(),
            ValueKind::TextOrLink if is_url(text) || is_base64(text) => self.add_medium(),
            ValueKind::Data if is_opaque(text) => {}
            ValueKind::TextOrData if is_media_url(text) => {
                self.add_linked(1);
                self.text(text);
            }
            _ => self.text(text),
        }
    }

    fn object(&mut self, raw: &str, fields: &[(Cow<'_, str>, &str)], kind: ValueKind, depth: usize) {
        if kind == ValueKind::Data {
            self.add_stored(stored::in_part(fields));
            return fields.iter().for_each(|(_, value)| self.value(value, kind, depth + 1));
        }
        // The object of a body's field belongs to the API.
        let shape = match Shape::of(fields) {
            Shape::Other if depth == 0 => Shape::Untyped,
            shape => shape,
        };
        match shape {
            _ if depth == 0 => self.add_stored(stored::in_input(fields)),
            // A structured output may have any fields.
            Shape::Other => {}
            Shape::Media | Shape::Sealed | Shape::Known | Shape::Untyped => self.add_stored(stored::in_part(fields)),
        }
        let before = (self.tokens, self.media);
        for (key, value) in fields {
            let is_short = value.len() < MIN_TEXT_BYTES && !value.starts_with(['[', '{']);
            // The type of an unknown object counts.
            let is_name = shape.is_typed() || key == "type";
            match FieldKind::of(key) {
                FieldKind::Name | FieldKind::Message if is_name && is_short => {}
                key => self.field(key, value, shape, kind, depth + 1),
            }
        }
        if shape == Shape::Other && self.media == before.1 {
            let source = before.0.saturating_add(self.estimate.tokens(raw));
            self.tokens = self.tokens.max(source);
        } else if shape == Shape::Other && !fields.iter().any(|(key, _)| key == "type") {
            // Not a part, and its JSON source contains data: only the keys are added.
            fields.iter().filter(|(key, _)| !is_part_key(key)).for_each(|(key, _)| self.text(key));
        }
        if depth == 0 {
            self.repeat_query(fields);
        }
        if fields.iter().any(|(key, _)| matches!(FieldKind::of(key), FieldKind::Message)) {
            self.add(TOKENS_PER_MESSAGE);
        }
    }

    fn field(&mut self, key: FieldKind, value: &str, shape: Shape, kind: ValueKind, depth: usize) {
        let inherited = if kind == ValueKind::TextOrLink { ValueKind::TextOrLink } else { ValueKind::TextOrData };
        let kind = match key {
            FieldKind::Media | FieldKind::Data | FieldKind::Source if shape == Shape::Media => {
                if value == "null" {
                    return;
                }
                if matches!(key, FieldKind::Source) && is_text_source(value) {
                    ValueKind::Text
                } else {
                    self.add_medium();
                    ValueKind::Data
                }
            }
            FieldKind::Media | FieldKind::Linked => ValueKind::TextOrLink,
            FieldKind::Seal if shape == Shape::Sealed => ValueKind::Data,
            FieldKind::Json if value.starts_with('"') => ValueKind::Text,
            FieldKind::Json => return self.text(value),
            FieldKind::Text => ValueKind::Text,
            // The data of a text source.
            FieldKind::Data if shape == Shape::Known => ValueKind::Text,
            FieldKind::Name
            | FieldKind::Message
            | FieldKind::Data
            | FieldKind::Source
            | FieldKind::Seal
            | FieldKind::Other => inherited,
        };
        self.value(value, kind, depth);
    }
}

/// Whether the `source` of an Anthropic part is text.
fn is_text_source(source: &str) -> bool {
    let is_text = |(key, value): &(Cow<'_, str>, &str)| key == "type" && matches!(*value, "\"text\"" | "\"content\"");
    source.starts_with('{') && json::fields(source).is_some_and(|fields| fields.iter().any(is_text))
}
