//! How many tokens a call will have, before it is made.
