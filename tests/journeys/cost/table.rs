//! The figures.

/// An outcome and the calls that it makes.
pub(super) struct Cost {
    pub(super) call: &'static str,
    pub(super) answer: &'static str,
    pub(super) when: &'static str,
    /// In sequence; those made at once are joined by `+`.
    pub(super) trips: &'static [&'static str],
}

impl Cost {
    pub(super) fn scene(&self) -> String {
        format!("{} {} ({})", self.call, self.answer, self.when)
    }
}

/// Every outcome, in the order in which [`super::scenes`] plays it.
pub(super) const COSTS: &[Cost] = &[
    cost(
        "signup",
        "201",
        "a free name",
        &["TransactWriteItems limits 6 otps 2 users 2", "UpdateItem otps 1"],
    ),
    cost("signup", "201", "the same key again", &["TransactWriteItems limits otps users", "GetItem otps 1"]),
    cost(
        "signup",
        "409 idempotency_mismatch",
        "the same key, other details",
        &["TransactWriteItems limits otps users", "GetItem otps 1"],
    ),
    cost(
        "signup",
        "409 username_taken",
        "",
        &["TransactWriteItems limits otps users", "UpdateItem limits 1"],
    ),
    cost(
        "signup",
        "409 username_taken",
        "with a key",
        &["TransactWriteItems limits otps users", "GetItem otps 1", "UpdateItem limits 1"],
    ),
    cost("signup", "429 rate_limited", "the phone's cap", &["TransactWriteItems limits otps users"]),
    cost("signup", "429 rate_limited", "the address's cap", &["TransactWriteItems limits otps users"]),
    cost(
        "signup",
        "429 rate_limited",
        "a taken name, the address's cap",
        &["TransactWriteItems limits otps users", "UpdateItem limits"],
    ),
    cost(
        "send",
        "202",
        "no code before",
        &[READS, "TransactWriteItems limits 6 otps 2", "UpdateItem otps 1"],
    ),
    cost("send", "202", "the same key again", &[READS]),
    cost("send", "409 otp_pending", "", &[READS]),
    cost("resend", "429 resend_too_soon", "", &[READS]),
    cost("resend", "202", "a live code", &[READS, "TransactWriteItems limits 6 otps 2", "UpdateItem otps 1"]),
    cost("send", "429 rate_limited", "the username's cap", &[READS]),
    cost("resend", "429 rate_limited", "the username's cap", &[READS]),
    cost("send", "202", "a code before", &[READS, "TransactWriteItems limits 6 otps 2", "UpdateItem otps 1"]),
    cost(
        "send",
        "202",
        "a name that nobody has",
        &[READS, "TransactWriteItems limits 6 otps 2", "UpdateItem otps 1"],
    ),
    cost(
        "resend",
        "202",
        "a name that nobody has",
        &[READS, "TransactWriteItems limits 6 otps 2", "UpdateItem otps 1"],
    ),
    cost("send", "429 rate_limited", "the phone's cap", &[READS, "TransactWriteItems limits otps"]),
    cost("send", "429 rate_limited", "the address's cap", &[READS, "TransactWriteItems limits otps"]),
    cost(
        "signup",
        "503 sms_budget_spent",
        "",
        &["TransactWriteItems limits otps users", "BatchGetItem limits 16"],
    ),
    cost(
        "send",
        "503 sms_budget_spent",
        "",
        &[READS, "TransactWriteItems limits otps", "BatchGetItem limits 16"],
    ),
    cost(
        "resend",
        "503 sms_budget_spent",
        "",
        &[READS, "TransactWriteItems limits otps", "BatchGetItem limits 16"],
    ),
    cost(
        "signup",
        "201",
        "the text failed",
        &["TransactWriteItems limits 6 otps 2 users 2", "UpdateItem otps 1"],
    ),
    cost("signup", "503 sms_unavailable", "Courier is down", &[READS]),
    cost(
        "send",
        "503 sms_unavailable",
        "the text failed",
        &[READS, "TransactWriteItems limits 6 otps 2", "UpdateItem otps 1"],
    ),
    cost("send", "503 sms_unavailable", "Courier is down", &[READS]),
    cost("verify", "404 otp_not_found", "no code", &["UpdateItem otps"]),
    cost("verify", "422 invalid_otp", "", &["UpdateItem otps 1"]),
    cost("verify", "422 otp_superseded", "an earlier code", &["UpdateItem otps 1"]),
    cost("verify", "422 otp_superseded", "another `otpId`", &["UpdateItem otps"]),
    cost("verify", "200", "", &["UpdateItem otps 1", "TransactWriteItems otps 2 users 2"]),
    cost("verify", "409 otp_already_used", "", &["UpdateItem otps 1"]),
    cost("verify", "410 otp_exhausted", "", &["UpdateItem otps"]),
    cost("verify", "410 otp_expired", "", &["UpdateItem otps"]),
    cost(
        "verify",
        "404 otp_not_found",
        "the user has expired",
        &["UpdateItem otps 1", "TransactWriteItems otps users"],
    ),
    cost("send", "403 locked", "", &[READS]),
    cost("resend", "403 locked", "", &[READS]),
    cost("verify", "403 locked", "", &["UpdateItem otps"]),
    cost("signup", "400 invalid_request", "", &[]),
    cost("signup", "413 payload_too_large", "", &[]),
    cost("signup", "415 unsupported_media_type", "", &[]),
    cost("send", "400 invalid_request", "", &[]),
    cost("send", "413 payload_too_large", "", &[]),
    cost("send", "415 unsupported_media_type", "", &[]),
    cost("resend", "400 invalid_request", "", &[]),
    cost("resend", "413 payload_too_large", "", &[]),
    cost("resend", "415 unsupported_media_type", "", &[]),
    cost("verify", "400 invalid_request", "", &[]),
    cost("verify", "413 payload_too_large", "", &[]),
    cost("verify", "415 unsupported_media_type", "", &[]),
];

/// How send and resend begin.
const READS: &str = "GetItem otps 1 + GetItem users 1";

const fn cost(
    call: &'static str,
    answer: &'static str,
    when: &'static str,
    trips: &'static [&'static str],
) -> Cost {
    Cost { call, answer, when, trips }
}
