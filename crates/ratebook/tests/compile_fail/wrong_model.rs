const ENTRY: ratebook::Entry = ratebook::entry!("alibaba", "international", "qwen-pluss");

fn main() {
    println!("{ENTRY:?}");
}
