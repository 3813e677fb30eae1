//! Codes that nobody asked for, until a cap or the budget is used up.

use serde_json::json;
use tests::service::{AS_DEPLOYED, Service, signup};

use super::{ADA, Attacker, cost};
use crate::expected::{rate_limited, sms_budget_spent, told};
use crate::texting::phone;

const NOBODYS: &str = "203.0.113.9";

/// The address of the `nth` request of one who takes `count` addresses in turn.
fn address(nth: usize, count: usize) -> String {
    format!("198.51.100.{}", 1 + nth % count)
}

/// Case 39: five signups with its number keep a phone from signing up for a day, and its VERIFIED user keeps the codes.
#[tokio::test(flavor = "multi_thread")]
async fn five_signups_are_all_that_a_phone_has_in_a_day() {
    let service = Service::start().await;
    service.user_of_yesterday("ada", ADA).await;
    let attacker = Attacker::of(&service);
    for nth in 0..5 {
        let answer = attacker.post("/signup", &signup(&format!("stranger{nth}"), ADA)).await;
        assert_eq!(answer.status, 201, "{answer:?}");
    }
    cost("A phone cannot sign up until midnight (UTC)", attacker.costs());
    assert_eq!(told(&service.sign_up("lovelace", ADA).await), rate_limited(43_200));
    assert_eq!(service.send("ada").await.status, 202);
    service.tick(43_200);
    assert_eq!(service.sign_up("lovelace", ADA).await.status, 201);
}

/// A number of Canada, whose texts cost what those of the United States do.
fn canadian(nth: usize) -> String {
    format!("+1416555{:04}", 100 + nth)
}

/// Signs up until `number` may have no more texts, with five signups a number.
async fn sign_up_with_all(attacker: &Attacker<'_>, texts: usize, number: impl Fn(usize) -> String) {
    for nth in 0..texts {
        let body = signup(&format!("stranger{}{nth}", number(0)), &number(nth / 5));
        let answer = attacker.post_from(&address(nth, 5), "/signup", &body).await;
        assert_eq!(answer.status, 201, "{nth}: {answer:?}");
    }
}

/// Cases 14 and 39: signups over one region end at what a quarter of the budget buys there, and leave the others'.
#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_and_eight_signups_end_those_of_a_region() {
    let service = Service::with(&AS_DEPLOYED).await;
    service.user_of_yesterday("ada", ADA).await;
    let attacker = Attacker::of(&service);
    sign_up_with_all(&attacker, 208, |nth| phone(100 + nth)).await;
    cost("Nobody of a region can sign up until midnight (UTC)", attacker.costs());
    let refused = service.call("/signup").from(NOBODYS).json(&signup("bob", "+12025550144")).await;
    assert_eq!(told(&refused), sms_budget_spent(43_200));
    assert_eq!(service.sign_up("carol", &canadian(99)).await.status, 201);
    assert_eq!(service.sign_up("dave", "+61491570006").await.status, 201);
    assert_eq!(service.post("/send", json!({ "username": "ada" })).await.status, 202);
}

/// Cases 14 and 39: signups over two regions spend their own half of the budget, and leave that of VERIFIED users.
#[tokio::test(flavor = "multi_thread")]
async fn twice_as_many_over_two_regions_end_the_signups_of_a_day() {
    let service = Service::with(&AS_DEPLOYED).await;
    service.user_of_yesterday("ada", ADA).await;
    let attacker = Attacker::of(&service);
    sign_up_with_all(&attacker, 208, |nth| phone(100 + nth)).await;
    sign_up_with_all(&attacker, 208, canadian).await;
    cost("Nobody can sign up until midnight (UTC)", attacker.costs());
    for number in ["+12025550144", &canadian(99), "+61491570006"] {
        let refused = service.call("/signup").from(NOBODYS).json(&signup("bob", number)).await;
        assert_eq!(told(&refused), sms_budget_spent(43_200));
    }
    // Neither phones nor addresses could have been fewer.
    let more = signup("one-more", &phone(100));
    let refused = service.call("/signup").from(NOBODYS).json(&more).await;
    assert_eq!(told(&refused), rate_limited(43_200), "the phone's cap");
    for _ in 0..5 {
        let owner = json!({ "username": "ada" });
        assert_eq!(service.post("/send", owner).await.status, 202);
        assert_eq!(service.verify("ada", &service.code_to(ADA)).await.status, 200);
    }
}

/// Case 14: codes for VERIFIED users spend their own half of the budget, and leave that of signups.
#[tokio::test(flavor = "multi_thread")]
async fn ten_codes_to_each_of_forty_two_users_end_the_codes_of_a_day() {
    let service = Service::with(&AS_DEPLOYED).await;
    for nth in 0..42 {
        let (name, number) = (format!("user{nth}"), phone(100 + nth));
        assert_eq!(service.sign_up(&name, &number).await.status, 201, "{name}");
        assert_eq!(service.verify(&name, &service.code_to(&number)).await.status, 200, "{name}");
    }
    service.user_of_yesterday("ada", ADA).await;
    let attacker = Attacker::of(&service);
    for round in 0..10 {
        attacker.next_code(&address(round * 42, 3), "user0").await;
        for nth in 1..42.min(416 - round * 42) {
            let body = json!({ "username": format!("user{nth}") });
            let answer = attacker.post_from(&address(round * 42 + nth, 3), "/resend", &body).await;
            assert_eq!(answer.status, 202, "round {round}, {nth}: {answer:?}");
        }
    }
    cost("No VERIFIED user is sent a code until midnight (UTC)", attacker.costs());
    assert_eq!(service.send("ada").await.outcome(), "503 sms_budget_spent");
    let newest = service.verify("user7", &service.code_to(&phone(107))).await;
    assert_eq!(newest.outcome(), "200 User verified", "the codes that were sent can be typed");
    assert_eq!(service.sign_up("bob", "+12025550144").await.status, 201);
}

/// Case 13: who shares an address with an attacker shares its cap; a code that was sent can be typed all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_requests_close_an_address_for_the_hour() {
    let service = Service::start().await;
    service.user_of_yesterday("ada", ADA).await;
    service.send("ada").await;
    let shared = "198.51.100.1";
    let attacker = Attacker::of(&service);
    for nth in 0..100 {
        let body = json!({ "username": format!("unknown{nth}") });
        assert_eq!(attacker.post_from(shared, "/send", &body).await.status, 202, "{nth}");
    }
    cost("Nobody behind an address is sent a code for an hour of the clock", attacker.costs());
    let signup = signup("bob", "+12025550144");
    let refused = service.call("/signup").from(shared).json(&signup).await;
    assert_eq!(told(&refused), rate_limited(3_600));
    let right = json!({ "username": "ada", "otp": service.code_to(ADA) });
    assert_eq!(service.call("/verify").from(shared).json(&right).await.status, 200);
    assert_eq!(service.call("/signup").from(NOBODYS).json(&signup).await.status, 201, "from elsewhere");
    service.tick(3_600);
    let owner = json!({ "username": "ada" });
    assert_eq!(service.call("/send").from(shared).json(&owner).await.status, 202);
}
