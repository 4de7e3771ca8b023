//! ratebook.
