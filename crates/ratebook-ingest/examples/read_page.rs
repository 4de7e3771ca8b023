//! Prints the fact page, limits and diagnostics of a page: `cargo run --example read_page -- RECIPE FILE [REVIEWED]`.

use ratebook_ingest::engine::{self, Inputs};
use ratebook_ingest::ledger::Asides;
use ratebook_ingest::recipe::Recipe;
use ratebook_ingest::{Decisions, fact_page, read};

fn main() {
    let mut args = std::env::args().skip(1);
    let (recipe, file) = (args.next().expect("a recipe"), args.next().expect("a file"));
    let recipe = std::fs::read_to_string(&recipe).expect("a recipe that can be read");
    let recipe = Recipe::parse(&recipe).unwrap_or_else(|error| panic!("{error}"));
    let decisions = args.next().map_or_else(Decisions::default, |file| {
        let text = std::fs::read_to_string(&file).expect("decisions that can be read");
        Decisions::parse(&text).unwrap_or_else(|error| panic!("{error}"))
    });
    let bytes = std::fs::read(&file).expect("a file that can be read");
    let page = read::read_bytes(&bytes, file.rsplit('.').next()).expect("a page");
    let reading = engine::read(
        &recipe,
        recipe.main_page(),
        &page,
        Inputs { decisions: &decisions, policy: None, asides: &Asides::default() },
    );
    print!("{}\n{}", fact_page::write(&reading.page), reading.source.write());
    println!("{:?} in {} tables, withdrawn: {}", reading.numbers, reading.tables, reading.withdrawn);
    for diagnostic in &reading.diagnostics {
        println!("{diagnostic}");
    }
}
