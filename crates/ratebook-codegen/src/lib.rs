//! ratebook-codegen.
