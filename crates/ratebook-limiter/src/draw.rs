//! One limit that a kind of call draws from.

use crate::cost::Dimension;
use crate::limit::LimitInForce;
use crate::meter::MeterId;

/// One limit of a route.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draw {
    pub(crate) meter: MeterId,
    pub(crate) dimension: Dimension,
    /// The limit as it was when the route was made; a refusal has it as it is.
    pub(crate) limit: LimitInForce,
}
