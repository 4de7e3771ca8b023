//! From a limit to the meter that enforces it.

use ratebook::{Bound, Period, Weight};

use crate::aimd::AimdShare;
use crate::calendar::CalendarWindow;
use crate::clock::ClockReading;
use crate::cost::{Common, Dimension};
use crate::gcra::Gcra;
use crate::growth::{GrowsFrom, GrowthRule, GrowthState};
use crate::limit::Origin;
use crate::limit::{LimitInForce, Part};
use crate::limit_state::{GrowthByUse, LimitState, PartKind};
use crate::meter::{Counter, MeterSpec};
use crate::nanos::Nanos;
use crate::per::{Per, period_nanos};
use crate::ramp::RampState;
use crate::resolved_limit::ResolvedLimit;
use crate::settings::Settings;
use crate::sliding_window::SlidingWindow;
use crate::zone::{CalendarPeriod, Zone};

/// Returns what the meter of a limit is made of. `None` if no dimension counts its metric, or its sub-window
/// is unknown.
pub(crate) fn meter_spec(settings: &Settings, resolved: &ResolvedLimit, now: ClockReading) -> Option<MeterSpec> {
    let (dimension, scale) = (Dimension::of(resolved.key.metric)?, resolved.key.metric.unit());
    let policy = settings.provider.policy();
    let window = resolved.key.per.nanos().unwrap_or(Nanos::ZERO);
    let sub_window = policy.sub_window.filter(|_| resolved.key.per == Per::Period(Period::Minute));
    let part = match resolved.key.part {
        Part::Whole => PartKind::Whole,
        Part::ClassShare | Part::TenantShare => PartKind::Share(resolved.share_percent),
        Part::SubWindow => PartKind::SubWindow(sub_window?),
        Part::Pace => PartKind::Pace(sub_window),
    };
    let stated = resolved.amount.saturating_mul(scale);
    let calendar = Zone::of(settings.calendar).zip(CalendarPeriod::of(resolved.key.per));
    let (limit, width) = part.of(stated, window);
    let jitter = settings.jitter_of(window, width);
    let counter = match (resolved.key.per, calendar) {
        (Per::AtOnce, _) => Counter::Concurrency(0),
        (Per::Period(_) | Per::Span(_), _) if resolved.key.part == Part::Pace => {
            Counter::Gcra(Gcra::new(limit, width + jitter))
        }
        (Per::Period(_) | Per::Span(_), Some((zone, period))) => {
            Counter::Calendar(CalendarWindow::new(zone, period, now))
        }
        (Per::Period(_) | Per::Span(_), None) => {
            let sliding = SlidingWindow::new(width + jitter, limit, settings.resolution);
            Counter::Sliding(if resolved.key.part == Part::SubWindow { sliding.keeping_oversized() } else { sliding })
        }
    };
    let state = (part == PartKind::Whole).then(|| LimitState {
        growth: growth_of(settings, resolved),
        shares: settings.shares_of(resolved.key.metric),
        sharing: settings
            .shared
            .filter(|_| !window.is_zero() && calendar.is_none())
            .map(|floor| Box::new(AimdShare::new(floor, window))),
        ..LimitState::new(stated)
    });
    // A slow start applies to the vendor's shortest window. A limit that grows with use starts low anyway.
    let is_shortest = match resolved.key.part {
        Part::Whole => sub_window.is_none() && !window.is_zero() && window <= Nanos::MINUTE,
        Part::SubWindow => true,
        Part::Pace | Part::ClassShare | Part::TenantShare => false,
    };
    let grows = state.as_ref().is_some_and(|state| state.growth.is_some());
    let slow_start =
        settings.slow_start().filter(|_| is_shortest && !grows && dimension == Dimension::Common(Common::Requests));
    let stated = LimitInForce {
        metric: resolved.key.metric,
        amount: resolved.amount,
        window: window.get(),
        pause: None,
        bound: resolved.key.bound,
        part: resolved.key.part,
        weight: Weight::ONE,
        origin: resolved.origin,
    };
    let (per, reach) = (resolved.key.per, resolved.key.reach());
    Some(MeterSpec { per, reach, stated, scale, part, state, jitter, counter, slow_start })
}

/// Returns the growth of a whole limit at its start, if it grows.
pub(crate) fn growth_of(settings: &Settings, resolved: &ResolvedLimit) -> Option<Box<GrowthByUse>> {
    let scale = resolved.key.metric.unit();
    let window = resolved.key.per.nanos().unwrap_or(Nanos::ZERO);
    let by_rule = || rule(settings, resolved, resolved.amount.saturating_mul(scale), window);
    ramp(resolved, scale).or_else(by_rule).map(Box::new)
}

/// Returns the growth by the points that the page states, in units of the dimension, if there are any.
fn ramp(resolved: &ResolvedLimit, scale: u64) -> Option<GrowthByUse> {
    let (limit, _) = resolved.limit.filter(|(limit, _)| !limit.ramp.is_empty())?;
    let points = limit.ramp.points().map(|mut point| {
        point.amount = point.amount.saturating_mul(scale);
        point
    });
    Some(GrowthByUse::Ramp(RampState::new(points.collect())))
}

/// Returns the growth by a rule of the policy, in units of the dimension, if one applies. Rules apply to published
/// limits over windows of up to an hour, and on a custom account to its own limits.
fn rule(settings: &Settings, resolved: &ResolvedLimit, stated: u64, window: Nanos) -> Option<GrowthByUse> {
    let is_vendors = match resolved.origin {
        Origin::Published { .. } => true,
        Origin::Configured(_) => settings.provider.catalog().is_none(),
        Origin::Negotiated(_) => false,
    };
    if !is_vendors || window.is_zero() || window > period_nanos(Period::Hour) {
        return None;
    }
    let growth = settings.growth_of(resolved.key.metric)?;
    let every = Nanos::SECOND.times(growth.every_seconds.into());
    let rule = GrowthRule::new(growth, window, settings.jitter_of(window, every));
    let from = if resolved.key.bound == Bound::Ceiling {
        GrowsFrom::Responses
    } else {
        let most = growth.most_percent.map(|percent| u128::from(stated) * u128::from(percent) / 100);
        GrowsFrom::Published { most: most.map(|most| u64::try_from(most).unwrap_or(u64::MAX)) }
    };
    Some(GrowthByUse::Rule(GrowthState::new(rule, from, stated)))
}
