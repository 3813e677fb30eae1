//! The two rows that a call reads, with a signup between them that replaces the account: they are of two accounts.

use local::courier::{Behaviour, Script};
use serde_json::{Value, json};
use tests::answer::Answer;
use tests::proxy::{Match, Operation};
use tests::service::{PASSWORD, Service};

use super::{ADA, BOB, Code, EVES, claim, details, is_contested, number_of, otp, user, verify};
use crate::expected::{
    invalid_otp, otp_id_required, otp_pending, otp_superseded, resend_too_soon, sent, told, verified,
};

/// Lets `signup` happen after `call` has read its row of `first`, one of the two tables, and before it reads the other.
async fn torn(
    service: &Service,
    first: &str,
    call: impl Future<Output = Answer>,
    signup: impl Future<Output = ()>,
) -> Answer {
    let (call, signup) = (Box::pin(call), Box::pin(signup));
    let _ = service.proxy.take_calls();
    let tear = service.proxy.tear(first);
    let between = async {
        tear.arrived(1).await;
        signup.await;
        tear.release();
    };
    tokio::join!(call, between).0
}

/// What "ada" was before the signup that comes in between.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Before {
    Nobody,
    /// Unknown, and asked for before.
    Stray,
    /// PENDING with the phone [`BOB`], its first code texted.
    Texted,
    /// The same, the first text having failed.
    Failed,
    /// The same, and then a code was issued to the call and the key that are about to be repeated.
    Keyed,
    /// PENDING once; its day is over.
    Ended,
}

const KEY: &str = "key-1";

/// The next text surely fails, because of its number.
fn fail_next(service: &Service) {
    service.courier().play(Script::of([Behaviour::answer(400)]));
}

async fn sign_up(service: &Service, password: &str, phone: &str, is_texted: bool) {
    if is_texted {
        claim(service, password, phone).await;
    } else {
        fail_next(service);
        let answer = service.post("/signup", details(password, phone)).await;
        assert_eq!((answer.status, &answer.body["otp"]["delivery"]), (201, &json!("FAILED")));
    }
}

impl Before {
    const ALL: [Self; 6] = [Self::Nobody, Self::Stray, Self::Texted, Self::Failed, Self::Keyed, Self::Ended];

    async fn service(self, path: &str) -> Service {
        let service = Service::start().await;
        match self {
            Self::Nobody => {}
            Self::Stray => assert_eq!(service.send("ada").await.status, 202),
            Self::Texted => sign_up(&service, PASSWORD, BOB, true).await,
            Self::Failed => sign_up(&service, PASSWORD, BOB, false).await,
            Self::Keyed => {
                sign_up(&service, PASSWORD, BOB, false).await;
                assert_eq!(self.ask(&service, path).await.status, 202);
            }
            Self::Ended => {
                let code = claim(&service, PASSWORD, BOB).await;
                let wrong = service.wrong_code(BOB, 0);
                assert_eq!(verify(&service, &wrong, Some(&code.id)).await, invalid_otp(4), "it is kept");
                service.tick(86_400);
                // What has ended would be deleted some time or other.
                service.sweep();
            }
        }
        service
    }

    async fn ask(self, service: &Service, path: &str) -> Answer {
        let key = (self == Self::Keyed).then_some(KEY);
        let call = key.into_iter().fold(service.call(path), tests::service::Call::key);
        call.json(&json!({ "username": "ada" })).await
    }

    /// Whether a signup with another password meets it.
    fn is_met(self) -> bool {
        !matches!(self, Self::Nobody | Self::Stray)
    }
}

/// What an untorn call is answered for the new account, and a torn one, too. `None` is a code of its own.
fn expected(path: &str, is_contested: bool, is_texted: bool) -> Option<(u16, Value)> {
    if is_contested {
        Some(otp_id_required())
    } else if !is_texted {
        None
    } else if path == "/send" {
        Some(otp_pending(600))
    } else {
        Some(resend_too_soon(30))
    }
}

/// Case 34: whichever read comes first, whoever was there before and whichever first text failed: a send or resend decides
/// for the new account or not at all. The old phone gets no code, the new account keeps its challenge, and no answer has
/// an id of the account before.
async fn decides_for_the_new_account(path: &str, first: &str) {
    for before in Before::ALL {
        for (password, is_texted) in [(PASSWORD, true), (PASSWORD, false), (EVES, false)] {
            let what = format!("{before:?}, {password}, texted: {is_texted}");
            let service = before.service(path).await;
            let mut new = None;
            let answer = torn(&service, first, before.ask(&service, path), async {
                sign_up(&service, password, ADA, is_texted).await;
                new = Some((service.everything().await, service.courier().keys().len()));
            })
            .await;
            let (new, requests) = new.unwrap();

            assert_eq!(number_of(&service).await, ADA, "{what}");
            let contested = is_contested(&service).await;
            assert_eq!(contested, password == EVES && before.is_met(), "{what}");
            assert_eq!(user(&service).await["accountId"], new[0][0]["accountId"], "{what}");
            if let Some(expected) = expected(path, contested, is_texted) {
                assert_eq!(told(&answer), expected, "{what}");
                assert_eq!(service.everything().await, new, "{what}");
                assert_eq!(service.courier().keys().len(), requests, "{what}");
                continue;
            }
            let code = Code::of(&service, &answer);
            assert_eq!(told(&answer), sent(&code.id, service.now(), 30), "{what}");
            assert_eq!(service.courier().keys().len(), requests + 1, "{what}");
            assert_eq!(service.code_to(ADA), code.code, "{what}");
            assert_eq!(
                otp(&service).await["issued"].as_l().unwrap().len(),
                2,
                "{what}: the first one is kept"
            );
            assert_eq!(verify(&service, &code.code, Some(&code.id)).await, verified("ada"), "{what}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_of_the_old_user_with_the_new_challenge_decides_for_the_new_account() {
    decides_for_the_new_account("/send", "users").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_of_the_new_user_with_the_old_challenge_decides_for_the_new_account() {
    decides_for_the_new_account("/send", "otps").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resend_of_the_old_user_with_the_new_challenge_decides_for_the_new_account() {
    decides_for_the_new_account("/resend", "users").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resend_of_the_new_user_with_the_old_challenge_decides_for_the_new_account() {
    decides_for_the_new_account("/resend", "otps").await;
}

/// Case 34: an id says for which account a call is, torn or not.
#[tokio::test(flavor = "multi_thread")]
async fn a_torn_call_with_an_id_of_the_account_before_is_superseded() {
    for path in ["/send", "/resend"] {
        for first in ["users", "otps"] {
            for is_texted in [true, false] {
                let service = Service::start().await;
                let old = claim(&service, PASSWORD, BOB).await;
                service.tick(600);
                let call = super::ask(&service, path, Some(&old.id));
                let mut new = None;
                let answer = torn(&service, first, call, async {
                    sign_up(&service, PASSWORD, ADA, is_texted).await;
                    new = Some(service.everything().await);
                })
                .await;
                assert_eq!(told(&answer), otp_superseded(None), "{path}, {first} first");
                assert_eq!(service.everything().await, new.unwrap());
            }
        }
    }
}

/// Lets `signup` happen after `call` has met the user of the name and before it reads the challenge.
async fn torn_signup(
    service: &Service,
    call: impl Future<Output = Answer>,
    signup: impl Future<Output = ()>,
) -> Answer {
    let (call, signup) = (Box::pin(call), Box::pin(signup));
    let read = service.proxy.hold(Match::first(Operation::GetItem).on("otps"));
    let between = async {
        read.arrived(1).await;
        signup.await;
        read.release();
    };
    tokio::join!(call, between).0
}

/// Case 34: a signup repeated, with its key or without, that meets one account and reads the challenge of the next is
/// answered with the id of neither: it signs up once more.
#[tokio::test(flavor = "multi_thread")]
async fn a_torn_repeat_of_a_signup_is_answered_with_no_id_of_another_account() {
    for key in [None, Some(KEY)] {
        for others in [PASSWORD, EVES] {
            let what = format!("{key:?}, {others}");
            let service = Service::start().await;
            let ask = async || {
                let call = key.into_iter().fold(service.call("/signup"), tests::service::Call::key);
                call.json(&details(PASSWORD, ADA)).await
            };
            let first = Code::of(&service, &ask().await);
            let mut other = None;
            let answer = torn_signup(&service, ask(), async {
                other = Some(claim(&service, others, BOB).await);
            })
            .await;
            let own = Code::of(&service, &answer);
            assert_eq!((answer.status, service.courier().count()), (201, 3), "{what}: {answer:?}");
            assert!(![&first.id, &other.unwrap().id].contains(&&own.id), "{what}");
            assert_eq!((number_of(&service).await.as_str(), service.code_to(ADA)), (ADA, own.code.clone()));
            assert_eq!(is_contested(&service).await, others == EVES, "{what}");
            assert_eq!(verify(&service, &own.code, Some(&own.id)).await, verified("ada"), "{what}");
        }
    }
}

/// A signup whose name becomes VERIFIED while it compares the password finds it taken.
#[tokio::test(flavor = "multi_thread")]
async fn a_signup_that_a_confirmation_overtakes_finds_the_name_taken() {
    for password in [PASSWORD, EVES] {
        let service = Service::start().await;
        let code = claim(&service, PASSWORD, BOB).await;
        let call = service.post("/signup", details(password, ADA));
        let answer = torn_signup(&service, call, async {
            assert_eq!(verify(&service, &code.code, None).await, verified("ada"));
        })
        .await;
        assert_eq!(told(&answer), crate::expected::username_taken(), "{password}");
        assert_eq!((number_of(&service).await.as_str(), service.courier().count()), (BOB, 1));
    }
}
