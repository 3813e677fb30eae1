//! The service answers as the [reference](tests::reference) does, which is the contract once more.

use tests::crowd;
use tests::histories::run;

use crate::openapi;

const SEED: u64 = 1;

const HISTORIES: u64 = 500;

/// Answers that no history meets: what would be attested, the front door, bodies of another shape, and a failing
/// DynamoDB, which have tests of their own.
const ELSEWHERE: [&str; 6] = [
    "401 attestation_required",
    "403 forbidden",
    "413 payload_too_large",
    "415 unsupported_media_type",
    "500 internal",
    "503 unavailable",
];

/// Random histories of calls, the passing of time and a failing Courier: every answer is the model's, with all its
/// numbers, and so is every text. `cargo bench -p tests --bench reference -- 1 <seed>` tells the story of a
/// difference again.
#[tokio::test(flavor = "multi_thread")]
async fn the_service_answers_as_the_model_does() {
    let _turn = crowd::turn().await;
    let tally = run(SEED, HISTORIES, None).await;
    if let Some(counterexample) = &tally.counterexample {
        panic!("{counterexample}");
    }
    println!("{:#?}", tally.answers);
    let left_out = u64::try_from(tally.left_out).unwrap();
    assert!(left_out * 100 < HISTORIES, "{left_out} histories were left out");
    for call in ["signup", "send", "resend", "verify"] {
        let documented =
            openapi::problems_of(call).into_iter().filter(|problem| !ELSEWHERE.contains(&&**problem));
        let successes = ["200", "201", "202"].into_iter().filter(|status| openapi::answers(call, status));
        for answer in documented.chain(successes.map(str::to_owned)) {
            let met = tally.answers.contains_key(&format!("/{call} {answer}"));
            assert!(met, "no history met /{call} {answer}: {:#?}", tally.answers);
        }
    }
}
