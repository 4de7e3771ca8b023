//! A limit that is being built.
//!
//! A [`Draft`] collects what the parts of a rule give, from the outside in: the rule, the section, the label of the row, the
//! column, the part of the cell, the footnote marks. [`Draft::limits`] makes limits of it, once, at the end.

use ratebook_source::{Amount, Bound, Date, Evidence, Invocation, Kind, Limit, Period, Pool, Weight};

use super::facts::{pool_from, set_key};
use super::value::Value;
use crate::recipe::{
    Attributes, Bindings, KeyPart, MetricWindow, REGIONS, Recipe, RuleEvidence, Template, separate_names, slug,
};

/// A part of the key: a template to fill, or a name.
#[derive(Clone, Copy, Debug)]
enum KeySource<'a> {
    Template(&'a Template),
    /// The text of the page, which `[values]` may map.
    Placeholder,
}

/// A limit that is being built.
#[derive(Clone, Debug)]
pub(super) struct Draft<'a> {
    /// The texts of the placeholders.
    pub(super) bindings: Bindings,
    kind: Option<Kind>,
    name: Option<&'a Template>,
    pool: Option<&'a Template>,
    pub(super) metric: Option<MetricWindow>,
    per: Option<Period>,
    keys: [Option<KeySource<'a>>; KeyPart::ALL.len()],
    bound: Option<Bound>,
    weight: Option<Weight>,
    calls: Option<Invocation>,
    each_region: Option<bool>,
    evidence: Option<&'a RuleEvidence>,
}

/// An amount that the page states, with its line, its window and its evidence.
pub(super) struct StatedAmount {
    pub(super) line: u32,
    pub(super) window: MetricWindow,
    pub(super) value: Value,
    pub(super) evidence: Evidence,
    pub(super) alternative: Option<Amount>,
}

/// The selector of a draft: a kind, and a name for each entry.
pub(super) struct Selector {
    pub(super) kind: Kind,
    pub(super) names: Vec<String>,
}

impl<'a> Draft<'a> {
    /// Returns a draft of a rule, with the texts that the placeholders of its section matched.
    pub(super) fn new(rule: Attributes<'a>, bindings: Bindings) -> Self {
        let empty = Self {
            bindings,
            kind: None,
            name: None,
            pool: None,
            metric: None,
            per: None,
            keys: [None; KeyPart::ALL.len()],
            bound: None,
            weight: None,
            calls: None,
            each_region: None,
            evidence: None,
        };
        empty.with(rule)
    }

    /// Returns the draft with what an inner part of the rule gives.
    pub(super) fn with(mut self, inner: Attributes<'a>) -> Self {
        self.add(inner);
        self
    }

    fn add(&mut self, inner: Attributes<'a>) {
        self.kind = inner.kind.or(self.kind);
        self.name = inner.name.or(self.name);
        self.pool = inner.pool.or(self.pool);
        self.metric = inner.metric.or(self.metric);
        self.per = inner.per.or(self.per);
        for (key, given) in self.keys.iter_mut().zip(inner.keys) {
            *key = given.map(KeySource::Template).or(*key);
        }
        self.bound = inner.bound.or(self.bound);
        self.weight = inner.weight.or(self.weight);
        self.calls = inner.calls.or(self.calls);
        self.each_region = inner.each_region.or(self.each_region);
        self.evidence = inner.evidence.or(self.evidence);
    }

    /// Binds the texts of an inner pattern. A placeholder with the name of a part of the key gives that part.
    fn bind(&mut self, inner: &Bindings) {
        self.bindings.extend(inner);
        for key in KeyPart::ALL {
            if inner.get(key.word()).is_some() {
                self.keys[key as usize] = Some(KeySource::Placeholder);
            }
        }
    }

    /// Adds what an inner pattern gives, and the texts that its placeholders matched.
    pub(super) fn narrow(&mut self, inner: Attributes<'a>, own: &Bindings) {
        self.add(inner);
        self.bind(own);
    }

    /// Sets a part of the key to a text of the page.
    pub(super) fn set_key(&mut self, key: KeyPart, text: &str) {
        self.bindings.set(key.word(), text);
        self.keys[key as usize] = Some(KeySource::Placeholder);
    }

    /// Returns the selector.
    ///
    /// # Errors
    /// Returns a message if the rule gives no kind or name.
    pub(super) fn selector(&self) -> Result<Selector, String> {
        const NAMED: [(&str, Kind); 5] = [
            ("models", Kind::Model),
            ("model", Kind::Model),
            ("family", Kind::Family),
            ("endpoint", Kind::Endpoint),
            ("task", Kind::Task),
        ];
        let matched = |word: &str| self.bindings.get(word);
        let of_placeholder = || NAMED.into_iter().find(|(word, _)| matched(word).is_some()).map(|(_, kind)| kind);
        let kind = self.kind.or_else(of_placeholder).ok_or("the rule gives no kind of selector")?;
        let names = match (self.name, kind) {
            (Some(name), _) => vec![fill(name, &self.bindings)?],
            (None, Kind::Any | Kind::Rest) => vec!["*".to_owned()],
            (None, Kind::Model | Kind::Family) if matched("models").is_some() => {
                let models = matched("models").map(separate_names).unwrap_or_default();
                models.into_iter().map(str::to_owned).collect()
            }
            (None, Kind::Model) => vec![matched("model").ok_or("nothing names the model")?.to_owned()],
            (None, Kind::Family) => {
                vec![matched("family").or_else(|| matched("model")).ok_or("nothing names the family")?.to_owned()]
            }
            (None, Kind::Endpoint) => vec![matched("endpoint").ok_or("nothing names the endpoint")?.to_owned()],
            (None, Kind::Task) => vec![slug(matched("task").ok_or("nothing names the task")?)],
            (None, Kind::Size | Kind::Resource) => return Err(format!("the rule names no {kind}")),
        };
        Ok(Selector { kind, names })
    }

    /// Returns the limits of an amount: one for each name of the selector, in each region.
    ///
    /// # Errors
    /// Returns a message if the rule gives no kind or name, or if nothing binds a placeholder.
    pub(super) fn limits(&self, recipe: &Recipe, stated: &StatedAmount) -> Result<Vec<Limit>, String> {
        let Selector { kind, names } = self.selector()?;
        let StatedAmount { line, window, ref value, evidence, alternative } = *stated;
        let (amount, factor) = match value {
            Value::Amount { amount, .. } => (*amount, None),
            // `multiples` sets the amount when that of the other plan is known.
            Value::Multiple(factor) => (Amount::Elsewhere, Some(factor)),
        };
        let pool = match (self.pool, kind) {
            (Some(pool), _) => pool_from(&fill(pool, &self.bindings)?),
            (None, Kind::Model | Kind::Family) => Pool::Model,
            (None, Kind::Task | Kind::Size | Kind::Resource | Kind::Any | Kind::Endpoint | Kind::Rest) => Pool::Account,
        };
        let mut limits = Vec::new();
        for name in names {
            let mut limit = Limit::new(kind, name, window.metric, amount, pool.clone());
            limit.factor = factor.cloned();
            limit.per = self.per.filter(|_| window.per.is_some()).or(window.per);
            limit.line = Some(line);
            limit.evidence = self.evidence_over(evidence);
            limit.alternative = alternative;
            limit.bound = value.bound().or(self.bound).unwrap_or(Bound::Hard);
            limit.weight = self.weight.unwrap_or(Weight::ONE);
            limit.calls = self.calls.unwrap_or(Invocation::All);
            limit.each_region = self.each_region.unwrap_or(false);
            limit.retired_on = self.bindings.get("retired").map(date).transpose()?;
            limit.aliases = self.bindings.get("alias").map(str::to_owned).into_iter().collect();
            for key in KeyPart::ALL {
                if let Some(value) = self.key(recipe, key)? {
                    set_key(&mut limit, key, value);
                }
            }
            let Some(regions) = limit.region.take() else {
                limits.push(limit);
                continue;
            };
            limits.extend(
                regions.split(REGIONS).map(|region| Limit { region: Some(region.to_owned()), ..limit.clone() }),
            );
        }
        Ok(limits)
    }

    /// Returns the evidence of a limit that was read with some evidence.
    pub(super) fn evidence_over(&self, read: Evidence) -> Evidence {
        self.evidence.map_or(read, |given| given.over(read))
    }

    /// Returns the plan.
    ///
    /// # Errors
    /// Returns a message if nothing binds a placeholder of its template.
    pub(super) fn plan(&self, recipe: &Recipe) -> Result<Option<String>, String> {
        self.key(recipe, KeyPart::Plan)
    }

    fn key(&self, recipe: &Recipe, key: KeyPart) -> Result<Option<String>, String> {
        let of_text = |text: &str| recipe.value(key, text);
        let matched = self.bindings.get(key.word());
        match self.keys[key as usize] {
            // A placeholder alone is a name of the vendor, which `values` may map.
            Some(KeySource::Template(template)) if template.as_str() == format!("{{{}}}", key.word()) => {
                match matched {
                    Some(text) => Ok(Some(of_text(text))),
                    None => Err(format!("nothing binds {{{}}}", key.word())),
                }
            }
            Some(KeySource::Template(template)) => fill(template, &self.bindings).map(Some),
            Some(KeySource::Placeholder) | None => Ok(matched.map(of_text)),
        }
    }
}

/// Reads the date of a retirement.
fn date(text: &str) -> Result<Date, String> {
    crate::number::date(text).ok_or_else(|| format!("expected a date such as January 30, 2026, found `{text}`"))
}

fn fill(template: &Template, bindings: &Bindings) -> Result<String, String> {
    template.fill(bindings).map_err(|placeholder| format!("nothing binds {{{placeholder}}}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::{TextPattern, TextRule};
    use ratebook_source::Metric;

    fn text_rule(toml: &str) -> TextRule {
        toml::from_str(toml).unwrap()
    }

    fn recipe() -> Recipe {
        let page = "provider = \"acme\"\n[[page]]\nid = \"main\"\nurl = \"https://acme.example\"\n";
        Recipe::parse(&format!("{page}[values.plan]\n\"T{{n}}\" = \"tier-{{n}}\"\n")).unwrap()
    }

    fn stated(amount: u64) -> StatedAmount {
        StatedAmount {
            line: 3,
            window: MetricWindow { metric: Metric::Requests, per: Some(Period::Minute) },
            value: Value::new(Amount::Count(amount)),
            evidence: Evidence::Stated,
            alternative: None,
        }
    }

    #[test]
    fn the_inner_part_wins_and_a_placeholder_gives_its_part_of_the_key() {
        let rule = text_rule("match = \"x\"\nplan = \"base\"\nbound = \"ceiling\"");
        let inner = text_rule("match = \"{model} at {plan}\"\nper = \"10s\"");
        let mut draft = Draft::new(rule.attributes(), Bindings::default());
        draft.narrow(inner.attributes(), &inner.pattern.matches("rocket at T3").unwrap());
        let limits = draft.limits(&recipe(), &stated(60)).unwrap();
        let [limit] = limits.as_slice() else { panic!("{limits:?}") };
        assert_eq!((limit.name.as_str(), limit.plan.as_deref()), ("rocket", Some("tier-3")));
        assert_eq!((limit.per, limit.bound), (Period::from_text("10s"), Bound::Ceiling));
    }

    #[test]
    fn several_names_of_a_cell_are_an_entry_each() {
        let bindings = TextPattern::parse("Azure {models}").unwrap().matches("Azure o1, o3, and gpt-5").unwrap();
        let draft = Draft::new(Attributes::default(), bindings);
        let limits = draft.limits(&recipe(), &stated(60)).unwrap();
        assert_eq!(limits.iter().map(|limit| limit.name.as_str()).collect::<Vec<_>>(), ["o1", "o3", "gpt-5"]);
        assert!(limits.iter().all(|limit| limit.pool == Pool::Model));
    }

    #[test]
    fn a_draft_without_a_selector_is_an_error() {
        let error = |toml: &str| {
            Draft::new(text_rule(toml).attributes(), Bindings::default()).limits(&recipe(), &stated(1)).unwrap_err()
        };
        assert_eq!(error("match = \"x\""), "the rule gives no kind of selector");
        assert_eq!(error("match = \"x\"\nkind = \"model\""), "nothing names the model");
        assert_eq!(error("match = \"x\"\nkind = \"any\"\nplan = \"{plan}\""), "nothing binds {plan}");
    }
}
