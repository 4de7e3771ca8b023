const ENTRY: ratebook::Entry = ratebook::entry!("castai", "large");

fn main() {
    println!("{ENTRY:?}");
}
