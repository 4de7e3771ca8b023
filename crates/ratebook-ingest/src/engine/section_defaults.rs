//! Texts that set parts of the key and other attributes for what follows in their section.

use super::draft::Draft;
use super::reader::DefaultInForce;
use super::{Reader, section};
use crate::ledger::{Address, sentences};
use crate::page::{Block, BlockKind, Label, LabelKind, SectionPath};
use crate::recipe::{self, Attributes, Bindings, KeyPart, SectionPattern, Template};

impl<'a> Reader<'a> {
    /// Returns whether a rule applies to this page: it names no pages, or this one.
    pub(super) fn is_on_page(&self, pages: &[String]) -> bool {
        self.recipe_page.is_among(pages)
    }

    /// Returns what the page, the texts above and the section of a block bind, or `None` if the section is not that of the
    /// rule. An inner text overrides the outer ones.
    pub(super) fn bind(
        &self,
        under: Option<&SectionPattern>,
        block: &Block,
        caption: Option<&str>,
    ) -> Option<Bindings> {
        let of_section = section::bind(under, &block.path, caption)?;
        let mut bindings = self.recipe_page.bindings().clone();
        let labels = block.path.labels();
        for default in self.defaults.iter().filter(|default| labels.starts_with(default.path.labels())) {
            bindings.extend(&default.bindings);
        }
        bindings.extend(&of_section);
        Some(bindings)
    }

    /// Refuses the labels of tabs, `<details>` and accordions around a block with limits that neither its rule nor a text
    /// above names: they may narrow the limits.
    pub(super) fn refuse_labels(&mut self, under: Option<&SectionPattern>, block: &Block, rule: &str) {
        for label in block.path.labels() {
            let pattern = match label.kind {
                LabelKind::Tab => under.and_then(|under| under.tab.as_ref()),
                LabelKind::Details | LabelKind::Accordion => under.and_then(|under| under.details.as_ref()),
                LabelKind::Heading(_) | LabelKind::Admonition => continue,
            };
            let is_read = pattern.is_some_and(|pattern| pattern.matches(&label.text).is_some());
            if !is_read {
                let word = if label.kind == LabelKind::Tab { "tab" } else { "details" };
                self.error(
                    block.line,
                    format!(
                        "the label `{}` around it may narrow the limits: `{rule}` needs under = {{ {word} = … }}",
                        label.text
                    ),
                );
            }
        }
    }

    /// Returns the draft of a rule in a section, with the attributes of the rule and of the texts above. The parts of the
    /// key that those texts set are in `bound`.
    pub(super) fn draft(&self, rule: Attributes<'a>, path: &SectionPath, bound: Bindings) -> Draft<'a> {
        let above = self.defaults.iter().filter(|default| path.labels().starts_with(default.path.labels()));
        above.fold(Draft::new(rule, bound), |draft, default| {
            draft.with(Attributes { keys: [None; KeyPart::ALL.len()], ..default.rule.attributes() })
        })
    }

    /// Returns whether texts above set the parts of the key that a text repeats. Warns of parts that are not set, or differ.
    fn repeats_given(&mut self, line: u32, bound: &Bindings, own: &Bindings) -> bool {
        let mut is_given = true;
        for key in KeyPart::ALL {
            let name = |bindings: &Bindings| bindings.get(key.word()).map(|text| self.recipe.value(key, text));
            match (name(bound), name(own)) {
                (_, None) => {}
                (Some(given), Some(own)) if given == own => {}
                (_, Some(own)) if !self.recipe.gives_value(key, &own) => {
                    let word = key.word();
                    self.error(line, format!("unknown {word} `{own}`: no [[given]] gives it"));
                }
                (Some(given), Some(own)) => {
                    let word = key.word();
                    self.warning(
                        line,
                        format!("the {word} above is `{given}`, this text names `{own}`: `{given}` is used"),
                    );
                }
                (None, Some(own)) => {
                    is_given = false;
                    let word = key.word();
                    self.warning(
                        line,
                        format!("nothing above names a {word}: `{own}`, which this text names, is used"),
                    );
                }
            }
        }
        is_given
    }

    /// Reads a text that sets parts of the key for what follows. The first rule that matches it applies.
    pub(super) fn section_default(&mut self, at: usize, block: &Block) {
        let Some(text) = block.kind.text() else { return };
        let recipe = self.recipe;
        let mut read: Vec<Address> = Vec::new();
        for default in &recipe.defaults {
            if !self.is_on_page(&default.pages) {
                continue;
            }
            let Some(bound) = self.bind(default.under.as_ref(), block, None) else { continue };
            let pattern = default.pattern.get_ref();
            let whole = pattern.matches(text).map(|own| (Address::block(at), own));
            let found = whole.or_else(|| {
                let mut ranges = sentences(text).into_iter().enumerate();
                ranges.find_map(|(index, range)| Some((Address::sentence(at, index), pattern.matches(&text[range])?)))
            });
            let Some((address, mut own)) = found.filter(|(address, _)| !read.contains(address)) else { continue };
            read.push(address);
            let mut all = bound.clone();
            all.extend(&own);
            for (key, template) in KeyPart::ALL.into_iter().zip(default.attributes().keys) {
                match template.map(|template: &Template| template.fill(&all)) {
                    Some(Ok(value)) => own.set(key.word(), &value),
                    Some(Err(placeholder)) => {
                        let message = format!("nothing binds {{{placeholder}}} of the text `{text}`");
                        self.error(block.line, message);
                    }
                    None => {}
                }
            }
            let rule = recipe::default_id(pattern);
            self.used(address, &rule);
            self.pin_dropped(address, pattern);
            self.count(rule);
            if default.repeats && self.repeats_given(block.line, &bound, &own) {
                continue;
            }
            // A heading sets defaults of its own section, a note those of the section around it.
            let is_note = |label: &&Label| label.kind == LabelKind::Admonition;
            let depth = block.path.labels().iter().rev().skip_while(is_note).count();
            let path = if let BlockKind::Heading { level, text } = &block.kind {
                let own = Label::new(LabelKind::Heading(*level), text);
                block.path.labels().iter().cloned().chain([own]).collect()
            } else {
                block.path.labels().iter().take(depth).cloned().collect()
            };
            self.defaults.push(DefaultInForce { path, bindings: own, rule: default });
        }
    }
}
