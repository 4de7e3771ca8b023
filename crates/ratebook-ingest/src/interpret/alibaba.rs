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
use crate::page::{BlockKind, Page};
use crate::reviewed::Decisions;

pub(super) use distil::distil;

/// Where in the page the interpreter stands.
#[derive(Clone, Debug, Default)]
struct Section {
    region: Option<String>,
    /// The line of the region's heading, while nothing but statements followed it.
    region_heading: Option<u32>,
    retired_on: Option<Date>,
    /// The section's headings, the last one innermost: which product a table belongs to.
    headings: Vec<(u8, String)>,
}

pub(super) fn interpret(page: &Page, decisions: &Decisions, out: &mut Findings<'_>) {
    let mut section = Section::default();
    let mut used = vec![false; decisions.decisions.len()];
    for block in &page.blocks {
        match &block.kind {
            BlockKind::Heading { level, text } => section.heading(block.line, *level, text, out),
            BlockKind::Statement { name, value } => section.statement(block.line, name, value, out),
            BlockKind::Table(table) => {
                section.region_heading = None;
                rows::read(block.line, table, &section, decisions, &mut used, out);
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
        self.headings.retain(|(outer, _)| *outer < level);
        self.headings.push((level, text.to_owned()));
        if let Some(region) = prose::region_name(text) {
            self.region = Some(region.to_owned());
            self.region_heading = Some(line);
            self.retired_on = None;
        } else if let Some(date) = text.strip_prefix("Retired on ") {
            self.region = None;
            match prose::date(date) {
                Some(date) => self.retired_on = Some(date),
                None => out.error(line, format!("`{date}` is no date: expected such as January 30, 2026")),
            }
        } else {
            self.region_heading = None;
        }
    }

    fn statement(&mut self, line: u32, name: &str, value: &str, out: &mut Findings<'_>) {
        match name {
            "only-region" => {
                self.region = Some(value.to_owned());
                self.retired_on = None;
            }
            "region" if self.region.as_deref() == Some(value) => {}
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
                self.region = Some(value.to_owned());
                self.retired_on = None;
            }
            _ => {}
        }
        if name == "region" {
            self.region_heading = None;
        }
    }
}
