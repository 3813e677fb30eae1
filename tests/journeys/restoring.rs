//! `users` alone restored to an earlier moment, under another name, and attached by that name: what
//! `docs/operations.md` promises of it.

use aws_sdk_dynamodb::types::AttributeValue;
use local::dynamodb::create_tables;
use local::template::{Table, Template};
use tests::service::{Row, Service, number, text};

const ADA: &str = "+12025550143";
const BOB: &str = "+12025550144";
const EVE: &str = "+12025550145";

/// The name of the restored table on this machine.
const RESTORED: &str = "restored";

/// Copies `users` into another table, as restoring it to this moment does.
async fn restore(service: &Service) {
    let template = Template::of_this_repository().unwrap();
    let users = template.tables.into_iter().find(|table| table.logical_name == "UsersTable").unwrap();
    let restored = Table { logical_name: "RestoredTable".to_owned(), ..users };
    assert_eq!(restored.name(), RESTORED);
    create_tables(service.dynamodb(), &[restored]).await.unwrap();
    for row in service.rows("users").await {
        service.dynamodb().put_item().table_name(RESTORED).set_item(Some(row)).send().await.unwrap();
    }
}

/// Empties a table of which there is no copy.
async fn empty(service: &Service, table: &str, key: &str) {
    for row in service.rows(table).await {
        let delete = service.dynamodb().delete_item().table_name(table);
        delete.key(key, row[key].clone()).send().await.unwrap();
    }
}

/// A service whose users were overwritten, running on the table of the moment before that, and the rows of the table that
/// was left.
///
/// "ada" was VERIFIED then and "bob" PENDING; "eve" signed up and was VERIFIED since.
async fn restored() -> (Service, Vec<Row>) {
    let service = Service::start().await;
    service.user_of_yesterday("ada", ADA).await;
    assert_eq!(service.sign_up("bob", BOB).await.status, 201);
    restore(&service).await;

    let overwrite = service.dynamodb().update_item().table_name("users");
    let overwrite = overwrite.key("username", AttributeValue::S("ada".to_owned()));
    let overwrite = overwrite.update_expression("SET mobileNo = :wrong");
    let overwrite = overwrite.expression_attribute_values(":wrong", AttributeValue::S(EVE.to_owned()));
    overwrite.send().await.unwrap();
    assert_eq!(service.sign_up("eve", EVE).await.status, 201);
    assert_eq!(service.verify("eve", &service.code_to(EVE)).await.status, 200);

    empty(&service, "otps", "username").await;
    empty(&service, "limits", "key").await;
    let old = service.rows("users").await;
    (service.restarted_with(&[("USERS_TABLE", RESTORED)]).await, old)
}

async fn user(service: &Service, username: &str) -> Row {
    let rows = service.rows(RESTORED).await;
    rows.into_iter().find(|row| text(row, "username") == username).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn users_of_the_restored_table_sign_in() {
    let (service, old) = restored().await;
    let sent = service.send("ada").await;
    assert_eq!(sent.outcome(), "202 OTP sent successfully");
    let code = service.code_to(ADA);
    assert_eq!(service.courier().count(), 1, "to the phone of the restored row, and to no other");
    assert_eq!(service.verify("ada", &code).await.outcome(), "200 User verified");
    assert_eq!(service.verify("ada", &code).await.outcome(), "409 otp_already_used");
    let ada = user(&service, "ada").await;
    assert_eq!((text(&ada, "status"), text(&ada, "mobileNo")), ("VERIFIED", ADA));
    assert_eq!(number(&ada, "updatedAt"), i64::try_from(service.now()).unwrap());
    assert_eq!(service.rows("users").await, old, "the old table is as it was");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_sign_up_on_the_restored_table() {
    let (service, old) = restored().await;
    // Somebody new, somebody whose code is gone, somebody who signed up after the moment that the table was set back to.
    for (username, number) in [("joe", "+12025550146"), ("bob", BOB), ("eve", EVE)] {
        let answer = service.sign_up(username, number).await;
        assert_eq!(answer.outcome(), "201 OTP sent successfully", "{username}");
        assert_eq!(service.verify(username, &service.code_to(number)).await.outcome(), "200 User verified");
        assert_eq!(text(&user(&service, username).await, "status"), "VERIFIED");
    }
    assert_eq!(service.sign_up("ada", EVE).await.outcome(), "409 username_taken");
    assert_eq!(service.rows("users").await, old, "the old table is as it was");
}

/// A PENDING user need not begin again: the code is gone, the account is not.
#[tokio::test(flavor = "multi_thread")]
async fn a_pending_user_of_the_restored_table_is_sent_another_code() {
    let (service, _) = restored().await;
    assert_eq!(service.send("bob").await.outcome(), "202 OTP sent successfully");
    assert_eq!(service.verify("bob", &service.code_to(BOB)).await.outcome(), "200 User verified");
    // Who is not in it any more is like anybody unknown, and is texted nothing.
    assert_eq!(service.send("eve").await.outcome(), "202 OTP sent successfully");
    assert_eq!(service.courier().count(), 1);
}
