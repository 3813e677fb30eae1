//! Laws of every history under every policy.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// The fate of a code once it is issued.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Waits,
    Fails,
    IsConfirmed,
    IsExhausted,
    IsGuessedAt,
}

/// A turn of the history: a request for a code, `after` seconds later, and the fate of the code.
#[derive(Clone, Copy, Debug)]
struct Turn {
    after: i64,
    call: Call,
    fate: Fate,
}

fn policies() -> impl Strategy<Value = Policy> {
    (1_i64..=900, prop_oneof![1_i64..=60, 1_i64..=3_600], 1_u32..=8).prop_map(
        |(code_ttl, cooldown, codes_per_username_per_hour)| Policy {
            code_ttl,
            cooldown,
            codes_per_username_per_hour,
            ..Policy::default()
        },
    )
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let after = prop_oneof![0_i64..=5, 0_i64..=300, 0_i64..=4_000];
    let call = prop_oneof![Just(Call::Send), Just(Call::Resend)];
    let fate = prop_oneof![
        4 => Just(Fate::Waits),
        1 => Just(Fate::Fails),
        1 => Just(Fate::IsConfirmed),
        1 => Just(Fate::IsExhausted),
        1 => Just(Fate::IsGuessedAt),
    ];
    vec((after, call, fate).prop_map(|(after, call, fate)| Turn { after, call, fate }), 1..40)
}

fn meet(fate: Fate, challenge: Challenge) -> Challenge {
    match fate {
        Fate::Waits => challenge,
        Fate::Fails => failed(challenge),
        Fate::IsConfirmed => confirmed(challenge),
        Fate::IsExhausted => Challenge { attempts: 5, ..challenge },
        Fate::IsGuessedAt => Challenge { failures: (challenge.failures + 20).min(99), ..challenge },
    }
}

/// Plays `turns`; `see` gets the row before each of them, the call, the time and what came of it.
fn play(
    turns: &[Turn],
    policy: &Policy,
    mut see: impl FnMut(Option<&Challenge>, Call, i64, &Result<Challenge, Refusal>),
) {
    let mut row: Option<Challenge> = None;
    let mut now = 0;
    for (nth, turn) in (0..).zip(turns) {
        now += turn.after;
        let issued = Challenge::issue(row.as_ref(), None, draft(turn.call, nth), policy, at(now));
        see(row.as_ref(), turn.call, now, &issued);
        if let Ok(issued) = issued {
            row = Some(meet(turn.fate, issued));
        }
    }
}

/// Returns the refusal without its wait, and the wait.
fn parts(refusal: &Refusal) -> (Refusal, i64) {
    match *refusal {
        Refusal::OtpPending { retry_after } => (Refusal::OtpPending { retry_after: 0 }, retry_after),
        Refusal::ResendTooSoon { retry_after } => (Refusal::ResendTooSoon { retry_after: 0 }, retry_after),
        Refusal::RateLimited { cap, retry_after } => {
            (Refusal::RateLimited { cap, retry_after: 0 }, retry_after)
        }
        ref other => panic!("no wait belongs to {other:?}"),
    }
}

proptest! {
    #[test]
    fn no_hour_ever_holds_more_codes_than_the_cap(policy in policies(), turns in turns()) {
        let mut issued_at = Vec::new();
        play(&turns, &policy, |_, _, now, issued| {
            if issued.is_ok() {
                issued_at.push(now);
            }
        });
        let cap = policy.codes_per_username_per_hour as usize;
        for window in issued_at.windows(cap + 1) {
            prop_assert!(window[cap] - window[0] >= HOUR, "{window:?}");
        }
    }

    #[test]
    fn a_refusal_ends_exactly_when_it_says(policy in policies(), turns in turns()) {
        let mut found = Ok(());
        play(&turns, &policy, |row, call, now, issued| {
            let Err(refusal) = issued else { return };
            let again = |now| Challenge::issue(row, None, draft(call, 99), &policy, at(now)).map(|_| ());
            let (kind, wait) = parts(refusal);
            let until = |now: i64| again(now).map_err(|refusal| parts(&refusal));
            found = found.clone().and_then(|()| {
                prop_assert!(wait > 0, "{refusal:?}");
                prop_assert_eq!(until(now + wait - 1), Err((kind.clone(), 1)));
                prop_assert_ne!(until(now + wait).map_err(|(kind, _)| kind), Err(kind));
                Ok(())
            });
        });
        found?;
    }

    #[test]
    fn resend_after_is_the_first_moment_at_which_a_resend_is_accepted(
        policy in policies(),
        turns in turns(),
        between in 0.0..1.0,
    ) {
        let mut found = Ok(());
        play(&turns, &policy, |row, _, now, _| {
            let Some(row) = row else { return };
            let wait = row.resend_after(&policy, at(now));
            let refused = |now| Challenge::issue(Some(row), None, draft(Call::Resend, 99), &policy, at(now)).is_err();
            #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "it is small")]
            let inside = (wait as f64 * between) as i64;
            found = found.clone().and_then(|()| {
                prop_assert!(!refused(now + wait), "after {wait}");
                prop_assert!(wait == 0 || refused(now + wait - 1), "before {wait}");
                prop_assert!(wait == 0 || refused(now + inside), "at {inside} of {wait}");
                Ok(())
            });
        });
        found?;
    }

    #[test]
    fn a_row_never_remembers_more_than_the_last_hour(policy in policies(), turns in turns()) {
        let mut found = Ok(());
        play(&turns, &policy, |before, _, now, issued| {
            let Ok(row) = issued else { return };
            let hour_ago = at(now - HOUR);
            let run = before.map_or(0, |before| before.failures);
            found = found.clone().and_then(|()| {
                prop_assert!(row.issued().all(|code| code.at > hour_ago));
                prop_assert!(row.issued().count() <= policy.codes_per_username_per_hour as usize);
                prop_assert_eq!(row.failures, run);
                Ok(())
            });
        });
        found?;
    }
}
