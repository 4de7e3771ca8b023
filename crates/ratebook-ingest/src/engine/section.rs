//! The section of a block: which rules apply there, and what its labels bind.

use crate::page::{Label, LabelKind, SectionPath};
use crate::recipe::{Bindings, SectionPattern, TextPattern};

/// Returns the depth of the heading that a rule names, within a section. 0 if the rule names no heading.
pub(super) fn depth(under: Option<&SectionPattern>, path: &SectionPath) -> usize {
    let Some(pattern) = under.and_then(|under| under.heading.as_ref()) else { return 0 };
    let is_heading =
        |label: &Label| matches!(label.kind, LabelKind::Heading(_)) && pattern.matches(&label.text).is_some();
    path.labels().iter().rposition(is_heading).map_or(0, |at| at + 1)
}

/// Returns what the labels of a section and the caption of a table bind, or `None` if the section is not that of the rule.
pub(super) fn bind(under: Option<&SectionPattern>, path: &SectionPath, caption: Option<&str>) -> Option<Bindings> {
    let mut bindings = Bindings::default();
    let Some(under) = under else { return Some(bindings) };
    let is_heading = |label: &&Label| matches!(label.kind, LabelKind::Heading(_));
    let is_tab = |label: &&Label| label.kind == LabelKind::Tab;
    let is_details = |label: &&Label| matches!(label.kind, LabelKind::Details | LabelKind::Accordion);
    let labels = path.labels();
    if let Some(pattern) = &under.caption {
        bindings.extend(&caption.and_then(|caption| pattern.matches(caption))?);
    }
    let mut bind_one = |pattern: &Option<TextPattern>, labels: &mut dyn Iterator<Item = &Label>| {
        let Some(pattern) = pattern else { return true };
        // The innermost label that matches.
        match labels.filter_map(|label| pattern.matches(&label.text)).last() {
            Some(matched) => {
                bindings.extend(&matched);
                true
            }
            None => false,
        }
    };
    let fits = bind_one(&under.heading, &mut labels.iter().filter(is_heading))
        && bind_one(&under.tab, &mut labels.iter().filter(is_tab))
        && bind_one(&under.details, &mut labels.iter().filter(is_details));
    fits.then_some(bindings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_must_match_a_label_and_binds_the_key() {
        let label = |kind, text: &str| Label::new(kind, text);
        let path: SectionPath =
            [label(LabelKind::Heading(2), "Rate limits"), label(LabelKind::Tab, "Start tier")].into_iter().collect();
        let under = |heading: &str, tab: &str| SectionPattern {
            heading: TextPattern::parse(heading).ok(),
            tab: TextPattern::parse(tab).ok(),
            ..SectionPattern::default()
        };
        let bindings = bind(Some(&under("Rate limits", "{plan} tier")), &path, None);
        assert_eq!(bindings.as_ref().and_then(|bindings| bindings.get("plan")), Some("Start"));
        assert_eq!(bind(Some(&under("Spend limits", "{plan} tier")), &path, None), None);
        assert_eq!(bind(Some(&under("Rate limits", "{plan} plan")), &path, None), None);
        assert!(bind(None, &path, None).is_some());
    }
}
