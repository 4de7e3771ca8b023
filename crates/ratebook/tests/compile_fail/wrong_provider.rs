const ENTRY: ratebook::Entry = ratebook::entry!("alibabba", "international", "qwen-plus");

fn main() {
    println!("{ENTRY:?}");
}
