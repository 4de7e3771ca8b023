//! The attributes that a rule gives its limits.
//!
//! A table, a pattern of a label, a column, a part of a cell and a footnote mark may each give the selector, the metric, the
//! key, the pool and the bound of the limits in their reach. The fields are the same everywhere. An inner part of a rule
//! overrides the outer ones; from the outside in: rule, section, label, column, part of a cell, mark.

use ratebook_source::{Bound, Invocation, Kind, Period, Weight};
use serde::de::{self, Deserialize, Deserializer};

use super::evidence::RuleEvidence;
use super::key::KeyPart;
use super::template::Template;
use super::window::MetricWindow;

/// The attributes that one part of a rule gives its limits. `None`: that of the outer part.
#[derive(Clone, Copy, Debug, Default)]
pub struct Attributes<'a> {
    /// The kind of selector.
    pub kind: Option<Kind>,
    /// The template of the selector's name.
    pub name: Option<&'a Template>,
    /// The template of the pool: `account`, `model`, or the name of a group.
    pub pool: Option<&'a Template>,
    /// The metric with its window.
    pub metric: Option<MetricWindow>,
    /// The window, if it is not that of the metric.
    pub per: Option<Period>,
    /// The templates of the parts of the key, in the order of [`KeyPart::ALL`].
    pub keys: [Option<&'a Template>; KeyPart::ALL.len()],
    /// What the amount means, such as `guaranteed`.
    pub bound: Option<Bound>,
    /// How much of the pool a call takes.
    pub weight: Option<Weight>,
    /// The calls that count.
    pub calls: Option<Invocation>,
    /// Whether each region has the limit for itself.
    pub each_region: Option<bool>,
    /// The evidence, if it is not that of the cell or text.
    pub evidence: Option<&'a RuleEvidence>,
}

impl Attributes<'_> {
    /// Returns whether it gives no attribute.
    pub fn is_empty(&self) -> bool {
        let Self { kind, name, pool, metric, per, keys, bound, weight, calls, each_region, evidence } = self;
        kind.is_none()
            && name.is_none()
            && pool.is_none()
            && metric.is_none()
            && per.is_none()
            && keys.iter().all(Option::is_none)
            && bound.is_none()
            && weight.is_none()
            && calls.is_none()
            && each_region.is_none()
            && evidence.is_none()
    }
}

/// Parses a word of a vocabulary that `ratebook-source` reads from text.
pub(super) fn from_text<'de, D: Deserializer<'de>, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    let text = String::deserialize(deserializer)?;
    text.parse().map(Some).map_err(de::Error::custom)
}

/// Defines a part of a recipe that gives [`Attributes`], besides fields of its own.
///
/// serde's `flatten` would do, but then an unknown name is not an error.
macro_rules! with_attributes {
    ($(#[$meta:meta])* pub struct $type:ident { $($fields:tt)* }) => {
        $(#[$meta])*
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub struct $type {
            $($fields)*
            /// The kind of selector. Default: that of a placeholder `{model}`, `{models}`, `{family}`, `{task}` or
            /// `{endpoint}`.
            #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
            pub kind: Option<ratebook_source::Kind>,
            /// The name. Default: what the placeholder of the kind matched, or `*`.
            pub name: Option<$crate::recipe::Template>,
            /// The pool: `account`, `model`, or the name of a group. Default: `model` for models and families, else
            /// `account`.
            pub pool: Option<$crate::recipe::Template>,
            /// The metric with its window, such as `requests/minute`.
            #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
            pub metric: Option<$crate::recipe::MetricWindow>,
            /// The window, such as `minute` or `10s`, where it is not that of the metric.
            #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
            pub per: Option<ratebook_source::Period>,
            /// The region, or several, separated by `, `: each has the limit. Default: what a placeholder `{region}`
            /// matched. The other parts of the key likewise.
            pub region: Option<$crate::recipe::Template>,
            /// The plan, such as `tier-1`.
            pub plan: Option<$crate::recipe::Template>,
            /// How the capacity is bought or invoked, such as `cross-region`.
            pub deployment: Option<$crate::recipe::Template>,
            /// How calls are processed, such as `batch`.
            pub mode: Option<$crate::recipe::Template>,
            /// The class of context lengths, such as `> 272K`.
            pub context: Option<$crate::recipe::Template>,
            /// The bound. Default: what the amount says (`up to`, `200+`), or `hard`.
            #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
            pub bound: Option<ratebook_source::Bound>,
            /// How much of the pool a call takes: `4`, `output:5`. Default: 1.
            #[serde(default, deserialize_with = "crate::recipe::attributes::from_text")]
            #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
            pub weight: Option<ratebook_source::Weight>,
            /// The calls that count: `all`, `sync`, `async`. Default: `all`.
            #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
            pub calls: Option<ratebook_source::Invocation>,
            /// Whether each region has the limit for itself. Default: false.
            pub each_region: Option<bool>,
            /// How the limits are known, with the reason: `{ inferred = "…" }` where the page leaves a part of them open, or
            /// `{ reviewed = "…" }`. Default: `stated`, or what the cell says.
            pub evidence: Option<$crate::recipe::RuleEvidence>,
        }

        impl $type {
            /// Returns the attributes that it gives its limits.
            pub fn attributes(&self) -> $crate::recipe::Attributes<'_> {
                $crate::recipe::Attributes {
                    kind: self.kind,
                    name: self.name.as_ref(),
                    pool: self.pool.as_ref(),
                    metric: self.metric,
                    per: self.per,
                    keys: [
                        self.region.as_ref(),
                        self.plan.as_ref(),
                        self.deployment.as_ref(),
                        self.mode.as_ref(),
                        self.context.as_ref(),
                    ],
                    bound: self.bound,
                    weight: self.weight,
                    calls: self.calls,
                    each_region: self.each_region,
                    evidence: self.evidence.as_ref(),
                }
            }
        }
    };
}

pub(super) use with_attributes;
