//! Help, completions, man pages and colors.

use std::fs;
use std::process::{Command, Output};

fn ratebook(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ratebook")).args(args).env_remove("NO_COLOR").output().unwrap()
}

fn stdout(args: &[&str]) -> String {
    let output = ratebook(args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

const SUBCOMMANDS: [&str; 5] = ["list", "show", "diff", "completions", "man"];

#[test]
fn help_fits_80_columns_and_documents_the_exit_codes() {
    let mut texts = vec![stdout(&["--help"])];
    texts.extend(SUBCOMMANDS.map(|subcommand| stdout(&[subcommand, "--help"])));
    for text in &texts {
        assert!(text.contains("Exit codes:\n  0  "), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn every_shell_has_completions_of_every_subcommand() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let text = stdout(&["completions", shell]);
        for word in SUBCOMMANDS.iter().chain(&["--provider", "--summary"]) {
            let word = if shell == "fish" { word.trim_start_matches('-') } else { word };
            assert!(text.contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn each_subcommand_has_a_man_page() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("man1");
    assert_eq!(stdout(&["man", dir.to_str().unwrap()]), "");
    let mut names: Vec<_> =
        fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let mut expected: Vec<_> = SUBCOMMANDS.iter().map(|name| format!("ratebook-{name}.1")).collect();
    expected.push("ratebook.1".to_owned());
    expected.sort();
    assert_eq!(names, expected);
    let page = fs::read_to_string(dir.join("ratebook-diff.1")).unwrap();
    assert!(page.contains("the catalogs are equal") && page.contains("OLD"), "{page}");
}

#[test]
fn a_folder_of_man_pages_that_cannot_be_created_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let output = ratebook(&["man", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("file"));
}

#[test]
fn a_pipe_is_colored_only_on_request() {
    let args = ["list", "--provider", "castai", "--plan", "starter"];
    let plain = stdout(&args);
    assert!(!plain.contains('\u{1b}'));
    assert_eq!(stdout(&[&args[..], &["--color", "never"]].concat()), plain);
    let colored = stdout(&[&args[..], &["--color", "always"]].concat());
    assert!(colored.starts_with("\u{1b}[1mprovider\t"), "{colored}");
    assert_eq!(colored.replace("\u{1b}[1m", "").replace("\u{1b}[0m", ""), plain);
}

#[test]
fn unknown_words_of_the_command_line_exit_with_2_and_the_nearest_word() {
    for (args, nearest) in [
        (&["lst"][..], "list"),
        (&["list", "--providr", "x"], "--provider"),
        (&["completions", "bsh"], "bash"),
        (&["--color", "alway", "list"], "always"),
    ] {
        let output = ratebook(args);
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(message.contains("tip: a similar") && message.contains(nearest), "{message}");
    }
}

#[test]
fn help_and_errors_of_usage_are_colored_on_request() {
    let escape = '\u{1b}';
    for args in [["--color=always", "--help"], ["--help", "--color=always"]] {
        assert!(stdout(&args[..]).contains(escape), "{args:?}");
    }
    assert!(stdout(&["list", "--help", "--color", "always"]).contains(escape));
    assert!(!stdout(&["--color", "never", "--help"]).contains(escape));
    let error = |color| String::from_utf8(ratebook(&["--color", color, "lst"]).stderr).unwrap();
    assert!(error("always").contains(escape) && !error("never").contains(escape));
}
