//! The documentation of entries.

use std::fmt::Write as _;

use ratebook_source::{Amount, Bound, Evidence, Invocation, Kind, Limit, Metric, Removed, Weight};

/// Returns the documentation of an entry: its name, and each limit with the line of the page that states it.
pub(crate) fn entry(limits: &[Limit]) -> String {
    let first = &limits[0];
    let mut text = match first.name.as_str() {
        "*" if first.kind == Kind::Rest => "Every model without an entry of its own.\n\n".to_owned(),
        "*" => "Every call of the account.\n\n".to_owned(),
        name => format!("`{name}`\n\n"),
    };
    if let Some(date) = first.retired_on {
        let _ = writeln!(text, "Retired on {date}: calls are refused.\n");
    }
    for limit in limits {
        let _ = writeln!(text, "- {}", line(limit));
    }
    if !first.aliases.is_empty() {
        let mut before = "\nAlso called";
        for alias in &first.aliases {
            let _ = write!(text, "{before} `{alias}`");
            before = ",";
        }
        text.push_str(".\n");
    }
    text
}

/// Returns the documentation of an entry that its pages no longer state.
pub(crate) fn removed(removed: &Removed) -> String {
    let Removed { on, was_retired, name, .. } = removed;
    let since = if *was_retired {
        format!("Retired on {on}: calls are refused. The vendor's pages no longer state it.")
    } else {
        format!("The vendor's pages no longer state it since {on}.")
    };
    format!("`{name}`\n\n{since} The entry has no limits.\n")
}

/// Returns one limit in words: `1,200 requests per minute (line 77 of the page; spanned)`.
fn line(limit: &Limit) -> String {
    let mut text = match limit.amount {
        Amount::Count(count) if limit.metric == Metric::SpendUsd => format!("${}", grouped(count)),
        Amount::Count(count) => grouped(count),
        Amount::Range { from, to } => format!("{} to {}", grouped(from), grouped(to)),
        Amount::Unlimited => "unlimited".to_owned(),
        Amount::Custom => "by agreement:".to_owned(),
        Amount::NotOffered => "not offered:".to_owned(),
        Amount::Elsewhere => "stated elsewhere:".to_owned(),
    };
    text.push(' ');
    let metric = limit.metric.word();
    text.push_str(&metric.strip_suffix("_usd").unwrap_or(metric).replace('_', " "));
    if let Some(per) = limit.per {
        let _ = write!(text, " per {per}");
    }
    match limit.calls {
        Invocation::All => {}
        calls => {
            let _ = write!(text, " of {calls} calls");
        }
    }
    match limit.bound {
        Bound::Hard => {}
        Bound::Guaranteed => text.push_str(", guaranteed"),
        Bound::Ceiling => text.push_str(", at most"),
        Bound::Queued => text.push_str(", with a queue at the vendor"),
        Bound::Floor => text.push_str(", at least"),
        Bound::Typical => text.push_str(", typically"),
        Bound::Temporary => match limit.until {
            Some(date) => {
                let _ = write!(text, ", until {date}");
            }
            None => text.push_str(", for a time"),
        },
    }
    if limit.weight != Weight::ONE {
        let _ = write!(text, ", weight {}", limit.weight);
    }
    if let Some(factor) = &limit.factor {
        let _ = write!(text, ", {factor}");
    }
    for point in limit.ramp.iter().skip(1) {
        let _ = write!(text, ", {} after {} minutes", grouped(point.amount), point.after_minutes);
    }
    let evidence = (limit.evidence != Evidence::Stated).then(|| limit.evidence.to_string());
    let notes = [
        limit.section.clone(),
        limit.line.map(|line| format!("line {line}")),
        evidence,
        limit.alternative.map(|amount| format!("the other reading is {amount}")),
    ];
    let mut before = " (";
    for note in notes.iter().flatten() {
        let _ = write!(text, "{before}{note}");
        before = "; ";
    }
    if notes.iter().any(Option::is_some) {
        text.push(')');
    }
    text
}

/// Returns a number with its digits in groups of three.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
