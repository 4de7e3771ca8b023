//! Which of an account's limits a reply speaks of.

use std::time::Duration;

use ratebook::Metric;

use super::apply::FeedbackApplier;
use super::{Counted, Refusal, Signal, Signals};
use crate::meter::{Meter, MeterId};
use crate::nanos::Nanos;

impl FeedbackApplier<'_> {
    fn meter(&self, id: MeterId) -> &Meter {
        self.queue.meter(id)
    }

    /// The limit that a header speaks of, of its metric and window; a guaranteed one before a hard one, for over that a
    /// reply is a refusal.
    pub(super) fn whole(&self, of: Counted, all: &Signals) -> Option<MeterId> {
        let metric = of.metric?;
        let width = match of.window {
            Some(window) => {
                self.wholes(metric).map(|meter| self.meter(meter).width()).find(|width| fits(window, *width))?
            }
            None => self.identified(metric, of, None, all)?,
        };
        let of_width = self.wholes(metric).filter(|meter| self.meter(*meter).width() == width);
        of_width.min_by_key(|meter| !self.meter(*meter).is_guaranteed())
    }

    fn wholes(&self, metric: Metric) -> impl Iterator<Item = MeterId> {
        self.meters().filter(move |meter| self.meter(*meter).is_whole() && self.meter(*meter).metric() == metric)
    }

    /// The width of the limit on a metric that a reply speaks of without a window: of the only one; else of the one with
    /// the amount that is named; else of the only one that allows what is left and is as wide as the time is long until
    /// it is full, or that is full again at the rate at which it was used. `None` where none of these shows which.
    fn identified(&self, metric: Metric, of: Counted, lasts: Option<Duration>, all: &Signals) -> Option<Nanos> {
        let find = |value: fn(Signal) -> Option<(Counted, u64)>| {
            all.iter().filter_map(value).filter(|(other, _)| *other == of).map(|(_, value)| value).max()
        };
        let limit = find(|signal| if let Signal::Limit { of, amount } = signal { Some((of, amount)) } else { None });
        let left = find(|signal| if let Signal::Remaining { of, amount } = signal { Some((of, amount)) } else { None });
        let full = find(|signal| {
            if let Signal::UntilFull { of, after } = signal { Some((of, Nanos::from(after).get())) } else { None }
        });
        let longest = full.map(Nanos::new).max(lasts.map(Nanos::from));

        let named = |meter: &Meter| limit.is_some_and(|limit| self.is_amount_of(limit, meter));
        let any_is_named = self.wholes(metric).any(|meter| named(self.meter(meter)));
        let candidates = || {
            let meters = self.wholes(metric).map(|meter| self.meter(meter));
            meters.filter(|meter| !any_is_named || named(meter)).map(Meter::width)
        };
        let is_long_enough = |width: &Nanos| longest.is_none_or(|longest| longest <= *width + width.scaled(1, 8));
        // More is left than a hard limit allows: it is not of that.
        let may_have_left = |width: &Nanos| {
            let of_width = self.wholes(metric).map(|meter| self.meter(meter)).filter(|meter| meter.width() == *width);
            left.is_none_or(|left| {
                of_width.into_iter().any(|meter| {
                    let ours = meter.ours(left);
                    meter.is_guaranteed() || ours <= meter.configured()
                })
            })
        };
        let is_possible = |width: &Nanos| is_long_enough(width) && may_have_left(width);
        let implied = || {
            let (limit, used) = (limit?, limit?.checked_sub(left?).filter(|used| *used > 0)?);
            let width = u128::from(full?) * u128::from(limit) / u128::from(used);
            Some(Duration::from_nanos(u64::try_from(width).ok()?))
        };
        only(candidates()).or_else(|| only(candidates().filter(is_possible))).or_else(|| {
            let implied = implied()?;
            only(candidates().filter(|width| fits(implied, *width)))
        })
    }

    /// Whether an amount is what a limit is, was set to, or is published to be.
    fn is_amount_of(&self, amount: u64, meter: &Meter) -> bool {
        let ours = meter.ours(amount);
        let published = meter.in_force().stated().and_then(|limit| limit.amount.count());
        ours == meter.limit() || ours == meter.configured() || published == Some(amount)
    }

    /// The limit that a refusal pauses: of its metric and window; or where there is none of its metric, or of one that
    /// counts the same tokens, or of any. A hard one before a guaranteed one, that which the fewest other calls draw from,
    /// over the shortest window, that on requests before others, since every call is one.
    pub(super) fn pool(&self, named: Counted) -> Option<MeterId> {
        let of = |named: Counted| {
            let wholes = self.meters().filter(move |meter| {
                let meter = self.meter(*meter);
                meter.is_whole()
                    && named.metric.is_none_or(|metric| meter.metric() == metric)
                    && named.window.is_none_or(|window| fits(window, meter.width()))
            });
            wholes.min_by_key(|meter| {
                let meter = self.meter(*meter);
                // What is held at one time is free again by itself.
                let is_of_all = meter.metric() == Metric::Requests;
                (meter.is_guaranteed(), meter.reach(), meter.is_concurrency(), meter.width(), !is_of_all)
            })
        };
        let metrics = || std::iter::once(named.metric).chain(kin(named.metric).iter().copied().map(Some));
        let with_window = metrics().find_map(|metric| of(Counted { metric, ..named }));
        let without = || metrics().find_map(|metric| of(Counted { metric, window: None }));
        with_window.or_else(without).or_else(|| of(Counted::default()))
    }

    /// The limit that a refusal names: by its metric, or that of what is used up; over the window that a limit of that
    /// metric is named with, where it is one, or that amounts and times show.
    pub(super) fn named(&self, refusal: Refusal, all: &Signals) -> Counted {
        let used_up = all.iter().find_map(|signal| match signal {
            Signal::Remaining { of, amount: 0 } => Some(of),
            _ => None,
        });
        let metric = refusal.metric.or(used_up.and_then(|of| of.metric));
        if refusal.window.is_some() {
            return Counted { metric, window: refusal.window };
        }
        if let Some(of) = used_up.filter(|of| of.metric == metric && of.window.is_some()) {
            return of;
        }
        let mut windows = all.iter().filter_map(|signal| match signal {
            Signal::Limit { of, .. } if metric.is_some() && of.metric == metric => of.window,
            _ => None,
        });
        let window = match windows.next() {
            Some(first) => Some(first).filter(|first| windows.all(|window| window == *first)),
            None => metric.and_then(|metric| {
                let of = Counted { metric: Some(metric), window: None };
                self.identified(metric, of, refusal.lasts, all).map(Duration::from)
            }),
        };
        Counted { metric, window }
    }
}

/// Metrics that count some of the same tokens.
fn kin(metric: Option<Metric>) -> &'static [Metric] {
    use Metric::{InputTokens, OutputTokens, Tokens, UncachedInputTokens};
    match metric {
        Some(InputTokens) => &[UncachedInputTokens, Tokens],
        Some(UncachedInputTokens) => &[InputTokens, Tokens],
        Some(OutputTokens) => &[Tokens],
        Some(Tokens) => &[InputTokens, UncachedInputTokens, OutputTokens],
        _ => &[],
    }
}

/// The only value of some, which may be repeated.
fn only(mut values: impl Iterator<Item = Nanos>) -> Option<Nanos> {
    let first = values.next()?;
    values.all(|value| value == first).then_some(first)
}

/// Whether a window of a header is that of a limit, which may be longer by the network's jitter, and a month by some days.
fn fits(window: Duration, width: Nanos) -> bool {
    let window = Nanos::from(window).get();
    width.get().abs_diff(window) <= window / 8
}
