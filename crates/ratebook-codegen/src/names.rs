//! Rust names for providers, regions, plans and entries.

const KEYWORDS: [&str; 49] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod",
    "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super", "trait", "true",
    "try", "type", "typeof", "unsafe", "unsized", "use", "where", "while",
];

/// Returns the name of a module: `china-mainland` becomes `china_mainland`.
pub(crate) fn module(name: &str) -> String {
    let name = joined(name).to_lowercase();
    if KEYWORDS.contains(&name.as_str()) || name == "yield" { format!("{name}_") } else { not_a_digit_first(name) }
}

/// Returns the name of a variant: `china-mainland` becomes `ChinaMainland`.
pub(crate) fn variant(name: &str) -> String {
    let mut capitalized = String::new();
    for word in joined(name).split('_') {
        let (first, rest) = word.split_at(1);
        capitalized.push_str(&first.to_uppercase());
        capitalized.push_str(&rest.to_lowercase());
    }
    let name = capitalized;
    if name == "Self" { "Self_".to_owned() } else { not_a_digit_first(name) }
}

/// Returns the name of a constant: `qwen-plus` becomes `QWEN_PLUS`, and the entry of every call `ACCOUNT`.
pub(crate) fn constant(name: &str) -> String {
    if name == "*" { "ACCOUNT".to_owned() } else { not_a_digit_first(joined(name).to_uppercase()) }
}

/// Makes the names in one module unique: the second of two equal names gets the suffix `_2`.
pub(crate) struct Distinct {
    /// The names so far, sorted, each with the number of times it was requested.
    given: Vec<(String, u32)>,
}

impl Distinct {
    /// Returns the names of a module that already has the names of `taken`.
    pub(crate) fn besides(taken: &[&str]) -> Self {
        let mut distinct = Self { given: Vec::new() };
        for name in taken {
            distinct.name((*name).to_owned());
        }
        distinct
    }

    pub(crate) fn name(&mut self, name: String) -> String {
        let mut candidate = name.clone();
        loop {
            let at = self.given.partition_point(|(given, _)| *given < candidate);
            match self.given.get_mut(at) {
                Some((given, count)) if *given == candidate => {
                    *count += 1;
                    candidate = format!("{candidate}_{count}");
                }
                _ => {
                    self.given.insert(at, (candidate.clone(), 1));
                    return candidate;
                }
            }
        }
    }
}

/// Returns the runs of ASCII letters and digits of a name, separated by `_`, or `unnamed` if it has none.
fn joined(name: &str) -> String {
    let mut joined = String::new();
    for word in name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        if !joined.is_empty() {
            joined.push('_');
        }
        joined.push_str(word);
    }
    if joined.is_empty() { "unnamed".to_owned() } else { joined }
}

fn not_a_digit_first(name: String) -> String {
    if name.starts_with(|c: char| c.is_ascii_digit()) { format!("_{name}") } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vendors_names_become_rust_identifiers() {
        assert_eq!(constant("@cf/qwen/qwen1.5-0.5b-chat"), "CF_QWEN_QWEN1_5_0_5B_CHAT");
        assert_eq!(constant("40b-100b"), "_40B_100B");
        assert_eq!(constant("*"), "ACCOUNT");
        assert_eq!(constant("通义"), "UNNAMED");
        assert_eq!(module("china-mainland"), "china_mainland");
        assert_eq!(module("type"), "type_");
        assert_eq!(variant("china-mainland"), "ChinaMainland");
        assert_eq!(variant("tier-1"), "Tier1");
    }

    #[test]
    fn equal_names_get_a_suffix() {
        let mut distinct = Distinct::besides(&[]);
        let names: Vec<String> = ["A", "A", "A_2", "A"].map(|name| distinct.name(name.to_owned())).to_vec();
        assert_eq!(names, ["A", "A_2", "A_2_2", "A_3"]);
    }
}
