//! Finds the limits of an account that a response refers to.
//!
//! Vendors often leave out the metric, the window, or both. Only the vendor's own limits ([`Part::Whole`](crate::Part))
//! are candidates.

use std::time::Duration;

use ratebook::{Metric, Quantity};

use super::apply::FeedbackApplier;
use super::{Counted, Refusal, Signal, Signals};
use crate::meter::{Meter, MeterId};
use crate::nanos::Nanos;

impl FeedbackApplier<'_> {
    fn meter(&self, id: MeterId) -> &Meter {
        self.queue.meter(id)
    }

    /// Returns the limit of a signal, by its metric and window. A guaranteed limit is preferred to a hard one: above a
    /// hard limit the response would be a refusal.
    pub(super) fn limit_of(&self, counted: Counted, all: &Signals) -> Option<MeterId> {
        let metric = counted.metric?;
        let width = match counted.window {
            Some(window) => {
                self.limits_on(metric).map(|meter| self.meter(meter).width()).find(|width| fits(window, *width))?
            }
            None => self.infer_width(metric, counted, None, all)?,
        };
        let of_width = self.limits_on(metric).filter(|meter| self.meter(*meter).width() == width);
        of_width.min_by_key(|meter| !self.meter(*meter).is_guaranteed())
    }

    /// Returns the vendor's limits on a metric or, if there are none, on metrics that the vendor may mean by it
    /// ([`is_alike`]).
    fn limits_on(&self, metric: Metric) -> impl Iterator<Item = MeterId> {
        let wholes = || self.meters().map(|id| (id, self.meter(id))).filter(|(_, meter)| meter.is_whole());
        let is_exact = wholes().any(|(_, meter)| meter.metric() == metric);
        let is_meant = move |stated: Metric| if is_exact { stated == metric } else { is_alike(stated, metric) };
        wholes().filter(move |(_, meter)| is_meant(meter.metric())).map(|(id, _)| id)
    }

    /// Infers the window of the limit on a metric that a response states without one. Tries, in this order:
    ///
    /// 1. the only window of the limits on the metric, or of those with the stated amount, if there are any;
    /// 2. the only window that is at least as long as the stated times, of a limit that allows the remaining amount;
    /// 3. the only window that fits the refill rate: time until full × limit / used.
    ///
    /// Returns `None` if none of these identifies one window. `lasts` is the duration of a refusal.
    fn infer_width(&self, metric: Metric, counted: Counted, lasts: Option<Duration>, all: &Signals) -> Option<Nanos> {
        let find = |value: fn(Signal) -> Option<(Counted, u64)>| {
            all.iter().filter_map(value).filter(|(other, _)| *other == counted).map(|(_, value)| value).max()
        };
        let limit =
            find(|signal| if let Signal::Limit { counted, amount } = signal { Some((counted, amount)) } else { None });
        let left =
            find(
                |signal| {
                    if let Signal::Remaining { counted, amount } = signal { Some((counted, amount)) } else { None }
                },
            );
        let until_full = find(|signal| {
            if let Signal::UntilFull { counted, after } = signal {
                Some((counted, Nanos::from(after).get()))
            } else {
                None
            }
        });
        let longest = until_full.map(Nanos::new).max(lasts.map(Nanos::from));

        let has_amount = |meter: &Meter| limit.is_some_and(|limit| self.is_amount_of(limit, meter));
        let any_has_amount = self.limits_on(metric).any(|meter| has_amount(self.meter(meter)));
        let candidates = || {
            let meters = self.limits_on(metric).map(|meter| self.meter(meter));
            meters.filter(|meter| !any_has_amount || has_amount(meter)).map(Meter::width)
        };
        let is_long_enough = |width: &Nanos| longest.is_none_or(|longest| longest <= *width + width.scaled(1, 8));
        // A hard limit below the remaining amount is excluded.
        let may_have_left = |width: &Nanos| {
            let meters = self.limits_on(metric).map(|meter| self.meter(meter));
            let of_width = meters.filter(|meter| meter.width() == *width);
            left.is_none_or(|left| {
                of_width.into_iter().any(|meter| {
                    let ours = meter.ours(left);
                    meter.may_be_widened() || ours <= meter.configured()
                })
            })
        };
        let is_possible = |width: &Nanos| is_long_enough(width) && may_have_left(width);
        let implied = || {
            let (limit, used) = (limit?, limit?.checked_sub(left?).filter(|used| *used > 0)?);
            let width = u128::from(until_full?) * u128::from(limit) / u128::from(used);
            Some(Duration::from_nanos(u64::try_from(width).ok()?))
        };
        single(candidates()).or_else(|| single(candidates().filter(is_possible))).or_else(|| {
            let implied = implied()?;
            single(candidates().filter(|width| fits(implied, *width)))
        })
    }

    /// Whether an amount equals a limit as it is in force, as it is configured, or as it is published.
    fn is_amount_of(&self, amount: u64, meter: &Meter) -> bool {
        let ours = meter.ours(amount);
        let published = meter.in_force().stated().and_then(|limit| limit.amount.count());
        ours == meter.limit() || ours == meter.configured() || published == Some(amount)
    }

    /// Returns the limit that a refusal pauses. Matches, in this order: metric and window; a related metric and the
    /// window; the metric, or a related one, with any window; any limit.
    ///
    /// Of several matches, prefers in this order: a limit that is not guaranteed, the limit that the fewest other calls
    /// draw from, a rate, the shortest window, requests (every call has them). A concurrency limit comes after rates,
    /// because its slots are freed by the calls that hold them.
    pub(super) fn pool_to_pause(&self, named: Counted) -> Option<MeterId> {
        let best = |named: Counted| {
            let matches = self.meters().filter(move |meter| {
                let meter = self.meter(*meter);
                meter.is_whole()
                    && named.metric.is_none_or(|metric| meter.metric() == metric)
                    && named.window.is_none_or(|window| fits(window, meter.width()))
            });
            matches.min_by_key(|meter| {
                let meter = self.meter(*meter);
                let is_requests = meter.metric() == Metric::Requests;
                (meter.is_guaranteed(), meter.reach(), meter.is_concurrency(), meter.width(), !is_requests)
            })
        };
        let metrics = || std::iter::once(named.metric).chain(related(named.metric).iter().copied().map(Some));
        let with_window = metrics().find_map(|metric| best(Counted { metric, ..named }));
        let without = || metrics().find_map(|metric| best(Counted { metric, window: None }));
        with_window.or_else(without).or_else(|| best(Counted::default()))
    }

    /// Returns the limit that a refusal names. The metric is the refusal's, or that of a limit with nothing remaining.
    /// The window is the refusal's, or the only one that limits of the metric are stated with, or an inferred one.
    pub(super) fn named_limit(&self, refusal: Refusal, all: &Signals) -> Counted {
        let exhausted = all.iter().find_map(|signal| match signal {
            Signal::Remaining { counted, amount: 0 } => Some(counted),
            _ => None,
        });
        let metric = refusal.metric.or(exhausted.and_then(|counted| counted.metric));
        if refusal.window.is_some() {
            return Counted { metric, window: refusal.window };
        }
        if let Some(counted) = exhausted.filter(|counted| counted.metric == metric && counted.window.is_some()) {
            return counted;
        }
        let mut windows = all.iter().filter_map(|signal| match signal {
            Signal::Limit { counted, .. } if metric.is_some() && counted.metric == metric => counted.window,
            _ => None,
        });
        let window = match windows.next() {
            Some(first) => Some(first).filter(|first| windows.all(|window| window == *first)),
            None => metric.and_then(|metric| {
                let counted = Counted { metric: Some(metric), window: None };
                self.infer_width(metric, counted, refusal.lasts, all).map(Duration::from)
            }),
        };
        Counted { metric, window }
    }
}

/// Whether a vendor may use one metric's name for the other: concurrent tasks for concurrent requests, input tokens for
/// uncached input tokens, audio minutes for audio seconds.
fn is_alike(one: Metric, other: Metric) -> bool {
    let is_input = |metric: Metric| match metric.quantity() {
        Quantity::InputTokens | Quantity::UncachedInputTokens | Quantity::UncachedAndWrittenInputTokens => true,
        Quantity::Requests
        | Quantity::Tokens
        | Quantity::UncachedTokens
        | Quantity::OutputTokens
        | Quantity::AudioMilliseconds
        | Quantity::Images
        | Quantity::Videos
        | Quantity::Characters
        | Quantity::Pages
        | Quantity::Inputs
        | Quantity::Chunks
        | Quantity::QueryUnits
        | Quantity::ComputeUnits
        | Quantity::Sessions
        | Quantity::FailedRequests
        | Quantity::MicroUsd
        | Quantity::Slots
        | Quantity::QueuedRequests
        | Quantity::QueuedTokens
        | Quantity::Resource => false,
    };
    let both = |quantity: Quantity| one.quantity() == quantity && other.quantity() == quantity;
    (is_input(one) && is_input(other)) || both(Quantity::Slots) || both(Quantity::AudioMilliseconds)
}

/// Returns the metrics that count some of the same tokens or audio, the closest first.
fn related(metric: Option<Metric>) -> &'static [Metric] {
    use Metric::{
        AudioMinutes, AudioSeconds, InputTokens, OutputTokens, Tokens, UncachedAndWrittenInputTokens,
        UncachedInputTokens, UncachedTokens,
    };
    match metric {
        Some(InputTokens) => &[UncachedAndWrittenInputTokens, UncachedInputTokens, Tokens, UncachedTokens],
        Some(UncachedAndWrittenInputTokens) => &[UncachedInputTokens, InputTokens, UncachedTokens, Tokens],
        Some(UncachedInputTokens) => &[UncachedAndWrittenInputTokens, InputTokens, UncachedTokens, Tokens],
        Some(OutputTokens) => &[Tokens, UncachedTokens],
        Some(AudioSeconds) => &[AudioMinutes],
        Some(AudioMinutes) => &[AudioSeconds],
        Some(Tokens) => {
            &[UncachedTokens, InputTokens, UncachedAndWrittenInputTokens, UncachedInputTokens, OutputTokens]
        }
        Some(UncachedTokens) => {
            &[Tokens, UncachedAndWrittenInputTokens, UncachedInputTokens, InputTokens, OutputTokens]
        }
        _ => &[],
    }
}

/// Returns the value of an iterator whose values are all equal. `None` if it is empty, or if they differ.
fn single(mut values: impl Iterator<Item = Nanos>) -> Option<Nanos> {
    let first = values.next()?;
    values.all(|value| value == first).then_some(first)
}

/// Whether a stated window matches the width of a limit, within an eighth. Widths include the network's jitter, and
/// months differ by some days.
fn fits(window: Duration, width: Nanos) -> bool {
    let window = Nanos::from(window).get();
    width.get().abs_diff(window) <= window / 8
}
