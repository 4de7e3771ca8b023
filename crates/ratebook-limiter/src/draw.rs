//! One limit that a call draws from.

use crate::cost::Measure;
use crate::limit::LimitInForce;
use crate::meter::MeterId;

/// One limit of a route.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draw {
    pub(crate) meter: MeterId,
    /// What a call takes of the limit.
    pub(crate) measure: Measure,
    /// The limit at the time the route was made. A refusal states the limit in force instead.
    pub(crate) limit: LimitInForce,
}
