//! The pages of a provider: where they are, and what they must have.

use std::collections::BTreeMap;

use ratebook_source::ProviderState;
use serde::Deserialize;
use serde::de::{self, Deserializer};
use toml::Spanned;

use super::pattern::{Bindings, TextPattern};

/// The placeholder of [`RecipePage::each`].
const EACH: &str = "{each}";

/// A page of the vendor.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RecipePage {
    /// The page's id within the provider: `main` for the first.
    pub id: String,
    /// The page's URL for human readers.
    pub url: String,
    /// URLs of the page, in order of preference. Default: `url`.
    #[serde(default)]
    pub urls: Vec<String>,
    /// URLs of the pages that together replace the page, if none of `urls` has it.
    #[serde(default)]
    pub parts: Vec<String>,
    /// Globs of saved copies in the provider's folder of saved pages, such as `rate-limits*.md`. The newest is read.
    /// Default: `ID.*`.
    #[serde(default)]
    pub files: Vec<String>,
    /// One page for each of these: `{each}` in `id`, the URLs and `files` is its text, and so is the placeholder `{each}`
    /// of the rules that read it.
    #[serde(default)]
    pub each: Vec<String>,
    /// The beginning of the page's title, in lowercase.
    pub title: Option<String>,
    /// The sections that the page must have, with lowercase words of which the heading has at least one.
    #[serde(default)]
    pub sections: BTreeMap<String, Vec<String>>,
    /// The shapes that the page may have, the newest first. It must have exactly one, whose rules must all be there. What
    /// `[names]`, `[[family]]` and `rising_plans` require is required of the newest. Default: no shapes, and each rule is
    /// required for itself.
    #[serde(default, rename = "shape")]
    pub shapes: Vec<Shape>,
    /// The page is withdrawn if it has its title and these names, and states no limit.
    pub withdrawn: Option<Withdrawn>,
    /// The page states no limits that rules read: no rule is applied, and its prose need not be set aside passage by
    /// passage. A change of it is reported.
    #[serde(default)]
    pub policy_only: bool,
    /// The page states no limits, and why: `{ is = "console", why = "…" }`. Like `policy_only`, no rule is applied.
    pub state: Option<PageState>,
    /// The pages whose limits are used instead of those of this page, where both state one key with other amounts.
    #[serde(default)]
    pub prefer: Vec<String>,
    /// The page lists the models: one that has neither limits nor a page of its own is a warning.
    pub index: Option<Index>,
    /// The id as the recipe writes it, with `{each}`. Empty before [`RecipePage::expand`].
    #[serde(skip)]
    written_id: String,
    /// What the page binds for the templates of its rules.
    #[serde(skip)]
    bindings: Bindings,
}

/// One shape of a page. The page has it if each of its rules is there, and no statement that only other shapes have.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Shape {
    /// The shape's name in messages, such as the day of the edition: `2026-07`.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub id: Spanned<String>,
    /// The rules of the shape: ids of tables, lists and growths, the `says` of statements, the `match` of `[[given]]`. A rule that
    /// only other shapes have is not applied.
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    pub has: Vec<Spanned<String>>,
}

impl Shape {
    /// Returns whether the shape has a rule.
    pub fn has(&self, rule: &str) -> bool {
        self.has.iter().any(|name| name.get_ref() == rule)
    }
}

/// The signs of a withdrawn page.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Withdrawn {
    /// Names that the page still has.
    pub names: Vec<String>,
}

/// Why a page states no limits.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PageState {
    /// `no-numbers`, `scripted` or `console`.
    #[serde(deserialize_with = "state_word")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub is: ProviderState,
    /// The reason, in our words.
    pub why: String,
}

fn state_word<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ProviderState, D::Error> {
    let word = String::deserialize(deserializer)?;
    let state: ProviderState = word.parse().map_err(de::Error::custom)?;
    match state {
        ProviderState::NoNumbers | ProviderState::Scripted | ProviderState::Console => Ok(state),
        ProviderState::Published | ProviderState::Withdrawn | ProviderState::Unread => {
            Err(de::Error::custom(format!("expected no-numbers, scripted or console, found `{word}`")))
        }
    }
}

/// A list of models on a page.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Index {
    /// Patterns of the items, headings, cells and lines that name a model, with the placeholder `{model}` or `{id}`.
    pub models: Vec<TextPattern>,
    /// Models that are known to have no limits.
    #[serde(default)]
    pub except: Vec<String>,
}

impl RecipePage {
    /// Returns a page with an id and a URL, and nothing else.
    pub fn new(id: &str, url: &str) -> Self {
        Self {
            id: id.to_owned(),
            url: url.to_owned(),
            urls: Vec::new(),
            parts: Vec::new(),
            files: Vec::new(),
            each: Vec::new(),
            title: None,
            sections: BTreeMap::new(),
            shapes: Vec::new(),
            withdrawn: None,
            policy_only: false,
            state: None,
            prefer: Vec::new(),
            index: None,
            written_id: id.to_owned(),
            bindings: Bindings::default(),
        }
    }

    /// Returns the alternative addresses, in order of preference. An alternative is one or more pages that together are
    /// the page.
    pub fn addresses(&self) -> Vec<Vec<String>> {
        let own = if self.urls.is_empty() { std::slice::from_ref(&self.url) } else { &self.urls };
        let mut addresses: Vec<Vec<String>> = own.iter().map(|url| vec![url.clone()]).collect();
        addresses.extend((!self.parts.is_empty()).then(|| self.parts.clone()));
        addresses
    }

    /// Returns what the page binds for the templates of its rules: `{each}`, if it is one of several.
    pub fn bindings(&self) -> &Bindings {
        &self.bindings
    }

    /// Returns whether a name in a rule's `pages` is that of this page: its id, or the id as the recipe writes it, with
    /// `{each}`, which names all pages of that `each`.
    pub fn is_named(&self, name: &str) -> bool {
        self.id == name || self.written_id == name
    }

    /// Returns whether rules read limits from the page.
    pub fn has_rules(&self) -> bool {
        !self.policy_only && self.state.is_none()
    }

    /// Returns the globs of saved copies. Default: `ID.*`.
    pub fn globs(&self) -> Vec<String> {
        if self.files.is_empty() { vec![format!("{}.*", self.id)] } else { self.files.clone() }
    }

    /// Returns whether rules with these `pages` apply to the page: they name it, or are empty.
    pub fn is_among(&self, pages: &[String]) -> bool {
        pages.is_empty() || pages.iter().any(|name| self.is_named(name))
    }

    /// Returns one page for each element of `each`, or the page itself if there is none.
    pub(super) fn expand(mut self) -> Result<Vec<Self>, String> {
        self.written_id.clone_from(&self.id);
        let each = std::mem::take(&mut self.each);
        if each.is_empty() {
            return match self.id.contains(EACH) {
                true => Err(format!("expected `each` beside the id `{}`", self.id)),
                false => check_id(&self.id).map(|()| vec![self]),
            };
        }
        if !self.id.contains(EACH) {
            return Err(format!("expected `{EACH}` in the id `{}`, so that each page has its own", self.id));
        }
        let one = |element: &String| {
            let fill = |text: &String| text.replace(EACH, element);
            let mut page = self.clone();
            page.id = fill(&page.id);
            page.url = fill(&page.url);
            for texts in [&mut page.urls, &mut page.parts, &mut page.files] {
                *texts = texts.iter().map(fill).collect();
            }
            page.bindings.set("each", element);
            check_id(&page.id).map(|()| page)
        };
        each.iter().map(one).collect()
    }
}

/// Returns an error if an id is not the name of a file, as the fact page has it.
fn check_id(id: &str) -> Result<(), String> {
    let is_usual = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
    match !id.is_empty() && !id.starts_with('.') && id.chars().all(is_usual) {
        true => Ok(()),
        false => Err(format!("expected lowercase letters, digits, `-`, `_` and `.` as the id of a page, found `{id}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_for_each_element_fills_its_addresses_and_binds_the_placeholder() {
        let mut page = RecipePage::new("models-{each}", "https://acme.example/{each}");
        page.files = vec!["{each}*.md".to_owned()];
        page.each = vec!["rocket".to_owned(), "shuttle".to_owned()];
        let pages = page.expand().unwrap();
        let shown: Vec<_> = pages.iter().map(|page| (&*page.id, &*page.url, &*page.files[0])).collect();
        assert_eq!(
            shown,
            [
                ("models-rocket", "https://acme.example/rocket", "rocket*.md"),
                ("models-shuttle", "https://acme.example/shuttle", "shuttle*.md")
            ]
        );
        assert_eq!(pages[1].bindings().get("each"), Some("shuttle"));
        assert!(pages[1].is_named("models-{each}") && pages[1].is_named("models-shuttle"));
        assert!(!pages[1].is_named("models-rocket"));
    }

    #[test]
    fn each_and_the_placeholder_in_the_id_belong_together() {
        assert!(RecipePage::new("models-{each}", "").expand().is_err());
        let mut page = RecipePage::new("models", "");
        page.each = vec!["rocket".to_owned()];
        assert!(page.expand().is_err());
    }

    #[test]
    fn an_id_is_the_name_of_a_file() {
        for id in ["", "../main", "models/rocket", "Main", ".main"] {
            assert!(RecipePage::new(id, "").expand().is_err(), "{id}");
        }
        assert!(RecipePage::new("gpt-4.1_mini", "").expand().is_ok());
    }
}
