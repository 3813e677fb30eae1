//! Numbers that are not texted.

use tests::service::Service;

/// Signs up with each number; nothing is stored, nothing sent.
async fn refused(allowed: &str, numbers: &[(&str, &str)]) {
    let service = Service::with(&[("ALLOWED_REGIONS", allowed)]).await;
    for (number, rule) in numbers {
        let answer = service.sign_up("ada", number).await;
        assert_eq!(answer.outcome(), "400 invalid_request", "{number:?}");
        assert_eq!(answer.broken(), [format!("mobileNo:{rule}")], "{number:?}");
    }
    assert_eq!(service.proxy.take_calls(), [], "nothing was even read");
    assert_eq!(service.everything().await, [vec![], vec![], vec![]]);
    assert_eq!(service.courier().count(), 0);
}

/// Case 15: lines that are not mobile.
#[tokio::test(flavor = "multi_thread")]
async fn only_mobile_lines_are_texted() {
    let numbers = [
        "+18005550199",  // toll-free
        "+19005550100",  // premium
        "+15005550006",  // personal, North America
        "+447012345678", // personal
        "+448451234567", // shared cost
        "+33891234567",  // premium, France
        "+445612345678", // VoIP
        "+881612345678", // satellite
        "+870301234567", // satellite, at sea
        "+979123456789", // international premium
        "+80012345678",  // international toll-free
    ];
    let numbers = numbers.map(|number| (number, "line_type"));
    refused("*", &numbers).await;
    refused("US", &numbers).await;
}

/// Case 15: a calling code is not a region.
#[tokio::test(flavor = "multi_thread")]
async fn a_region_is_allowed_and_not_a_calling_code() {
    refused("US", &[("+18765550123", "region"), ("+14165550123", "region"), ("+61491570006", "region")])
        .await;
    let service = Service::with(&[("ALLOWED_REGIONS", "US,AU")]).await;
    assert_eq!(service.sign_up("ada", "+61491570006").await.status, 201);
    assert_eq!(service.sign_up("bob", "+12025550143").await.status, 201);
}

/// Case 16: one line has one spelling.
#[tokio::test(flavor = "multi_thread")]
async fn another_spelling_is_no_number() {
    let digits = format!("+1{}", "2".repeat(3_000));
    let numbers = [
        "",
        "+",
        "+1 (202) 555-0143",
        "++12025550143",
        "tel:+12025550143",
        "+12025550143;ext=9",
        "+12025550143x9",
        "+1\u{200b}2025550143",
        "\u{200e}+12025550143",
        "\u{ff0b}12025550143",
        "+\u{ff11}2025550143",
        "+1202555٠١٤٣",
        "+12025550143\n",
        " +12025550143",
        "0012025550143",
        "12025550143",
        "+112025550143",
        "+1202555CALL",
        &digits,
    ];
    refused("*", &numbers.map(|number| (number, "format"))).await;
}
