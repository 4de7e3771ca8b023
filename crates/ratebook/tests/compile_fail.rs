//! An unknown name in `entry!` is a compile error with the nearest names.

#[test]
fn wrong_names_in_constants_do_not_compile() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/compile_fail/*.rs");
    cases.pass("tests/compile_pass/*.rs");
}
