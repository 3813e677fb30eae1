use super::*;
use crate::raw::request;

fn address(url: &str) -> SocketAddr {
    url.strip_prefix("http://").unwrap().parse().unwrap()
}

async fn started(options: Options) -> Stack {
    Stack::start(options).await.unwrap()
}

#[tokio::test]
async fn everything_answers_when_a_stack_has_started() {
    let stack = started(Options::of_a_test(Clock::System)).await;
    let Addresses { api, dynamodb, courier, secrets } = &stack.summary().addresses;
    let nowhere = request(address(api), "GET /nowhere", b"").await;
    assert_eq!((nowhere.status(), nowhere.body()), (404, r#"{"message":"Not Found"}"#.to_owned()));
    assert_eq!(request(address(dynamodb), "GET /", b"").await.status(), 200);
    let inbox = request(address(courier), "GET /inbox", b"").await;
    assert_eq!((inbox.status(), inbox.body()), (200, "[]".to_owned()));
    let unasked = request(address(secrets), "POST /", b"{}").await;
    assert_eq!(
        (unasked.status(), unasked.body()),
        (400, r#"{"__type":"UnknownOperationException"}"#.to_owned())
    );
}

#[tokio::test]
async fn the_tables_exist_and_expire_their_items() {
    let (clock, _) = Clock::manual(1_700_000_000);
    let stack = started(Options::of_a_test(clock)).await;
    let tables = stack.dynamodb().list_tables().send().await.unwrap();
    assert_eq!(tables.table_names(), ["limits", "otps", "users"]);
    for table in tables.table_names() {
        let ttl = stack.dynamodb().describe_time_to_live().table_name(table).send().await.unwrap();
        let attribute =
            ttl.time_to_live_description().and_then(|ttl| ttl.attribute_name().map(str::to_owned));
        assert_eq!(attribute.as_deref(), Some("expiresAt"), "{table}");
    }
}

#[tokio::test]
async fn the_tables_of_a_dynamodb_that_has_them_are_left_alone() {
    let first = started(Options::of_a_test(Clock::System)).await;
    let dynamodb = first.summary().addresses.dynamodb.clone();
    let mut options = Options::of_a_test(Clock::System);
    let given = dynamodb.clone();
    options.environment = Arc::new(move |name| (name == "AWS_ENDPOINT_URL_DYNAMODB").then(|| given.clone()));
    let second = started(options).await;
    assert!(second.embedded().is_none());
    assert_eq!(second.summary().addresses.dynamodb, dynamodb);
    assert_eq!(second.summary().items, Items::Elsewhere);
}

#[tokio::test]
async fn a_dynamodb_whose_address_is_none_is_refused() {
    for given in ["", "http://", "localhost:8000"] {
        let mut options = Options::of_a_test(Clock::System);
        options.environment = Arc::new(move |name| (name == DYNAMODB).then(|| given.to_owned()));
        let refused = Stack::start(options).await.map(|_| ()).unwrap_err().to_string();
        assert_eq!(refused, "AWS_ENDPOINT_URL_DYNAMODB must be an http or https address", "{given:?}");
    }
}

#[tokio::test]
async fn texts_go_out_when_the_developer_names_a_courier() {
    let mut options = Options::of_a_test(Clock::System);
    options.environment = Arc::new(|name| match name {
        "COURIER_BASE_URL" => Some("http://127.0.0.1:9".to_owned()),
        "COURIER_TOKEN" => Some("token".to_owned()),
        _ => None,
    });
    let stack = started(options).await;
    assert!(stack.courier().is_none());
    assert!(stack.summary().texts_go_out);
    assert_eq!(stack.summary().addresses.courier, "http://127.0.0.1:9");
}

#[tokio::test]
async fn there_is_no_issuer_unless_apps_are_looked_at() {
    let with = |given: &'static [(&str, &str)]| {
        let mut options = Options::of_a_test(Clock::System);
        options.environment = Arc::new(move |name| {
            given.iter().find(|(given, _)| *given == name).map(|(_, value)| (*value).to_owned())
        });
        async move { started(options).await.summary().looks_at_apps }
    };
    assert!(!with(&[]).await);
    assert!(!with(&[("APP_CHECK_PROJECT_NUMBER", "")]).await);
    assert!(with(&[("APP_CHECK_PROJECT_NUMBER", "123456789")]).await);
    let foreign = &[("APP_CHECK_PROJECT_NUMBER", "1"), ("APP_CHECK_BASE_URL", "http://127.0.0.1:9")];
    assert!(!with(foreign).await);
}

#[tokio::test]
async fn a_port_in_use_is_named_with_the_flag_that_changes_it() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap().into_std().unwrap();
    let port = taken.local_addr().unwrap().port();
    let refusal = |change: fn(&mut Flags, u16)| async move {
        let mut options = Options::of_a_test(Clock::System);
        change(&mut options.flags, port);
        Stack::start(options).await.unwrap_err().to_string()
    };
    let api = refusal(|flags, port| flags.port = port).await;
    assert_eq!(api, format!("port {port} is in use, and the API wants it: name another with --port <PORT>"));
    assert!(refusal(|flags, port| flags.dynamodb_port = port).await.contains("--dynamodb-port"));
    assert!(refusal(|flags, port| flags.courier_port = port).await.contains("--courier-port"));
    assert!(refusal(|flags, port| flags.secrets_port = port).await.contains("--secrets-port"));
    let mut options = Options::of_a_test(Clock::System);
    options.flags.app_check_port = port;
    options.environment =
        Arc::new(|name| (name == "APP_CHECK_PROJECT_NUMBER").then(|| "123456789".to_owned()));
    assert!(Stack::start(options).await.unwrap_err().to_string().contains("--app-check-port"));
}

#[tokio::test]
async fn a_data_file_outlives_its_stack() {
    let directory = std::env::temp_dir().join(format!("countersign-{:032x}", rand::random::<u128>()));
    std::fs::create_dir(&directory).unwrap();
    let mut options = Options::of_a_test(Clock::System);
    options.flags.data = Some(directory.join("items.db"));
    let stack = started(options.clone()).await;
    let value = aws_sdk_dynamodb::types::AttributeValue::S("ada".to_owned());
    let put = stack.dynamodb().put_item().table_name("users").item("username", value);
    put.send().await.unwrap();
    stack.stop().await;
    let stack = started(options).await;
    let users = stack.dynamodb().scan().table_name("users").send().await.unwrap();
    assert_eq!(users.count(), 1);
    drop(stack);
    std::fs::remove_dir_all(&directory).unwrap();
}

#[test]
fn a_listener_on_every_address_is_reached_by_loopback() {
    assert_eq!(url("0.0.0.0:3000".parse().unwrap()), "http://127.0.0.1:3000");
    assert_eq!(url("[::]:3000".parse().unwrap()), "http://[::1]:3000");
    assert_eq!(url("127.0.0.1:3000".parse().unwrap()), "http://127.0.0.1:3000");
}
