//! The numbers of a deployment, with their defaults.

/// The numbers that can be set, and that the contract's table gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbers {
    /// Seconds that a code lives.
    pub code_life: i64,
    /// Tries at a code.
    pub tries: u32,
    /// Seconds before the second code.
    pub cooldown: i64,
    /// Codes per username in any hour.
    pub codes_per_username: usize,
    /// Codes per phone and UTC day for VERIFIED users.
    pub codes_per_phone: u32,
    /// The same for signups and PENDING users, counted apart.
    pub signup_codes_per_phone: u32,
    /// Codes per address and clock hour; 0 is off.
    pub codes_per_address: u32,
    /// Wrong codes in a row after which a name is locked.
    pub failures: u32,
    /// What texts may cost in a UTC day, at a dollar a text; 0 is off.
    pub dollars: u32,
    /// Per cent of it for VERIFIED users alone.
    pub verified_percent: u32,
}

impl Default for Numbers {
    fn default() -> Self {
        Self {
            code_life: 600,
            tries: 5,
            cooldown: 30,
            codes_per_username: 5,
            codes_per_phone: 10,
            signup_codes_per_phone: 5,
            codes_per_address: 100,
            failures: 100,
            dollars: 1000,
            verified_percent: 50,
        }
    }
}

impl Numbers {
    /// The settings of the functions that say the same.
    #[must_use]
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("OTP_TTL_SECONDS", self.code_life.to_string()),
            ("OTP_MAX_ATTEMPTS", self.tries.to_string()),
            ("RESEND_COOLDOWN_SECONDS", self.cooldown.to_string()),
            ("CODES_PER_USERNAME_PER_HOUR", self.codes_per_username.to_string()),
            ("CODES_PER_PHONE_PER_DAY", self.codes_per_phone.to_string()),
            ("SIGNUP_CODES_PER_PHONE_PER_DAY", self.signup_codes_per_phone.to_string()),
            ("CODES_PER_ADDRESS_PER_HOUR", self.codes_per_address.to_string()),
            ("MAX_CONSECUTIVE_FAILURES", self.failures.to_string()),
            ("DAILY_BUDGET_DOLLARS", self.dollars.to_string()),
            ("VERIFIED_SHARE_PERCENT", self.verified_percent.to_string()),
        ]
    }
}
