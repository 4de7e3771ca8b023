const ENTRY: ratebook::Entry = ratebook::entry!("castai", plan = "growth", "large");

fn main() {
    println!("{ENTRY:?}");
}
