const ENTRY: ratebook::Entry = ratebook::entry!("castai", plan = "grwth", "large");

fn main() {
    println!("{ENTRY:?}");
}
