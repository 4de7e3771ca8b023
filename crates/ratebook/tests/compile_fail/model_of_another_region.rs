const ENTRY: ratebook::Entry = ratebook::entry!("alibaba", "eu", "qwen-plus-us");

fn main() {
    println!("{ENTRY:?}");
}
