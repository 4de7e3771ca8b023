//! A name that is not in the catalog stops the build, with the nearest ones.

#[test]
fn wrong_names_in_constants_do_not_compile() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/compile_fail/*.rs");
    cases.pass("tests/compile_pass/*.rs");
}
