//! Compiler errors: `ui/` has one file per mistake, named for the mistake.

#[test]
fn each_mistake_is_reported_at_its_token() {
    trybuild::TestCases::new().compile_fail("ui/*.rs");
}

#[test]
fn each_wrong_call_is_reported_at_its_token() {
    trybuild::TestCases::new().compile_fail("ui/client/*.rs");
}
