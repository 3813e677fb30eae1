//! What the service has drawn, and the requests in which it comes back.

use serde_json::{Value, json};

use crate::reference::{Ask, Call, CodeNumber, Details, Given, SignUp, Typed, Verify};

/// An id as they look, of no code.
const GUESSED: &str = "AAAAAAAAAAAAAAAAAAAAAA";

/// The ids of the codes, by their numbers, and the codes themselves where they were texted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Drawn {
    ids: Vec<String>,
    codes: Vec<Option<String>>,
}

/// What was drawn before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Again {
    Id,
    Code,
}

impl Drawn {
    /// The number of the next code.
    pub(crate) fn next(&self) -> CodeNumber {
        CodeNumber(u32::try_from(self.ids.len()).expect("few codes"))
    }

    /// Takes note of what was drawn for the next number.
    pub(crate) fn learn(&mut self, id: &str, code: Option<&str>) -> Result<(), Again> {
        if self.ids.iter().any(|known| known == id) {
            return Err(Again::Id);
        }
        if code.is_some() && self.codes.iter().any(|known| known.as_deref() == code) {
            return Err(Again::Code);
        }
        self.ids.push(id.to_owned());
        self.codes.push(code.map(str::to_owned));
        Ok(())
    }

    /// The number of the code with this id, which is a new one unless it was learned before; an answer can tell of an id
    /// before the text with the code is taken.
    pub(crate) fn number_of(&mut self, id: &str, code: Option<&str>) -> CodeNumber {
        if let Some(known) = self.ids.iter().position(|known| known == id) {
            if code.is_some() {
                self.codes[known] = code.map(str::to_owned);
            }
            return CodeNumber(u32::try_from(known).expect("few codes"));
        }
        let next = self.next();
        self.ids.push(id.to_owned());
        self.codes.push(code.map(str::to_owned));
        next
    }

    pub(crate) fn id(&self, number: CodeNumber) -> &str {
        &self.ids[number.0 as usize]
    }

    pub(crate) fn code(&self, number: CodeNumber) -> Option<&str> {
        self.codes.get(number.0 as usize)?.as_deref()
    }

    /// The body of a call.
    pub(crate) fn body(&self, call: &Call) -> Value {
        let mut body = json!({ "username": call.username() });
        let id = match call {
            Call::SignUp(SignUp { details: Details { password, phone, name }, .. }) => {
                body["password"] = json!(password);
                body["mobileNo"] = json!(phone);
                body["name"] = json!(name);
                Given::Nothing
            }
            Call::Send(Ask { id, .. }) | Call::Resend(Ask { id, .. }) => *id,
            Call::Verify(Verify { typed, id, .. }) => {
                body["otp"] = match typed {
                    Typed::Code(number) => json!(self.code(*number).expect("a known code")),
                    Typed::NoCode => json!(self.no_code()),
                    Typed::Malformed => json!("12345x"),
                };
                *id
            }
        };
        match id {
            Given::Nothing => {}
            Given::Of(number) => body["otpId"] = json!(self.id(number)),
            Given::OfNoCode => body["otpId"] = json!(GUESSED),
            Given::Malformed => body["otpId"] = json!("no id at all, this"),
        }
        body
    }

    /// A code that was not drawn.
    fn no_code(&self) -> String {
        let mut codes = (0..1_000_000).map(|code| format!("{code:06}"));
        codes.find(|code| !self.codes.iter().flatten().any(|drawn| drawn == code)).expect("few are drawn")
    }
}
