//! A workspace outside of this one, made of the unpacked packages.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use miette::{IntoDiagnostic as _, WrapErr as _, miette};
use tempfile::TempDir;
use toml_edit::{DocumentMut, Item, Table, value};

use super::super::workspace::{Published, cargo};
use super::{Release, output};

/// The unpacked packages, in a temporary folder that is removed with this value.
pub(super) struct Outside {
    folder: TempDir,
    /// The folder that cargo builds in. It is kept, because compiled dependencies serve the next run.
    target: PathBuf,
}

impl Outside {
    /// Packages all published crates as they would be published, and unpacks them into one workspace, with the lock file, the
    /// toolchain and the profiles of this one. The registry is patched with the unpacked packages.
    ///
    /// # Errors
    /// Returns an error if a package cannot be made, with cargo's message.
    pub(super) fn new(release: &Release) -> miette::Result<Self> {
        let published = &release.workspace.published;
        let target = release.workspace.target.join("outside");
        let mut packaging = release.workspace.cargo();
        packaging.args(["package", "--quiet", "--no-verify", "--allow-dirty", "--target-dir"]).arg(&target);
        published.iter().for_each(|package| _ = packaging.args(["--package", &package.name]));
        output(&mut packaging).map_err(|lines| miette!("cargo package: {}", lines.join("\n")))?;

        let folder = TempDir::with_prefix("ratebook-packages-").into_diagnostic()?;
        let outside = Self { folder, target };
        for package in published {
            let archive = outside.target.join("package").join(format!("{}.crate", unpacked(release, package)));
            let mut tar = Command::new("tar");
            // `m`: files as of now. In an archive they have a fixed date, and cargo would take what it built in the kept folder
            // from an earlier package for up to date.
            tar.arg("xzmf").arg(&archive).arg("-C").arg(outside.folder());
            output(&mut tar).map_err(|lines| miette!("{}: {}", archive.display(), lines.join("\n")))?;
        }
        let root = &release.git.root;
        for file in ["Cargo.lock", "rust-toolchain.toml"] {
            if root.join(file).is_file() {
                fs::copy(root.join(file), outside.folder().join(file)).into_diagnostic().wrap_err(file)?;
            }
        }
        let ours = fs::read_to_string(root.join("Cargo.toml")).into_diagnostic().wrap_err("Cargo.toml")?;
        let ours: DocumentMut = ours.parse().into_diagnostic()?;
        let mut manifest = DocumentMut::new();
        let members = published.iter().map(|package| unpacked(release, package)).collect::<toml_edit::Array>();
        manifest["workspace"]["resolver"] = value("3");
        manifest["workspace"]["members"] = value(members);
        // Profiles are not part of packages, and tests without them take much longer.
        if let Some(profiles) = ours.get("profile") {
            manifest["profile"] = profiles.clone();
        }
        manifest["patch"]["crates-io"] = outside.patches(release);
        outside.write("Cargo.toml", &manifest.to_string())?;
        Ok(outside)
    }

    /// Returns the folder of the workspace.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the table that replaces the registry's crates with the unpacked packages.
    pub(super) fn patches(&self, release: &Release) -> Item {
        let mut patches = Table::new();
        for package in &release.workspace.published {
            let path = self.folder().join(unpacked(release, package));
            patches[&package.name]["path"] = value(path.display().to_string());
        }
        Item::Table(patches)
    }

    /// Writes a file into the folder.
    ///
    /// # Errors
    /// Returns an error if it cannot be written.
    pub(super) fn write(&self, path: &str, text: &str) -> miette::Result<()> {
        let place = self.folder().join(path);
        let parent = place.parent().unwrap_or_else(|| self.folder());
        fs::create_dir_all(parent)
            .and_then(|()| fs::write(&place, text))
            .into_diagnostic()
            .wrap_err_with(|| path.to_owned())
    }

    /// Returns a command of cargo in the folder of the workspace, or in one below.
    pub(super) fn cargo(&self, below: &str) -> Command {
        let mut command = cargo(&self.folder().join(below));
        command.env("CARGO_TARGET_DIR", &self.target);
        command
    }
}

/// Returns the name of an unpacked package's folder: `ratebook-0.1.0`. The manifest's version is packaged.
fn unpacked(release: &Release, package: &Published) -> String {
    format!("{}-{}", package.name, release.workspace.version)
}
