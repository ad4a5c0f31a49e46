//! What the compiler says: a file in `ui/` for each mistake, named for it.

#[test]
fn each_mistake_is_told_at_its_own_token() {
    trybuild::TestCases::new().compile_fail("ui/*.rs");
}
