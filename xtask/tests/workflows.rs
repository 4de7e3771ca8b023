//! The workflows and scripts: valid YAML, least permissions, actions pinned by major version, shell without faults, and the
//! texts that the scripts print.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use saphyr::{LoadableYamlNode as _, Yaml};
use tempfile::TempDir;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// Returns the name and the text of each workflow.
fn workflows() -> Vec<(String, String)> {
    let folder = fs::read_dir(root().join(".github/workflows")).unwrap().map(|entry| entry.unwrap().path());
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let mut all: Vec<_> = folder.map(|path| (name(&path), fs::read_to_string(&path).unwrap())).collect();
    all.sort();
    all
}

/// Calls `check` with the name of each workflow and each of its jobs.
fn each_job(mut check: impl FnMut(&str, &Yaml<'_>, &Yaml<'_>)) {
    for (name, text) in workflows() {
        let documents = Yaml::load_from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let [workflow] = documents.as_slice() else { panic!("{name}: expected one document") };
        let jobs = workflow["jobs"].as_mapping().unwrap_or_else(|| panic!("{name}: expected jobs"));
        assert!(!jobs.is_empty(), "{name}");
        jobs.values().for_each(|job| check(&name, workflow, job));
    }
}

/// Calls `check` with the name of each workflow and each step of its jobs.
fn each_step(mut check: impl FnMut(&str, &Yaml<'_>)) {
    each_job(|name, _, job| {
        let steps = job["steps"].as_sequence().unwrap_or_else(|| panic!("{name}: expected steps"));
        steps.iter().for_each(|step| check(name, step));
    });
}

#[test]
fn a_workflow_has_the_least_permissions_and_a_limit_of_time() {
    assert_eq!(
        workflows().into_iter().map(|(name, _)| name).collect::<Vec<_>>(),
        ["ci.yml", "refresh.yml", "release.yml"]
    );
    each_job(|name, workflow, job| {
        let permissions = workflow["permissions"].as_mapping();
        let permissions = permissions.unwrap_or_else(|| panic!("{name}: expected permissions of the whole workflow"));
        if name != "refresh.yml" {
            assert_eq!(permissions.len(), 1, "{name}");
            assert_eq!(workflow["permissions"]["contents"].as_str(), Some("read"), "{name}");
        }
        assert!(job["timeout-minutes"].as_integer().is_some_and(|minutes| minutes <= 120), "{name}");
    });
}

#[test]
fn actions_are_pinned_by_major_version() {
    each_step(|name, step| {
        let Some(action) = step.as_mapping_get("uses").and_then(Yaml::as_str) else { return };
        let version = action.split_once("@v").map(|(_, version)| version);
        assert!(version.is_some_and(|version| version.parse::<u32>().is_ok()), "{name}: {action}");
    });
}

#[test]
fn steps_are_valid_shell() {
    let mut steps = 0;
    each_step(|name, step| {
        let Some(script) = step.as_mapping_get("run").and_then(Yaml::as_str) else { return };
        steps += 1;
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("step.sh");
        // GitHub replaces its expressions before the shell reads the step.
        assert!(!script.contains("${{"), "{name}: give expressions to steps by `env`: {script}");
        fs::write(&file, script).unwrap();
        lint(&file, name);
    });
    assert!(steps >= 10, "{steps}");
}

#[test]
fn scripts_are_valid_shell() {
    for script in [".ci/run", "scripts/change-request.sh"] {
        lint(&root().join(script), script);
    }
}

/// Parses a script with bash, and checks it with shellcheck if that is installed.
fn lint(file: &Path, name: &str) {
    let run = |program: &str, args: &[&str]| Command::new(program).args(args).arg(file).output();
    let failed = |output: &Output| format!("{name}: {}{}", text(&output.stdout), text(&output.stderr));
    let parsed = run("bash", &["-n"]).unwrap();
    assert!(parsed.status.success(), "{}", failed(&parsed));
    if let Ok(checked) = run("shellcheck", &["--shell=bash"]) {
        assert!(checked.status.success(), "{}", failed(&checked));
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Returns the text of a change request.
fn change_request(diff: &str, report: &str) -> String {
    let folder = TempDir::new().unwrap();
    let (diff_file, report_file) = (folder.path().join("diff.md"), folder.path().join("report.txt"));
    fs::write(&diff_file, diff).unwrap();
    fs::write(&report_file, report).unwrap();
    let script = root().join("scripts/change-request.sh");
    let output = Command::new(script).args([&diff_file, &report_file]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

const HEADER: &str = "| provider | change |\n|----------|--------|\n";

#[test]
fn a_change_request_has_the_differences_the_passages_and_the_report() {
    let passage = "acme: new prose, passage 1f2e in Limits: Limits are shared., line 7";
    let report = format!("acme: changed rocket: 60 -> 50\n{passage}\n");
    let body = change_request(&format!("{HEADER}| acme | lowered |\n"), &report);
    let (limits, rest) = body.split_once("## Passages to review").unwrap();
    let (passages, rest) = rest.split_once("## Report").unwrap();
    assert!(limits.contains("| acme | lowered |"), "{body}");
    assert!(passages.contains(passage) && !passages.contains("60 -> 50"), "{body}");
    assert!(rest.contains("60 -> 50"), "{body}");
}

#[test]
fn a_change_request_says_if_there_is_nothing_of_a_kind() {
    let body = change_request(HEADER, "acme: page + | model | rocket |\n");
    assert!(body.contains("No limit, name or policy differs.") && body.contains("\nNone.\n"), "{body}");
}

#[test]
fn a_long_change_request_is_cut_at_a_line_and_says_so() {
    let row = "| acme | lowered |\n";
    let body = change_request(&format!("{HEADER}{}", row.repeat(5000)), &"acme: file acme/limits.tsv\n".repeat(5000));
    assert!(body.len() < 65_536, "{}", body.len());
    assert_eq!(body.matches("(more in ").count(), 2, "{body}");
    let rows = body.lines().filter(|line| line.starts_with("| acme"));
    assert!(rows.clone().all(|line| line == row.trim_end()) && rows.count() > 1000, "{body}");
}

/// Runs `.ci/run` with a cargo that does nothing, and fails for the subcommand `fails`.
fn ci(fails: &str) -> (Output, String) {
    let folder = TempDir::new().unwrap();
    let bin = folder.path().join("bin");
    fs::create_dir_all(folder.path().join(".ci")).unwrap();
    fs::create_dir(&bin).unwrap();
    fs::copy(root().join(".ci/run"), folder.path().join(".ci/run")).unwrap();
    for (name, script) in
        [("cargo", format!("#!/bin/sh\n[ \"$1\" != {fails} ]\n")), ("rustc", "#!/bin/sh\n".to_owned())]
    {
        let path = bin.join(name);
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let output = Command::new("bash").arg(folder.path().join(".ci/run")).env("PATH", path).output().unwrap();
    let printed = text(&output.stdout);
    let times =
        printed.split_once("== times\n").unwrap_or_else(|| panic!("{printed}{}", text(&output.stderr))).1.to_owned();
    (output, times)
}

#[test]
fn ci_prints_the_time_of_each_part() {
    let (output, times) = ci("nothing");
    assert!(output.status.success(), "{times}");
    let parts: Vec<&str> = times.lines().map(|line| line.split_once(" s  ").unwrap().1).collect();
    let script = fs::read_to_string(root().join(".ci/run")).unwrap();
    let named = script.lines().filter_map(|line| line.strip_prefix("part "));
    let named = named.map(|rest| match rest.strip_prefix('\'') {
        Some(quoted) => quoted.split_once('\'').unwrap().0,
        None => rest.split_once(' ').unwrap().0,
    });
    let expected: Vec<&str> = named.chain(["in total (budget: 40 min)"]).collect();
    assert!(parts.len() > 10 && parts == expected, "{parts:?}\n{expected:?}");
}

#[test]
fn ci_stops_at_a_part_that_fails_and_prints_the_times_until_then() {
    let (output, times) = ci("doc");
    assert_eq!(output.status.code(), Some(1), "{times}");
    let parts: Vec<&str> = times.lines().map(|line| line.split_once(" s  ").unwrap().1).collect();
    let expected = ["format", "lints", "generated files", "documentation: failed", "in total (budget: 40 min)"];
    assert_eq!(parts, expected);
}
