//! Panels: tabs, `<details>`, accordions and admonitions, and their labels, which may stand elsewhere on the page.

use std::collections::HashMap;

use scraper::{ElementRef, Html, Node};

use super::inline::text_of;
use super::{Outer, Reader, elements, lines};
use crate::page::{BlockKind, LabelKind, Unread};
use crate::read::collapse;

/// The largest number of panels that enclose a block.
const MAX_PANELS: u16 = 32;

/// The labels of panels, by the panel's id.
#[derive(Debug, Default)]
pub(super) struct Panels {
    by_id: HashMap<String, (LabelKind, String)>,
    /// The labels of tabs and buttons, by their own id.
    by_label_id: HashMap<String, (LabelKind, String)>,
}

impl Panels {
    /// Finds the labels of a page.
    pub(super) fn of(document: &Html) -> Self {
        let mut panels = Self::default();
        for element in document.root_element().descendants().filter_map(ElementRef::wrap) {
            let value = element.value();
            let kind = match value.attr("role") {
                Some("tab") => LabelKind::Tab,
                _ if value.attr("aria-controls").is_some() && value.attr("aria-expanded").is_some() => {
                    LabelKind::Accordion
                }
                _ => continue,
            };
            let text = text_of(element);
            if text.is_empty() {
                continue;
            }
            if let Some(id) = value.attr("aria-controls") {
                panels.by_id.entry(id.to_owned()).or_insert_with(|| (kind, text.clone()));
            }
            if let Some(id) = value.attr("id") {
                panels.by_label_id.entry(id.to_owned()).or_insert((kind, text));
            }
        }
        panels
    }

    /// Returns the label of an element, if a tab or a button names it.
    pub(super) fn label(&self, element: ElementRef<'_>) -> Option<&(LabelKind, String)> {
        let value = element.value();
        let by_id = value.attr("id").and_then(|id| self.by_id.get(id));
        by_id.or_else(|| value.attr("aria-labelledby").and_then(|id| self.by_label_id.get(id)))
    }
}

impl Reader {
    /// Returns the kind and the label of the panel that an element is.
    pub(super) fn panel_of(&mut self, element: ElementRef<'_>) -> Option<(LabelKind, String)> {
        let value = element.value();
        let attribute = |names: &[&str]| names.iter().find_map(|name| value.attr(name)).map(collapse);
        match value.name() {
            "ratebook-panel" => {
                let kind = match value.attr("kind") {
                    Some("tab") => LabelKind::Tab,
                    Some("details") => LabelKind::Details,
                    Some("admonition") => LabelKind::Admonition,
                    _ => LabelKind::Accordion,
                };
                return Some((kind, attribute(&["label"]).unwrap_or_default()));
            }
            "details" => {
                let summary = element.children().filter_map(ElementRef::wrap);
                let summary = summary.into_iter().find(|child| child.value().name() == "summary");
                return Some((LabelKind::Details, summary.map_or_else(|| "details".to_owned(), text_of)));
            }
            "tab" | "tabitem" | "tab-item" => {
                return Some((LabelKind::Tab, attribute(&["title", "label", "name", "value"])?));
            }
            "accordion" | "expandable" | "collapsible" => {
                return Some((LabelKind::Accordion, attribute(&["title", "label", "summary"])?));
            }
            _ => {}
        }
        if let Some((kind, label)) = self.panels.label(element) {
            let (kind, label) = (*kind, label.clone());
            if self.tabs.front().is_some_and(|(_, first)| *first == label) {
                self.tabs.pop_front();
            }
            return Some((kind, label));
        }
        if value.attr("role") == Some("tabpanel") {
            let label = self.tabs.pop_front().map(|(_, label)| label).or_else(|| attribute(&["aria-label"]));
            return Some((LabelKind::Tab, label.unwrap_or_default()));
        }
        let kind = elements::admonition(element)?;
        let title = elements::admonition_title(element).map(text_of);
        let title = title.or_else(|| attribute(&["aria-label"])).filter(|title| !title.is_empty());
        Some((LabelKind::Admonition, title.unwrap_or_else(|| kind.to_owned())))
    }

    /// Reads a panel.
    pub(super) fn panel(&mut self, element: ElementRef<'_>, line: u32, kind: LabelKind, label: &str, outer: Outer) {
        self.flush(outer);
        if outer.panels >= MAX_PANELS {
            let text = text_of(element);
            self.push(line, BlockKind::Unread { what: Unread::Nesting, text }, outer);
            return;
        }
        if label.is_empty() {
            self.push(line, BlockKind::Unread { what: Unread::Panel, text: String::new() }, outer);
        }
        let count = self.blocks.len();
        let outside = self.sections.enter(kind, label);
        let inner = Outer { panels: outer.panels + 1, ..outer };
        let title = match kind {
            LabelKind::Admonition => {
                elements::admonition_title(element).filter(|_| element.value().name() != "ratebook-panel")
            }
            _ => None,
        };
        for child in element.children() {
            let wrapped = ElementRef::wrap(child);
            let is_title = wrapped.is_some_and(|child| {
                Some(child) == title || kind == LabelKind::Details && child.value().name() == "summary"
            });
            match (wrapped, child.value()) {
                _ if is_title => {}
                (Some(child), _) => self.element(child, inner),
                (None, Node::Text(text)) => {
                    if self.loose.is_blank() {
                        self.loose_line = self.line;
                    }
                    self.loose.push_text(text);
                    self.line = self.line.saturating_add(lines::newlines(text));
                }
                _ => {}
            }
        }
        self.flush(inner);
        self.sections.leave(&outside);
        if self.blocks.len() == count && !label.is_empty() {
            // A panel without content: its label is a block, so that it is on the page.
            self.push(line, BlockKind::Paragraph(label.to_owned()), outer);
        }
    }

    /// Keeps the label of a tab for its panel.
    pub(super) fn tab(&mut self, element: ElementRef<'_>, line: u32, outer: Outer) {
        self.flush(outer);
        let label = text_of(element);
        if !label.is_empty() {
            self.tabs.push_back((line, label));
        }
    }

    /// Adds the labels of tabs without a panel as paragraphs.
    pub(super) fn end_tabs(&mut self, outer: Outer) {
        for (line, label) in std::mem::take(&mut self.tabs) {
            self.push(line, BlockKind::Paragraph(label), outer);
        }
    }
}
