//! The scenes that are measured: a call with the rows that it meets, and the answer that it must give.

use serde_json::{Value, json};
use shared::domain::challenge::ChallengeStatus;

use super::Lab;
use super::rows::{CODE, StoredCode};
use crate::rows::put_verified_user;
use crate::runtime::{Process, named};
use crate::service;

/// A call in one situation.
#[derive(Clone, Copy, Debug)]
pub struct Scene {
    /// The function that is called.
    pub function: &'static str,
    /// The situation, in words.
    pub name: &'static str,
    /// The answer, as [`crate::answer::Answer::outcome`] shows it.
    pub outcome: &'static str,
    /// How long a call keeps one waiting.
    pub pace: Pace,
    situation: Situation,
}

/// The pace of the calls of a scene: who measures many of them must choose how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// A call takes little more than its writes.
    Usual,
    /// A call waits as long as a text would take.
    Waits,
    /// A call hashes a password, which is nearly all that it costs.
    Hashes,
}

#[derive(Clone, Copy, Debug)]
enum Situation {
    WrongCode,
    RightCode,
    RightCodeAgain,
    MalformedCode,
    NoChallenge,
    Expired,
    Exhausted,
    Verified,
    LiveCode,
    CooledDown,
    Unknown,
    Free,
    Taken,
    VerySame,
    Malformed,
    Capped,
}

use Situation as S;

const fn scene(
    function: &'static str,
    name: &'static str,
    outcome: &'static str,
    situation: Situation,
) -> Scene {
    let pace = match situation {
        S::Free | S::Taken | S::VerySame | S::Capped => Pace::Hashes,
        S::Unknown => Pace::Waits,
        _ => Pace::Usual,
    };
    Scene { function, name, outcome, pace, situation }
}

/// Every scene.
pub const SCENES: [Scene; 18] = [
    scene("verify", "a wrong code", "422 invalid_otp", S::WrongCode),
    scene("verify", "the right code", "200 User verified", S::RightCode),
    scene("verify", "the right code again", "409 otp_already_used", S::RightCodeAgain),
    scene("verify", "malformed", "400 invalid_request", S::MalformedCode),
    scene("verify", "no code is waiting", "404 otp_not_found", S::NoChallenge),
    scene("verify", "an expired code", "410 otp_expired", S::Expired),
    scene("verify", "an exhausted code", "410 otp_exhausted", S::Exhausted),
    scene("send", "a code", "202 OTP sent successfully", S::Verified),
    scene("send", "a code is live", "409 otp_pending", S::LiveCode),
    scene("send", "an unknown username", "202 OTP sent successfully", S::Unknown),
    scene("resend", "a further code", "202 OTP sent successfully", S::CooledDown),
    scene("resend", "the cooldown", "429 resend_too_soon", S::LiveCode),
    scene("resend", "an unknown username", "202 OTP sent successfully", S::Unknown),
    scene("signup", "a free name", "201 OTP sent successfully", S::Free),
    scene("signup", "a taken name", "409 username_taken", S::Taken),
    scene("signup", "the very same", "201 OTP sent successfully", S::VerySame),
    scene("signup", "a phone at its cap", "429 rate_limited", S::Capped),
    scene("signup", "malformed", "400 invalid_request", S::Malformed),
];

impl Scene {
    /// Stores what the next call meets, of a name that no call had before, and returns its body.
    pub async fn prepare(&self, lab: &Lab) -> Value {
        let nth = lab.next();
        let (username, phone) = (format!("name-{nth:06}"), phone(nth));
        let typed = |code: &str| json!({ "username": username, "otp": code });
        let issued = StoredCode::LIVE;
        match self.situation {
            S::WrongCode | S::RightCode | S::RightCodeAgain | S::Expired | S::Exhausted => {
                let stored = match self.situation {
                    S::RightCodeAgain => StoredCode { status: ChallengeStatus::Confirmed, ..issued },
                    S::Expired => StoredCode { age: 1_000, ..issued },
                    S::Exhausted => StoredCode { attempts: 5, ..issued },
                    _ => issued,
                };
                put_verified_user(&lab.service, &username, &phone).await;
                lab.put_code(&username, stored).await;
                typed(if matches!(self.situation, S::WrongCode) { "314159" } else { CODE })
            }
            S::MalformedCode => typed("31415"),
            S::NoChallenge => typed(CODE),
            S::Verified | S::LiveCode | S::CooledDown => {
                put_verified_user(&lab.service, &username, &phone).await;
                match self.situation {
                    S::LiveCode => lab.put_code(&username, issued).await,
                    S::CooledDown => lab.put_code(&username, StoredCode { age: 310, ..issued }).await,
                    _ => {}
                }
                named(&username)
            }
            S::Unknown => named(&username),
            S::Free | S::Taken | S::VerySame | S::Capped => {
                match self.situation {
                    S::Taken => put_verified_user(&lab.service, &username, &phone).await,
                    S::VerySame => {
                        lab.put_pending_user(&username, &phone).await;
                        lab.put_code(&username, issued).await;
                    }
                    S::Capped => lab.use_up(&phone).await,
                    _ => {}
                }
                service::signup(&username, &phone)
            }
            S::Malformed => json!([username]),
        }
    }

    /// Calls the function with a body that was prepared.
    ///
    /// # Panics
    /// When the answer is another than the scene's.
    pub async fn play(&self, process: &Process, body: &Value) {
        let answer = process.post(body).await;
        assert_eq!(answer.outcome(), self.outcome, "{} {}: {answer:?}", self.function, self.name);
    }
}

/// One of the fictitious numbers of 25 area codes. The phone of a signup must have room today, so no two in 2,500 are
/// alike.
fn phone(nth: u32) -> String {
    const AREAS: [u32; 25] = [
        201, 202, 203, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219, 224, 225, 228,
        229, 231, 234, 239, 240,
    ];
    let area = AREAS[(nth / 100) as usize % AREAS.len()];
    format!("+1{area}55501{:02}", nth % 100)
}
