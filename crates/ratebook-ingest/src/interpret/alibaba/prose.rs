//! Facts that the page states in prose: deployment modes, and dates.

use ratebook_source::Date;

use super::super::extract::Extractor;

const REGIONS: [(&str, &str); 6] = [
    ("global", "Global"),
    ("international", "International"),
    ("us", "US"),
    ("china-mainland", "Chinese Mainland"),
    ("china-hongkong", "China (Hong Kong)"),
    ("eu", "EU"),
];

/// A fact that a paragraph states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Prose {
    /// The tables below are for this deployment mode.
    Region(&'static str),
    /// Only this deployment mode serves the models of the table below.
    OnlyRegion(&'static str),
    /// The day of the page's last change.
    PageDate(Date),
}

/// Returns the region that a heading names.
pub(super) fn region_name(heading: &str) -> Option<&'static str> {
    REGIONS.into_iter().find(|(_, name)| heading.eq_ignore_ascii_case(name)).map(|(region, _)| region)
}

pub(super) fn read(paragraph: &str) -> Option<Prose> {
    if let Some((_, date)) = paragraph.split_once("Last Updated:") {
        return date_of(date).map(Prose::PageDate);
    }
    let lower = paragraph.to_lowercase();
    let (before, _) = lower.split_once(" deployment mode")?;
    let named = REGIONS.into_iter().filter(|(_, name)| before.ends_with(&format!(" {}", name.to_lowercase())));
    let region = named.max_by_key(|(_, name)| name.len())?.0;
    Some(if before.starts_with("only ") { Prose::OnlyRegion(region) } else { Prose::Region(region) })
}

/// Warns that no title identifies the page as the one on rate limits.
pub(super) fn no_title(out: &mut Extractor) {
    out.warning(1, "expected a title with `rate limit` before the tables: is this the right page?");
}

/// Extracts the fact that a paragraph states. An unread sentence between the tables is a warning.
pub(super) fn paragraph(line: u32, text: &str, between_tables: bool, out: &mut Extractor) {
    match read(text) {
        Some(Prose::Region(region)) => out.statement(line, "region", region),
        Some(Prose::OnlyRegion(region)) => out.statement(line, "only-region", region),
        Some(Prose::PageDate(date)) => out.statement(line, "page-date", date.to_string()),
        None if text.to_lowercase().contains("deployment mode") => {
            out.error(line, format!("unknown deployment mode in `{text}`"));
        }
        None if between_tables && !is_remark(text) => {
            out.warning(line, format!("unread sentence between the tables: `{text}`"));
        }
        None => {}
    }
}

/// Returns whether a sentence between the tables is known to state no limit.
pub(super) fn is_remark(paragraph: &str) -> bool {
    let lower = paragraph.to_lowercase();
    // Models that share a name share an entry.
    lower.contains("shares the same model") || lower.starts_with("see ") && lower.contains("deprecation")
}

/// Returns whether a line is the page's title.
pub(super) fn is_title(line: &str) -> bool {
    line.to_lowercase().contains("rate limit") && !line.ends_with(['.', '?', ':', '!'])
}

fn date_of(text: &str) -> Option<Date> {
    date(text.trim())
}

/// Parses a date such as `January 30, 2026` or `Mar 23, 2026`.
pub(super) fn date(text: &str) -> Option<Date> {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let (month, rest) = text.trim().split_once(' ')?;
    let (day, year) = rest.split_once(", ")?;
    let month = month.get(..3)?.to_ascii_lowercase();
    let month = u8::try_from(MONTHS.iter().position(|name| *name == month)? + 1).ok()?;
    Date::new(year.trim().parse().ok()?, month, day.trim().parse().ok()?)
}

/// The canonical text for: one task runs while the others wait.
pub(super) const ONE_RUNNING: &str = "(one running, others pending)";

/// Returns whether a line states that one task runs while the others wait.
pub(super) fn is_one_running(line: &str) -> bool {
    let lower = line.to_lowercase();
    lower == ONE_RUNNING || ["one task", "running", "pending"].iter().all(|word| lower.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_with_long_and_short_months() {
        assert_eq!(date("January 30, 2026"), Date::new(2026, 1, 30));
        assert_eq!(date("Mar 23, 2026"), Date::new(2026, 3, 23));
        assert_eq!(date("Mar 2x, 2026"), None);
        assert_eq!(date("30 January 2026"), None);
    }

    #[test]
    fn the_deployment_mode_of_a_sentence_is_its_region() {
        let region = |text| read(text);
        assert_eq!(region("In the US deployment mode, data stays in Virginia."), Some(Prose::Region("us")));
        assert_eq!(
            region("In the international deployment mode, not the Chinese mainland."),
            Some(Prose::Region("international"))
        );
        assert_eq!(
            region("In the China (Hong Kong) deployment mode, all is there."),
            Some(Prose::Region("china-hongkong"))
        );
        assert_eq!(
            region("Only the Chinese Mainland deployment mode has it."),
            Some(Prose::OnlyRegion("china-mainland"))
        );
        assert_eq!(region("In the lunar deployment mode, nothing is known."), None);
    }
}
