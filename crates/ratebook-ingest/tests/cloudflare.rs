//! Cloudflare's page: limits in lists under headings of tasks.

#[allow(dead_code, reason = "each test binary uses a part of the support module")]
mod support;

use ratebook_source::{Bound, Kind, Pool};
use support::{diagnostics, edited, errors, fixture, limits, read, sorted};

const LIMITS: [&str; 18] = [
    "- | automatic-speech-recognition | 720 requests per minute",
    "- | image-classification | 3000 requests per minute",
    "- | image-to-text | 720 requests per minute",
    "- | object-detection | 3000 requests per minute",
    "- | summarization | 1500 requests per minute",
    "- | text-classification | 2000 requests per minute",
    "- | text-embeddings | 3000 requests per minute",
    "- | text-generation | 300 requests per minute",
    "- | text-to-image | 720 requests per minute",
    "- | translation | 720 requests per minute",
    "- | @cf/baai/bge-large-en-v1.5 | 1500 requests per minute",
    "- | @hf/thebloke/mistral-7b-instruct-v0.1-awq | 400 requests per minute",
    "- | @cf/microsoft/phi-2 | 720 requests per minute",
    "- | @cf/qwen/qwen1.5-0.5b-chat | 1500 requests per minute",
    "- | @cf/qwen/qwen1.5-1.8b-chat | 720 requests per minute",
    "- | @cf/qwen/qwen1.5-14b-chat-awq | 150 requests per minute",
    "- | @cf/tinyllama/tinyllama-1.1b-chat-v1.0 | 720 requests per minute",
    "- | @cf/runwayml/stable-diffusion-v1-5-img2img | 1500 requests per minute",
];

#[test]
fn the_page_states_these_limits() {
    assert_eq!(limits(&read("cloudflare", &fixture("cloudflare", "md"), "md")), sorted(&LIMITS));
}

#[test]
fn the_three_forms_of_the_page_give_the_same_limits() {
    support::assert_three_forms_agree("cloudflare");
}

#[test]
fn models_of_a_task_share_its_default_and_a_model_with_its_own_limit_has_its_own_pool() {
    let source = read("cloudflare", &fixture("cloudflare", "md"), "md").source;
    for limit in &source.limits {
        let pool = match limit.kind {
            Kind::Task => Pool::Group(format!("task:{}", limit.name)),
            _ => Pool::Model,
        };
        assert_eq!((&limit.pool, limit.bound), (&pool, Bound::Hard), "{}", limit.name);
    }
}

/// Returns a page of one task with a list.
fn page(list: &str) -> String {
    format!("# Limits\n\n## By task type\n\n### Text Generation\n\n{list}\n")
}

#[test]
fn every_wording_of_a_limit_is_read() {
    for words in [
        "@cf/a/b is 20 requests per minute",
        "@cf/a/b - 20 reqs/min",
        "@cf/a/b: 20 requests/minute.",
        "@cf/a/b is 20/min",
    ] {
        let reading = read("cloudflare", &page(&format!("- 300 requests per minute\n- {words}")), "md");
        assert_eq!(diagnostics(&reading), "", "{words}");
        assert_eq!(
            limits(&reading),
            ["- | @cf/a/b | 20 requests per minute", "- | text-generation | 300 requests per minute"],
            "{words}"
        );
    }
}

#[test]
fn a_deeper_heading_keeps_the_task() {
    let list = "- 300 requests per minute\n\n#### Small models\n\n- @cf/a/b is 20 requests per minute";
    let reading = read("cloudflare", &page(list), "md");
    assert_eq!(diagnostics(&reading), "");
    assert!(limits(&reading).contains(&"- | @cf/a/b | 20 requests per minute".to_owned()));
}

#[test]
fn bold_labels_name_tasks_where_no_heading_does() {
    let text = "# Limits\n\n## By task type\n\n**Text Generation**\n\n- 300 requests per minute\n\n**Translation**\n\n- 720 requests per minute\n";
    let reading = read("cloudflare", text, "md");
    assert_eq!(diagnostics(&reading), "");
    assert_eq!(
        limits(&reading),
        ["- | text-generation | 300 requests per minute", "- | translation | 720 requests per minute"]
    );
}

#[test]
fn a_missing_task_heading_is_an_error() {
    for extension in ["md", "html", "txt"] {
        let heading = match extension {
            "md" => "### [Summarization](/models/#summarization)\n",
            "html" => "<h3><a href=\"/models/#summarization\">Summarization</a></h3>",
            _ => "Summarization\n",
        };
        assert!(edited("cloudflare", extension, heading, "").has_errors(), "{extension}");
    }
    insta::assert_snapshot!(diagnostics(&edited("cloudflare", "txt", "Summarization\n", "")));
}

#[test]
fn a_task_without_default_is_a_warning() {
    let reading = read("cloudflare", &page("- @cf/a/b is 20 requests per minute"), "md");
    assert_eq!(errors(&reading), Vec::<String>::new());
    assert!(diagnostics(&reading).contains("no default"));
}

#[test]
fn a_model_stated_twice_is_a_warning_with_one_value_and_an_error_with_two() {
    let list = |second: u32| {
        page(&format!(
            "- 300 requests per minute\n- @cf/a/b is 20 requests per minute\n\n### Translation\n\n- 720 requests per minute\n- @cf/a/b is {second} requests per minute"
        ))
    };
    let (same, other) = (read("cloudflare", &list(20), "md"), read("cloudflare", &list(30), "md"));
    assert!(!same.has_errors() && diagnostics(&same).contains("is stated twice"));
    assert!(other.has_errors());
}

#[test]
fn a_table_is_an_error_that_names_its_columns() {
    let text = "# Limits\n\n| Task | Free | Paid |\n|---|---|---|\n| Text Generation | 300 | 1500 |\n";
    let reading = read("cloudflare", text, "md");
    assert!(reading.has_errors() && !reading.withdrawn);
    insta::assert_snapshot!(diagnostics(&reading));
}

#[test]
fn a_typo_in_a_number_is_an_error() {
    for typo in ["-1 80 reqs/min", "7x0 requests per minute", "about 300 tokens"] {
        let reading = read("cloudflare", &page(&format!("- 300 requests per minute\n- @cf/a/b - {typo}")), "md");
        assert!(reading.has_errors(), "{typo}: {}", diagnostics(&reading));
        assert_eq!(reading.source.limits.len(), 1, "{typo}");
    }
}

#[test]
fn a_page_without_lists_is_an_error() {
    for (text, extension) in
        [("# Limits\n\nSee the console.\n", "md"), ("<html><body><div id=app></div></body></html>", "html")]
    {
        assert!(read("cloudflare", text, extension).has_errors(), "{text}");
    }
}
