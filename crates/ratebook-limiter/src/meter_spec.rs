//! From a limit to the meter that enforces it.

use ratebook::{Calendar, Period};

use crate::aimd::AimdShare;
use crate::calendar::CalendarWindow;
use crate::clock::ClockReading;
use crate::cost::Dimension;
use crate::enforced_limit::EnforcedLimit;
use crate::gcra::Gcra;
use crate::limit::{LimitInForce, Part};
use crate::limit_state::{LimitState, PartKind};
use crate::meter::{Counter, MeterSpec};
use crate::nanos::Nanos;
use crate::per::Per;
use crate::ramp::RampState;
use crate::settings::Settings;
use crate::sliding_window::SlidingWindow;

/// What the meter that enforces a rule is made of.
pub(crate) fn meter_spec(settings: &Settings, rule: &EnforcedLimit, now: ClockReading) -> Option<MeterSpec> {
    let (dimension, scale) = Dimension::of(rule.key.metric)?;
    let policy = settings.provider.policy();
    let window = rule.key.per.nanos().unwrap_or(Nanos::ZERO);
    let sub_window = policy.sub_window.filter(|_| rule.key.per == Per::Period(Period::Minute));
    let part = match rule.key.part {
        Part::Whole => PartKind::Whole,
        Part::ClassShare | Part::TenantShare => PartKind::Share(rule.share_percent),
        Part::SubWindow => PartKind::SubWindow(sub_window?),
        Part::Pace => PartKind::Pace(sub_window),
    };
    let stated = rule.amount.saturating_mul(scale);
    let in_calendar =
        settings.calendar == Calendar::Utc && matches!(rule.key.per, Per::Period(Period::Day | Period::Month));
    let (limit, width) = part.of(stated, window);
    let jitter = settings.jitter_of(window, width);
    let counter = match rule.key.per {
        Per::AtOnce => Counter::Slots(0),
        _ if rule.key.part == Part::Pace => Counter::Gcra(Gcra::new(limit, width + jitter)),
        Per::Period(per) if in_calendar => Counter::Calendar(CalendarWindow::new(per, now)),
        Per::Period(_) | Per::Span(_) => {
            let window_counter = SlidingWindow::new(width + jitter, limit, settings.resolution);
            Counter::Sliding(if rule.key.part == Part::SubWindow { window_counter.holding() } else { window_counter })
        }
    };
    let state = (part == PartKind::Whole).then(|| LimitState {
        ramp: ramp(rule, scale),
        shares: settings.shares_of(rule.key.metric),
        sharing: settings
            .shared
            .filter(|_| !window.is_zero() && !in_calendar)
            .map(|floor| Box::new(AimdShare::new(floor, window))),
        ..LimitState::new(stated)
    });
    // A rate rises in the shortest window of the vendor's; one that grows by use is low at first anyway.
    let is_shortest = match rule.key.part {
        Part::Whole => sub_window.is_none() && !window.is_zero() && window <= Nanos::MINUTE,
        Part::SubWindow => true,
        Part::Pace | Part::ClassShare | Part::TenantShare => false,
    };
    let grows = rule.limit.is_some_and(|(limit, _)| !limit.ramp.is_empty());
    let slow_start = settings.slow_start().filter(|_| is_shortest && !grows && dimension == Dimension::Requests);
    let stated = LimitInForce {
        metric: rule.key.metric,
        amount: rule.amount,
        window: window.get(),
        bound: rule.key.bound,
        part: rule.key.part,
        origin: rule.origin,
    };
    let (per, reach) = (rule.key.per, rule.key.reach());
    Some(MeterSpec { per, reach, stated, dimension, scale, rule: part, state, jitter, counter, slow_start })
}

/// How a limit grows.
fn ramp(rule: &EnforcedLimit, scale: u64) -> Option<Box<RampState>> {
    let (limit, _) = rule.limit.filter(|(limit, _)| !limit.ramp.is_empty())?;
    let points = limit.ramp.points().map(|mut point| {
        point.amount = point.amount.saturating_mul(scale);
        point
    });
    Some(Box::new(RampState::new(points.collect())))
}
