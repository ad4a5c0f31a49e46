//! Each rule of the protocol, switched off, is missed by a test.

/// A rule, and the test that fails without it.
const RULES: [(&str, &str); 6] = [
    ("pipeline::source_id", "tests::accept::on_sqlite::a_message_that_comes_again_is_the_same"),
    (
        "pipeline::known_7_days",
        "tests::accept::on_sqlite::a_message_is_known_for_seven_days_after_it_ended",
    ),
    (
        "pipeline::per_listener_hold",
        "tests::deliver::on_sqlite::the_undo_window_is_that_of_the_listener",
    ),
    (
        "pipeline::oldest",
        "tests::order::on_sqlite::a_delivery_that_waits_holds_back_those_of_its_user",
    ),
    ("pipeline::attempt", "tests::claim::on_sqlite::the_late_result_of_an_attempt_is_void"),
    ("pipeline::lease", "tests::claim::on_sqlite::a_lease_keeps_others_away_until_it_runs_out"),
];

#[test]
fn each_rule_is_missed_by_a_test() {
    for (rule, test) in RULES {
        wsgiservice_test_support::assert_fails_without(rule, test);
    }
}
