//! Why a call is refused.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    Wait,
    Deadline,
    Never,
    #[cfg(feature = "feedback")]
    Vendor,
    Shadow,
}
