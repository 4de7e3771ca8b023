//! A call whose reply is being read.

use ratebook_limiter::{Cost, OwnedPermit, Usage};

use crate::late::LateSignals;
use crate::usage::{MOST, UsageReader};

/// A call that is to be settled at the end of its reply's body, or at an error inside that.
#[derive(Debug)]
pub(crate) struct Unsettled {
    /// `None` once it is settled.
    permit: Option<OwnedPermit>,
    reader: UsageReader,
    /// What it has used, as its headers say.
    told: Option<u64>,
    /// Whether the reply was observed as one that serves the call.
    is_served: bool,
    late: LateSignals,
}

impl Unsettled {
    pub(crate) fn new(permit: OwnedPermit, reader: UsageReader, told: Option<u64>, late: LateSignals) -> Self {
        Self { permit: Some(permit), reader, told, is_served: false, late }
    }

    /// Whether all has been said.
    pub(crate) fn is_complete(&self) -> bool {
        self.reader.is_complete() || self.reader.error().is_some()
    }

    /// Takes the next piece of the body.
    pub(crate) fn push(&mut self, piece: &[u8]) {
        self.reader.push(piece);
        if self.reader.serves() && self.reader.error().is_none() {
            self.serve();
        }
    }

    /// Settles the call with what it has used, as far as the reply says.
    pub(crate) fn settle(mut self) {
        self.reader.finish();
        if !self.fail() {
            self.serve();
            let usage = self.usage();
            if let (Some(permit), Some(usage)) = (self.permit.take(), usage) {
                permit.settle(usage);
            }
        }
    }

    /// Observes the reply as one that serves the call, once: not before its body has begun, for it may hold a refusal.
    fn serve(&mut self) {
        if let Some(permit) = &self.permit
            && !std::mem::replace(&mut self.is_served, true)
        {
            // The headers were observed when they came.
            permit.observe(200, &(), b"");
        }
    }

    /// Where an error inside the reply has ended the call, observes it and settles the call with what was used until then.
    fn fail(&mut self) -> bool {
        let Some(error) = self.reader.error() else { return false };
        let Some(permit) = self.permit.take() else { return true };
        self.late.set_error(permit.observe_error(error.status, &(), &error.body));
        if let Some(usage) = self.used_until_error(&permit.cost()) {
            permit.settle(usage);
        }
        true
    }

    /// What the reply says that the call has used; `None` where it says nothing that can be.
    fn usage(&self) -> Option<Usage> {
        if let Some(count) = self.reader.absurd().or(self.told.filter(|tokens| *tokens > MOST)) {
            self.late.set_absurd_usage(count);
            return None;
        }
        self.reader.usage().or_else(|| self.told.map(|tokens| Usage::new().tokens(tokens)))
    }

    /// What was used until an error ended the reply: what that says, with the text that has come since. Where it says
    /// nothing, it is nothing if no text has come, and else the prompt and the text, but no more than was estimated.
    fn used_until_error(&self, estimate: &Cost) -> Option<Usage> {
        // What is absurd is reported, and then nothing is known.
        let said = self.usage();
        if self.reader.absurd().is_some() {
            return None;
        }
        match (self.reader.usage_until_error().or(said), self.reader.made()) {
            (Some(usage), _) => Some(usage),
            (None, 0) => Some(NOTHING),
            (None, made) => Some(prompt_and(made, estimate)),
        }
    }
}

/// The usage of a call of which nothing is known but its estimate and the text that was made: the prompt and the text.
fn prompt_and(made: u64, estimate: &Cost) -> Usage {
    let output = made.min(estimate.output_tokens());
    // Tokens of either kind count in both parts, and all but the text may be of the prompt.
    let input = estimate.input_tokens().min(estimate.total_tokens().saturating_sub(output));
    let cached = estimate.input_tokens().saturating_sub(estimate.uncached_input_tokens());
    Usage::new().input(input).cached_input(cached).output(output)
}

/// The usage of a call that was refused before anything was made: the request alone, which many vendors count.
pub(crate) const NOTHING: Usage = Usage::new().tokens(0).audio_millis(0).micro_usd(0);

impl Drop for Unsettled {
    /// A body that is dropped keeps what was estimated, unless an error has ended the call.
    fn drop(&mut self) {
        if self.permit.is_some() {
            self.reader.finish();
            if !self.fail() {
                self.serve();
            }
        }
    }
}
