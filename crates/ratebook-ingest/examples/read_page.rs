//! Prints the fact page, limits and diagnostics of a page: `cargo run --example read_page -- PROVIDER FILE`.

use ratebook_ingest::{Decisions, fact_page, interpret, read};

fn main() {
    let mut args = std::env::args().skip(1);
    let (provider, file) = (args.next().expect("a provider"), args.next().expect("a file"));
    let bytes = std::fs::read(&file).expect("a file that can be read");
    let page = read::read_bytes(&bytes, file.rsplit('.').next()).expect("a page");
    let interpreter = interpret::interpreter(&provider).expect("a known provider");
    let reading = interpreter.read(&page, &Decisions::default());
    print!("{}\n{}", fact_page::write(&reading.page), reading.source.write());
    println!("{:?} in {} tables, withdrawn: {}", reading.numbers, reading.tables, reading.withdrawn);
    for diagnostic in &reading.diagnostics {
        println!("{diagnostic}");
    }
}
