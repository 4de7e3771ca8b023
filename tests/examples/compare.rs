//! Compares clients under every policy of the catalog and every way of enforcing:
//! `cargo run --release -p ratebook-tests --example compare`. `--feedback` runs the scenarios about responses instead;
//! `--chart FILE.svg` draws a chart.

use ratebook_tests::compare::{chart, feedback, tables};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => print!("{}", tables::text(&tables::compare(), &tables::under_jitter(), &tables::catalog(|_| true))),
        ["--feedback"] => println!("{}", feedback::feedback_table(&feedback::feedback(|_, _| true))),
        ["--chart", path] => chart::draw(path.as_ref())?,
        _ => return Err("usage: compare [--feedback | --chart FILE.svg]".into()),
    }
    Ok(())
}
