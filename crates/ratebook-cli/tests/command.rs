//! The command on the frozen catalog: output on a pipe, exit codes, and messages.

use std::fs;
use std::process::{Command, Output};

fn ratebook(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ratebook")).args(args).output().unwrap()
}

fn stdout(args: &[&str]) -> String {
    let output = ratebook(args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Returns the message of a command that fails with exit code 2 and no output.
fn refusal(args: &[&str]) -> String {
    let output = ratebook(args);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{args:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn each_line_of_json_has_exactly_the_stable_fields() {
    let fields = [
        "provider",
        "region",
        "plan",
        "kind",
        "name",
        "alias_of",
        "metric",
        "amount",
        "per",
        "pool",
        "status",
        "retired_on",
        "evidence",
        "line",
        "deployment",
        "mode",
        "context",
        "window_seconds",
        "bound",
        "page",
        "section",
        "partial",
        "members",
    ];
    let optional = ["ramp", "weight", "factor", "until"];
    let text = stdout(&["list", "--json"]);
    assert!(text.lines().count() > 300);
    for line in text.lines() {
        let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line).unwrap();
        let found: Vec<&str> = object.keys().map(String::as_str).filter(|name| !optional.contains(name)).collect();
        assert!(fields.iter().all(|name| found.contains(name)) && found.len() == fields.len(), "{line}");
        let amount = &object["amount"];
        let words = ["unlimited", "custom", "not-offered", "elsewhere", "100-200"];
        assert!(amount.is_u64() || words.iter().any(|word| amount == word), "{line}");
    }
}

#[test]
fn a_limit_is_listed_under_its_name_and_under_each_alias() {
    insta::assert_snapshot!(stdout(&["list", "--json", "--model", "qwen-max-0125", "--region", "international"]));
}

#[test]
fn a_growing_limit_also_has_its_ramp() {
    insta::assert_snapshot!(stdout(&[
        "list",
        "--json",
        "--provider",
        "fireworks",
        "--model",
        "*",
        "--metric",
        "output_tokens"
    ]));
}

#[test]
fn retired_models_have_no_region_and_the_day_of_retirement() {
    insta::assert_snapshot!(stdout(&["list", "--json", "--model", "qwen1.5-7b-chat"]));
}

#[test]
fn filters_narrow_the_list_together() {
    insta::assert_snapshot!(stdout(&["list", "--provider", "castai", "--plan", "starter"]));
    assert_eq!(stdout(&["list", "--provider", "castai", "--metric", "gpus"]).lines().count(), 1, "the header alone");
}

#[test]
fn show_prints_the_rule_and_every_governing_limit() {
    let shown = [
        stdout(&["show", "fireworks", "llama-v3p1-405b-instruct", "--plan", "tier-2"]),
        stdout(&["show", "castai", "qwen3-coder-next", "--plan", "growth"]),
        stdout(&["show", "castai", "llama-3.3-70b"]),
        stdout(&["show", "cloudflare", "@cf/meta/llama-3-8b-instruct", "--task", "text-generation"]),
        stdout(&["show", "alibaba", "qwen-plus-0112", "--region", "china-mainland"]),
        stdout(&["show", "alibaba", "qwen1.5-7b-chat"]),
    ];
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn show_names_deployments_pages_and_what_is_open() {
    let shown = [
        stdout(&["show", "acme", "orbit"]),
        stdout(&["show", "acme", "acme/rocket:batch", "--plan", "tier-1"]),
        stdout(&["show", "acme", "flagship", "--plan", "tier-2"]),
        stdout(&["show", "acme", "listener", "--mode", "pre-recorded"]),
        stdout(&["show", "acme", "comet-4-large"]),
        stdout(&["show", "acme", "unheard-of", "--endpoint", "POST /v1/embeddings"]),
        stdout(&["show", "acme", "unheard-of", "--endpoint", "POST /v1/embedings", "--plan", "tier-1"]),
    ];
    insta::assert_snapshot!(shown.join("\n"));
    insta::assert_snapshot!("json_of_a_shared_pool", stdout(&["list", "--json", "--model", "nova-large"]));
}

#[test]
fn show_without_a_region_shows_each_region_that_has_the_model() {
    let text = stdout(&["show", "alibaba", "wan2.6-t2i", "--json"]);
    let answer: serde_json::Value = serde_json::from_str(&text).unwrap();
    let regions: Vec<&str> =
        answer["resolutions"].as_array().unwrap().iter().filter_map(|r| r["region"].as_str()).collect();
    assert_eq!(regions, ["china-mainland", "global", "international"]);
}

#[test]
fn unknown_names_exit_with_2_and_the_nearest_names() {
    let refusals = [
        refusal(&["list", "--provider", "alibabba"]),
        refusal(&["list", "--model", "qwen-pluss"]),
        refusal(&["list", "--metric", "token"]),
        refusal(&["list", "--region", "europe"]),
        refusal(&["list", "--provider", "castai", "--plan", "tier-1"]),
        refusal(&["show", "alibaba", "qwen-pls"]),
        refusal(&["show", "castai", "llama-3.3-70b", "--plan", "growht"]),
        refusal(&["show", "cloudflare", "@cf/microsoft/phi-3"]),
        refusal(&["show", "cloudflare", "x", "--task", "text-generatoin"]),
        refusal(&["show", "umbra", "eclipse-1"]),
        refusal(&["show", "acme", "orbit", "--deployment", "global"]),
    ];
    insta::assert_snapshot!(refusals.concat());
}

#[test]
fn a_pipe_closed_early_is_not_a_failure() {
    use std::process::Stdio;
    let mut child = Command::new(env!("CARGO_BIN_EXE_ratebook"))
        .args(["list", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A catalog that no build has, and a file of it with an error in line 4.
#[test]
fn a_catalog_of_a_path_is_listed_and_shown() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("limits.tsv");
    let path = file.to_str().unwrap();
    let lines = [
        "@provider\tnova",
        "@plan\tcomet\t-\t-",
        "plan\tkind\tname\tmetric\tper\tamount",
        "comet\tmodel\tprobe\trequests\tminute\t60",
    ];
    std::fs::write(&file, lines.join("\n")).unwrap();
    let listed = stdout(&["list", "--catalog", path, "--plan", "Comet", "--json"]);
    assert!(listed.contains("\"provider\":\"nova\"") && listed.lines().count() == 1, "{listed}");
    let shown = stdout(&["show", "--catalog", path, "nova", "probe", "--plan", "comet"]);
    assert!(shown.contains("exact name") && shown.contains("60"), "{shown}");
    let unknown = refusal(&["show", "--catalog", path, "groq", "probe"]);
    assert!(unknown.contains("unknown provider `groq`") && unknown.contains("nova"), "{unknown}");
    std::fs::write(&file, lines.join("\n").replace("60", "sixty")).unwrap();
    let broken = refusal(&["list", "--catalog", path]);
    assert!(broken.contains("limits.tsv:4: amount: unknown amount `sixty`"), "{broken}");
}

#[test]
fn a_path_that_is_not_there_exits_with_2_and_the_nearest_paths() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("rates/groq")).unwrap();
    fs::create_dir_all(folder.path().join("notes")).unwrap();
    for (missing, nearest) in [("rats", "rates"), ("rates/grok", "rates/groq")] {
        let (path, nearest) = (folder.path().join(missing), folder.path().join(nearest));
        let (path, nearest) = (path.to_str().unwrap(), nearest.to_str().unwrap());
        for args in [&["list", "--catalog", path][..], &["diff", path, "HEAD"]] {
            let message = refusal(args);
            assert!(
                message.contains(&format!("`{path}`; the nearest names are ")) && message.contains(nearest),
                "{message}"
            );
        }
    }
}
