//! Every interleaving of a few calls breaks no rule; and the check finds the mistakes that it is there to find.

use tests::crowd;
use tests::interleavings::edit::{self, Edit};
use tests::interleavings::{Checked, Rule, Scenario, check, scenarios};

/// Searches a scenario in full. It takes its turn among the crowds, since it keeps a processor busy.
async fn searched(scenario: Scenario, edit: Option<Edit>) -> Checked {
    let _turn = crowd::turn().await;
    let checked = tokio::task::spawn_blocking(move || check(scenario, edit, None)).await.unwrap();
    println!("{checked:#?}");
    checked
}

/// Nothing is left out, and no rule is broken; docs/proofs.md says of how many states.
#[tokio::test]
async fn no_interleaving_breaks_a_rule() {
    let page = include_str!("../../docs/proofs.md");
    for scenario in scenarios::all() {
        let checked = searched(scenario, None).await;
        assert!(checked.is_whole && checked.counterexample.is_none(), "{checked:#?}");
        let row = format!("| {} | {} |", checked.scenario, checked.unique);
        assert!(page.contains(&row), "docs/proofs.md has not {row}");
    }
}

/// A mistake breaks this rule, and the search finds the way there.
async fn breaks(rule: Rule, scenario: Scenario, edit: Option<Edit>) {
    let checked = searched(scenario, edit).await;
    let (broken, way) = checked.counterexample.expect("a counterexample");
    assert_eq!(broken, rule, "{way:#?}");
}

#[tokio::test]
async fn an_attempt_that_is_taken_after_the_comparison_is_found() {
    breaks(Rule::Attempts, scenarios::careless_guessers(), None).await;
}

#[tokio::test]
async fn attempts_without_end_are_found() {
    breaks(Rule::Attempts, scenarios::guessers(), Some(edit::take_attempts_without_end)).await;
}

#[tokio::test]
async fn a_code_that_is_stored_whatever_became_of_its_row_is_found() {
    breaks(Rule::RunOfFailures, scenarios::devices(), Some(edit::put_otp_unconditionally)).await;
}

/// Of the conditions on the row and on the user, either alone keeps a code from a new account here.
#[tokio::test]
async fn a_code_that_is_stored_whoever_has_the_name_is_found() {
    breaks(Rule::TextAfterRow, scenarios::replaced(), Some(edit::issue_unconditionally)).await;
}

#[tokio::test]
async fn a_confirmation_that_asks_for_nothing_is_found() {
    breaks(Rule::OneSuccess, scenarios::typists(), Some(edit::confirm_unconditionally)).await;
}

#[tokio::test]
async fn an_attempt_without_an_id_at_a_contested_account_is_found() {
    let edit = edit::take_attempts_at_contested_accounts;
    breaks(Rule::OwnPassword, scenarios::parties_without_ids(), Some(edit)).await;
}

#[tokio::test]
async fn a_code_that_is_confirmed_after_it_was_replaced_is_found() {
    breaks(Rule::NewestAndAlive, scenarios::at_the_end(), Some(edit::confirm_unconditionally)).await;
}

#[tokio::test]
async fn a_send_that_replaces_the_code_of_another_is_found() {
    breaks(Rule::SendReplacesNothing, scenarios::senders(), Some(edit::put_otp_unconditionally)).await;
}

#[tokio::test]
async fn a_confirmation_that_verifies_nobody_is_found() {
    breaks(Rule::VerifiedWithConfirmed, scenarios::typists(), Some(edit::confirm_without_the_user)).await;
}

#[tokio::test]
async fn a_code_that_is_counted_nowhere_is_found() {
    breaks(Rule::Counted, scenarios::typists(), Some(edit::count_nothing)).await;
}
