//! What calls count as.

use ratebook_limiter::{Cost, ManualClock, Usage};

use super::{acme, admitted, model, never, seconds, waits};

#[test]
fn each_quantity_is_counted_over_its_window() {
    let one = Cost::request();
    // elevenlabs, mistral, perplexity, baseten: characters, pages, units of search, uncached tokens.
    let cases = [
        ("meter", one.characters(1_000), 60, "1000 characters per 60s"),
        ("meter", one.pages(100), 60, "100 pages per 60s"),
        ("meter", one.chunks(500), 60, "500 chunks per 60s"),
        ("meter", one.query_units(50), 1, "50 query_units per 1s"),
        ("meter", one.videos(3), 18_000, "3 videos per 18000s"),
        ("meter", one.input(1_000).output(3_000), 60, "4000 uncached_tokens per 60s"),
        ("meter", one.input(3_000), 60, "3000 uncached_input_tokens per 60s"),
        // stability, rest-api-v2beta_rate-limiting_excerpt.md.
        ("painter", one.images(5), 60, "5 images per 60s"),
        ("painter", one.requests(150), 10, "150 requests per 10s"),
        // groq, rate-limits.md.
        ("listener", one.audio_seconds(7_200), 3_600, "7200 audio_seconds per 3600s"),
        // gemini: spend in ten minutes.
        ("painter", one.micro_usd(5_000_000), 600, "5 spend_usd per 600s"),
    ];
    for (name, cost, window, limit) in cases {
        let (clock, model) = model(name);
        drop(model.try_acquire(cost).unwrap());
        assert_eq!(waits(&model, cost), (seconds(window), limit.to_owned()), "{name}");
        clock.advance(seconds(window).unwrap());
        assert_eq!(admitted(&model, cost), 1, "{limit}");
    }
}

/// cohere, rate-limits.mdx.
#[test]
fn the_inputs_of_an_endpoint_are_counted() {
    let clock = ManualClock::new();
    let account = acme(&clock).build().unwrap();
    let embeddings = account.model_builder("painter").endpoint("POST /v1/embeddings").build().unwrap();
    let cost = Cost::request().inputs(96);
    assert_eq!(admitted(&embeddings, cost), 20);
    assert_eq!(waits(&embeddings, cost).1, "2000 inputs per 60s");
    assert_eq!(never(&embeddings, cost.inputs(1_905)), "2000 inputs per 60s");
    assert!(account.model("painter").unwrap().try_acquire(cost).is_ok(), "another endpoint");
}

/// anthropic, rate-limits.md.
#[test]
fn cache_reads_do_not_count_and_cache_writes_do() {
    let (_, comet) = model("comet-4-large");
    let cost = Cost::request().input(2_000).cache_written_input(8_000).cached_input(500_000);
    assert_eq!(admitted(&comet, cost), 4);
    assert_eq!(waits(&comet, cost).1, "40000 uncached_and_written_input_tokens per 60s");
    assert_eq!(admitted(&comet, Cost::request().cached_input(1_000_000)), 46, "the rest of 50 requests");
}

#[test]
fn written_tokens_are_not_uncached_ones() {
    let (_, meter) = model("meter");
    let cost = Cost::request().input(300).cache_written_input(1_700);
    assert_eq!(admitted(&meter, cost), 2, "4000 uncached tokens");
    let (_, meter) = model("meter");
    meter
        .try_acquire(Cost::tokens(3_000))
        .unwrap()
        .settle(Usage::new().input(2_500).cache_written_input(2_400).output(0));
    assert_eq!(admitted(&meter, Cost::request().input(1_450)), 1, "100 of 3000 were used, and 2500 of 4000");
}

/// assemblyai, faq-concurrency-limits_glued.txt.
#[test]
fn a_session_is_opened_once_and_held_until_it_ends() {
    let clock = ManualClock::new();
    let listener = acme(&clock).build().unwrap().model_builder("listener").mode("streaming").build().unwrap();
    let session = Cost::request().sessions(1);
    let open: Vec<_> = (0..10).map(|_| listener.try_acquire(session).unwrap()).collect();
    assert_eq!(waits(&listener, session), (None, "10 concurrent_sessions".to_owned()));
    drop(open);
    assert_eq!(admitted(&listener, session), 90, "of 100 new sessions a minute");
    assert_eq!(waits(&listener, session), (seconds(60), "100 new_sessions per 60s".to_owned()));
}

/// openai, gpt-4.1.md; anthropic, rate-limits.md.
#[test]
fn a_batch_job_holds_its_place_in_the_queue_until_its_permit_ends() {
    let clock = ManualClock::new();
    let account = acme(&clock).plan("tier-1").build().unwrap();
    let batch = account.model_builder("rocket-1").mode("batch").build().unwrap();
    let job = Cost::request().queued(100, 60_000);
    assert_eq!(never(&batch, job.queued(0, 40_001)), "100000 queued_batch_tokens");
    assert_eq!(never(&batch, job.queued(301, 0)), "400 queued_batch_requests");
    let first = batch.try_acquire(job).unwrap();
    clock.advance(seconds(86_400).unwrap());
    assert_eq!(waits(&batch, job), (None, "100000 queued_batch_tokens".to_owned()));
    let small = batch.try_acquire(Cost::request().queued(300, 40_000)).unwrap();
    assert_eq!(waits(&batch, Cost::request().queued(1, 0)), (None, "400 queued_batch_requests".to_owned()));
    first.settle(Usage::new().input(60_000).output(9_000));
    let second = batch.try_acquire(job).unwrap();
    drop(small);
    second.cancel_unsent();
    assert!(batch.try_acquire(job.queued(300, 40_000)).is_ok(), "everything is free again");
    // A call that queues nothing does not wait for the queue.
    let _all = batch.try_acquire(Cost::request().queued(400, 100_000)).unwrap();
    assert!(batch.try_acquire(Cost::request()).is_ok());
}

#[test]
fn a_waiting_job_is_admitted_when_another_ends() {
    let clock = ManualClock::new();
    let account = acme(&clock).plan("tier-1").build().unwrap();
    let batch = account.model_builder("rocket-1").mode("batch").build().unwrap();
    let first = batch.try_acquire(Cost::request().queued(10, 90_000)).unwrap();
    let large = batch.enqueue_owned(Cost::request().queued(10, 80_000)).unwrap();
    let small = batch.enqueue_owned(Cost::request().queued(10, 5_000)).unwrap();
    let ratebook_limiter::Admission::Wait(wait, large) = large.poll_admission(None) else { panic!("no room") };
    assert_eq!(wait.delay(), None);
    let ratebook_limiter::Admission::Wait(_, small) = small.poll_admission(None) else { panic!("in order of arrival") };
    drop(first);
    assert!(matches!(large.poll_admission(None), ratebook_limiter::Admission::Granted(_)));
    assert!(matches!(small.poll_admission(None), ratebook_limiter::Admission::Granted(_)));
}

#[test]
fn quotas_of_new_metrics_need_no_catalog() {
    use ratebook_limiter::{Account, Quota};
    let clock = ManualClock::new();
    let account = Account::custom("studio")
        .limit(Quota::images(4).per_minute())
        .limit(Quota::characters(100).per_minute())
        .limit(Quota::queued_requests(10))
        .limit(Quota::queued_tokens(500))
        .clock(clock.clock());
    let studio = account.build().unwrap().model("any").unwrap();
    assert_eq!(admitted(&studio, Cost::request().images(2)), 2);
    assert_eq!(waits(&studio, Cost::request().images(1)), (seconds(60), "4 images per 60s".to_owned()));
    assert_eq!(admitted(&studio, Cost::request().characters(50)), 2);
    assert_eq!(never(&studio, Cost::request().queued(11, 0)), "10 queued_batch_requests");
    assert_eq!(never(&studio, Cost::request().queued(0, 501)), "500 queued_batch_tokens");
}
