//! Licences, bans and sources of dependencies, by cargo-deny with `deny.toml`.

use miette::{IntoDiagnostic as _, WrapErr as _};
use serde_json::Value;

use super::{Outcome, Release, counted, output};

/// Checks the dependencies of all packages.
pub(super) fn check(release: &Release) -> miette::Result<Outcome> {
    if output(release.workspace.cargo().args(["deny", "--version"])).is_err() {
        return Ok(Outcome::failed("cargo-deny is not installed", "run `cargo install cargo-deny --locked`"));
    }
    let mut cargo = release.workspace.cargo();
    cargo.args(["deny", "--format", "json", "--all-features", "--locked", "check", "licenses", "bans", "sources"]);
    let run = cargo.output().into_diagnostic().wrap_err("cargo deny")?;
    if run.status.success() {
        // The database of advisories is fetched from a forge, which a machine without network cannot do.
        let found = "as deny.toml allows (advisories: `cargo deny check advisories`, in the workflow)";
        return Ok(Outcome::Passed(found.to_owned()));
    }
    let messages = String::from_utf8_lossy(&run.stderr);
    let errors: Vec<String> = messages.lines().filter_map(error).collect();
    let mend = "replace the dependency, or allow it in deny.toml with a reason";
    Ok(match errors.as_slice() {
        // An error of deny.toml itself has no crate.
        [] => {
            Outcome::failed("cargo-deny failed", "see its output").with(messages.lines().map(str::to_owned).collect())
        }
        [first, ..] => {
            Outcome::failed(format!("{}, such as {first}", counted(errors.len(), "error")), mend).with(errors.clone())
        }
    })
}

/// Returns an error of a crate in one line. `None` for warnings, summaries and lines that are not JSON.
fn error(line: &str) -> Option<String> {
    let message: Value = serde_json::from_str(line).ok()?;
    let fields = message.get("fields")?;
    if fields.get("severity")?.as_str()? != "error" {
        return None;
    }
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let dependency = &fields.get("graphs")?.get(0)?["Krate"];
    let (name, version) = (text(dependency, "name")?, text(dependency, "version")?);
    // The first label is the licence or the entry of deny.toml.
    let label = fields.get("labels").and_then(|labels| text(labels.get(0)?, "span"));
    let label = label.map(|label| format!(" ({label})")).unwrap_or_default();
    Some(format!("{name} {version}: {}{label}", text(fields, "message")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_crate_and_the_licence() {
        let line = r#"{"type":"diagnostic","fields":{"code":"rejected","severity":"error","message":"failed to satisfy license requirements",
            "labels":[{"span":"GPL-3.0","message":"rejected"}],"graphs":[{"Krate":{"name":"rocket","version":"1.0.0"}}]}}"#;
        let expected = "rocket 1.0.0: failed to satisfy license requirements (GPL-3.0)";
        assert_eq!(error(line).as_deref(), Some(expected));
        assert_eq!(error(&line.replace("\"error\"", "\"warning\"")), None);
        assert_eq!(error("not JSON"), None);
    }
}
