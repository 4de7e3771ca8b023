//! Observes the response to a call: reads it in the account's dialect, counts it for penalties, and applies its signals.

use ratebook::Remedy;

use super::apply::FeedbackApplier;
use super::{Headers, InvalidValue, Signal, Signals, Status};
use crate::cost::Cost;
use crate::model::Model;
use crate::nanos::Nanos;
use crate::penalties::NotServed;
use crate::telemetry::FeedbackRecord;

/// The cost of a call that was not admitted through the account.
const UNKNOWN: Cost = Cost::request().requests(0);

impl Model {
    /// Parses a response in the account's dialect, adjusts the limits, and returns what the response states.
    ///
    /// - *Refusal.* Pauses the pool that it names, or else the pool that the fewest other calls draw from. The pause is
    ///   the stated time, or a capped exponential backoff with full jitter. Afterwards the pool refills at the limit's
    ///   own rate, and queued calls leave in order. Of several stated windows, the longest is paused. For a window of
    ///   more than an hour, a backoff is between a 120th of the window and the window, and a stated time of less than
    ///   an hour is doubled with each consecutive refusal. A refusal of the whole account pauses all its pools.
    /// - *Busy vendor* ([`Remedy::Elsewhere`]). Pauses for the time that `Retry-After` or the body states. Without a
    ///   time nothing pauses, except after status 529, which starts a backoff. Shares of an account shared with others
    ///   stay.
    /// - *Remaining amount below the account's own count.* Others draw on the limit. The pool shrinks to the stated
    ///   amount, minus what was charged after the call. What others have used returns evenly within one window.
    /// - *Limit.* A lower limit narrows the pool until the vendor states another, or states none for ten windows and at
    ///   least ten minutes. A higher limit widens the pool only if the page states a guarantee, a floor or a typical
    ///   amount, and to at most 100 times the published or negotiated amount.
    /// - *No window.* A header without a window applies to the account's only limit on its metric. Of several limits,
    ///   it applies to the one with the stated amount, or with a window that fits the time until full. If neither
    ///   identifies one, it applies to none.
    /// - *Steep rise.* The rate rises slowly from what was served, after the stated time, if any.
    /// - *Penalty.* If the vendor's policy refuses every call for a time after too many refused or failed calls
    ///   ([`Policy::penalties`](ratebook::Policy::penalties)), the response that completes their number pauses all
    ///   pools for that time. A longer stated time holds. Every response of status 400 or above has failed, and so has
    ///   an error inside a response; of these, refusals because of a limit are refused.
    /// - Refusals that waiting does not help, and invalid values, are returned only.
    ///
    /// [`Permit::observe`](crate::Permit::observe) also uses the moment and the cost of its call: prefer it where there
    /// is a permit. Responses do not change limits that the program sets itself, such as shares of classes or an even
    /// pace.
    pub fn observe<H: Headers + ?Sized>(&self, status: u16, headers: &H, body: &[u8]) -> Signals {
        self.apply_response(self.account.clock.now(), &UNKNOWN, Status::Http(status), headers, body)
    }

    /// Like [`observe`](Self::observe), but for an error inside a response of status 200: an `error` event of a stream,
    /// or an error object as the body. [`Dialect::read_error`](super::Dialect::read_error) documents `status`, and how
    /// the status is found if that is `None`. `headers` are those of the response, or `()` if they were observed
    /// before.
    pub fn observe_error<H: Headers + ?Sized>(&self, status: Option<u16>, headers: &H, body: &[u8]) -> Signals {
        self.apply_response(self.account.clock.now(), &UNKNOWN, Status::Inside(status), headers, body)
    }

    /// Parses the response to a call, and applies its signals. `charged_at` and `cost` are those of the call.
    pub(crate) fn apply_response<H: Headers + ?Sized>(
        &self,
        charged_at: Nanos,
        cost: &Cost,
        status: Status,
        headers: &H,
        body: &[u8],
    ) -> Signals {
        let (account, settings) = (&self.account, self.account.settings());
        let reading = account.read();
        let unix_nanos = account.clock.unix_at_zero(reading.earliest) + i128::from(reading.earliest.get());
        let dialect = settings.feedback.dialect;
        let (mut signals, is_served) = match status {
            Status::Http(status) => (dialect.read(status, headers, body, unix_nanos), (200..300).contains(&status)),
            Status::Inside(status) => (dialect.read_error(status, headers, body, unix_nanos), false),
        };
        let mut record = FeedbackRecord::default();
        account.with(|state| {
            let queue = state.schedule.advance_to(reading).change(&account.fast_lock);
            let (route, rng, record) = (&*self.route, &mut state.rng, &mut record);
            let not_served = match signals.refusal() {
                Some(refusal) if refusal.remedy != Remedy::Elsewhere => Some(NotServed::Refused),
                Some(_) | None => is_failed(status).then_some(NotServed::Failed),
            };
            let penalty = not_served.and_then(|call| state.penalties.count(call, reading));
            let mut applier =
                FeedbackApplier { queue, route, settings, charged_at, cost, rng, record, far_above: None };
            if is_failed(status) {
                applier.record_failed();
            }
            match status {
                _ if is_served => applier.record_served(),
                Status::Inside(_) if signals.refusal().is_some() => applier.undo_served(),
                Status::Inside(_) | Status::Http(_) => {}
            }
            signals.iter().for_each(|signal| applier.apply(signal, &signals));
            penalty.iter().for_each(|penalty| applier.pause_account(*penalty));
            if let Some(counted) = applier.far_above {
                signals.push(Signal::Invalid { at: dialect.name_of_limit(counted), why: InvalidValue::FarAbove });
            }
            state.schedule.admission_pass(&account.fast_lock, None);
            state.schedule.update_all_gauges();
        });
        record.record(&self.route.recorder, &signals);
        signals
    }
}

/// Returns whether a response is an error.
fn is_failed(status: Status) -> bool {
    match status {
        Status::Http(status) => status >= 400,
        Status::Inside(_) => true,
    }
}
