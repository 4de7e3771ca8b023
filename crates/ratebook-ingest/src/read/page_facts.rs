//! What a page states of itself: its title in the front matter, and its date there or after words such as *Last updated*.

use ratebook_source::Date;

/// The keys of front matter that hold the date of the page, in order of preference.
const KEYS: [&str; 8] =
    ["ms.date", "last_updated", "lastupdated", "last-updated", "updated", "validation", "datemodified", "date"];

/// The words before a date in the text of a page.
const WORDS: [&str; 2] = ["last updated", "last modified"];

/// Returns the date that a page states of itself, or `None` if it states none, or only a month.
pub(super) fn find_date(text: &str) -> Option<Date> {
    let fields = front_matter(text);
    let of_field = |wanted: &str| fields.iter().find(|(key, _)| key == wanted).and_then(|(_, value)| date(value));
    KEYS.into_iter().find_map(of_field).or_else(|| text.lines().find_map(in_line))
}

/// Returns the title in the front matter, or `None` if there is none.
pub(super) fn find_title(text: &str) -> Option<String> {
    let fields = front_matter(text);
    let (_, title) = fields.iter().find(|(key, _)| key == "title")?;
    let bare = title.trim().trim_matches(['"', '\'']).trim();
    (!bare.is_empty()).then(|| bare.to_owned())
}

/// Returns the fields of the front matter, with their keys in lowercase.
fn front_matter(text: &str) -> Vec<(String, &str)> {
    let mut lines = text.lines();
    if lines.next().map(str::trim_end) != Some("---") {
        return Vec::new();
    }
    let fields = lines.take_while(|line| line.trim_end() != "---").filter_map(|line| line.split_once(':'));
    fields.map(|(key, value)| (key.trim().to_ascii_lowercase(), value)).collect()
}

fn in_line(line: &str) -> Option<Date> {
    let lower = line.to_ascii_lowercase();
    WORDS.into_iter().find_map(|words| {
        let after = &line[lower.find(words)? + words.len()..];
        date(after.trim_start_matches(|c: char| !c.is_alphanumeric()).trim_start_matches("on "))
    })
}

/// Returns the date with which a text begins: `2026-03-23`, `03/23/2026`, `Mar 23, 2026` or `23 March 2026`.
fn date(text: &str) -> Option<Date> {
    let text = text.trim_start_matches([' ', '"', '\'']);
    if let Some(date) = text.get(..10).and_then(|text| text.parse().ok()) {
        return Some(date);
    }
    let mut words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let (first, second, third) = (words.next()?, words.next()?, words.next()?);
    let year = third.parse().ok().filter(|year| (1990..=9999).contains(year))?;
    match (month(first), month(second)) {
        (Some(month), _) => Date::new(year, month, second.parse().ok()?),
        (None, Some(month)) => Date::new(year, month, first.parse().ok()?),
        // Only front matter in the American order has two numbers.
        (None, None) => Date::new(year, first.parse().ok()?, second.parse().ok()?),
    }
}

fn month(word: &str) -> Option<u8> {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let start = word.get(..3)?.to_ascii_lowercase();
    let at = MONTHS.iter().position(|known| *known == start)?;
    u8::try_from(at + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<String> {
        find_date(text).map(|date| date.to_string())
    }

    #[test]
    fn the_date_of_the_front_matter_comes_first() {
        let text = "---\ntitle: Quotas\nms.date: 02/18/2026\ndate: 2025-01-01\n---\n\nLast updated 2024-01-01\n";
        assert_eq!(found(text).as_deref(), Some("2026-02-18"));
        assert_eq!(found("---\nlast_updated: \"2025-11-08\"\n---\n").as_deref(), Some("2025-11-08"));
        assert_eq!(found("---\ndates:\n  validation: 2025-06-20\n---\n").as_deref(), Some("2025-06-20"));
    }

    #[test]
    fn a_date_after_the_words_of_a_page_is_its_date() {
        for (text, date) in [
            ("# A\n\nLast updated 2026-08-18 UTC.\n", "2026-08-18"),
            ("Last updated Aug 7, 2026|Copy as Markdown", "2026-08-07"),
            ("Last Updated:Mar 23, 2026", "2026-03-23"),
            ("<p>Last updated on 5 March 2026</p>", "2026-03-05"),
        ] {
            assert_eq!(found(text).as_deref(), Some(date), "{text}");
        }
    }

    #[test]
    fn a_month_or_another_date_is_not_the_date_of_the_page() {
        for text in
            ["Last updated March 2026", "Released 2026-03-01", "---\ntitle: 2026\n---\n", "Last updated: 3 days ago"]
        {
            assert_eq!(found(text), None, "{text}");
        }
    }

    #[test]
    fn the_title_of_the_front_matter_is_bare() {
        assert_eq!(find_title("---\ntitle: \"Rate Limits\"\n---\n\ntitle: other\n").as_deref(), Some("Rate Limits"));
        assert_eq!(find_title("---\ndate: 2026-01-02\n---\n"), None);
        assert_eq!(find_title("# Limits\n\ntitle: other\n"), None);
    }
}
