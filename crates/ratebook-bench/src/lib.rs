//! Nothing but benches: `cargo bench -p ratebook-bench`.
