//! `policy.toml`: how a vendor enforces, as a person wrote it down.

use ratebook_source::{
    BodyTime, Calendar, Header, HeaderFormat, Metric, Over, OverLimit, Period, PolicySource, Remedy, Reply, Resets,
    Says, Scope, Window,
};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyToml {
    scope: Scope,
    window: Window,
    calendar: Calendar,
    sub_window: Option<Period>,
    growth_protection: bool,
    recovery_seconds: Option<u32>,
    #[serde(default)]
    task_default: bool,
    #[serde(default)]
    notes: Vec<String>,
    #[serde(default)]
    over: Vec<OverToml>,
    #[serde(default)]
    header: Vec<HeaderToml>,
    #[serde(default)]
    reply: Vec<ReplyToml>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OverToml {
    metric: Option<Metric>,
    then: Vec<OverLimit>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HeaderToml {
    name: String,
    says: Says,
    metric: Option<Metric>,
    window_seconds: Option<u32>,
    format: HeaderFormat,
    meaning: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReplyToml {
    status: u16,
    contains: String,
    metric: Option<Metric>,
    window_seconds: Option<u32>,
    remedy: Remedy,
    time: Option<BodyTimeToml>,
    resets: Option<Resets>,
    #[serde(default)]
    account_wide: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BodyTimeToml {
    after: String,
    format: HeaderFormat,
}

/// Reads a `policy.toml`.
///
/// # Errors
/// When the text is not the format; the message shows the place.
pub fn parse(text: &str) -> Result<PolicySource, toml::de::Error> {
    let policy: PolicyToml = toml::from_str(text)?;
    Ok(PolicySource {
        scope: policy.scope,
        window: policy.window,
        calendar: policy.calendar,
        sub_window: policy.sub_window,
        growth_protection: policy.growth_protection,
        recovery_seconds: policy.recovery_seconds,
        task_default: policy.task_default,
        over: policy.over.into_iter().map(|over| Over { metric: over.metric, then: over.then }).collect(),
        headers: policy
            .header
            .into_iter()
            .map(|h| Header {
                name: h.name,
                says: h.says,
                metric: h.metric,
                window_seconds: h.window_seconds,
                format: h.format,
                meaning: h.meaning,
            })
            .collect(),
        replies: policy
            .reply
            .into_iter()
            .map(|r| Reply {
                status: r.status,
                contains: r.contains,
                metric: r.metric,
                window_seconds: r.window_seconds,
                remedy: r.remedy,
                time: r.time.map(|time| BodyTime { after: time.after, format: time.format }),
                resets: r.resets,
                account_wide: r.account_wide,
            })
            .collect(),
        notes: policy.notes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: &str = "scope = \"account\"\nwindow = \"unstated\"\ncalendar = \"utc\"\ngrowth_protection = false\n";

    #[test]
    fn what_the_file_leaves_out_stays_unstated() {
        let policy = parse(LEAST).unwrap();
        assert_eq!(policy, PolicySource { calendar: Calendar::Utc, ..PolicySource::new() });
    }

    #[test]
    fn an_unknown_word_is_refused_with_the_known_ones() {
        let error = parse(&LEAST.replace("account", "team")).unwrap_err().to_string();
        assert!(error.contains("`team` is no scope") && error.contains("project"), "{error}");
        assert!(parse(&format!("{LEAST}burst = 5\n")).is_err());
    }
}
