//! Prints the blocks of a page as its reader gives them: `cargo run --example dump_page -- FILE`.

use ratebook_ingest::read;

fn main() {
    let file = std::env::args().nth(1).expect("a file");
    let bytes = std::fs::read(&file).expect("a file that can be read");
    let page = read::read_bytes(&bytes, file.rsplit('.').next()).expect("a page");
    println!("{:?}, shortened at lines {:?}", page.form, page.gaps);
    for block in &page.blocks {
        print!("{}: ", block.line);
        if !block.path.labels().is_empty() {
            print!("[{}] ", block.path);
        }
        if block.flags.hidden {
            print!("hidden ");
        }
        if block.flags.struck {
            print!("struck ");
        }
        if let Some(note) = &block.note {
            print!("note {note} ");
        }
        match &block.kind {
            ratebook_ingest::BlockKind::Table(table) => {
                println!("table");
                for row in table.header.iter().chain(&table.rows) {
                    let cells = row.cells.iter().map(|cell| {
                        let marks = if cell.marks.is_empty() { String::new() } else { format!(" {:?}", cell.marks) };
                        format!("{:?}{marks}", cell.text)
                    });
                    println!("    {}: {}", row.line, cells.collect::<Vec<_>>().join(" | "));
                }
            }
            other => println!("{other:?} {:?}", block.marks),
        }
    }
}
