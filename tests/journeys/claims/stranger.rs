//! A stranger who signs up with the owner's name and phone, and a password of his own.

use tests::service::{PASSWORD, Service, number, text};

use super::{ADA, BOB, Code, EVES, ask, changing_nothing, claim, details, is_contested, otp, user, verify};
use crate::expected::{
    invalid_otp, locked, otp_id_required, otp_pending, otp_superseded, resend_too_soon, sent, told, verified,
};

/// Case 31: the owner signs up after the stranger and has the account, which is contested: only the id of the own code
/// verifies it.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_signs_up_last_has_the_name_and_needs_the_id_of_the_own_code() {
    let service = Service::start().await;
    let eve = claim(&service, EVES, ADA).await;
    assert!(!is_contested(&service).await);
    service.tick(1);
    let own = claim(&service, PASSWORD, ADA).await;
    assert!(is_contested(&service).await);
    let again = service.post("/signup", details(PASSWORD, ADA)).await;
    assert_eq!(again.body["otp"]["id"], own.id.as_str(), "the password is the owner's");
    let signed_up = user(&service).await;

    changing_nothing(&service, async {
        let wrong = service.wrong_code(ADA, 0);
        for code in [&own.code, &eve.code, &wrong] {
            assert_eq!(verify(&service, code, None).await, otp_id_required());
            assert_eq!(verify(&service, code, Some(&eve.id)).await, otp_superseded(None));
        }
    })
    .await;
    assert_eq!(verify(&service, &eve.code, Some(&own.id)).await, invalid_otp(4), "no code of this account");
    assert_eq!(text(&user(&service).await, "status"), "PENDING");

    assert_eq!(verify(&service, &own.code, Some(&own.id)).await, verified("ada"));
    let user = user(&service).await;
    assert_eq!((text(&user, "status"), &user["passwordHash"]), ("VERIFIED", &signed_up["passwordHash"]));
    assert_eq!(user["accountId"], signed_up["accountId"]);
    assert_eq!((user.get("contested"), user.get("expiresAt")), (None, None));
    assert_eq!(otp(&service).await.get("contested"), None);
}

/// Case 31: the stranger signs up once more in between, and the owner's id is of no more use anywhere. What was texted
/// last is the stranger's account, which without its id nobody verifies.
#[tokio::test(flavor = "multi_thread")]
async fn an_id_of_the_account_before_is_superseded_on_every_call() {
    let service = Service::start().await;
    claim(&service, EVES, ADA).await;
    let own = claim(&service, PASSWORD, ADA).await;
    let eve = claim(&service, EVES, ADA).await;
    for seconds in [0, 30, 570, 3_000] {
        service.tick(seconds);
        changing_nothing(&service, async {
            for code in [&own.code, &eve.code] {
                assert_eq!(verify(&service, code, Some(&own.id)).await, otp_superseded(None));
            }
            for path in ["/send", "/resend"] {
                let answer = ask(&service, path, Some(&own.id)).await;
                assert_eq!(told(&answer), otp_superseded(None), "{path} after {seconds} s");
                assert_eq!(told(&ask(&service, path, None).await), otp_id_required(), "{path}");
            }
        })
        .await;
    }
    let own = claim(&service, PASSWORD, ADA).await;
    assert_eq!(verify(&service, &own.code, None).await, otp_id_required());
    assert_eq!(verify(&service, &own.code, Some(&own.id)).await, verified("ada"));
}

/// Case 31: the owner came first and the stranger second, whose code goes to the owner's phone: typed with the owner's id or
/// with none it verifies nobody.
#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_who_comes_second_is_not_verified_by_the_owner() {
    let service = Service::start().await;
    let own = claim(&service, PASSWORD, ADA).await;
    assert!(!is_contested(&service).await);
    let eve = claim(&service, EVES, ADA).await;
    assert!(is_contested(&service).await);
    changing_nothing(&service, async {
        for code in [&own.code, &eve.code] {
            assert_eq!(verify(&service, code, None).await, otp_id_required());
            assert_eq!(verify(&service, code, Some(&own.id)).await, otp_superseded(None));
        }
    })
    .await;
}

/// Case 31: further codes of a contested account are asked for with the id of any of its last hour, and typed with their
/// own. When one of them has verified it, no call needs an id.
#[tokio::test(flavor = "multi_thread")]
async fn a_contested_account_goes_on_by_its_ids() {
    let service = Service::start().await;
    claim(&service, EVES, ADA).await;
    let first = claim(&service, PASSWORD, ADA).await;
    service.tick(30);
    assert_eq!(told(&ask(&service, "/send", None).await), otp_id_required());
    assert_eq!(told(&ask(&service, "/send", Some(&first.id)).await), otp_pending(570));
    assert_eq!(told(&ask(&service, "/resend", None).await), otp_id_required());
    let answer = ask(&service, "/resend", Some(&first.id)).await;
    let second = Code::of(&service, &answer);
    assert_eq!(told(&answer), sent(&second.id, service.now(), 60));
    assert!(is_contested(&service).await);
    for id in [&first.id, &second.id] {
        assert_eq!(told(&ask(&service, "/resend", Some(id)).await), resend_too_soon(60));
    }
    service.tick(60);
    let answer = ask(&service, "/resend", Some(&first.id)).await;
    let third = Code::of(&service, &answer);
    assert_eq!(told(&answer), sent(&third.id, service.now(), 120), "by the id of an earlier code");

    for earlier in [&first, &second] {
        assert_eq!(verify(&service, &third.code, Some(&earlier.id)).await, otp_superseded(None));
    }
    assert_eq!(verify(&service, &third.code, None).await, otp_id_required());
    assert_eq!(verify(&service, &first.code, Some(&third.id)).await, otp_superseded(Some(4)));
    assert_eq!(verify(&service, &third.code, Some(&third.id)).await, verified("ada"));

    let answer = ask(&service, "/send", None).await;
    let fourth = Code::of(&service, &answer);
    assert_eq!(told(&answer), sent(&fourth.id, service.now(), 30));
    assert_eq!(verify(&service, &fourth.code, None).await, verified("ada"));
}

/// Case 31: whoever signs up after, with whatever details, the account stays contested until its time is up.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_stays_contested_until_its_time_is_up() {
    let service = Service::start().await;
    claim(&service, EVES, ADA).await;
    for phone in [ADA, BOB, ADA] {
        claim(&service, PASSWORD, phone).await;
        assert!(is_contested(&service).await, "with the password of the account before");
    }
    service.tick(86_400 + 899);
    let last = claim(&service, PASSWORD, BOB).await;
    assert!(is_contested(&service).await, "in the last second");
    assert_eq!(verify(&service, &last.code, None).await, otp_id_required());

    service.tick(86_400 + 900);
    claim(&service, EVES, BOB).await;
    assert!(!is_contested(&service).await, "the name was free");
}

/// Case 31: the id is asked for before anything else is told, such as a lock; and a new account has none.
#[tokio::test(flavor = "multi_thread")]
async fn an_id_comes_before_the_lock_of_a_contested_account() {
    let service = Service::start().await;
    let eve = claim(&service, EVES, ADA).await;
    let own = claim(&service, PASSWORD, ADA).await;
    service.set("otps", "ada", "failures", 100).await;
    changing_nothing(&service, async {
        for (id, expected) in
            [(None, otp_id_required()), (Some(&*eve.id), otp_superseded(None)), (Some(&*own.id), locked())]
        {
            assert_eq!(verify(&service, &own.code, id).await, expected);
            for path in ["/send", "/resend"] {
                assert_eq!(told(&ask(&service, path, id).await), expected, "{path}");
            }
        }
    })
    .await;
    // A locked account gives way to its very same signup.
    let own = claim(&service, PASSWORD, ADA).await;
    assert_eq!(number(&otp(&service).await, "failures"), 0);
    assert_eq!(verify(&service, &own.code, Some(&own.id)).await, verified("ada"));
}

/// Case 31: a key is its account's own. After the stranger's signup the owner's is a new one.
#[tokio::test(flavor = "multi_thread")]
async fn a_signup_repeated_after_another_ones_is_a_new_one_and_needs_its_new_id() {
    let service = Service::start().await;
    let keyed = async |password| service.call("/signup").key("key-1").json(&details(password, ADA)).await;
    let first = Code::of(&service, &keyed(PASSWORD).await);
    let eve = Code::of(&service, &keyed(EVES).await);
    let answer = keyed(PASSWORD).await;
    let own = Code::of(&service, &answer);
    assert_eq!((answer.status, service.courier().count()), (201, 3));
    assert!(is_contested(&service).await);
    for other in [&first, &eve] {
        assert_ne!(own.id, other.id);
        assert_eq!(verify(&service, &own.code, Some(&other.id)).await, otp_superseded(None));
    }
    assert_eq!(told(&keyed(PASSWORD).await), told(&answer));
    assert_eq!(verify(&service, &own.code, Some(&own.id)).await, verified("ada"));
}
