//! What a row holds of a challenge, and what is read back.

use super::*;

fn stored(challenge: &Challenge) -> StoredChallenge {
    StoredChallenge {
        account: challenge.account(),
        contested: challenge.is_contested(),
        issued: challenge.earlier().iter().chain([challenge.newest()]).cloned().collect(),
        pepper: challenge.pepper(),
        attempts: challenge.attempts(),
        failures: challenge.failures(),
        valid_until: challenge.valid_until(),
        delivery: challenge.delivery().cloned(),
    }
}

/// A store keeps what a challenge tells of itself, and nothing else.
#[test]
fn a_challenge_tells_all_that_there_is_to_store() {
    let first = attempted(signed_up(), 3);
    let second = attempted(issue(&first, Call::Resend, 1, at(30)).unwrap(), 2);
    let delivery = Delivery {
        outcome: DeliveryOutcome::Sent,
        request_id: Some("1-5e2b2615-05efbb3acab9172f88dd3f6f".to_owned()),
        tries: 2,
    };
    let contested = Challenge { contested: true, ..second.clone() };
    for challenge in [first, second.clone(), contested, second.delivered(delivery)] {
        let restored = Challenge::restore(stored(&challenge)).unwrap();
        assert_eq!(format!("{restored:?}"), format!("{challenge:?}"));
    }
}

#[test]
fn what_no_challenge_is_stored_as_is_not_restored() {
    let challenge = issue(&signed_up(), Call::Resend, 1, at(30)).unwrap();
    let stored = || stored(&challenge);
    let refused = |stored| Challenge::restore(stored).unwrap_err().0;
    let reversed = StoredChallenge { issued: stored().issued.into_iter().rev().collect(), ..stored() };
    assert_eq!(refused(reversed), "codes that are not in the order of their issue");
    assert_eq!(refused(StoredChallenge { issued: Vec::new(), ..stored() }), "no code");
    for life in [0, 901] {
        assert_eq!(
            refused(StoredChallenge { valid_until: at(30 + life), ..stored() }),
            "a life that no code has"
        );
    }
    let of = |account, contested| StoredChallenge { account, contested, ..stored() };
    assert_eq!(refused(of(AccountId::UNKNOWN, true)), "contested without an account");
    assert!(Challenge::restore(of(AccountId::UNKNOWN, false)).is_ok(), "that of an unknown name");
}

#[test]
fn a_status_and_an_outcome_are_read_by_the_names_that_rows_have() {
    for (name, status) in [
        ("PENDING", ChallengeStatus::Pending),
        ("CONFIRMED", ChallengeStatus::Confirmed),
        ("REJECTED", ChallengeStatus::Rejected),
    ] {
        assert_eq!((status.as_str(), name.parse()), (name, Ok(status)));
    }
    for (name, outcome) in [
        ("SENT", DeliveryOutcome::Sent),
        ("FAILED", DeliveryOutcome::Failed),
        ("UNKNOWN", DeliveryOutcome::Unknown),
    ] {
        assert_eq!((outcome.as_str(), name.parse()), (name, Ok(outcome)));
    }
    for name in ["", "pending", "VERIFIED"] {
        assert_eq!((name.parse::<ChallengeStatus>(), name.parse::<DeliveryOutcome>()), (Err(()), Err(())));
    }
}
