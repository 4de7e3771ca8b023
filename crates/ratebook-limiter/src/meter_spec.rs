//! From a limit to the meter that enforces it.

use ratebook::{Calendar, Period};

use crate::calendar::CalendarWindow;
use crate::clock::Reading;
use crate::cost::Dimension;
use crate::limit::{LimitInForce, Part};
use crate::limit_state::{LimitState, PartRule};
use crate::log::Log;
use crate::meter::{Gauge, Make};
use crate::nanos::Nanos;
use crate::pace::Pace;
use crate::per::Per;
use crate::ramp::RampState;
use crate::rule::Rule;
use crate::settings::Settings;
use crate::sharing::Sharing;

/// What the meter that enforces a rule is made of.
pub(crate) fn meter_spec(settings: &Settings, rule: &Rule, now: Reading) -> Option<Make> {
    let (dimension, scale) = Dimension::of(rule.key.metric)?;
    let policy = settings.provider.policy();
    let window = rule.key.per.nanos().unwrap_or(Nanos::ZERO);
    let sub_window = policy.sub_window.filter(|_| rule.key.per == Per::Period(Period::Minute));
    let part = match rule.key.part {
        Part::Whole => PartRule::Whole,
        Part::ClassShare | Part::TenantShare => PartRule::Share(rule.share_percent),
        Part::SubWindow => PartRule::SubWindow(sub_window?),
        Part::Pace => PartRule::Pace(sub_window),
    };
    let stated = rule.amount.saturating_mul(scale);
    let in_calendar =
        settings.calendar == Calendar::Utc && matches!(rule.key.per, Per::Period(Period::Day | Period::Month));
    let (limit, width) = part.of(stated, window);
    let jitter = settings.jitter_of(window, width);
    let gauge = match rule.key.per {
        Per::AtOnce => Gauge::Places(0),
        _ if rule.key.part == Part::Pace => Gauge::Even(Pace::new(limit, width + jitter)),
        Per::Period(per) if in_calendar => Gauge::Calendar(CalendarWindow::new(per, now)),
        Per::Period(_) | Per::Span(_) => {
            let log = Log::new(width + jitter, limit, settings.resolution);
            Gauge::Sliding(if rule.key.part == Part::SubWindow { log.holding() } else { log })
        }
    };
    let state = (part == PartRule::Whole).then(|| LimitState {
        ramp: ramp(rule, scale),
        shares: settings.shares_of(rule.key.metric),
        sharing: settings
            .shared
            .filter(|_| !window.is_zero() && !in_calendar)
            .map(|floor| Box::new(Sharing::new(floor, window))),
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
    Some(Make { per, reach, stated, dimension, scale, rule: part, state, jitter, gauge, slow_start })
}

/// How a limit grows.
fn ramp(rule: &Rule, scale: u64) -> Option<Box<RampState>> {
    let (limit, _) = rule.limit.filter(|(limit, _)| !limit.ramp.is_empty())?;
    let points = limit.ramp.points().map(|mut point| {
        point.amount = point.amount.saturating_mul(scale);
        point
    });
    Some(Box::new(RampState::new(points.collect())))
}
