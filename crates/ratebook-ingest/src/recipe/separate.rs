//! Texts that name several things.

use crate::number;

/// Returns the rates of a text such as `500 RPM & 1,000,000 TPM` or `20RPM/300RPD`.
pub(crate) fn separate_rates(text: &str) -> Vec<&str> {
    let mut parts = vec![text];
    for separator in [" & ", " and ", ", ", " / "] {
        parts = parts.into_iter().flat_map(|part| part.split(separator)).collect();
    }
    let parts = parts.into_iter().flat_map(number::split_at_slashes);
    parts.map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// Returns the names of a text such as `o1, o3, and gpt-5`.
pub(crate) fn separate_names(text: &str) -> Vec<&str> {
    let mut parts = vec![text];
    for separator in ["\n", ", and ", " and ", ",", " + "] {
        parts = parts.into_iter().flat_map(|part| part.split(separator)).collect();
    }
    let bare = parts.into_iter().map(|part| part.trim().trim_start_matches("- ").trim_matches('`'));
    bare.filter(|part| !part.is_empty()).collect()
}
