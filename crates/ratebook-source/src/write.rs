//! The texts of `limits.tsv`, `lines.tsv` and `policy.tsv`.

use crate::limit::{Limit, Pool};
use crate::policy::PolicySource;
use crate::provider::{COLUMNS, LINES_COLUMNS, ProviderSource};

const BANNER: &str = "# Ratebook, normalized limits. Written by `cargo xtask refresh-catalog`.";
const LINES_BANNER: &str =
    "# Where the page states each limit of limits.tsv. Written by `cargo xtask refresh-catalog`.";
const POLICY_BANNER: &str =
    "# Ratebook, how the provider enforces. Written by `cargo xtask refresh-catalog` from policy.toml.";

impl ProviderSource {
    /// Sorts everything into the order of the file.
    pub fn sort(&mut self) {
        for class in &mut self.classes {
            class.members.sort();
        }
        self.classes.sort();
        for limit in &mut self.limits {
            limit.aliases.sort();
        }
        self.limits.sort_by(|a, b| a.key().cmp(&b.key()));
    }

    /// Returns the text of `limits.tsv`. The lines of the page are in `lines.tsv`, so that a moved line changes no limit.
    pub fn write(&self) -> String {
        let mut out = format!("{BANNER}\n");
        push_line(&mut out, &[Some("@provider"), Some(&self.provider)]);
        push_line(&mut out, &[Some("@url"), self.url.as_deref()]);
        let dates = [
            ("@page-date", self.page_date),
            ("@read", self.read),
            ("@checked", self.checked),
            ("@withdrawn-on", self.withdrawn_on),
        ];
        for (name, date) in dates {
            push_line(&mut out, &[Some(name), date.map(|date| date.to_string()).as_deref()]);
        }
        for plan in &self.plans {
            let qualifies = plan.qualifies_usd.map(|usd| usd.to_string());
            push_line(&mut out, &[Some("@plan"), Some(&plan.name), plan.within.as_deref(), qualifies.as_deref()]);
        }
        for class in &self.classes {
            let to = (class.to != u64::MAX).then(|| class.to.to_string());
            push_line(&mut out, &[Some("@class"), Some(&class.name), Some(&class.from.to_string()), to.as_deref()]);
            for member in &class.members {
                push_line(&mut out, &[Some("@member"), Some(&class.name), Some(member)]);
            }
        }
        out.push_str(COLUMNS);
        out.push('\n');
        for limit in &self.limits {
            push_limit(&mut out, limit);
        }
        out
    }

    /// Returns the text of `lines.tsv`.
    pub fn write_lines(&self) -> String {
        let mut out = format!("{LINES_BANNER}\n{LINES_COLUMNS}\n");
        for limit in self.limits.iter() {
            let Some(line) = limit.line else { continue };
            let key = limit.key();
            push_line(
                &mut out,
                &[
                    key.region,
                    key.plan,
                    Some(key.kind.word()),
                    Some(key.name),
                    Some(key.metric.word()),
                    key.per.map(|per| per.word()),
                    Some(key.calls.word()),
                    Some(key.bound.word()),
                    Some(&line.to_string()),
                ],
            );
        }
        out
    }
}

impl PolicySource {
    /// Returns the text of `policy.tsv`.
    pub fn write(&self) -> String {
        let mut out = format!("{POLICY_BANNER}\n");
        for row in self.rows() {
            push_line(&mut out, &row.0.iter().map(Option::as_deref).collect::<Vec<_>>());
        }
        out
    }
}

fn push_limit(out: &mut String, limit: &Limit) {
    let list = |items: Vec<String>| (!items.is_empty()).then(|| items.join(","));
    let ramp = list(limit.ramp.iter().map(|point| format!("{}:{}", point.after_minutes, point.amount)).collect());
    let pool = match &limit.pool {
        Pool::Account => "account",
        Pool::Group(group) => group,
        Pool::Model => "model",
    };
    push_line(
        out,
        &[
            limit.region.as_deref(),
            limit.plan.as_deref(),
            Some(limit.kind.word()),
            Some(&limit.name),
            list(limit.aliases.clone()).as_deref(),
            Some(limit.metric.word()),
            limit.per.map(|per| per.word()),
            Some(&limit.amount.to_string()),
            Some(limit.calls.word()),
            Some(pool),
            Some(limit.bound.word()),
            Some(limit.evidence.word()),
            limit.alternative.map(|amount| amount.to_string()).as_deref(),
            ramp.as_deref(),
            limit.retired_on.map(|date| date.to_string()).as_deref(),
            limit.changed.map(|date| date.to_string()).as_deref(),
        ],
    );
}

/// Appends a line of tab-separated fields. `None` becomes `-`.
pub(crate) fn push_line(out: &mut String, fields: &[Option<&str>]) {
    for (index, field) in fields.iter().enumerate() {
        if index > 0 {
            out.push('\t');
        }
        let text = field.unwrap_or("-");
        // A tab or line break inside a field would parse as another field or line.
        out.extend(text.chars().map(|c| if c.is_control() { ' ' } else { c }));
    }
    out.push('\n');
}
