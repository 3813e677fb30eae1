use shared::domain::money::Prices;

use super::*;

fn template() -> Template {
    Template::of_this_repository().unwrap()
}

fn names(function: &str) -> Vec<String> {
    let function = template().functions.into_iter().find(|candidate| candidate.name == function).unwrap();
    function.settings.into_keys().collect()
}

#[test]
fn each_call_reaches_the_binary_of_its_name() {
    let calls: Vec<_> = template()
        .functions
        .into_iter()
        .map(|function| {
            let [route] = function.routes.try_into().unwrap();
            (function.name, function.binary, route.method, route.path)
        })
        .collect();
    let call = |name: &str, binary: &str| {
        (name.to_owned(), binary.to_owned(), "POST".to_owned(), format!("/{binary}"))
    };
    assert_eq!(
        calls,
        [
            call("SignupFunction", "signup"),
            call("SendFunction", "send"),
            call("ResendFunction", "resend"),
            call("VerifyFunction", "verify"),
        ]
    );
}

#[test]
fn every_table_has_its_key_and_expires_its_items() {
    let table = |logical_name: &str, key: &str, key_type: &str| Table {
        logical_name: logical_name.to_owned(),
        key: key.to_owned(),
        key_type: key_type.to_owned(),
        ttl: "expiresAt".to_owned(),
    };
    assert_eq!(
        template().tables,
        [
            table("UsersTable", "username", "S"),
            table("OtpsTable", "username", "S"),
            table("LimitsTable", "key", "B"),
        ]
    );
    let names: Vec<_> = template().tables.iter().map(Table::name).collect();
    assert_eq!(names, ["users", "otps", "limits"]);
}

#[test]
fn verify_gets_only_what_it_needs() {
    assert_eq!(
        names("VerifyFunction"),
        [
            "AWS_ENDPOINT_URL_DYNAMODB",
            "AWS_ENDPOINT_URL_SECRETS_MANAGER",
            "MAX_CONSECUTIVE_FAILURES",
            "METRICS_NAMESPACE",
            "ORIGIN_SECRETS",
            "OTPS_TABLE",
            "OTP_ALPHABET",
            "OTP_LENGTH",
            "OTP_MAX_ATTEMPTS",
            "OTP_PEPPER_SECRET_ARN",
            "USERS_TABLE",
        ]
    );
}

#[test]
fn send_and_resend_get_the_same_and_signup_others() {
    let (signup, send) = (names("SignupFunction"), names("SendFunction"));
    assert_eq!(names("ResendFunction"), send);
    let only = |these: &[String], those: &[String]| -> Vec<String> {
        these.iter().filter(|name| !those.contains(name)).cloned().collect()
    };
    assert_eq!(only(&signup, &send), ["SIGNUP_TTL_SECONDS"]);
    assert_eq!(only(&send, &signup), ["SEND_ANSWER_STEP_MILLISECONDS"]);
}

#[test]
fn settings_have_the_defaults_of_the_parameters() {
    let value = |text: &str| Setting::Value(text.to_owned());
    let expected = [
        ("ALLOWED_REGIONS", Setting::Required),
        ("ANDROID_APP_HASH", Setting::Optional),
        ("APP_CHECK_MODE", value("record")),
        ("APP_CHECK_PROJECT_NUMBER", value("")),
        ("APP_NAME", value("Countersign")),
        ("AWS_ENDPOINT_URL_DYNAMODB", Setting::Deployed),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", Setting::Deployed),
        ("CODES_PER_ADDRESS_PER_HOUR", value("100")),
        ("CODES_PER_PHONE_PER_DAY", value("10")),
        ("CODES_PER_USERNAME_PER_HOUR", value("5")),
        ("COURIER_BASE_URL", Setting::Optional),
        ("COURIER_TEMPLATE_ID", Setting::Optional),
        ("COURIER_TOKEN_SECRET_ARN", Setting::Deployed),
        ("DAILY_BUDGET_DOLLARS", value("10")),
        ("LIMITS_TABLE", value("limits")),
        ("LOCALES", value("en")),
        ("MAX_CONSECUTIVE_FAILURES", value("100")),
        ("METRICS_NAMESPACE", value("countersign")),
        ("ORIGIN_SECRETS", value("")),
        ("OTPS_TABLE", value("otps")),
        ("OTP_ALPHABET", value("numeric")),
        ("OTP_DOMAIN", Setting::Optional),
        ("OTP_LENGTH", value("6")),
        ("OTP_MAX_ATTEMPTS", value("5")),
        ("OTP_PEPPER_SECRET_ARN", Setting::Deployed),
        ("OTP_TTL_SECONDS", value("600")),
        ("RESEND_COOLDOWN_SECONDS", value("30")),
        ("SEND_ANSWER_STEP_MILLISECONDS", value("1000")),
        ("SIGNUP_CODES_PER_PHONE_PER_DAY", value("5")),
        ("SIGNUP_TTL_SECONDS", value("86400")),
        ("SMS_PRICES", value(Prices::DEFAULT)),
        ("TWILIO_MESSAGING_SERVICE_SID", Setting::Optional),
        ("USERS_TABLE", value("users")),
        ("VERIFIED_SHARE_PERCENT", value("50")),
    ];
    let expected = expected.map(|(name, setting)| (name.to_owned(), setting));
    assert_eq!(template().settings(), BTreeMap::from(expected));
}

#[test]
fn a_function_has_its_own_memory_and_the_common_timeout() {
    let sizes: Vec<_> =
        template().functions.iter().map(|function| (function.memory, function.timeout.as_secs())).collect();
    assert_eq!(sizes, [(512, 15), (256, 15), (256, 15), (256, 15)]);
}

#[test]
fn an_allowed_origin_may_call_and_read_when_to_come_again() {
    let cors = Cors {
        methods: "POST".to_owned(),
        headers: "content-type,idempotency-key,x-firebase-appcheck".to_owned(),
        exposed: "retry-after,x-request-id".to_owned(),
        max_age: 3_600,
    };
    assert_eq!(template().cors, Some(cors));
}

#[test]
fn what_is_missing_is_named() {
    let function = "Resources: {F: {Type: 'AWS::Serverless::Function', Metadata: {BuildProperties: {Binary: f}}, \
                    Properties: {Environment: {Variables: {A: VALUE}}}}}";
    let fault = |value: &str| Template::parse(&function.replace("VALUE", value)).unwrap_err().to_string();
    assert_eq!(
        fault("!Ref Nobody"),
        "template.yaml: F.A refers to Nobody, which is no parameter and no resource"
    );
    assert_eq!(fault("!If [No, a, b]"), "template.yaml: F.A names no condition: No");
    assert_eq!(
        fault("!ImportValue Elsewhere"),
        "template.yaml: F.A uses !ImportValue, which is not understood here"
    );
    assert_eq!(
        Template::parse("Resources: {T: {Type: 'AWS::DynamoDB::Table'}}").unwrap_err().to_string(),
        "template.yaml: T does not have exactly one key attribute"
    );
    assert_eq!(
        Template::parse(
            "Resources: {A: {Type: 'AWS::Serverless::HttpApi', Properties: {CorsConfiguration: {AllowMethods: [POST]}}}}"
        )
        .unwrap_err()
        .to_string(),
        "template.yaml: A.CorsConfiguration.AllowHeaders is missing"
    );
}
