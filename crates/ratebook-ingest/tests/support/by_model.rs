//! A rule for tables of models, and what a reading reports.

use ratebook_ingest::Reading;

/// A rule for tables of models with requests per minute.
pub(crate) const BY_MODEL: &str = r#"
[[table]]
id = "limits"
usual = ["Model", "RPM"]
who = [{ match = "{model}", kind = "model", name = "{model}" }]
"#;

/// Returns every diagnostic, one a line.
pub(crate) fn diagnostics(reading: &Reading) -> String {
    reading.diagnostics.iter().map(|found| format!("{found}\n")).collect()
}
