//! The parts of a key that calls and keys of entries have in common.

/// Defines the setters of the parts, for a type with a field of each.
macro_rules! key_parts {
    () => {
        /// Sets the region of the account's endpoint. Default: none.
        #[must_use]
        #[inline]
        pub const fn region(self, region: Region) -> Self {
            Self { region: Some(region), ..self }
        }

        /// Sets the account's plan or tier. Default: none.
        #[must_use]
        #[inline]
        pub const fn plan(self, plan: Plan) -> Self {
            Self { plan: Some(plan), ..self }
        }

        /// Sets how the account's capacity is bought or invoked. Default: none.
        #[must_use]
        #[inline]
        pub const fn deployment(self, deployment: Deployment) -> Self {
            Self { deployment: Some(deployment), ..self }
        }

        /// Sets the mode of processing, such as batch. Default: none, for the usual mode.
        #[must_use]
        #[inline]
        pub const fn mode(self, mode: Mode) -> Self {
            Self { mode: Some(mode), ..self }
        }

        /// Sets the class of context lengths. Default: none.
        #[must_use]
        #[inline]
        pub const fn context(self, context: Context) -> Self {
            Self { context: Some(context), ..self }
        }
    };
}
