//! Tests of the refresh: determinism, no silent losses, and the dates of a reading.

mod support;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;

use ratebook_refresh::{ChangeKind, Fetcher, Options, Origin, RefreshError, Silent, State, refresh};
use ratebook_source::Amount;
use support::{CASTAI, CLOUDFLARE, Catalog, day, files, notes, one, run};

/// Starts a server that sends a page to every connection. Returns its URL.
fn serve(page: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/limits", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut connection in listener.incoming().flatten() {
            let _ = connection.read(&mut [0; 4096]);
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/markdown\r\nconnection: close\r\n";
            let _ = connection.write_all(format!("{head}content-length: {}\r\n\r\n{page}", page.len()).as_bytes());
        }
    });
    url
}

/// Returns a URL that refuses connections.
fn closed_address() -> String {
    format!("http://{}/", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap())
}

#[test]
fn the_same_page_gives_the_same_bytes() {
    let (one, other) = (Catalog::refreshed(), Catalog::refreshed());
    assert_eq!(one.files(), other.files());
    let names: Vec<_> = one.files().into_keys().filter(|name| name.starts_with("castai")).collect();
    let expected = [
        "aside.tsv",
        "limits.tsv",
        "lines.tsv",
        "names.tsv",
        "pages/main.md",
        "policy.toml",
        "policy.tsv",
        "recipe.toml",
    ];
    assert_eq!(names, expected.map(|name| format!("castai/{name}")));
}

#[test]
fn a_second_run_writes_nothing_on_any_day() {
    let catalog = Catalog::refreshed();
    let before = catalog.files();
    let written = || fs::metadata(catalog.source().join("castai/limits.tsv")).unwrap().modified().unwrap();
    let at = written();
    for today in [1, 9] {
        let report = catalog.refresh(today);
        assert_eq!(catalog.states(&report), [State::Unchanged, State::Unchanged]);
        assert!(report.providers.iter().all(|provider| provider.changes.is_empty() && provider.files.is_empty()));
        assert_eq!((catalog.files(), written()), (before.clone(), at));
    }
}

#[test]
fn a_refresh_from_the_fact_pages_gives_the_same_bytes_as_the_refresh_that_wrote_it() {
    let catalog = Catalog::refreshed();
    let before = catalog.files();
    let report = catalog.offline(9);
    assert_eq!(catalog.states(&report), [State::Unchanged, State::Unchanged], "{:?}", report.providers);
    assert_eq!(catalog.files(), before);
}

#[test]
fn every_form_of_a_page_states_the_same_limits() {
    for extension in ["html", "txt"] {
        let catalog = Catalog::refreshed();
        let fixture =
            format!("{}/../ratebook-ingest/tests/fixtures/castai/page.{extension}", env!("CARGO_MANIFEST_DIR"));
        fs::remove_file(catalog.pages().join("castai.md")).unwrap();
        catalog.save(&format!("castai.{extension}"), &fs::read_to_string(fixture).unwrap());
        let report = catalog.refresh(2);
        let castai = one(&report, "castai");
        // Flattened text runs two numbers together, which splits in two ways.
        let is_inferred = |text: &String| text.contains("(inferred; or ");
        let only_inferred = castai.changes.iter().all(|change| change.after.as_ref().is_some_and(is_inferred));
        assert_eq!(
            (only_inferred, castai.changes.len()),
            (true, if extension == "txt" { 2 } else { 0 }),
            "{extension}"
        );
        assert!(notes(castai).contains("formerly markdown"), "{}", notes(castai));
    }
}

#[test]
fn a_changed_number_is_one_changed_limit_and_one_changed_row() {
    let catalog = Catalog::refreshed();
    catalog.save("cloudflare.md", &CLOUDFLARE.replace("is 150 requests", "is 175 requests"));
    let report = catalog.refresh(4);
    let cloudflare = one(&report, "cloudflare");
    let [change] = cloudflare.changes.as_slice() else { panic!("{:?}", cloudflare.changes) };
    assert_eq!(
        (change.kind, change.before.as_deref(), change.after.as_deref()),
        (ChangeKind::Changed, Some("150"), Some("175"))
    );
    let line = CLOUDFLARE.lines().position(|line| line.contains("14b-chat-awq")).unwrap() as u32 + 1;
    assert_eq!(change.line, Some(line));
    assert_eq!(cloudflare.page_changes.len(), 2, "{:?}", cloudflare.page_changes);
    assert!(cloudflare.page_changes.iter().all(|change| change.ends_with(&format!("line {line}"))));
    assert_eq!(cloudflare.files, ["cloudflare/pages/main.md", "cloudflare/limits.tsv"]);
    assert_eq!(one(&report, "castai").state, State::Unchanged);

    let source = catalog.parsed("cloudflare");
    let page = source.main_page().unwrap();
    assert_eq!((page.read, page.date), (Some(day(4)), None));
    for limit in &source.limits {
        let expected = if limit.amount == Amount::Count(175) { day(4) } else { day(1) };
        assert_eq!(limit.changed, Some(expected), "{}", limit.name);
    }
}

#[test]
fn a_change_of_the_page_without_a_changed_limit_is_reported() {
    let catalog = Catalog::refreshed();
    catalog.save("cloudflare.md", &CLOUDFLARE.replace("## By task type", "## By type of task"));
    let report = catalog.refresh(4);
    let cloudflare = one(&report, "cloudflare");
    assert_eq!((cloudflare.state, cloudflare.changes.len()), (State::Changed, 0));
    assert!(cloudflare.page_changes.iter().any(|change| change.starts_with("+ ## By type of task, line")));
}

#[test]
fn a_changed_policy_is_reported_and_is_not_a_new_reading() {
    let catalog = Catalog::refreshed();
    let path = catalog.source().join("castai/policy.toml");
    let text = fs::read_to_string(&path).unwrap().replace("acceleration_limit = false", "acceleration_limit = true");
    fs::write(&path, text).unwrap();
    let report = catalog.offline(5);
    let castai = one(&report, "castai");
    let changes: Vec<_> =
        castai.changes.iter().map(|change| (change.subject.as_str(), change.after.as_deref())).collect();
    assert_eq!((castai.state, changes), (State::Changed, vec![("policy: acceleration-limit", Some("yes"))]));
    assert_eq!(castai.files, ["castai/policy.tsv"]);
    assert_eq!(catalog.parsed("castai").main_page().unwrap().read, Some(day(1)));
}

#[test]
fn an_invalid_policy_is_an_error_of_its_provider_alone() {
    let catalog = Catalog::new();
    fs::write(catalog.source().join("castai/policy.toml"), "scope = \"account\"\nburst = 5\n").unwrap();
    let report = catalog.refresh(1);
    assert_eq!(catalog.states(&report), [State::Failed, State::Changed]);
    let message = notes(one(&report, "castai"));
    let file = Path::new("castai").join("policy.toml").display().to_string();
    assert!(message.contains(&file) && message.contains("burst"), "{message}");
}

#[test]
fn a_fetch_of_an_unchanged_page_changes_only_the_day_of_the_check() {
    let catalog = Catalog::refreshed();
    let before = catalog.parsed("cloudflare");
    let report = catalog.fetch(&serve(CLOUDFLARE), 7);
    assert_eq!((one(&report, "cloudflare").state, report.has_changes()), (State::Unchanged, false));
    let mut after = catalog.parsed("cloudflare");
    assert_eq!(after.main_page().unwrap().checked, Some(day(7)));
    after.pages[0].checked = before.pages[0].checked;
    assert_eq!(after, before);
}

#[test]
fn a_check_writes_nothing_and_ignores_a_new_day_of_the_check() {
    let catalog = Catalog::refreshed();
    let before = catalog.files();
    let check = |page: &str| {
        catalog.save("cloudflare.md", page);
        run(&Options { check: true, ..catalog.options(7) })
    };
    assert!(!check(CLOUDFLARE).has_changes());
    let report = check(&CLOUDFLARE.replace("is 150 requests", "is 175 requests"));
    assert!(report.has_changes());
    assert_eq!(one(&report, "cloudflare").files, ["cloudflare/pages/main.md", "cloudflare/limits.tsv"]);
    let moved = check(&CLOUDFLARE.replace("# Limits of Workers AI", "\n# Limits of Workers AI"));
    assert!(moved.has_changes(), "lines of the page moved");
    let fetcher = Fetcher { https_only: false, ..Fetcher::default() };
    let origin = Origin::Fetch { fetcher, urls: vec![("cloudflare".into(), serve(CLOUDFLARE))] };
    let fetched = Options { check: true, origin, providers: vec!["cloudflare".into()], ..catalog.options(7) };
    assert!(!run(&fetched).has_changes());
    assert_eq!(catalog.files(), before);
}

#[test]
fn an_unavailable_page_keeps_its_last_reading_and_fails_only_a_strict_refresh() {
    let catalog = Catalog::refreshed();
    let before = catalog.files();
    let report = catalog.fetch(&closed_address(), 3);
    assert_eq!(one(&report, "cloudflare").state, State::Unavailable);
    assert!(notes(one(&report, "cloudflare")).contains("the last reading is kept"));
    assert!(report.is_success(false) && !report.is_success(true));
    assert_eq!(catalog.files(), before);
}

#[test]
fn an_unavailable_page_without_a_last_reading_is_a_failure() {
    let report = Catalog::new().fetch(&closed_address(), 3);
    assert_eq!(one(&report, "cloudflare").state, State::Failed);
    assert!(notes(one(&report, "cloudflare")).contains("no last reading to keep"));
}

#[test]
fn an_unreadable_page_is_a_failure_of_its_provider_alone() {
    let catalog = Catalog::refreshed();
    let before = catalog.files();
    catalog.save("castai.md", &CASTAI.replace("| RPM |", "| Widgets |"));
    catalog.save("cloudflare.md", &CLOUDFLARE.replace("is 150 requests", "is 175 requests"));
    let report = catalog.refresh(2);
    assert_eq!(catalog.states(&report), [State::Failed, State::Changed]);
    assert!(!report.is_success(false));
    assert!(
        one(&report, "castai").errors.iter().any(|error| error.line.is_some() && error.message.contains("Widgets"))
    );
    let castai = |files: std::collections::BTreeMap<String, Vec<u8>>| -> Vec<_> {
        files.into_iter().filter(|(name, _)| name.starts_with("castai")).collect()
    };
    assert_eq!(castai(catalog.files()), castai(before));
}

#[test]
fn invalid_utf8_is_an_error_with_its_file() {
    let catalog = Catalog::refreshed();
    fs::write(catalog.pages().join("castai.md"), b"\xff\xfe6\x000\x00").unwrap();
    let report = catalog.refresh(2);
    assert_eq!(one(&report, "castai").state, State::Failed);
    assert!(notes(one(&report, "castai")).contains("castai.md: expected UTF-8"));
}

/// Returns Cloudflare's page with half of its tasks.
fn half_a_page() -> String {
    CLOUDFLARE.split("### [Text Classification]").next().unwrap().to_owned()
}

#[test]
fn a_large_loss_is_reported_and_refused_unless_accepted() {
    let catalog = Catalog::refreshed();
    let before = catalog.files();
    catalog.save("cloudflare.md", &half_a_page());
    let report = catalog.refresh(2);
    let cloudflare = one(&report, "cloudflare");
    assert_eq!((cloudflare.state, report.is_success(false)), (State::Refused, false));
    assert!(notes(cloudflare).contains("only 5 of 18 former entries remain") && notes(cloudflare).contains("--accept"));
    assert_eq!(cloudflare.count(ChangeKind::Removed), 13);
    assert_eq!(catalog.files(), before);

    let report = run(&Options { accept: true, ..catalog.options(2) });
    assert_eq!((one(&report, "cloudflare").state, one(&report, "cloudflare").entries), (State::Changed, 5));
    assert_eq!(catalog.parsed("cloudflare").limits.len(), 5);
}

#[test]
fn a_withdrawn_page_keeps_its_last_reading_until_it_states_limits_again() {
    let catalog = Catalog::refreshed();
    let before = catalog.parsed("castai");
    let page = fs::read(catalog.source().join("castai/pages/main.md")).unwrap();
    catalog.save("castai.md", "# Rate limits\n\nAI Enabler serves models. Ask us.\n");
    let report = catalog.refresh(5);
    assert!(notes(one(&report, "castai")).contains("withdrawn on 2026-03-05"), "{:?}", one(&report, "castai"));
    for today in [6, 7] {
        let report = if today == 6 { catalog.refresh(6) } else { catalog.offline(7) };
        assert_ne!(one(&report, "castai").state, State::Changed);
        let after = catalog.parsed("castai");
        assert_eq!((after.pages[0].withdrawn_on, &after.limits), (Some(day(5)), &before.limits));
        assert_eq!(fs::read(catalog.source().join("castai/pages/main.md")).unwrap(), page);
    }
    catalog.save("castai.md", CASTAI);
    let report = catalog.refresh(8);
    assert!(one(&report, "castai").changes.iter().any(|change| change.subject.starts_with("withdrawn on")));
    assert_eq!(catalog.parsed("castai").pages[0].withdrawn_on, None);
}

#[test]
fn the_next_refresh_completes_an_interrupted_one() {
    let (old, new) = (Catalog::refreshed(), Catalog::refreshed());
    let page = CLOUDFLARE.replace("is 150 requests", "is 175 requests").replace("# Limits of", "\n# Limits of");
    new.save("cloudflare.md", &page);
    new.refresh(2);
    let written: Vec<_> = new.files().into_iter().filter(|(name, text)| old.files()[name] != *text).collect();
    assert_eq!(written.len(), 3);
    // Each file is either old or new, for every set of files that were replaced before the interruption.
    for replaced in 0..8_usize {
        let stopped = Catalog::refreshed();
        stopped.save("cloudflare.md", &page);
        for (at, (name, text)) in written.iter().enumerate().filter(|(at, _)| replaced >> at & 1 == 1) {
            fs::write(stopped.source().join(name), text).unwrap_or_else(|error| panic!("{at}: {error}"));
        }
        let unfinished = stopped.source().join("cloudflare/.refresh-Ab12");
        fs::write(&unfinished, "# half a fi").unwrap();
        stopped.refresh(2);
        if replaced != 7 {
            assert!(!unfinished.exists(), "temporary files are removed");
            assert_eq!(stopped.files(), new.files(), "replaced: {replaced:03b}");
        }
    }
}

#[test]
fn output_to_another_folder_is_compared_with_that_folder_and_leaves_the_catalog_unchanged() {
    let catalog = Catalog::refreshed();
    let before = catalog.files();
    let elsewhere = |today| Options { out: Some(catalog.out()), ..catalog.options(today) };
    run(&elsewhere(3));
    let generated: Vec<_> = before
        .iter()
        .filter(|(name, _)| !name.ends_with(".toml") && !name.ends_with("aside.tsv"))
        .map(|(name, text)| (name.clone(), text.clone()))
        .collect();
    assert_eq!(files(&catalog.out()).into_iter().collect::<Vec<_>>(), generated);

    catalog.save("cloudflare.md", &CLOUDFLARE.replace("is 150 requests", "is 175 requests"));
    assert_eq!(one(&run(&elsewhere(4)), "cloudflare").changes.len(), 1);
    assert_eq!(one(&run(&elsewhere(5)), "cloudflare").state, State::Unchanged);
    assert_eq!(catalog.files(), before);
}

#[test]
fn a_damaged_generated_file_is_an_error_or_a_warning_that_names_it() {
    let catalog = Catalog::refreshed();
    let limits = catalog.source().join("castai/limits.tsv");
    fs::write(&limits, "@provider\tcastai\n<<<<<<< ours\n").unwrap();
    fs::write(catalog.source().join("cloudflare/lines.tsv"), "<<<<<<< ours\n").unwrap();
    let report = catalog.refresh(2);
    assert!(notes(one(&report, "castai")).contains("limits.tsv: line 2"), "{}", notes(one(&report, "castai")));
    assert!(notes(one(&report, "cloudflare")).contains("the file is written again"));
    assert_eq!(catalog.states(&report), [State::Failed, State::Changed]);
    assert!(catalog.parsed("cloudflare").limits.iter().all(|limit| limit.line.is_some()));
}

#[test]
fn an_unknown_provider_is_an_error_that_lists_the_known_ones() {
    let catalog = Catalog::new();
    let options = Options { providers: vec!["openal".into()], ..catalog.options(1) };
    let error = refresh(&options, &Silent).unwrap_err();
    assert!(matches!(error, RefreshError::UnknownProvider { .. }));
    assert_eq!(error.to_string(), "unknown provider `openal`: expected one of castai, cloudflare");
}

#[test]
fn a_missing_folder_is_an_error_that_names_it() {
    let catalog = Catalog::new();
    let gone = catalog.pages().join("gone");
    let from = refresh(&Options { origin: Origin::From(gone.clone()), ..catalog.options(1) }, &Silent);
    assert!(from.unwrap_err().to_string().contains("gone"));
    let into = refresh(&Options { catalog: gone, ..catalog.options(1) }, &Silent);
    assert!(matches!(into.unwrap_err(), RefreshError::NoCatalog(_)));
}

#[test]
fn two_files_of_one_provider_are_an_error_that_names_both() {
    let catalog = Catalog::new();
    catalog.save("castai.html", "<p>x</p>");
    let report = catalog.refresh(1);
    let message = notes(one(&report, "castai"));
    assert_eq!(one(&report, "castai").state, State::Failed);
    assert!(message.contains("castai.html") && message.contains("castai.md"), "{message}");
}

#[test]
fn a_missing_file_is_an_error_if_requested_and_a_warning_otherwise() {
    let catalog = Catalog::new();
    fs::remove_file(catalog.pages().join("castai.md")).unwrap();
    assert_eq!(one(&catalog.refresh(1), "castai").state, State::Failed);
    let report = run(&Options { providers: Vec::new(), ..catalog.options(1) });
    assert_eq!(one(&report, "castai").state, State::Unavailable);
    assert!(notes(one(&report, "castai")).contains("skipped"));
    assert!(report.is_success(false));
}

/// Returns a report with changes, warnings and errors.
fn eventful() -> ratebook_refresh::Report {
    let catalog = Catalog::refreshed();
    catalog.save("castai.md", "\n");
    let page =
        CLOUDFLARE.replace("is 150 requests", "is 175 requests").replace("@cf/microsoft/phi-2", "@cf/microsoft/phi-3");
    catalog.save("cloudflare.md", &page);
    let mut report = catalog.refresh(2);
    let root = format!("{}{}", catalog.pages().display(), std::path::MAIN_SEPARATOR);
    for provider in &mut report.providers {
        provider.from = provider.from.replace(&root, "");
        provider.pages.iter_mut().for_each(|page| page.from = page.from.replace(&root, ""));
        provider.errors.iter_mut().for_each(|error| error.message = error.message.replace(&root, ""));
    }
    report
}

#[test]
fn the_report_as_text() {
    insta::assert_snapshot!(ratebook_refresh::render(&eventful(), None));
}

#[test]
fn the_report_as_json() {
    insta::assert_snapshot!(serde_json::to_string_pretty(&eventful()).unwrap());
}
