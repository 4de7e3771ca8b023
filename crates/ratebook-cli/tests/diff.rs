//! `ratebook diff`: folders, files, git revisions, files of version 1, exit codes and messages.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

const HEADER: &str = "plan\tkind\tname\tmetric\tper\tamount\tpool\tretired_on";

/// Writes the provider `acme` with these limits: `plan name amount retired_on`.
fn write(folder: &Path, limits: &[[&str; 4]], policy: &str) {
    let acme = folder.join("acme");
    fs::create_dir_all(&acme).unwrap();
    let lines = limits.iter().map(|[plan, name, amount, retired_on]| {
        format!("{plan}\tmodel\t{name}\trequests\tminute\t{amount}\tmodel\t{retired_on}\n")
    });
    let text = format!("@format\t2\n@provider\tacme\n{HEADER}\n{}", lines.collect::<String>());
    fs::write(acme.join("limits.tsv"), text).unwrap();
    fs::write(acme.join("names.tsv"), "alias\trocket\trocket-latest\n").unwrap();
    fs::write(acme.join("policy.tsv"), policy).unwrap();
}

/// Two catalogs, `old` and `new`, in a folder of their own. `other` has no limits in `old`.
fn catalogs() -> TempDir {
    let folder = TempDir::new().unwrap();
    let (old, new) = (folder.path().join("old"), folder.path().join("new"));
    let before = [
        ["free", "comet", "10", "-"],
        ["free", "rocket", "60", "-"],
        ["paid", "orbit", "100", "-"],
        ["paid", "rocket", "600", "-"],
    ];
    write(&old, &before, "scope\taccount\nwindow\tunstated\n");
    let after = [
        ["-", "comet", "0", "2026-11-01"],
        ["free", "rocket", "50", "-"],
        ["paid", "rocket", "unlimited", "-"],
        ["paid", "shuttle", "5", "-"],
    ];
    write(&new, &after, "scope\tproject\nwindow\tunstated\n");
    let other = new.join("other");
    fs::create_dir(&other).unwrap();
    let text = "@format\t2\n@provider\tother\nkind\tname\tmetric\tper\tamount\tpool\nmodel\tx\tgpus\t-\t4\tmodel\n";
    fs::write(other.join("limits.tsv"), text).unwrap();
    folder
}

fn ratebook(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ratebook")).current_dir(folder).args(args).output().unwrap()
}

/// Returns the exit code and the output of a comparison that succeeds.
fn diff(folder: &Path, args: &[&str]) -> (i32, String) {
    let output = ratebook(folder, &[&["diff"], args].concat());
    assert!(output.stderr.is_empty(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

/// Returns the message of a comparison that fails with exit code 2 and no output.
fn refusal(folder: &Path, args: &[&str]) -> String {
    let output = ratebook(folder, &[&["diff"], args].concat());
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{args:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn git(folder: &Path, args: &[&str]) {
    let identity = ["-c", "user.name=acme", "-c", "user.email=acme@acme.example", "-c", "commit.gpgsign=false"];
    let output = Command::new("git").current_dir(folder).args(identity).args(args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry: PathBuf = entry.unwrap().path();
        let target = to.join(entry.file_name().unwrap());
        if entry.is_dir() {
            copy(&entry, &target);
        } else {
            fs::copy(&entry, &target).unwrap();
        }
    }
}

#[test]
fn every_kind_of_difference_is_listed_by_provider_and_exits_with_1() {
    let folder = catalogs();
    let (code, table) = diff(folder.path(), &["old", "new"]);
    assert_eq!(code, 1);
    insta::assert_snapshot!(table);
    let (code, summary) = diff(folder.path(), &["old", "new", "--summary"]);
    assert_eq!(code, 1);
    insta::assert_snapshot!("summary", summary);
    let (code, json) = diff(folder.path(), &["old", "new", "--json"]);
    assert_eq!((code, json.lines().count()), (1, table.lines().count() - 1), "one object per row");
    insta::assert_snapshot!("json", json);
    let (code, markdown) = diff(folder.path(), &["old", "new", "--markdown"]);
    assert_eq!(
        (code, markdown.lines().count()),
        (1, table.lines().count() + 1),
        "the table, with a line below its header"
    );
    assert!(markdown.lines().all(|line| line.starts_with('|') && line.ends_with('|')), "{markdown}");
    assert!(ratebook(folder.path(), &["diff", "old", "new", "--json", "--markdown"]).status.code() == Some(2));
}

#[test]
fn equal_catalogs_exit_with_0() {
    let folder = catalogs();
    assert_eq!(diff(folder.path(), &["old", "old"]), (0, "provider\tchange\twhat\tbefore\tafter\n".to_owned()));
    assert_eq!(diff(folder.path(), &["old", "old", "--json"]), (0, String::new()));
}

#[test]
fn one_provider_is_compared_with_its_counterpart_alone() {
    let folder = catalogs();
    let (_, all) = diff(folder.path(), &["old", "new"]);
    let acme: String = all.lines().filter(|line| !line.starts_with("other")).map(|line| format!("{line}\n")).collect();
    assert!(acme.len() < all.len());
    for args in [["old/acme", "new"], ["old", "new/acme"], ["old/acme", "new/acme"]] {
        assert_eq!(diff(folder.path(), &args), (1, acme.clone()), "{args:?}");
    }
    assert_eq!(diff(folder.path(), &["old", "new", "--provider", "ACME"]), (1, acme));
}

#[test]
fn a_file_of_limits_has_no_names_and_no_policy_to_compare() {
    let folder = catalogs();
    assert_eq!(diff(folder.path(), &["old/acme/limits.tsv", "old"]).0, 0);
    let (code, text) = diff(folder.path(), &["old", "new/acme/limits.tsv"]);
    assert_eq!((code, text.contains("policy"), text.contains("lowered")), (1, false, true));
}

#[test]
fn a_file_of_version_1_is_compared_with_today_s_form() {
    let folder = catalogs();
    let text = "@provider\tacme\n@url\t-\n@page-date\t-\n@read\t-\n@checked\t-\n@withdrawn-on\t-\n\
        region\tplan\tkind\tname\taliases\tmetric\tper\tamount\tcalls\tpool\tbound\tevidence\talternative\tramp\tretired_on\tchanged\n\
        -\tfree\tmodel\tcomet\t-\trequests\tminute\t10\tall\tmodel\thard\tstated\t-\t-\t-\t2026-01-01\n\
        -\tfree\tmodel\trocket\trocket-latest\trequests\tminute\t30\tall\tmodel\thard\tstated\t-\t-\t-\t2026-01-01\n";
    fs::write(folder.path().join("old.tsv"), text).unwrap();
    let (code, text) = diff(folder.path(), &["old.tsv", "old"]);
    assert_eq!(code, 1);
    let changes: Vec<_> = text.lines().skip(1).filter(|line| line.contains("per minute")).collect();
    assert_eq!(
        changes,
        [
            "acme\traised\tfree rocket requests per minute\t30\t60",
            "acme\tadded\tpaid orbit requests per minute\t-\t100",
            "acme\tadded\tpaid rocket requests per minute\t-\t600",
        ]
    );
}

#[test]
fn git_revisions_are_compared_with_each_other_and_with_folders() {
    let folder = catalogs();
    let root = folder.path();
    git(root, &["init", "--quiet"]);
    copy(&root.join("old"), &root.join("catalog-src"));
    git(root, &["add", "catalog-src"]);
    git(root, &["commit", "--quiet", "-m", "old"]);
    git(root, &["tag", "v0.1.0"]);
    copy(&root.join("new"), &root.join("catalog-src"));
    git(root, &["add", "catalog-src"]);
    git(root, &["commit", "--quiet", "-m", "new"]);
    let expected = diff(root, &["old", "new"]);
    for args in [["HEAD~1", "HEAD"], ["v0.1.0", "catalog-src"], ["v0.1.0:catalog-src", "new"], ["old", "HEAD"]] {
        assert_eq!(diff(root, &args), expected, "{args:?}");
    }
    let of_acme = diff(root, &["old/acme", "new/acme"]);
    assert_eq!(diff(root, &["v0.1.0:catalog-src/acme", "HEAD"]), of_acme);
    let limits = diff(root, &["old/acme/limits.tsv", "new/acme/limits.tsv"]);
    assert_eq!(diff(root, &["v0.1.0:catalog-src/acme/limits.tsv", "HEAD:catalog-src"]), limits);
    assert!(refusal(root, &["HEAD:nowhere", "HEAD"]).contains("nowhere"));
}

#[test]
fn what_cannot_be_read_exits_with_2_and_says_where() {
    let folder = catalogs();
    let root = folder.path();
    fs::create_dir(root.join("empty")).unwrap();
    copy(&root.join("new"), &root.join("bad"));
    let path = root.join("bad/acme/limits.tsv");
    fs::write(&path, fs::read_to_string(&path).unwrap().replace("unlimited", "~600")).unwrap();
    copy(&root.join("new/acme"), &root.join("twice/a"));
    copy(&root.join("new/acme"), &root.join("twice/b"));
    let refusals = [
        refusal(root, &["old", "nowhere"]),
        refusal(root, &["old", "empty"]),
        refusal(root, &["old", "bad"]),
        refusal(root, &["old", "twice"]),
        refusal(root, &["old", "new", "--provider", "acmee"]),
        refusal(root, &["--", "old", "--output=x"]),
    ];
    insta::assert_snapshot!(refusals.concat());
}
