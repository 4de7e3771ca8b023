const ENTRY: ratebook::Entry = ratebook::entry!("alibaba", "internatonal", "qwen-plus");

fn main() {
    println!("{ENTRY:?}");
}
