//! What the calls of a route take of one limit.

use crate::cost::Measure;
use crate::limit::LimitInForce;
use crate::meter::MeterId;

/// One of the limits that the calls of a route draw from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draw {
    pub(crate) meter: MeterId,
    /// What a call takes of the limit.
    pub(crate) measure: Measure,
    /// The limit at the time the route was made. A refusal states the limit in force instead.
    pub(crate) limit: LimitInForce,
}
