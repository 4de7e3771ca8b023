//! The version in manifests, lock files and READMEs.

use std::collections::BTreeSet;
use std::fs;

use miette::{IntoDiagnostic as _, WrapErr as _};
use semver::Version;
use toml_edit::{DocumentMut, Item, TableLike, Value};

use super::files::File;
use super::git::Git;
use super::workspace::Workspace;

/// Returns the manifests, lock files and READMEs that state the version of the workspace's packages, with another version.
///
/// # Errors
/// Returns an error if a file cannot be read or is not TOML.
pub(crate) fn files(git: &Git, workspace: &Workspace, to: &Version) -> miette::Result<Vec<File>> {
    let bump = Bump {
        names: workspace.names.iter().cloned().collect(),
        from: workspace.version.to_string(),
        to: to.to_string(),
    };
    let mut changed = Vec::new();
    for (pattern, change) in [
        ("*Cargo.toml", Bump::manifest as fn(&Bump, &str) -> miette::Result<String>),
        ("*Cargo.lock", Bump::lock),
        ("*README.md", Bump::readme),
    ] {
        for path in git.files(pattern)? {
            let old = fs::read_to_string(git.root.join(&path)).into_diagnostic().wrap_err_with(|| path.clone())?;
            let text = change(&bump, &old).wrap_err_with(|| path.clone())?;
            if text != old {
                changed.push(File { path, text });
            }
        }
    }
    Ok(changed)
}

struct Bump {
    /// The names of the workspace's packages.
    names: BTreeSet<String>,
    from: String,
    to: String,
}

impl Bump {
    /// Returns a manifest with the new version of the package, of the workspace and of dependencies on its packages.
    fn manifest(&self, text: &str) -> miette::Result<String> {
        let mut manifest: DocumentMut = text.parse().into_diagnostic()?;
        self.tables(manifest.as_table_mut());
        Ok(manifest.to_string())
    }

    fn tables(&self, table: &mut dyn TableLike) {
        for (key, item) in table.iter_mut() {
            let name = key.get().to_owned();
            let Some(inner) = item.as_table_like_mut() else { continue };
            match name.as_str() {
                // `[package]` and `[workspace.package]`. Dependencies have a table of the same kind under another name.
                "package" => self.version(inner),
                "dependencies" | "dev-dependencies" | "build-dependencies" => {
                    for (name, dependency) in inner.iter_mut() {
                        if self.names.contains(name.get()) {
                            self.dependency(dependency);
                        }
                    }
                }
                _ => self.tables(inner),
            }
        }
    }

    fn dependency(&self, dependency: &mut Item) {
        if let Some(table) = dependency.as_table_like_mut() {
            self.version(table);
        } else if dependency.as_str() == Some(&self.from) {
            self.set(dependency);
        }
    }

    fn version(&self, table: &mut dyn TableLike) {
        if let Some(version) = table.get_mut("version").filter(|version| version.as_str() == Some(&self.from)) {
            self.set(version);
        }
    }

    /// Replaces a text, and keeps the space around it.
    fn set(&self, item: &mut Item) {
        if let Some(old) = item.as_value_mut() {
            let mut new = Value::from(self.to.as_str());
            *new.decor_mut() = old.decor().clone();
            *old = new;
        }
    }

    /// Returns a lock file with the new version of the workspace's packages, which have no source.
    fn lock(&self, text: &str) -> miette::Result<String> {
        let mut lock: DocumentMut = text.parse().into_diagnostic()?;
        for package in
            lock.get_mut("package").and_then(Item::as_array_of_tables_mut).into_iter().flat_map(|all| all.iter_mut())
        {
            let is_ours = package.get("name").and_then(Item::as_str).is_some_and(|name| self.names.contains(name));
            if is_ours && !package.contains_key("source") {
                self.version(package);
            }
        }
        Ok(lock.to_string())
    }

    /// Returns a README whose lines `ratebook = "0.1"` and `ratebook = { version = "0.1", … }` have the new requirement.
    // It has the type of the others, which fail.
    #[allow(clippy::unnecessary_wraps)]
    fn readme(&self, text: &str) -> miette::Result<String> {
        let requirement = |version: &str| version.rsplit_once('.').map(|(minor, _)| format!("\"{minor}\""));
        let (Some(from), Some(to)) = (requirement(&self.from), requirement(&self.to)) else {
            return Ok(text.to_owned());
        };
        let lines = text.split_inclusive('\n').map(|line| {
            let name = line.split([' ', '=']).next().unwrap_or_default();
            if self.names.contains(name) { line.replacen(&from, &to, 1) } else { line.to_owned() }
        });
        Ok(lines.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bump() -> Bump {
        Bump {
            names: BTreeSet::from(["acme", "acme-limits"].map(str::to_owned)),
            from: "0.1.0".to_owned(),
            to: "0.2.0".to_owned(),
        }
    }

    #[test]
    fn a_manifest_has_the_new_version_of_packages_of_the_workspace_alone() {
        let manifest = "[workspace.package]\nversion = \"0.1.0\" # all crates\n\n[workspace.dependencies]\n\
            acme = { version = \"0.1.0\", path = \"crates/acme\" }\nacme-limits = \"0.1.0\"\nother = \"0.1.0\"\n\n\
            [target.'cfg(unix)'.dev-dependencies.acme]\nversion = \"0.1.0\"\n";
        let expected = "[workspace.package]\nversion = \"0.2.0\" # all crates\n\n[workspace.dependencies]\n\
            acme = { version = \"0.2.0\", path = \"crates/acme\" }\nacme-limits = \"0.2.0\"\nother = \"0.1.0\"\n\n\
            [target.'cfg(unix)'.dev-dependencies.acme]\nversion = \"0.2.0\"\n";
        assert_eq!(bump().manifest(manifest).unwrap(), expected);
    }

    #[test]
    fn a_lock_file_has_the_new_version_of_packages_without_a_source() {
        let lock = "version = 4\n\n[[package]]\nname = \"acme\"\nversion = \"0.1.0\"\ndependencies = [\n \"other\",\n]\n\n\
            [[package]]\nname = \"acme-limits\"\nversion = \"0.1.0\"\nsource = \"registry\"\n";
        let expected = lock.replacen("version = \"0.1.0\"", "version = \"0.2.0\"", 1);
        assert_eq!(bump().lock(lock).unwrap(), expected);
    }

    #[test]
    fn a_readme_has_the_new_requirement() {
        let readme = "acme = \"0.1\"\nacme-limits = { version = \"0.1\", features = [\"x\"] }\nother = \"0.1\"\n";
        let expected = "acme = \"0.2\"\nacme-limits = { version = \"0.2\", features = [\"x\"] }\nother = \"0.1\"\n";
        assert_eq!(bump().readme(readme).unwrap(), expected);
    }
}
