//! The day's budget: two pots, that of VERIFIED users and that of all others, at a dollar a text.

use std::sync::Arc;

use local::courier::{Behaviour, Script};
use serde_json::json;
use tests::answer::Answer;
use tests::crowd;
use tests::rows::{put_pending_user, put_verified_user};
use tests::service::{Service, signup};

use super::{all_at_once, expected, outcomes, phone, sum_of};

const SPENT: &str = "503 sms_budget_spent";
const SENT: &str = "202 OTP sent successfully";
const SIGNED_UP: &str = "201 OTP sent successfully";

/// A service under which `count` VERIFIED users of yesterday, `owner0` and so on, live with no limits yet.
async fn with_owners(count: usize) -> Service {
    let service = Service::with(&[("DAILY_BUDGET_DOLLARS", "0"), ("CODES_PER_ADDRESS_PER_HOUR", "0")]).await;
    for nth in 0..count {
        let (name, number) = (format!("owner{nth}"), phones_of_owners(nth));
        assert_eq!(service.sign_up(&name, &number).await.status, 201, "{name}");
        assert_eq!(service.verify(&name, &service.code_to(&number)).await.status, 200, "{name}");
    }
    service.tick(86_400);
    service
}

fn phones_of_owners(nth: usize) -> String {
    phone(500 + nth)
}

/// The same service with a budget, `share` per cent of it for VERIFIED users.
async fn budgeted(service: Service, budget: u32, share: u32) -> Service {
    let (budget, share) = (budget.to_string(), share.to_string());
    let settings = [
        ("DAILY_BUDGET_DOLLARS", budget.as_str()),
        ("VERIFIED_SHARE_PERCENT", share.as_str()),
        ("CODES_PER_ADDRESS_PER_HOUR", "0"),
    ];
    service.restarted_with(&settings).await
}

async fn strangers_sign_up(service: &Arc<Service>, these: std::ops::Range<usize>) -> Vec<Answer> {
    all_at_once(service, these, async |service, nth| {
        service.sign_up(&format!("user{nth}"), &phone(nth)).await
    })
    .await
}

async fn owners_ask(service: &Arc<Service>, these: std::ops::Range<usize>) -> Vec<Answer> {
    all_at_once(service, these, async |service, nth| service.send(&format!("owner{nth}")).await).await
}

/// Case 14: sixty signups at once under a budget of $37, of which half is for them, then all VERIFIED users at once, then the
/// rest of the story.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_budget_of_thirty_seven_dollars_either_get_eighteen_texts() {
    let _turn = crowd::turn().await;
    let service = Arc::new(budgeted(with_owners(30).await, 37, 50).await);
    let answers = strangers_sign_up(&service, 0..60).await;
    assert_eq!(outcomes(&answers), expected(&[(SIGNED_UP, 18), (SPENT, 42)]));
    assert_eq!(service.courier().count(), 18);
    assert_eq!(service.rows("users").await.len(), 30 + 18);
    for answer in answers.iter().filter(|answer| answer.status == 503) {
        assert_eq!(answer.retry_after(), 43_200);
    }

    let signed_up: Vec<_> = (0..60).filter(|nth| answers[*nth].status == 201).collect();
    service.tick(600);
    for nth in &signed_up[1..4] {
        assert_eq!(service.send(&format!("user{nth}")).await.outcome(), SPENT);
        assert_eq!(service.resend(&format!("user{nth}")).await.retry_after(), 42_600);
    }
    assert_eq!(service.send("nobody").await.outcome(), SENT, "like a VERIFIED user");
    let answers = owners_ask(&service, 0..30).await;
    assert_eq!(outcomes(&answers), expected(&[(SENT, 18), (SPENT, 12)]));
    assert_eq!(service.courier().count(), 36);
    assert_eq!(service.send("nobody-else").await.outcome(), SPENT, "like a VERIFIED user");
    let owner = (0..30).find(|nth| answers[*nth].status == 202).unwrap();
    let code = service.code_to(&phones_of_owners(owner));
    let verified = service.verify(&format!("owner{owner}"), &code).await;
    assert_eq!(verified.outcome(), "200 User verified", "verify goes on");

    service.tick(42_599);
    assert_eq!(service.send(&format!("owner{owner}")).await.retry_after(), 1);
    assert_eq!(service.courier().count(), 36);
    service.tick(1);
    let answers = strangers_sign_up(&service, 100..160).await;
    assert_eq!(outcomes(&answers), expected(&[(SIGNED_UP, 18), (SPENT, 42)]));
    assert_eq!(service.courier().count(), 54);
}

/// Case 14: one after the other, pots of no text, of fewer than shards, of one a shard and of one more, which is paid for by
/// all shards together; whichever is used up first leaves the other whole.
#[tokio::test(flavor = "multi_thread")]
async fn each_pot_is_spent_to_the_last_text_and_leaves_the_other() {
    let mut service = with_owners(18).await;
    let mut strangers = 0..500;
    for (budget, share, others, verified) in [
        (1, 50, 0, 0),
        (5, 50, 2, 2),
        (7, 33, 4, 2),
        (9, 0, 9, 0),
        (10, 90, 1, 9),
        (16, 50, 8, 8),
        (32, 48, 16, 15),
        (34, 50, 17, 17),
    ] {
        for strangers_first in [true, false] {
            service = budgeted(service, budget, share).await;
            for of_strangers in [strangers_first, !strangers_first] {
                let before = service.courier().count();
                let (size, sent) = if of_strangers { (others, SIGNED_UP) } else { (verified, SENT) };
                for nth in 0..=size {
                    let answer = if of_strangers {
                        let stranger = strangers.next().unwrap();
                        service.sign_up(&format!("user{stranger}"), &phone(stranger)).await
                    } else {
                        service.send(&format!("owner{nth}")).await
                    };
                    let wanted = if nth < size { sent } else { SPENT };
                    assert_eq!(answer.outcome(), wanted, "text {nth} of {size}, of {budget} with {share} %");
                }
                assert_eq!(service.courier().count(), before + size);
            }
            service.tick(86_400);
        }
    }
}

/// Case 14: fifty at once for the last three texts of either pot get three.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_at_once_at_the_edge_get_what_is_left_of_their_pot() {
    let _turn = crowd::turn().await;
    let service = Arc::new(budgeted(with_owners(67).await, 40, 50).await);
    assert_eq!(outcomes(&strangers_sign_up(&service, 0..17).await), expected(&[(SIGNED_UP, 17)]));
    assert_eq!(outcomes(&owners_ask(&service, 0..17).await), expected(&[(SENT, 17)]));
    let strangers = strangers_sign_up(&service, 17..67).await;
    assert_eq!(outcomes(&strangers), expected(&[(SIGNED_UP, 3), (SPENT, 47)]));
    let owners = owners_ask(&service, 17..67).await;
    assert_eq!(outcomes(&owners), expected(&[(SENT, 3), (SPENT, 47)]));
    assert_eq!(service.courier().count(), 40);
}

/// Case 14: neither what is refused nor an unknown username uses the budget up.
#[tokio::test(flavor = "multi_thread")]
async fn only_texts_use_the_budget_up() {
    let service = Arc::new(budgeted(with_owners(3).await, 6, 50).await);
    assert_eq!(service.sign_up("ada", &phone(0)).await.status, 201);
    assert_eq!(service.send("owner0").await.status, 202);
    let unknown =
        all_at_once(&service, 0..20, async |service, nth| service.send(&format!("nobody{nth}")).await).await;
    assert_eq!(outcomes(&unknown), expected(&[(SENT, 20)]));
    for _ in 0..4 {
        for name in ["ada", "owner0"] {
            assert_eq!(service.send(name).await.outcome(), "409 otp_pending");
            assert_eq!(service.resend(name).await.outcome(), "429 resend_too_soon");
        }
        assert_eq!(service.sign_up("ada", &phone(0)).await.outcome(), SIGNED_UP, "the very same signup");
        assert_eq!(service.sign_up("owner0", &phone(1)).await.outcome(), "409 username_taken");
        assert_eq!(service.sign_up("bob", "+1800").await.outcome(), "400 invalid_request");
        assert_eq!(service.post("/send", json!([])).await.outcome(), "400 invalid_request");
        assert_eq!(service.verify("ada", &service.wrong_code(&phone(0), 0)).await.code(), "invalid_otp");
    }
    for nth in 1..3 {
        let answer = service.call("/signup").json(&signup(&format!("user{nth}"), &phone(nth))).await;
        assert_eq!(answer.status, 201, "text {nth}");
        assert_eq!(service.send(&format!("owner{nth}")).await.outcome(), SENT, "text {nth}");
    }
    assert_eq!(service.sign_up("carol", &phone(4)).await.outcome(), SPENT);
    assert_eq!(service.courier().count(), 6);
}

/// Case 39: with strangers' signups on the owner's phone, and the pot of signups used up, the owner is still sent codes.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_signups_leaves_the_owner_the_codes() {
    let service = budgeted(with_owners(1).await, 20, 50).await;
    let owners_phone = phones_of_owners(0);
    for nth in 0..10 {
        let number = if nth < 5 { owners_phone.clone() } else { phone(nth) };
        assert_eq!(service.sign_up(&format!("user{nth}"), &number).await.status, 201, "{nth}");
    }
    assert_eq!(service.sign_up("user10", &owners_phone).await.outcome(), "429 rate_limited");
    assert_eq!(service.sign_up("user10", &phone(10)).await.outcome(), SPENT);
    for nth in 0..10 {
        assert_eq!(service.send("owner0").await.outcome(), SENT, "{nth}");
        let code = service.code_to(&owners_phone);
        assert_eq!(service.verify("owner0", &code).await.outcome(), "200 User verified", "{nth}");
        service.tick(720);
    }
}

/// A service of VERIFIED users `owner0` to `owner127` and PENDING users `user0` to `user127` under `settings`.
async fn with_a_crowd(settings: &[(&str, &str)]) -> Arc<Service> {
    let mut given = vec![("CODES_PER_ADDRESS_PER_HOUR", "0"), ("SMS_PRICES", "US:0.35,*:0.3")];
    given.extend(settings);
    let service = Service::with(&given).await;
    for nth in 0..AT_THE_EDGE {
        put_verified_user(&service, &format!("owner{nth}"), &phones_of_owners(nth)).await;
        put_pending_user(&service, &format!("user{nth}"), &phone(nth)).await;
    }
    Arc::new(service)
}

async fn pending_users_ask(service: &Arc<Service>) -> Vec<Answer> {
    all_at_once(service, 0..AT_THE_EDGE, async |service, nth| service.send(&format!("user{nth}")).await).await
}

const AT_THE_EDGE: usize = 128;

/// What the rows of the day have summed up, by their attributes.
async fn sums(service: &Service) -> [i64; 4] {
    let rows = service.rows("limits").await;
    ["verified", "others", "US", "AU"].map(|attribute| sum_of(&rows, attribute))
}

/// Case 14: a dear text is more than any row of the pot has. 128 sends at once for PENDING users, and 128 for VERIFIED ones, are
/// paid to the last text that fits, and not a micro-dollar over.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crowd_at_the_edge_of_either_pot_spends_it_to_the_last_text_that_fits() {
    let _turn = crowd::turn().await;
    // Either pot is $4.25: 12 texts of $0.35, and five cents that buy none; a row has $0.265625.
    let service = with_a_crowd(&[("DAILY_BUDGET_DOLLARS", "8.5"), ("ALLOWED_REGIONS", "US:1000")]).await;
    let sends = pending_users_ask(&service).await;
    assert_eq!(outcomes(&sends), expected(&[(SENT, 12), (SPENT, AT_THE_EDGE - 12)]));
    assert_eq!(sums(&service).await, [0, 4_200_000, 12, 0]);
    let sends = owners_ask(&service, 0..AT_THE_EDGE).await;
    assert_eq!(outcomes(&sends), expected(&[(SENT, 12), (SPENT, AT_THE_EDGE - 12)]));
    assert_eq!(sums(&service).await, [4_200_000, 4_200_000, 12, 0]);
    assert_eq!(service.courier().count(), 24);
}

/// Case 14: a region has twice the texts that are expected of it, however many ask at once, and its end is no other one's, nor
/// that of its VERIFIED users.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crowd_at_the_edge_of_a_region_gets_twice_what_is_expected() {
    let _turn = crowd::turn().await;
    let service = with_a_crowd(&[("DAILY_BUDGET_DOLLARS", "1000"), ("ALLOWED_REGIONS", "US:10,AU")]).await;
    let sends = pending_users_ask(&service).await;
    assert_eq!(outcomes(&sends), expected(&[(SENT, 20), (SPENT, AT_THE_EDGE - 20)]));
    assert_eq!(sums(&service).await, [0, 7_000_000, 20, 0]);
    let answer = service.sign_up("new", &phone(999)).await;
    assert_eq!((answer.outcome().as_str(), answer.retry_after()), (SPENT, 43_200), "signups are of it");
    assert_eq!(service.sign_up("sydney", "+61491570006").await.outcome(), SIGNED_UP);
    let sends = owners_ask(&service, 0..AT_THE_EDGE).await;
    assert_eq!(outcomes(&sends), expected(&[(SENT, AT_THE_EDGE)]), "VERIFIED users have no most");
    let paid = 350_000 * i64::try_from(AT_THE_EDGE).unwrap();
    assert_eq!(sums(&service).await, [paid, 7_300_000, 20, 1]);
}

/// Case 14: a region for which nothing is stated has what a quarter of the budget buys, and each text its segments.
#[tokio::test(flavor = "multi_thread")]
async fn a_quarter_of_the_budget_is_all_that_a_region_gets_unstated() {
    let settings = [
        ("DAILY_BUDGET_DOLLARS", "10"),
        ("SMS_PRICES", "US:0.5,*:0.3"),
        ("ALLOWED_REGIONS", "*"),
        ("LOCALES", "en,hi"),
        ("APP_NAME", "A name of 20 letters"),
        ("OTP_DOMAIN", "accounts.with-a-long-name.of-example.com"),
    ];
    let service = Service::with(&settings).await;
    for nth in 0..4 {
        let mut body = signup(&format!("user{nth}"), &phone(nth));
        body["locale"] = json!(if nth == 0 { "hi" } else { "en" });
        let answer = service.post("/signup", body).await;
        assert_eq!(answer.status, 201, "{nth}");
    }
    assert_eq!(sums(&service).await, [0, 2_500_000, 5, 0], "a text in Hindi has two segments");
    assert_eq!(service.sign_up("user5", &phone(5)).await.outcome(), SPENT);
    assert_eq!(service.sign_up("sydney", "+61491570006").await.outcome(), SIGNED_UP);
}

/// Case 14: what a region is refused for moves no counter, and a text that failed keeps its place.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_region_is_refused_for_counts_nothing() {
    let service = Service::with(&[("ALLOWED_REGIONS", "US:1")]).await;
    service.courier().play(Script::of([Behaviour::answer(400)]));
    for nth in 0..2 {
        assert_eq!(service.sign_up(&format!("user{nth}"), &phone(nth)).await.status, 201);
    }
    let before = service.everything().await;
    for nth in 2..5 {
        assert_eq!(service.sign_up(&format!("user{nth}"), &phone(nth)).await.outcome(), SPENT);
    }
    assert_eq!(service.everything().await, before);
}
