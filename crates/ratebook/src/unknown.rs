//! The error of a call that has no limits in the catalog.

use core::fmt;

use crate::Provider;
use crate::nearest::Nearest;

/// The part of a call that is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownKind {
    /// The region is missing although limits differ by region, or the provider does not have it.
    Region,
    /// The plan is missing although limits differ by plan, or the provider does not have it, or it has no limits.
    Plan,
    /// The deployment is missing although limits differ by deployment, or the provider does not have it.
    Deployment,
    /// The mode is missing although limits differ by mode, or the provider does not have it.
    Mode,
    /// The class of context lengths is missing although limits differ by it, or the provider does not have it.
    Context,
    /// No rule maps the model's name to limits.
    Model,
    /// The provider does not have the task; or the task is missing, and the model has no limits of its own.
    Task,
}

/// The error of a call that has no limits in the catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unknown {
    pub(crate) provider: Provider,
    pub(crate) what: UnknownKind,
    pub(crate) nearest: Nearest<'static>,
}

impl Unknown {
    /// Returns the part of the call that is unknown.
    #[inline]
    pub const fn what(&self) -> UnknownKind {
        self.what
    }

    /// Returns up to three known names that are nearest, best first.
    #[inline]
    pub fn nearest(&self) -> impl Iterator<Item = &'static str> {
        self.nearest.names()
    }
}

impl fmt::Display for Unknown {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.what {
            UnknownKind::Region => "expected a region of the provider, whose limits differ by region",
            UnknownKind::Plan => "expected a plan of the provider with limits, which differ by plan",
            UnknownKind::Deployment => "expected a deployment of the provider, whose limits differ by deployment",
            UnknownKind::Mode => "expected a mode of the provider, whose limits differ by mode",
            UnknownKind::Context => "expected a class of context lengths of the provider, whose limits differ by it",
            UnknownKind::Model => "no rule maps this model's name to limits",
            UnknownKind::Task => "expected a task of the provider: the model has no limits of its own",
        })?;
        for (at, name) in self.nearest().enumerate() {
            write!(f, "{}{name}", if at == 0 { "; the nearest names are " } else { ", " })?;
        }
        if self.what == UnknownKind::Task && self.nearest().next().is_none() {
            for (at, name) in self.provider.tasks().enumerate() {
                write!(f, "{}{name}", if at == 0 { "; the tasks are " } else { ", " })?;
            }
        }
        Ok(())
    }
}

impl core::error::Error for Unknown {}
