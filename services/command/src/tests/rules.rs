//! The rules of the protocols: without each of them, a test fails.

use wsgiservice_test_support::assert_fails_without;

/// A rule, and the test that fails without it.
const RULES: [(&str, &str); 14] = [
    ("command::cas", "undos::on_sqlite::an_undo_that_is_late_finds_the_other"),
    (
        "command::check_first",
        "undos::on_sqlite::what_was_changed_since_is_a_conflict_and_nothing_is_undone",
    ),
    (
        "command::compensating",
        "recovery::on_sqlite::a_batch_that_has_begun_to_go_back_does_not_go_on",
    ),
    ("command::fence", "recovery::on_sqlite::a_worker_that_was_overtaken_sends_nothing_more"),
    ("command::home", "moves::on_sqlite::a_call_for_a_user_of_another_cluster_is_passed_on"),
    ("command::narrow", "recovery::on_sqlite::a_change_by_another_is_in_the_image"),
    ("command::owner", "recovery::on_sqlite::a_worker_that_was_overtaken_changes_nothing"),
    ("command::rebase", "undos::on_sqlite::undo_undo_redo_redo"),
    ("command::retention", "recovery::on_sqlite::a_command_is_given_up_after_a_day"),
    ("command::reuse_image", "recovery::on_sqlite::the_image_that_was_committed_is_used_again"),
    ("command::stop", "moves::on_sqlite::nothing_is_committed_for_a_user_who_is_frozen"),
    ("command::sweep_open", "sweeps::on_sqlite::an_undo_that_was_accepted_in_time_ends"),
    ("command::two", "undos::on_sqlite::a_deletion_and_what_came_after_it_are_undone"),
    ("command::unknown", "batches::on_sqlite::an_unknown_outcome_fails_no_batch"),
];

#[test]
fn a_test_fails_without_each_rule() {
    for (rule, test) in RULES {
        assert_fails_without(rule, &format!("tests::{test}"));
    }
}
