//! What each call does, in the order in which the contract has it decided.

use super::answer::{Answer, Otp, Owner, Problem};
use super::call::{Ask, Call, Given, SignUp, Typed, Verify};
use super::challenge::{Challenge, Code, Delivery, Status};
use super::limits::To;
use super::{Asked, CodeNumber, HOUR, Reference, Told, User};

const MALFORMED_ID: (&str, &str) = ("otpId", "format");
const MALFORMED_NUMBER: (&str, &str) = ("mobileNo", "format");
const MALFORMED_OTP: (&str, &str) = ("otp", "format");

impl Reference {
    /// Answers a call.
    pub fn call(&mut self, asked: Asked<'_>) -> Told {
        let before = self.codes(asked.call.username());
        let answer = match asked.call {
            Call::SignUp(signup) => self.sign_up(signup, asked),
            Call::Send(ask) | Call::Resend(ask) => self.ask(ask, asked),
            Call::Verify(verify) => self.verify(verify),
        };
        let answer = answer.unwrap_or_else(Answer::Refused);
        let username = asked.call.username();
        let issued = self.codes(username) != before;
        let user = self.users.get(username).filter(|user| user.is_sent_codes(self.now));
        let texted = user.filter(|_| issued).map(|user| user.details.phone.clone());
        Told { answer, issued, texted }
    }

    fn sign_up(&mut self, signup: &SignUp, asked: Asked<'_>) -> Result<Answer, Problem> {
        let SignUp { username, details, key } = signup;
        let now = self.now;
        if !details.phone.starts_with('+') {
            return Err(Problem::broken(&[MALFORMED_NUMBER]));
        }
        let owner = self.users.get(username).filter(|user| user.exists(now)).cloned();
        let known = owner.as_ref().and_then(|owner| Some((owner, self.challenge_of(username, Some(owner))?)));

        // A repeat with its key comes before all else, if it brings the same details.
        if let Some((owner, challenge)) = known
            && challenge.remembers("/signup", *key, now)
            && owner.details == *details
        {
            return Ok(self.signed_up(username, owner, challenge));
        }
        self.courier_is_down("/signup")?;
        self.address_is_full(asked.from)?;
        if owner.as_ref().is_some_and(|owner| owner.verified) {
            self.limits.count_at(asked.from, now);
            return Err(Problem::of("username_taken"));
        }
        let to = To::Pending(&details.phone);
        self.phone_is_full(to)?;
        self.budget_is_spent(to)?;
        // The very same signup, while its code can be typed: nothing is stored and nothing texted.
        if let Some((owner, challenge)) = known
            && owner.details == *details
            && owner.is_sent_codes(now)
            && challenge.is_live(&self.numbers, now)
            && !challenge.is_locked(&self.numbers)
        {
            let answer = self.signed_up(username, owner, challenge);
            self.limits.count_at(asked.from, now);
            return Ok(answer);
        }
        // A PENDING user owns nothing: whoever signs up after it has the name.
        self.accounts += 1;
        let user = User {
            account: self.accounts,
            details: details.clone(),
            verified: false,
            contested: owner
                .is_some_and(|owner| owner.contested || owner.details.password != details.password),
            created_at: now,
        };
        self.users.insert(username.clone(), user.clone());
        self.challenges.remove(username);
        self.issue(username, Some(&user), *key, asked);
        Ok(self.signed_up(username, &user, &self.challenges[username]))
    }

    fn ask(&mut self, ask: &Ask, asked: Asked<'_>) -> Result<Answer, Problem> {
        let Ask { username, id, key } = ask;
        let (path, now) = (asked.call.path(), self.now);
        if *id == Given::Malformed {
            return Err(Problem::broken(&[MALFORMED_ID]));
        }
        let user = self.users.get(username).filter(|user| user.is_sent_codes(now)).cloned();
        let before = self.challenge_of(username, user.as_ref());
        if let Some(before) = before
            && before.remembers(path, *key, now)
        {
            return Ok(Answer::Issued(self.otp(before)));
        }
        let knows_a_code =
            |id| before.is_some_and(|before| before.last_hours(now).any(|code| Given::Of(code.number) == id));
        if *id != Given::Nothing && !knows_a_code(*id) {
            return Err(Problem::of("otp_superseded"));
        }
        if *id == Given::Nothing && user.as_ref().is_some_and(|user| user.contested) {
            return Err(Problem::of("otp_id_required"));
        }
        if let Some(before) = before {
            if before.is_locked(&self.numbers) {
                return Err(Problem::of("locked"));
            }
            if path == "/send" && before.is_live(&self.numbers, now) {
                let left = before.newest().at + self.numbers.code_life - now;
                return Err(Problem::retry_after("otp_pending", left));
            }
            if before.is_capped(&self.numbers, now) {
                return Err(Problem::retry_after("rate_limited", before.capped_for(&self.numbers, now)));
            }
            if before.is_cooling(&self.numbers, now) {
                return Err(Problem::retry_after("resend_too_soon", before.cools_for(&self.numbers, now)));
            }
        }
        self.courier_is_down(path)?;
        let to = To::of(user.as_ref(), username);
        self.phone_is_full(to)?;
        self.address_is_full(asked.from)?;
        self.budget_is_spent(to)?;
        if before.is_none() {
            self.challenges.remove(username);
        }
        self.issue(username, user.as_ref(), *key, asked);
        let challenge = &self.challenges[username];
        if challenge.newest().delivery == Delivery::Failed {
            // At least a second, as everywhere. The failed code keeps its place in the name's hour.
            let courier = self.breakers.wait(path, now).max(1);
            let wait = courier.max(challenge.resend_after(&self.numbers, now));
            return Err(Problem::retry_after("sms_unavailable", wait));
        }
        Ok(Answer::Issued(self.otp(challenge)))
    }

    fn verify(&mut self, verify: &Verify) -> Result<Answer, Problem> {
        let code = self.take_try(verify)?;
        self.confirm(&verify.username, code)
    }

    /// The first half of a verify: pays for the guess, before it compares it. Returns the code if it is the right one.
    ///
    /// # Errors
    /// The answer to any other one.
    pub fn take_try(&mut self, verify: &Verify) -> Result<CodeNumber, Problem> {
        let Verify { username, typed, id } = verify;
        let (now, numbers) = (self.now, &self.numbers);
        match (*typed == Typed::Malformed, *id == Given::Malformed) {
            (true, true) => return Err(Problem::broken(&[MALFORMED_OTP, MALFORMED_ID])),
            (true, false) => return Err(Problem::broken(&[MALFORMED_OTP])),
            (false, true) => return Err(Problem::broken(&[MALFORMED_ID])),
            (false, false) => {}
        }
        let challenge = self.challenges.get_mut(username);
        let recent = challenge.as_ref().is_some_and(|challenge| now - challenge.newest().at < HOUR);
        let is_newest =
            challenge.as_ref().is_some_and(|challenge| *id == Given::Of(challenge.newest().number));
        if *id != Given::Nothing && !(recent && is_newest) {
            return Err(Problem::of("otp_superseded"));
        }
        let challenge = challenge.ok_or(Problem::of("otp_not_found"))?;
        if *id == Given::Nothing && challenge.contested && recent {
            return Err(Problem::of("otp_id_required"));
        }
        if challenge.is_locked(numbers) {
            return Err(Problem::of("locked"));
        }
        if challenge.newest().status == Status::Rejected || !recent {
            return Err(Problem::of("otp_not_found"));
        }
        if now >= challenge.newest().at + numbers.code_life {
            return Err(Problem::of("otp_expired"));
        }
        if challenge.tries >= numbers.tries {
            return Err(Problem::of("otp_exhausted"));
        }
        challenge.tries += 1;
        challenge.failures += 1;
        let remaining = challenge.remaining(numbers);
        match *typed {
            Typed::Code(code) if code == challenge.newest().number => Ok(code),
            Typed::Code(code) if challenge.is_of_an_earlier_text(code) => {
                Err(Problem::remaining("otp_superseded", remaining))
            }
            Typed::Code(_) | Typed::NoCode | Typed::Malformed => {
                Err(Problem::remaining("invalid_otp", remaining))
            }
        }
    }

    /// The second half: confirms the right code, once, and verifies the user. It ends the run of failures each time.
    ///
    /// # Errors
    /// The answer if the code was confirmed before, or if another one came after the guess was paid for: then nothing
    /// changes.
    pub fn confirm(&mut self, username: &str, code: CodeNumber) -> Result<Answer, Problem> {
        let challenge = self.challenges.get_mut(username).ok_or(Problem::of("otp_not_found"))?;
        if challenge.newest().number != code {
            return Err(Problem::remaining("otp_superseded", challenge.remaining(&self.numbers)));
        }
        challenge.failures = 0;
        if challenge.newest().status == Status::Confirmed {
            return Err(Problem::of("otp_already_used"));
        }
        challenge.newest_mut().status = Status::Confirmed;
        challenge.contested = false;
        let user = self.users.get_mut(username).expect("no code outlives the user that it can verify");
        user.verified = true;
        user.contested = false;
        Ok(Answer::Verified(username.to_owned()))
    }

    /// Issues a code, counts it, and has it texted where there is a user.
    fn issue(&mut self, username: &str, user: Option<&User>, key: Option<&'static str>, asked: Asked<'_>) {
        let (path, now) = (asked.call.path(), self.now);
        self.limits.count_code(To::of(user, username), asked.from, &self.numbers, now);
        // An unknown name is answered like one whose text goes well.
        let delivery = user.map_or(Delivery::Sent, |_| asked.messenger.delivery());
        let status = if delivery == Delivery::Failed { Status::Rejected } else { Status::Pending };
        let code = Code { number: asked.fresh, at: now, status, delivery, path, key };
        let challenge = self.challenges.entry(username.to_owned()).or_insert_with(|| Challenge {
            account: user.map(|user| user.account),
            contested: user.is_some_and(|user| user.contested),
            codes: Vec::new(),
            tries: 0,
            failures: 0,
        });
        challenge.codes.push(code);
        challenge.tries = 0;
        if user.is_some() {
            self.breakers.saw(path, asked.messenger, now);
        }
    }

    /// The codes of this account, or, where there is none, those that nobody got.
    fn challenge_of(&self, username: &str, user: Option<&User>) -> Option<&Challenge> {
        let account = user.map(|user| user.account);
        self.challenges.get(username).filter(|challenge| challenge.account == account)
    }

    fn otp(&self, challenge: &Challenge) -> Otp {
        let &Code { number, at, status, delivery, .. } = challenge.newest();
        Otp {
            number,
            status,
            delivery,
            expires_at: at + self.numbers.code_life,
            expires_in: self.numbers.code_life,
            resend_after: challenge.resend_after(&self.numbers, self.now),
        }
    }

    fn signed_up(&self, username: &str, user: &User, challenge: &Challenge) -> Answer {
        let owner = Owner {
            username: username.to_owned(),
            name: user.details.name,
            status: user.status(),
            created_at: user.created_at,
        };
        Answer::SignedUp(owner, self.otp(challenge))
    }

    fn courier_is_down(&self, path: &'static str) -> Result<(), Problem> {
        match self.breakers.wait(path, self.now) {
            0 => Ok(()),
            wait => Err(Problem::retry_after("sms_unavailable", wait)),
        }
    }

    fn phone_is_full(&self, to: To<'_>) -> Result<(), Problem> {
        let wait = self.limits.phone_is_full(to, &self.numbers, self.now);
        wait.map_or(Ok(()), |wait| Err(Problem::retry_after("rate_limited", wait)))
    }

    fn address_is_full(&self, address: &str) -> Result<(), Problem> {
        let wait = self.limits.address_is_full(address, &self.numbers, self.now);
        wait.map_or(Ok(()), |wait| Err(Problem::retry_after("rate_limited", wait)))
    }

    fn budget_is_spent(&self, to: To<'_>) -> Result<(), Problem> {
        let wait = self.limits.budget_is_spent(to, &self.numbers, self.now);
        wait.map_or(Ok(()), |wait| Err(Problem::retry_after("sms_budget_spent", wait)))
    }
}
