const ENTRY: ratebook::Entry = ratebook::entry!("alibaba", "qwen-plus-us");

fn main() {
    println!("{ENTRY:?}");
}
