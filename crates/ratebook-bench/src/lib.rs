//! Benchmarks of the catalog: `cargo bench -p ratebook-bench`.
