//! What must hold after each call.

use std::collections::BTreeMap;
use std::fmt;

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};

use super::deed::{Deed, Party, SignUp};
use super::owner::Owner;
use super::{Inbox, Texted};
use crate::answer::Answer;
use crate::service::{Row, Service, number, text};

/// How long after the own signup an owner is safe who sends no ids.
const DAY: u64 = 86_400;

/// A user is sent no code in its last seconds.
const LONGEST_CODE_TTL: u64 = 900;

/// What is stored of the username.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) user: Option<Row>,
    pub(super) otp: Option<Row>,
}

impl Rows {
    /// Reads both rows in one call, since a run reads them after each of its own.
    pub(super) async fn read(service: &Service, username: &str) -> Self {
        let key = Row::from([("username".to_owned(), AttributeValue::S(username.to_owned()))]);
        let row = KeysAndAttributes::builder().keys(key).consistent_read(true).build().expect("a key");
        let read = service.dynamodb().batch_get_item();
        let read = read.request_items("users", row.clone()).request_items("otps", row).send().await;
        let mut found = read.expect("a read").responses.unwrap_or_default();
        let mut take = |table| found.remove(table).and_then(|rows: Vec<Row>| rows.into_iter().next());
        Self { user: take("users"), otp: take("otps") }
    }

    fn is_verified(&self) -> bool {
        self.user.as_ref().is_some_and(|user| text(user, "status") == "VERIFIED")
    }

    /// The user, unless its time is up at `now`.
    fn user_at(&self, now: u64) -> Option<&Row> {
        self.user
            .as_ref()
            .filter(|user| !user.contains_key("expiresAt") || number(user, "expiresAt").unsigned_abs() > now)
    }

    /// The user, unless it is sent no more codes at `now`.
    fn texted_at(&self, now: u64) -> Option<&Row> {
        self.user_at(now + LONGEST_CODE_TTL)
    }
}

impl fmt::Display for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flag = |row: &Row| if is_contested(row) { " contested" } else { "" };
        match &self.user {
            Some(user) => {
                let until =
                    user.get("expiresAt").and_then(|at| at.as_n().ok()).map_or("ever", String::as_str);
                let (status, phone) = (text(user, "status"), text(user, "mobileNo"));
                write!(f, "{status}{} {phone} until {until}", flag(user))?;
            }
            None => f.write_str("no user")?,
        }
        match &self.otp {
            Some(otp) => {
                let (id, status, attempts) =
                    (text(otp, "otpId"), text(otp, "status"), number(otp, "attempts"));
                let of = self.user.as_ref().is_some_and(|user| user["accountId"] == otp["accountId"]);
                let whose = if of { "its" } else { "another account's" };
                write!(f, "; {whose} code {id} {status}{} after {attempts} tries", flag(otp))
            }
            None => f.write_str("; no code"),
        }
    }
}

fn is_contested(row: &Row) -> bool {
    row.contains_key("contested")
}

fn is_of_one_account(one: &Row, other: &Row) -> bool {
    one["accountId"] == other["accountId"]
}

/// Whether the time of `row` is up at `now`, so that the database may delete it; so may be said of one that is not there.
fn is_over(row: Option<&Row>, now: u64) -> bool {
    row.is_none_or(|row| row.contains_key("expiresAt") && number(row, "expiresAt").unsigned_abs() <= now)
}

/// A call that was made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Done<'a> {
    pub(super) party: Party,
    pub(super) deed: &'a Deed,
    pub(super) answer: &'a Answer,
    /// What came of it on the phones.
    pub(super) texts: &'a [(String, Texted)],
    pub(super) now: u64,
}

/// What a call is judged by besides the rows.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    pub(super) owner: &'a Owner,
    pub(super) phones: &'a [String; 3],
    pub(super) inbox: &'a Inbox,
}

/// What is known of the rows.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// Who set each password that was seen, by its hash, whose salt is its own.
    set_by: BTreeMap<String, Party>,
    /// The rows after the last call.
    rows: Rows,
    stranger_signed_up: bool,
    pub(super) met_contested: bool,
    /// Whose account the owner verified, if any.
    pub(super) verified: Option<Verified>,
}

/// The account that an owner verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verified {
    /// The own one, before any stranger's signup.
    Undisturbed,
    /// The own one, after a stranger's signup.
    AfterAStranger,
    /// A stranger's, which the rules allow where the owner sends no ids and signed up more than a day ago.
    AStrangers,
}

/// Says which rule is broken, unless it holds.
fn rule(holds: bool, rule: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(rule.to_owned()) }
}

impl Ledger {
    /// Looks at the rows after a call.
    pub(super) fn judge(&mut self, done: Done<'_>, rows: Rows, around: Around<'_>) -> Result<(), String> {
        self.of_accounts(done, &rows)?;
        self.of_contested(done, &rows)?;
        of_texts(done, &rows)?;
        of_answers(done, &rows)?;
        if done.answer.status == 200 || rows.is_verified() && !self.rows.is_verified() {
            self.of_a_confirmation(done, &rows, around)?;
        }
        self.met_contested |= rows.user.as_ref().is_some_and(is_contested);
        self.rows = rows;
        Ok(())
    }

    /// Who set the password of `user`.
    fn set_by(&self, user: &Row) -> Option<Party> {
        self.set_by.get(text(user, "passwordHash")).copied()
    }

    /// An account is made by a signup alone, in the place of none that is VERIFIED, with the password of who signs up.
    fn of_accounts(&mut self, done: Done<'_>, rows: &Rows) -> Result<(), String> {
        let Done { party, deed, answer, now, .. } = done;
        let (Some(user), before) = (&rows.user, &self.rows) else {
            return rule(is_over(self.rows.user.as_ref(), now), "a user does not vanish");
        };
        let replaced = match before.user.as_ref().filter(|before| is_of_one_account(before, user)) {
            Some(before) => {
                let lasting = ["passwordHash", "mobileNo", "name", "createdAt"];
                let changed = lasting.iter().any(|attribute| before[*attribute] != user[*attribute]);
                rule(!changed, "an account keeps its password, phone and name")?;
                return rule(
                    answer.status != 201 || self.set_by(user) == Some(party),
                    "a 201 tells of no account of the other's",
                );
            }
            None => before.user_at(now),
        };
        let Deed::SignUp(SignUp { number, name, .. }) = deed else {
            return Err("only a signup makes an account".to_owned());
        };
        // A 503 says that nothing is known.
        rule(matches!(answer.status, 201 | 503), "an account that was made is answered 201")?;
        rule(!before.is_verified(), "a VERIFIED name is taken")?;
        rule(text(user, "mobileNo") == number && text(user, "name") == *name, "an account is as signed up")?;
        let inherited =
            replaced.is_some_and(|replaced| is_contested(replaced) || self.set_by(replaced) != Some(party));
        rule(
            is_contested(user) == inherited,
            "an account is contested if the one before it was, or had another password",
        )?;
        let hash = text(user, "passwordHash").to_owned();
        rule(self.set_by.insert(hash, party).is_none(), "a salt is drawn once")?;
        self.stranger_signed_up |= party == Party::Stranger;
        Ok(())
    }

    /// Contested ends with a confirmation or with the account; meanwhile a call without an id does nothing.
    fn of_contested(&self, done: Done<'_>, rows: &Rows) -> Result<(), String> {
        let Done { deed, answer, now, .. } = done;
        let before = &self.rows;
        if let (Some(was), Some(is)) = (&before.user, &rows.user)
            && is_of_one_account(was, is)
        {
            let confirmed = text(was, "status") != text(is, "status");
            rule(is_contested(is) == (is_contested(was) && !confirmed), "contested lasts until verified")?;
        }
        if let (Some(user), Some(otp)) = (rows.texted_at(now), &rows.otp) {
            rule(is_of_one_account(user, otp), "the code is of the user's account")?;
            rule(is_contested(user) == is_contested(otp), "user and code are contested both, or neither")?;
        }
        let refused = match deed {
            Deed::Ask { id: None, .. } => before.texted_at(now).is_some_and(is_contested),
            Deed::Type { id: None, .. } => before.otp.as_ref().is_some_and(is_contested),
            _ => false,
        };
        if refused {
            let is_long_ago = before.otp.as_ref().is_some_and(|otp| {
                answer.code() == "otp_not_found" && number(otp, "issuedAt").unsigned_abs() + 3_600 <= now
            });
            let is_repeated = answer.status == 202 && matches!(deed, Deed::Ask { key: Some(_), .. });
            let demanded = answer.code() == "otp_id_required" || is_long_ago || is_repeated;
            rule(demanded, "a contested account demands ids")?;
            let unchanged =
                |was: &Option<Row>, is: &Option<Row>| was == is || is.is_none() && is_over(was.as_ref(), now);
            let nothing_changed = unchanged(&before.user, &rows.user) && unchanged(&before.otp, &rows.otp);
            rule(nothing_changed, "without an id nothing changes")?;
        }
        Ok(())
    }

    /// A right code verifies the account that its text was of, and the owner no account of a stranger's.
    fn of_a_confirmation(&mut self, done: Done<'_>, rows: &Rows, around: Around<'_>) -> Result<(), String> {
        let Done { party, deed, now, .. } = done;
        let Around { owner, phones, inbox } = around;
        let (Some(user), Some(otp), Deed::Type { code, .. }) = (&rows.user, &rows.otp, deed) else {
            return Err("only a code verifies".to_owned());
        };
        rule(rows.is_verified() && text(otp, "status") == "CONFIRMED", "a 200 verifies")?;
        rule(!user.contains_key("expiresAt"), "a VERIFIED user stays")?;
        let phone = text(user, "mobileNo");
        let texted = inbox.to(phone);
        let proven = texted.iter().any(|text| text.code == *code && text.id == self::text(otp, "otpId"));
        rule(proven, "the phone of the account had the code")?;
        if self.rows.is_verified() {
            return Ok(());
        }
        rule(self.rows.user_at(now).is_some(), "nobody is verified whose time is up")?;
        let set_by = self.set_by(user);
        match party {
            Party::Stranger => rule(phone == phones[2], "a stranger verifies at most the own phone"),
            Party::Owner => {
                let since = now - owner.created_at.ok_or("the owner types nothing before a 201")?;
                if set_by == Some(Party::Owner) {
                    let disturbed = self.stranger_signed_up;
                    self.verified =
                        Some(if disturbed { Verified::AfterAStranger } else { Verified::Undisturbed });
                    return Ok(());
                }
                self.verified = Some(Verified::AStrangers);
                rule(!owner.sends_ids, "an owner who sends ids verifies no password of a stranger's")?;
                rule(
                    since >= DAY,
                    "within a day of the own signup an owner verifies no password of a stranger's",
                )
            }
        }
    }
}

/// A text goes to the phone of the account alone, and its code is the newest.
fn of_texts(done: Done<'_>, rows: &Rows) -> Result<(), String> {
    let [] = done.texts else {
        let [(phone, texted)] = done.texts else { return Err("a call sends one text at most".to_owned()) };
        let (Some(user), Some(otp)) = (rows.texted_at(done.now), &rows.otp) else {
            return Err("no text is without its rows".to_owned());
        };
        rule(text(user, "mobileNo") == phone, "a text goes to the account's phone")?;
        return rule(
            text(otp, "otpId") == texted.id && is_of_one_account(user, otp),
            "a text is of the account's newest code",
        );
    };
    Ok(())
}

/// An answer that names a code names the newest one of the account, or of nobody.
fn of_answers(done: Done<'_>, rows: &Rows) -> Result<(), String> {
    let Some(id) = done.answer.body.pointer("/otp/id") else { return Ok(()) };
    let otp = rows.otp.as_ref().ok_or("an answer names a code that is stored")?;
    rule(id == text(otp, "otpId"), "an answer names the newest code")?;
    match rows.texted_at(done.now) {
        Some(user) => rule(is_of_one_account(user, otp), "an answer names a code of the account"),
        None => rule(
            rows.user.as_ref().is_none_or(|user| done.answer.status == 201 || !is_of_one_account(user, otp)),
            "who is sent no code is like nobody",
        ),
    }
}
