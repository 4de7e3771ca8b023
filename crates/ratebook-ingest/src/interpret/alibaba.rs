//! Alibaba Cloud Model Studio: limits of each model by region, in tables with merged cells, and retired models.

mod columns;
mod contradictions;
mod extract;
mod flattened;
mod merged;
mod prose;
mod rows;

use ratebook_source::Date;

use super::findings::Findings;
use crate::page::{BlockKind, Form, Page};
use crate::reviewed::Decisions;

pub(super) use extract::extract;

/// The region and the retirement date of the next block, from the headings and statements before it.
#[derive(Clone, Debug, Default)]
struct RegionContext {
    region: Option<String>,
    /// The line of the region's heading, as long as only statements have followed it.
    region_heading: Option<u32>,
    /// The level of the heading under which the region was named. Flattened text has no levels.
    region_level: Option<u8>,
    /// The heading that ended the region's section, as long as no other region has been named.
    ended_by: Option<String>,
    retired_on: Option<Date>,
    /// The level of the last heading.
    last_level: u8,
}

pub(super) fn interpret(page: &Page, decisions: &Decisions, out: &mut Findings<'_>) {
    let mut context = RegionContext::default();
    let has_levels = page.form != Form::Text;
    let mut first_lines = rows::FirstLines::new();
    let mut used = vec![false; decisions.decisions.len()];
    for block in &page.blocks {
        match &block.kind {
            BlockKind::Heading { level, text } => context.heading(block.line, *level, text, out),
            BlockKind::Statement { name, value } => context.statement(block.line, name, value, out),
            BlockKind::Table(table) => {
                context.region_heading = None;
                if let (Some(heading), Some(region)) = (context.ended_by.take().filter(|_| has_levels), &context.region)
                {
                    let message = format!("no region is named under `{heading}`: the last region, `{region}`, is used");
                    out.warning(block.line, message);
                }
                rows::read(block.line, table, &context, decisions, &mut used, &mut first_lines, out);
            }
            _ => {}
        }
    }
    for (decision, _) in decisions.decisions.iter().zip(&used).filter(|(_, used)| !**used) {
        let region = decision.region.as_deref().unwrap_or("no region");
        let message = format!(
            "the decision on `{}` ({region}) applies to no cell: the cell is gone, changed or no longer ambiguous",
            decision.name
        );
        out.warning(1, message);
    }
    contradictions::report(page, out);
}

impl RegionContext {
    fn heading(&mut self, line: u32, level: u8, text: &str, out: &mut Findings<'_>) {
        self.last_level = level;
        if let Some(region) = prose::region_name(text) {
            self.enter(region);
            self.region_heading = Some(line);
        } else if let Some(date) = text.strip_prefix("Retired on ") {
            self.region = None;
            self.ended_by = None;
            match prose::date(date) {
                Some(date) => self.retired_on = Some(date),
                None => out.error(line, format!("expected a date such as January 30, 2026, found `{date}`")),
            }
        } else {
            self.region_heading = None;
            if self.region_level.is_some_and(|outer| level <= outer) {
                self.ended_by = Some(text.to_owned());
            }
        }
    }

    fn enter(&mut self, region: &str) {
        self.region = Some(region.to_owned());
        self.region_level = Some(self.last_level);
        self.ended_by = None;
        self.retired_on = None;
    }

    fn statement(&mut self, line: u32, name: &str, value: &str, out: &mut Findings<'_>) {
        match name {
            "only-region" => self.enter(value),
            "region" if self.region.as_deref() == Some(value) && self.ended_by.is_none() => {}
            "region" if self.region_heading.is_some() => {
                let heading = self.region.as_deref().unwrap_or_default();
                out.warning(
                    line,
                    format!("the heading names `{heading}`, the prose under it `{value}`: the heading is used"),
                );
            }
            "region" => {
                out.warning(
                    line,
                    format!("the prose names `{value}`, and no heading names a region: the prose is used"),
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
