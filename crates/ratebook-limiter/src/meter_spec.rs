//! From a limit to the meter that enforces it.

use ratebook::Period;

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
use crate::zone::{CalendarPeriod, Zone};

/// Returns what the meter of an enforced limit is made of. `None` if no dimension counts its metric, or its sub-window
/// is unknown.
pub(crate) fn meter_spec(settings: &Settings, enforced: &EnforcedLimit, now: ClockReading) -> Option<MeterSpec> {
    let (dimension, scale) = Dimension::of(enforced.key.metric)?;
    let policy = settings.provider.policy();
    let window = enforced.key.per.nanos().unwrap_or(Nanos::ZERO);
    let sub_window = policy.sub_window.filter(|_| enforced.key.per == Per::Period(Period::Minute));
    let part = match enforced.key.part {
        Part::Whole => PartKind::Whole,
        Part::ClassShare | Part::TenantShare => PartKind::Share(enforced.share_percent),
        Part::SubWindow => PartKind::SubWindow(sub_window?),
        Part::Pace => PartKind::Pace(sub_window),
    };
    let stated = enforced.amount.saturating_mul(scale);
    let calendar = Zone::of(settings.calendar).zip(CalendarPeriod::of(enforced.key.per));
    let (limit, width) = part.of(stated, window);
    let jitter = settings.jitter_of(window, width);
    let counter = match (enforced.key.per, calendar) {
        (Per::AtOnce, _) => Counter::Slots(0),
        (Per::Period(_) | Per::Span(_), _) if enforced.key.part == Part::Pace => {
            Counter::Gcra(Gcra::new(limit, width + jitter))
        }
        (Per::Period(_) | Per::Span(_), Some((zone, period))) => {
            Counter::Calendar(CalendarWindow::new(zone, period, now))
        }
        (Per::Period(_) | Per::Span(_), None) => {
            let sliding = SlidingWindow::new(width + jitter, limit, settings.resolution);
            Counter::Sliding(if enforced.key.part == Part::SubWindow { sliding.holding() } else { sliding })
        }
    };
    let state = (part == PartKind::Whole).then(|| LimitState {
        ramp: ramp(enforced, scale),
        shares: settings.shares_of(enforced.key.metric),
        sharing: settings
            .shared
            .filter(|_| !window.is_zero() && calendar.is_none())
            .map(|floor| Box::new(AimdShare::new(floor, window))),
        ..LimitState::new(stated)
    });
    // A slow start applies to the vendor's shortest window. A limit that grows with use starts low anyway.
    let is_shortest = match enforced.key.part {
        Part::Whole => sub_window.is_none() && !window.is_zero() && window <= Nanos::MINUTE,
        Part::SubWindow => true,
        Part::Pace | Part::ClassShare | Part::TenantShare => false,
    };
    let grows = enforced.limit.is_some_and(|(limit, _)| !limit.ramp.is_empty());
    let slow_start = settings.slow_start().filter(|_| is_shortest && !grows && dimension == Dimension::Requests);
    let stated = LimitInForce {
        metric: enforced.key.metric,
        amount: enforced.amount,
        window: window.get(),
        bound: enforced.key.bound,
        part: enforced.key.part,
        origin: enforced.origin,
    };
    let (per, reach) = (enforced.key.per, enforced.key.reach());
    Some(MeterSpec { per, reach, stated, dimension, scale, part, state, jitter, counter, slow_start })
}

/// Returns the growth of a limit, in units of the dimension, if it grows.
fn ramp(enforced: &EnforcedLimit, scale: u64) -> Option<Box<RampState>> {
    let (limit, _) = enforced.limit.filter(|(limit, _)| !limit.ramp.is_empty())?;
    let points = limit.ramp.points().map(|mut point| {
        point.amount = point.amount.saturating_mul(scale);
        point
    });
    Some(Box::new(RampState::new(points.collect())))
}
