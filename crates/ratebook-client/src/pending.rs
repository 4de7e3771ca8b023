//! The settlement of a call whose response is being read.

use ratebook_limiter::{Cost, OwnedPermit, Usage};

use crate::body_signals::BodySignals;
use crate::usage::{MAX_USAGE, UsageReader};

/// Settles a call at the end of its response body, or at an error inside it.
pub(crate) struct PendingSettlement {
    /// `None` once the call is settled.
    permit: Option<OwnedPermit>,
    reader: UsageReader,
    /// Tokens that the headers report for this call.
    header_usage: Option<u64>,
    /// The limiter has observed the response as a success.
    is_success_observed: bool,
    body_signals: BodySignals,
}

impl PendingSettlement {
    pub(crate) fn new(
        permit: OwnedPermit,
        reader: UsageReader,
        header_usage: Option<u64>,
        body_signals: BodySignals,
    ) -> Self {
        Self { permit: Some(permit), reader, header_usage, is_success_observed: false, body_signals }
    }

    /// Whether the usage is final: the stream has sent its last event, or an error.
    pub(crate) fn is_complete(&self) -> bool {
        self.reader.is_complete() || self.reader.error().is_some()
    }

    /// Reads the next chunk of the body.
    pub(crate) fn push(&mut self, chunk: &[u8]) {
        self.reader.push(chunk);
        if self.reader.has_success() && self.reader.error().is_none() {
            self.observe_success();
        }
    }

    /// Settles the call with the usage that the response reports. Without any, the estimate stays charged.
    pub(crate) fn settle(mut self) {
        self.reader.finish();
        if !self.settle_error() {
            self.observe_success();
            let usage = self.usage();
            if let (Some(permit), Some(usage)) = (self.permit.take(), usage) {
                permit.settle(usage);
            }
        }
    }

    /// Reports a success to the limiter, once. Not before the body has begun, because it may contain a refusal.
    fn observe_success(&mut self) {
        if let Some(permit) = &self.permit
            && !std::mem::replace(&mut self.is_success_observed, true)
        {
            // The headers were observed when they arrived.
            permit.observe(200, &(), b"");
        }
    }

    /// Observes an error inside the response and settles the call with the usage until then. Returns whether there was
    /// one.
    fn settle_error(&mut self) -> bool {
        let Some(error) = self.reader.error() else { return false };
        let Some(permit) = self.permit.take() else { return true };
        self.body_signals.set_error(permit.observe_error(error.status, &(), &error.body));
        if let Some(usage) = self.usage_until_error(&permit.cost()) {
            permit.settle(usage);
        }
        true
    }

    /// Returns the reported usage, or `None` if there is none or it is implausible.
    fn usage(&self) -> Option<Usage> {
        let header_usage = self.header_usage;
        if let Some(count) = self.reader.implausible().or(header_usage.filter(|tokens| *tokens > MAX_USAGE)) {
            self.body_signals.set_implausible_usage(count);
            return None;
        }
        self.reader.usage().or_else(|| header_usage.map(|tokens| Usage::new().tokens(tokens)))
    }

    /// Returns the usage until an error ended the response: the reported usage plus the text generated since. Without
    /// reported usage it is the request alone if no text was generated, or else the prompt and the text, at most the
    /// estimate. `None` if the reported usage is implausible.
    fn usage_until_error(&self, estimate: &Cost) -> Option<Usage> {
        let reported = self.usage();
        if self.reader.implausible().is_some() {
            return None;
        }
        match (self.reader.usage_until_error().or(reported), self.reader.uncounted_output()) {
            (Some(usage), _) => Some(usage),
            (None, 0) => Some(REQUEST_ONLY),
            (None, output) => Some(estimated_usage(output, estimate)),
        }
    }
}

/// Returns the usage of a call from its estimate and the estimated tokens of the generated text.
fn estimated_usage(output: u64, estimate: &Cost) -> Usage {
    let output = output.min(estimate.output_tokens());
    // Tokens without a kind count as input and as output: all but the text may be the prompt.
    let input = estimate.input_tokens().min(estimate.total_tokens().saturating_sub(output));
    let uncached = estimate.uncached_and_written_input_tokens();
    let cached = estimate.input_tokens().saturating_sub(uncached);
    let written = uncached.saturating_sub(estimate.uncached_input_tokens());
    Usage::new().input(input).cached_input(cached).cache_written_input(written).output(output)
}

/// The usage of a call that was refused before anything was generated. The request itself stays charged, because many
/// vendors count it.
pub(crate) const REQUEST_ONLY: Usage = Usage::new()
    .tokens(0)
    .audio_millis(0)
    .micro_usd(0)
    .images(0)
    .videos(0)
    .characters(0)
    .pages(0)
    .inputs(0)
    .chunks(0)
    .query_units(0)
    .sessions(0);

impl Drop for PendingSettlement {
    /// A body that is dropped early keeps the estimate charged, unless an error has ended the call.
    fn drop(&mut self) {
        if self.permit.is_some() {
            self.reader.finish();
            if !self.settle_error() {
                self.observe_success();
            }
        }
    }
}
