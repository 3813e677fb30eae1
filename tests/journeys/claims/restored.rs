//! A table that was restored to an earlier moment, so that user and challenge are of two accounts for good.

use tests::proxy::Operation;
use tests::service::{PASSWORD, Row, Service, text};

use super::{ADA, BOB, Code, ask, claim, otp, user, verify};
use crate::expected::{otp_not_found, otp_superseded, sent, told, verified};

/// Puts a row back as it was, as restoring the table does.
async fn restore(service: &Service, table: &str, row: Row) {
    service.dynamodb().put_item().table_name(table).set_item(Some(row)).send().await.unwrap();
}

/// The two accounts of "ada", with the phones [`BOB`] and [`ADA`]; then `table` is as it was before the second one.
async fn restored(table: &str) -> (Service, Code) {
    let service = Service::start().await;
    claim(&service, PASSWORD, BOB).await;
    let row = if table == "users" { user(&service).await } else { otp(&service).await };
    let code = claim(&service, PASSWORD, ADA).await;
    restore(&service, table, row).await;
    assert_ne!(user(&service).await["accountId"], otp(&service).await["accountId"]);
    let _ = service.proxy.take_calls();
    (service, code)
}

/// A challenge of another account reads as none, once it has been seen twice running: a code is issued at once, goes to
/// the phone of the user's row, and works.
#[tokio::test(flavor = "multi_thread")]
async fn after_the_restoring_of_a_table_a_code_is_issued_and_works() {
    for (table, phone) in [("users", BOB), ("otps", ADA)] {
        for path in ["/send", "/resend"] {
            let (service, _) = restored(table).await;
            let answer = ask(&service, path, None).await;
            let code = Code::of(&service, &answer);
            assert_eq!(told(&answer), sent(&code.id, service.now(), 30), "{path} with {table} restored");
            assert_eq!(service.code_to(phone), code.code, "{path} with {table} restored");
            assert_eq!(user(&service).await["accountId"], otp(&service).await["accountId"]);

            let operations: Vec<_> =
                service.proxy.take_calls().into_iter().map(|call| call.operation).collect();
            let reads = operations.iter().filter(|operation| **operation == Operation::BatchGetItem).count();
            assert_eq!(reads, 2, "{operations:?}");
            assert_eq!(verify(&service, &code.code, Some(&code.id)).await, verified("ada"));
        }
    }
}

/// A table that is restored between the decision and the write: what was decided for one account is not stored for
/// another, and the code goes where the user's row says.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_not_stored_for_a_user_that_is_restored_meanwhile() {
    for path in ["/send", "/resend"] {
        let service = Service::start().await;
        claim(&service, PASSWORD, BOB).await;
        let before = user(&service).await;
        claim(&service, PASSWORD, ADA).await;
        service.tick(600);
        let storing = service.proxy.hold(Operation::TransactWriteItems);
        let restoring = async {
            storing.arrived(1).await;
            restore(&service, "users", before).await;
            storing.release();
        };
        let (answer, ()) = tokio::join!(ask(&service, path, None), restoring);
        let code = Code::of(&service, &answer);
        assert_eq!(told(&answer), sent(&code.id, service.now(), 30), "{path}");
        assert_eq!((service.code_to(BOB), service.courier().count()), (code.code.clone(), 3), "{path}");
        assert_eq!(verify(&service, &code.code, Some(&code.id)).await, verified("ada"));
    }
}

/// Until then no id of a code is one of the account's, and no code verifies it.
#[tokio::test(flavor = "multi_thread")]
async fn after_the_restoring_of_a_table_no_code_of_before_verifies_anybody() {
    let (service, code) = restored("users").await;
    for path in ["/send", "/resend"] {
        assert_eq!(told(&ask(&service, path, Some(&code.id)).await), otp_superseded(None), "{path}");
    }
    assert_eq!(verify(&service, &code.code, Some(&code.id)).await, otp_not_found());
    assert_eq!(verify(&service, &code.code, None).await, otp_not_found());
    let user = user(&service).await;
    assert_eq!((text(&user, "status"), text(&user, "mobileNo")), ("PENDING", BOB));
    assert_eq!(text(&otp(&service).await, "status"), "PENDING");
}
