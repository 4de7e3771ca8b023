//! What a program writes about its calls and limits can stand in constants.

use std::time::Duration;

use ratebook::{Invocation, Metric, Period};
use ratebook_limiter::{Account, Cost, Quota, Usage};

const CHAT: Cost = Cost::request().input(1_000).cached_input(200).output(400);
const SPEECH: Cost = Cost::request().audio_seconds(90).micro_usd(6_000);
const BATCH: Cost = Cost::request().queued(50, 100_000);
const REPLY: Usage = Usage::new().input(1_180).output(212);
const QUOTAS: [Quota<'static>; 5] = [
    Quota::requests(600).per_minute(),
    Quota::tokens(180_000).per(Duration::from_secs(60)).ceiling(),
    Quota::concurrent(8).of_calls(Invocation::Async),
    Quota::images(20).per_period(Period::Day).of_model("painter"),
    Quota::new(Metric::InputTokens, 100_000).per_hour().shared_by("chats", &["large", "small"]).guaranteed(),
];

#[test]
fn costs_usages_and_quotas_are_constants() {
    assert_eq!((CHAT.request_count(), CHAT.total_tokens()), (1, 1_600));
    assert_eq!((SPEECH.audio_milliseconds(), SPEECH.price_micro_usd()), (90_000, 6_000));
    assert_eq!((BATCH.queued_request_count(), BATCH.queued_token_count()), (50, 100_000));
    let account = QUOTAS.into_iter().fold(Account::custom("gateway"), |account, quota| account.limit(quota));
    let model = account.build().unwrap().model("large").unwrap();
    model.try_acquire(CHAT).unwrap().settle(REPLY);
    let tokens = |metric| {
        let pools = model.account().snapshot();
        pools.iter().find(|pool| pool.limit.metric == metric).map(|pool| pool.used)
    };
    assert_eq!((tokens(Metric::Tokens), tokens(Metric::InputTokens)), (Some(1_392), Some(1_180)));
}
