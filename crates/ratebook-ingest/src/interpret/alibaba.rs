//! Alibaba Cloud Model Studio: limits of each model, by region; merged cells; retired models.

mod columns;
mod contradictions;
mod distil;
mod flattened;
mod merged;
mod prose;
mod rows;

use ratebook_source::Date;

use super::findings::Findings;
use crate::page::{BlockKind, Form, Page};
use crate::reviewed::Decisions;

pub(super) use distil::distil;

/// Where in the page the interpreter stands.
#[derive(Clone, Debug, Default)]
struct Section {
    region: Option<String>,
    /// The line of the region's heading, while nothing but statements followed it.
    region_heading: Option<u32>,
    /// The level of the heading under which the region was named; flattened text has no levels.
    level: Option<u8>,
    /// The heading that ended the region's section, while no other region was named.
    left: Option<String>,
    retired_on: Option<Date>,
    /// The level of the last heading.
    innermost: u8,
}

pub(super) fn interpret(page: &Page, decisions: &Decisions, out: &mut Findings<'_>) {
    let mut section = Section::default();
    let has_levels = page.form != Form::Text;
    let mut places = rows::Places::new();
    let mut used = vec![false; decisions.decisions.len()];
    for block in &page.blocks {
        match &block.kind {
            BlockKind::Heading { level, text } => section.heading(block.line, *level, text, out),
            BlockKind::Statement { name, value } => section.statement(block.line, name, value, out),
            BlockKind::Table(table) => {
                section.region_heading = None;
                if let (Some(heading), Some(region)) = (section.left.take().filter(|_| has_levels), &section.region) {
                    let message =
                        format!("no region is named under `{heading}`: the last one, `{region}`, is believed");
                    out.warning(block.line, message);
                }
                rows::read(block.line, table, &section, decisions, &mut used, &mut places, out);
            }
            _ => {}
        }
    }
    for (decision, _) in decisions.decisions.iter().zip(&used).filter(|(_, used)| !**used) {
        let region = decision.region.as_deref().unwrap_or("no region");
        let message = format!(
            "the decision on `{}` ({region}) settles nothing: its cell is gone, changed or no longer ambiguous",
            decision.name
        );
        out.warning(1, message);
    }
    contradictions::report(page, out);
}

impl Section {
    fn heading(&mut self, line: u32, level: u8, text: &str, out: &mut Findings<'_>) {
        self.innermost = level;
        if let Some(region) = prose::region_name(text) {
            self.enter(region);
            self.region_heading = Some(line);
        } else if let Some(date) = text.strip_prefix("Retired on ") {
            self.region = None;
            self.left = None;
            match prose::date(date) {
                Some(date) => self.retired_on = Some(date),
                None => out.error(line, format!("`{date}` is no date: expected such as January 30, 2026")),
            }
        } else {
            self.region_heading = None;
            if self.level.is_some_and(|outer| level <= outer) {
                self.left = Some(text.to_owned());
            }
        }
    }

    fn enter(&mut self, region: &str) {
        self.region = Some(region.to_owned());
        self.level = Some(self.innermost);
        self.left = None;
        self.retired_on = None;
    }

    fn statement(&mut self, line: u32, name: &str, value: &str, out: &mut Findings<'_>) {
        match name {
            "only-region" => self.enter(value),
            "region" if self.region.as_deref() == Some(value) && self.left.is_none() => {}
            "region" if self.region_heading.is_some() => {
                let heading = self.region.as_deref().unwrap_or_default();
                out.warning(
                    line,
                    format!("the heading says `{heading}`, the prose under it `{value}`: the heading is believed"),
                );
            }
            "region" => {
                out.warning(
                    line,
                    format!("the prose says `{value}` under no heading of a region: the prose is believed"),
                );
                self.enter(value);
            }
            _ => {}
        }
        if name == "region" {
            self.region_heading = None;
        }
    }
}
