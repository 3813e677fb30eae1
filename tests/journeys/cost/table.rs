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
    cost("signup", "201", "a free name", &[STORES, "UpdateItem otps 1"]),
    cost("signup", "201", "the same key again", &[REFUSED, "GetItem otps 1"]),
    cost("signup", "201", "the very same", &[REFUSED, "GetItem otps 1", "UpdateItem limits 1"]),
    cost(
        "signup",
        "201",
        "the same key, other details",
        &[REFUSED, "GetItem otps 1", STORES, "UpdateItem otps 1"],
    ),
    cost("signup", "201", "a PENDING name", &[REFUSED, "GetItem otps 1", STORES, "UpdateItem otps 1"]),
    cost("signup", "409 username_taken", "", &[REFUSED, "UpdateItem limits 1"]),
    cost("signup", "409 username_taken", "with a key", &[REFUSED, "GetItem otps 1", "UpdateItem limits 1"]),
    cost("signup", "429 rate_limited", "the phone's cap", &[REFUSED]),
    cost("signup", "429 rate_limited", "a PENDING name, the phone's cap", &[REFUSED]),
    cost("signup", "429 rate_limited", "the address's cap", &[REFUSED]),
    cost("signup", "429 rate_limited", "a taken name, the address's cap", &[REFUSED]),
    cost("signup", "429 rate_limited", "a PENDING name, the address's cap", &[REFUSED]),
    cost("send", "202", "no code before", &[READS, STORES, "UpdateItem otps 1"]),
    cost("send", "202", "the same key again", &[READS]),
    cost("send", "409 otp_pending", "", &[READS]),
    cost("resend", "429 resend_too_soon", "", &[READS]),
    cost("send", "422 otp_superseded", "another `otpId`", &[READS]),
    cost("resend", "422 otp_superseded", "another `otpId`", &[READS]),
    cost("resend", "202", "a live code", &[READS, STORES, "UpdateItem otps 1"]),
    cost("send", "429 rate_limited", "the username's cap", &[READS]),
    cost("resend", "429 rate_limited", "the username's cap", &[READS]),
    cost("send", "202", "a code before", &[READS, STORES, "UpdateItem otps 1"]),
    cost("send", "202", "an unknown username", &[READS, STORES, "UpdateItem otps 1"]),
    cost("resend", "202", "an unknown username", &[READS, STORES, "UpdateItem otps 1"]),
    cost("send", "202", "a PENDING user", &[READS, STORES, "UpdateItem otps 1"]),
    cost("send", "409 otp_id_required", "", &[READS]),
    cost("resend", "409 otp_id_required", "", &[READS]),
    cost("verify", "409 otp_id_required", "", &["UpdateItem otps"]),
    cost("resend", "202", "a contested user", &[READS, STORES, "UpdateItem otps 1"]),
    cost("send", "429 rate_limited", "the phone's cap", &[READS, REFUSED]),
    cost("send", "429 rate_limited", "the address's cap", &[READS, REFUSED]),
    cost("signup", "503 sms_budget_spent", "", &[REFUSED, "BatchGetItem limits 16"]),
    cost("signup", "503 sms_budget_spent", "a PENDING name", &[REFUSED, "BatchGetItem limits 16"]),
    cost("send", "503 sms_budget_spent", "", &[READS, REFUSED, "BatchGetItem limits 16"]),
    cost("resend", "503 sms_budget_spent", "", &[READS, REFUSED, "BatchGetItem limits 16"]),
    cost("signup", "201", "the text failed", &[STORES, "UpdateItem otps 1"]),
    cost("signup", "503 sms_unavailable", "Courier is down", &[]),
    cost("signup", "503 sms_unavailable", "Courier is down, with a key", &[READS]),
    cost("signup", "201", "Courier is down, the same key again", &[READS]),
    cost("send", "503 sms_unavailable", "the text failed", &[READS, STORES, "UpdateItem otps 1"]),
    cost("send", "503 sms_unavailable", "Courier is down", &[READS]),
    cost("verify", "404 otp_not_found", "no code", &["UpdateItem otps"]),
    cost("verify", "422 invalid_otp", "", &["UpdateItem otps 1"]),
    cost("verify", "422 otp_superseded", "an earlier code", &["UpdateItem otps 1"]),
    cost("verify", "422 otp_superseded", "another `otpId`", &["UpdateItem otps"]),
    cost("verify", "200", "", &["UpdateItem otps 1", "TransactWriteItems otps 2 users 2"]),
    cost("verify", "409 otp_already_used", "", &["UpdateItem otps 1", "UpdateItem otps 1"]),
    cost("verify", "410 otp_exhausted", "", &["UpdateItem otps"]),
    cost("verify", "410 otp_expired", "", &["UpdateItem otps"]),
    cost(
        "verify",
        "404 otp_not_found",
        "somebody deleted the user",
        &["UpdateItem otps 1", "TransactWriteItems otps users"],
    ),
    cost("send", "429 resend_too_soon", "a run of wrong codes", &[READS]),
    cost("send", "403 locked", "", &[READS]),
    cost("resend", "403 locked", "", &[READS]),
    cost("verify", "403 locked", "", &["UpdateItem otps"]),
    cost("signup", "403 forbidden", "", &[]),
    cost("signup", "401 attestation_required", "", &[]),
    cost("signup", "400 invalid_request", "", &[]),
    cost("signup", "413 payload_too_large", "", &[]),
    cost("signup", "415 unsupported_media_type", "", &[]),
    cost("send", "403 forbidden", "", &[]),
    cost("send", "401 attestation_required", "", &[]),
    cost("send", "400 invalid_request", "", &[]),
    cost("send", "413 payload_too_large", "", &[]),
    cost("send", "415 unsupported_media_type", "", &[]),
    cost("resend", "403 forbidden", "", &[]),
    cost("resend", "401 attestation_required", "", &[]),
    cost("resend", "400 invalid_request", "", &[]),
    cost("resend", "413 payload_too_large", "", &[]),
    cost("resend", "415 unsupported_media_type", "", &[]),
    cost("verify", "403 forbidden", "", &[]),
    cost("verify", "400 invalid_request", "", &[]),
    cost("verify", "413 payload_too_large", "", &[]),
    cost("verify", "415 unsupported_media_type", "", &[]),
];

/// How send and resend begin.
const READS: &str = "BatchGetItem otps 1 users 1";

/// The transaction that stores a code: the user, who is put or checked, the code, and what is counted.
const STORES: &str = "TransactWriteItems limits 6 otps 2 users 2";

/// The same, a condition of which fails.
const REFUSED: &str = "TransactWriteItems limits otps users";

const fn cost(
    call: &'static str,
    answer: &'static str,
    when: &'static str,
    trips: &'static [&'static str],
) -> Cost {
    Cost { call, answer, when, trips }
}
