//! What happened, as somebody sees it who sees everything, and the rules that it must not break.

use serde_json::Value;

use super::database::Rows;
use super::process::{Call, Request, Text};
use super::scenario::{MAX_ATTEMPTS, NAME, Party};

/// A rule of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// A code has one success at most.
    OneSuccess,
    /// No more codes are compared with one than it has attempts.
    Attempts,
    /// Only the newest code is confirmed, by that code, within its life.
    NewestAndAlive,
    /// A text has its row, once, and goes to the phone of the account that the row is of.
    TextAfterRow,
    /// A user becomes VERIFIED in the very step in which a code of the account becomes CONFIRMED.
    VerifiedWithConfirmed,
    /// The owner of a phone verifies no account that has another party's password.
    OwnPassword,
    /// Every attempt since the last right code is in the run of failures.
    RunOfFailures,
    /// A send replaces no live code.
    SendReplacesNothing,
    /// The counters count the codes that are stored, no more and no less.
    Counted,
    /// What is refused has changed nothing.
    RefusedIsNothing,
    /// What is answered is so: the code is stored, the user is VERIFIED, and an id is told to the party of its account alone.
    AnswersAreTrue,
}

/// What happened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Facts {
    codes: Vec<Code>,
    /// The attempts since the last right code of the account.
    failures: u64,
    /// The rule that was broken.
    pub(super) broken: Option<Rule>,
}

/// A code that was stored.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Code {
    id: String,
    account: String,
    party: Party,
    phone: String,
    /// What was texted.
    text: Option<String>,
    compared: u64,
    successes: u64,
}

/// A process that does something.
#[derive(Clone, Copy)]
pub(super) struct Doer<'a> {
    /// Whose it is.
    pub(super) party: Party,
    /// Its request.
    pub(super) request: &'a Request,
    /// Whether it wrote anything so far.
    pub(super) wrote: bool,
    /// The code that it compared the typed one with, if any.
    pub(super) compared: Option<&'a str>,
}

impl Facts {
    fn check(&mut self, rule: Rule, holds: bool) {
        if !holds && self.broken.is_none() {
            self.broken = Some(rule);
        }
    }

    fn code(&mut self, id: &str) -> Option<&mut Code> {
        self.codes.iter_mut().find(|code| code.id == id)
    }

    /// Takes note of a write.
    pub(super) fn wrote(&mut self, doer: Doer<'_>, before: &Rows, after: &Rows) {
        let [old_user, user] = [before, after].map(|rows| rows.get("users", NAME));
        let [old, new] = [before, after].map(|rows| rows.get("otps", NAME));
        let now = doer.request.now;
        let typed = typed(doer.request);

        if text(old, "otpId") == text(new, "otpId") {
            self.failures += number(new, "attempts").saturating_sub(number(old, "attempts"));
        } else {
            self.issued(doer, user, old, new);
        }

        let code = self.code(text(new, "otpId")).cloned();
        let is_right = code.as_ref().is_some_and(|code| code.text.is_some() && code.text == typed);
        let confirms = [old, new].map(|row| text(row, "status")) == ["PENDING", "CONFIRMED"];
        if confirms {
            let is_same = text(old, "otpId") == text(new, "otpId");
            self.check(Rule::NewestAndAlive, is_same && is_right && now < number(new, "validUntil"));
            let is_own = code.is_some_and(|code| doer.party != Party::Owner || code.party == Party::Owner);
            self.check(Rule::OwnPassword, is_own);
            self.check(Rule::RunOfFailures, number(new, "failures") == 0);
        }
        if text(new, "status") == "CONFIRMED" && is_right && number(new, "failures") == 0 {
            self.failures = 0;
        }
        self.check(Rule::RunOfFailures, new.is_null() || number(new, "failures") == self.failures);
        let verifies = text(old_user, "status") == "PENDING" && text(user, "status") == "VERIFIED";
        let is_same = bytes(old_user, "accountId") == bytes(user, "accountId");
        let of_code = bytes(user, "accountId") == bytes(new, "accountId");
        self.check(Rule::VerifiedWithConfirmed, !verifies || (confirms && is_same && of_code));
        let confirmed_one = text(user, "status") == "VERIFIED" && of_code;
        self.check(Rule::VerifiedWithConfirmed, !confirms || confirmed_one);
        let counted: u64 = after.of("limits").map(|row| number(row, "count")).sum();
        self.check(Rule::Counted, counted == self.codes.len() as u64);
    }

    /// Takes note of a code that is stored in the place of an `old` one.
    fn issued(&mut self, doer: Doer<'_>, user: &Value, old: &Value, new: &Value) {
        let is_live = text(old, "status") == "PENDING"
            && number(old, "validUntil") > doer.request.now
            && number(old, "attempts") < MAX_ATTEMPTS;
        let account = bytes(new, "accountId");
        self.check(Rule::SendReplacesNothing, doer.request.call != Call::Send || !is_live);
        self.check(Rule::TextAfterRow, account == bytes(user, "accountId"));
        if account != bytes(old, "accountId") {
            self.failures = 0;
        }
        let heir = self.codes.iter().find(|code| code.account == account);
        self.codes.push(Code {
            id: text(new, "otpId").to_owned(),
            account: account.to_owned(),
            party: heir.map_or(doer.party, |code| code.party),
            phone: text(user, "mobileNo").to_owned(),
            text: None,
            compared: 0,
            successes: 0,
        });
    }

    /// Takes note of a text that Courier is asked for.
    pub(super) fn texted(&mut self, text: &Text) {
        let Some(code) = self.code(&text.id) else { return self.check(Rule::TextAfterRow, false) };
        let is_first = code.text.is_none() && code.phone == text.to;
        code.text = Some(text.code.clone());
        self.check(Rule::TextAfterRow, is_first);
    }

    /// Takes note of an answer.
    pub(super) fn answered(&mut self, doer: Doer<'_>, status: u16, body: &Value, rows: &Rows) {
        if doer.request.call.types() {
            self.verified(doer, status, body, rows);
        } else if status < 300 {
            let id = body["otp"]["id"].as_str().unwrap_or_default();
            let party = self.code(id).map(|code| code.party);
            // Who signs up is told the id of an account with the own password. Who asks without an id may be anybody.
            let is_true = match doer.request.call {
                Call::SignUp => party == Some(doer.party),
                _ => party.is_some(),
            };
            self.check(Rule::AnswersAreTrue, is_true);
        } else if status < 500 {
            self.check(Rule::RefusedIsNothing, !doer.wrote);
        }
    }

    fn verified(&mut self, doer: Doer<'_>, status: u16, body: &Value, rows: &Rows) {
        let tells = status == 200
            || body["code"] == "otp_already_used"
            || (["invalid_otp", "otp_superseded"].iter().any(|code| body["code"] == **code)
                && body["attemptsRemaining"].is_u64());
        if !tells {
            // An attempt that was taken and led to nothing is answered otherwise: by what the confirmation met, or by a failure.
            let is_untaken = body["code"] == "otp_id_required" || body["code"] == "otp_superseded";
            return self.check(Rule::RefusedIsNothing, !is_untaken || !doer.wrote);
        }
        let Some(code) = doer.compared.and_then(|id| self.code(id)) else {
            return self.check(Rule::AnswersAreTrue, false);
        };
        code.compared += 1;
        code.successes += u64::from(status == 200);
        let (compared, successes) = (code.compared, code.successes);
        self.check(Rule::Attempts, compared <= MAX_ATTEMPTS);
        self.check(Rule::OneSuccess, successes <= 1);
        let user = rows.get("users", NAME);
        self.check(Rule::AnswersAreTrue, status != 200 || text(user, "status") == "VERIFIED");
    }
}

/// The code that a request types.
fn typed(request: &Request) -> Option<String> {
    let body: Value = serde_json::from_str(&request.body).expect("JSON");
    Some(body["otp"].as_str()?.to_owned())
}

fn text<'a>(row: &'a Value, attribute: &str) -> &'a str {
    row[attribute]["S"].as_str().unwrap_or_default()
}

fn bytes<'a>(row: &'a Value, attribute: &str) -> &'a str {
    row[attribute]["B"].as_str().unwrap_or_default()
}

fn number(row: &Value, attribute: &str) -> u64 {
    row[attribute]["N"].as_str().and_then(|number| number.parse().ok()).unwrap_or_default()
}
