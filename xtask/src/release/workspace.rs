//! The packages of the workspace, and runs of cargo.

use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::{Metadata, MetadataCommand, Package};
use miette::{IntoDiagnostic as _, WrapErr as _, miette};
use semver::Version;

/// The packages of a workspace, from `cargo metadata`.
pub(crate) struct Workspace {
    root: PathBuf,
    /// The version of `[workspace.package]`.
    pub(crate) version: Version,
    /// The names of all packages.
    pub(crate) names: Vec<String>,
    /// The packages that are published, each after those that it depends on.
    pub(crate) published: Vec<Published>,
    /// The folder that cargo builds in.
    pub(crate) target: PathBuf,
}

/// A package that is published.
pub(crate) struct Published {
    pub(crate) name: String,
    /// The path of its manifest, relative to the root, with `/`.
    pub(crate) manifest: String,
    /// Whether it has a library that others can depend on.
    pub(crate) has_library: bool,
    /// Whether it has the feature `__test-catalog`, which builds the frozen catalog.
    pub(crate) has_test_catalog: bool,
}

impl Workspace {
    /// Reads a workspace.
    ///
    /// # Errors
    /// Returns an error if cargo fails, or if the published packages have different versions.
    pub(crate) fn read(root: &Path) -> miette::Result<Self> {
        let manifest = root.join("Cargo.toml");
        let mut command = MetadataCommand::new();
        command.no_deps().current_dir(root).manifest_path(&manifest).other_options(["--offline".to_owned()]);
        let metadata = command.exec().into_diagnostic().wrap_err("cargo metadata")?;
        let packages = metadata.workspace_packages();
        // `publish` is `Some([])` for `publish = false`, and `None` if the manifest does not restrict it.
        let public: Vec<&Package> = packages.iter().copied().filter(|package| package.publish.is_none()).collect();
        let version = match public.as_slice() {
            [first, rest @ ..] if rest.iter().all(|package| package.version == first.version) => first.version.clone(),
            [] => return Err(miette!("{}: no package is published", manifest.display())),
            packages => {
                let versions: Vec<String> =
                    packages.iter().map(|one| format!("{} {}", one.name, one.version)).collect();
                return Err(miette!("expected one version of all published packages, found {}", versions.join(", ")));
            }
        };
        Ok(Self {
            root: root.to_owned(),
            version,
            names: packages.iter().map(|package| package.name.to_string()).collect(),
            published: in_order(public)?.into_iter().map(|package| Published::new(package, &metadata)).collect(),
            target: metadata.target_directory.into_std_path_buf(),
        })
    }

    /// Returns a command of the cargo that runs this one, in the workspace's root.
    pub(crate) fn cargo(&self) -> Command {
        cargo(&self.root)
    }
}

impl Published {
    fn new(package: &Package, metadata: &Metadata) -> Self {
        let manifest = &package.manifest_path;
        let manifest = manifest.strip_prefix(&metadata.workspace_root).unwrap_or(manifest);
        Self {
            name: package.name.to_string(),
            manifest: manifest.as_str().replace('\\', "/"),
            has_library: package.targets.iter().any(cargo_metadata::Target::is_lib),
            has_test_catalog: package.features.contains_key("__test-catalog"),
        }
    }
}

/// Returns a command of the cargo that runs this one, in a folder. No overlay of the caller is compiled in.
pub(crate) fn cargo(folder: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(folder).env_remove("RATEBOOK_OVERLAY").env("CARGO_TERM_COLOR", "never");
    command
}

/// Sorts packages so that each is after those that it depends on: what is published first is there for the next. A
/// dev-dependency without a version is not part of a package.
fn in_order(mut open: Vec<&Package>) -> miette::Result<Vec<&Package>> {
    open.sort_by(|a, b| a.name.cmp(&b.name));
    let mut sorted = Vec::new();
    while !open.is_empty() {
        let waits = |package: &Package| {
            package.dependencies.iter().any(|dependency| {
                let is_packaged =
                    dependency.req != semver::VersionReq::STAR && dependency.name != package.name.as_str();
                is_packaged && open.iter().any(|other| other.name.as_str() == dependency.name)
            })
        };
        let Some(ready) = open.iter().position(|package| !waits(package)) else {
            let names: Vec<&str> = open.iter().map(|package| package.name.as_str()).collect();
            return Err(miette!("these packages depend on each other: {}", names.join(", ")));
        };
        sorted.push(open.remove(ready));
    }
    Ok(sorted)
}
