//! Signing up for the name of somebody who has not verified yet.

use serde_json::{Value, json};
use tests::answer::Answer;
use tests::service::{Service, signup};

use super::{ADA, Attacker, Costs, cost};
use crate::expected::{rate_limited, told, verified};

/// The attacker's own phone, which takes five signups a day too.
const OWN: &str = "+12025550166";

impl Attacker<'_> {
    /// Signs up for ada's name, with a password and a phone of the attacker's.
    async fn claim(&self) {
        let mut body = signup("ada", OWN);
        body["password"] = json!("another quiet harbour");
        assert_eq!(self.post("/signup", &body).await.status, 201);
    }
}

/// Types ada's newest code for the account that `signed_up` made.
async fn type_code(service: &Service, signed_up: &Answer) -> Answer {
    let id: &Value = &signed_up.body["otp"]["id"];
    let body = json!({ "username": "ada", "otp": service.code_to(ADA), "otpId": id });
    service.post("/verify", body).await
}

/// Case 31: a signup takes the name of a PENDING user, who signs up again and then needs the `otpId`.
#[tokio::test(flavor = "multi_thread")]
async fn one_signup_replaces_a_pending_user() {
    let service = Service::start().await;
    let first = service.sign_up("ada", ADA).await;
    let attacker = Attacker::of(&service);
    attacker.claim().await;
    cost("A PENDING user is replaced, and its name contested", attacker.costs());
    assert_eq!(type_code(&service, &first).await.outcome(), "422 otp_superseded");
    let again = service.sign_up("ada", ADA).await;
    assert_eq!(again.status, 201);
    let code = service.code_to(ADA);
    assert_eq!(service.verify("ada", &code).await.outcome(), "409 otp_id_required");
    assert_eq!(told(&type_code(&service, &again).await), verified("ada"));
}

/// Case 31: who is replaced each time has signed up five times, which is what the phone has of a day. Who types the code
/// before the next signup is VERIFIED, and cannot be replaced any more.
#[tokio::test(flavor = "multi_thread")]
async fn five_signups_replace_a_person_for_a_day() {
    for types_the_last_code in [false, true] {
        let service = Service::start().await;
        let attacker = Attacker::of(&service);
        let mut newest = service.sign_up("ada", ADA).await;
        for _ in 0..4 {
            attacker.claim().await;
            newest = service.sign_up("ada", ADA).await;
            assert_eq!(newest.status, 201);
        }
        if types_the_last_code {
            assert_eq!(told(&type_code(&service, &newest).await), verified("ada"));
            let mut body = signup("ada", OWN);
            body["password"] = json!("another quiet harbour");
            assert_eq!(attacker.post("/signup", &body).await.outcome(), "409 username_taken");
            continue;
        }
        // Five of the texts were the person's own.
        attacker.claim().await;
        let costs = attacker.costs();
        let costs = Costs { texts: costs.texts - 5, ..costs };
        cost("A person is replaced each time, and cannot sign up again until midnight (UTC)", costs);
        assert_eq!(told(&service.sign_up("ada", ADA).await), rate_limited(43_200));
        service.tick(43_200);
        let newest = service.sign_up("ada", ADA).await;
        assert_eq!(told(&type_code(&service, &newest).await), verified("ada"));
    }
}
