//! What a prompt has of text, and of what is none.

use std::borrow::Cow;

use super::held;
use super::shape::{Key, Shape, is_address, is_base64, is_data, is_media_address, is_of_parts, is_opaque};
use crate::estimate::{Estimate, TOKENS_PER_MESSAGE};
use crate::json;

/// Objects and arrays further inside than this count as they are written.
const DEEPEST: usize = 64;

/// A name has fewer bytes.
const LONG: usize = 100;

/// What a value's strings and numbers are taken for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Text,
    /// Text, or tokens by their numbers.
    Tokens,
    /// Text, except data in base64.
    Other,
    /// Text, except such data and addresses.
    Link,
    /// Data, except what can only be text.
    Data,
}

/// What has been counted of a prompt.
pub(super) struct Prompt<'a> {
    estimate: &'a dyn Estimate,
    pub(super) tokens: u64,
    pub(super) media: u64,
    /// Media that count as text, too, since it cannot be told whether the model is given the address.
    pub(super) linked: u64,
    /// Input that the vendor holds, of which the prompt has a name only.
    pub(super) held: u64,
}

impl<'a> Prompt<'a> {
    pub(super) fn new(estimate: &'a dyn Estimate) -> Self {
        Self { estimate, tokens: 0, media: 0, linked: 0, held: 0 }
    }

    pub(super) fn add(&mut self, tokens: u64) {
        self.tokens = self.tokens.saturating_add(tokens);
    }

    pub(super) fn text(&mut self, text: &str) {
        self.add(self.estimate.tokens(text));
    }

    pub(super) fn medium(&mut self) {
        self.media = self.media.saturating_add(1);
    }

    pub(super) fn hold(&mut self, parts: u64) {
        self.held = self.held.saturating_add(parts);
    }

    pub(super) fn link(&mut self, media: u64) {
        self.linked = self.linked.saturating_add(media);
    }

    /// Counts a value that a field of the body has.
    pub(super) fn walk(&mut self, raw: &str, place: Place) {
        self.value(raw, place, 0);
    }

    /// Where texts are ranked by a query, it is read with each: all but once of that.
    pub(super) fn query_again(&mut self, fields: &[(Cow<'_, str>, &str)]) {
        let mut query = Prompt::new(self.estimate);
        let mut documents = 0_u64;
        for (key, value) in fields {
            match &**key {
                "query" => query.value(value, Place::Text, 1),
                "documents" | "contexts" if value.starts_with('[') => {
                    json::each(value, |_| documents = documents.saturating_add(1));
                }
                _ => {}
            }
        }
        self.add(query.tokens.saturating_mul(documents.saturating_sub(1)));
    }

    fn value(&mut self, raw: &str, place: Place, depth: usize) {
        match raw.as_bytes().first() {
            Some(b'[' | b'{') if depth > DEEPEST => self.text(raw),
            Some(b'[') => {
                let before = (self.tokens, self.media);
                if !json::each(raw, |element| self.value(element, place, depth + 1)) {
                    (self.tokens, self.media) = before;
                    self.text(raw);
                }
            }
            Some(b'{') => match json::fields(raw) {
                Some(fields) => self.object(raw, &fields, place, depth),
                None => self.text(raw),
            },
            Some(b'"') => self.string(&json::decoded(raw), place),
            Some(b't' | b'f' | b'n') | None => {}
            Some(_) => match place {
                Place::Data => {}
                Place::Tokens if raw.parse::<u64>().is_ok() => self.add(1),
                _ => self.text(raw),
            },
        }
    }

    fn string(&mut self, text: &str, place: Place) {
        if place != Place::Data {
            self.hold(held::of_text(text));
        }
        match place {
            Place::Other | Place::Link if is_data(text) => self.medium(),
            Place::Link if is_address(text) || is_base64(text) => self.medium(),
            Place::Data if is_opaque(text) => {}
            Place::Other if is_media_address(text) => {
                self.link(1);
                self.text(text);
            }
            _ => self.text(text),
        }
    }

    fn object(&mut self, raw: &str, fields: &[(Cow<'_, str>, &str)], place: Place, depth: usize) {
        if place == Place::Data {
            self.hold(held::of_part(fields));
            return fields.iter().for_each(|(_, value)| self.value(value, place, depth + 1));
        }
        // What stands in the body's own field is of the API.
        let shape = match Shape::of(fields) {
            Shape::Other if depth == 0 => Shape::Untyped,
            shape => shape,
        };
        match shape {
            _ if depth == 0 => self.hold(held::of_input(fields)),
            // A structured output may have fields of any name.
            Shape::Other => {}
            Shape::Media | Shape::Sealed | Shape::Known | Shape::Untyped => self.hold(held::of_part(fields)),
        }
        let before = (self.tokens, self.media);
        for (key, value) in fields {
            let is_short = value.len() < LONG && !value.starts_with(['[', '{']);
            // Of an object that is not known, the type is counted as it is written.
            let is_name = shape.is_typed() || key == "type";
            match Key::of(key) {
                Key::Name | Key::Message if is_name && is_short => {}
                key => self.field(key, value, shape, place, depth + 1),
            }
        }
        if shape == Shape::Other && self.media == before.1 {
            let written = before.0.saturating_add(self.estimate.tokens(raw));
            self.tokens = self.tokens.max(written);
        } else if shape == Shape::Other && !fields.iter().any(|(key, _)| key == "type") {
            // No part, and as it is written it has data.
            fields.iter().filter(|(key, _)| !is_of_parts(key)).for_each(|(key, _)| self.text(key));
        }
        if depth == 0 {
            self.query_again(fields);
        }
        if fields.iter().any(|(key, _)| matches!(Key::of(key), Key::Message)) {
            self.add(TOKENS_PER_MESSAGE);
        }
    }

    fn field(&mut self, key: Key, value: &str, shape: Shape, place: Place, depth: usize) {
        let inherited = if place == Place::Link { Place::Link } else { Place::Other };
        let place = match key {
            Key::Media | Key::Data | Key::Source if shape == Shape::Media => {
                if value == "null" {
                    return;
                }
                if matches!(key, Key::Source) && is_text(value) {
                    Place::Text
                } else {
                    self.medium();
                    Place::Data
                }
            }
            Key::Media | Key::Linked => Place::Link,
            Key::Seal if shape == Shape::Sealed => Place::Data,
            Key::Json if value.starts_with('"') => Place::Text,
            Key::Json => return self.text(value),
            Key::Text => Place::Text,
            // Of a source that is text.
            Key::Data if shape == Shape::Known => Place::Text,
            Key::Name | Key::Message | Key::Data | Key::Source | Key::Seal | Key::Other => inherited,
        };
        self.value(value, place, depth);
    }
}

/// Whether a part of Anthropic's has its content from a text.
fn is_text(source: &str) -> bool {
    let is_text = |(key, value): &(Cow<'_, str>, &str)| key == "type" && matches!(*value, "\"text\"" | "\"content\"");
    source.starts_with('{') && json::fields(source).is_some_and(|fields| fields.iter().any(is_text))
}
