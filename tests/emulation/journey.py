"""A person's way from the sign-up to a verified number, through the real binaries."""

import json
import re
import time
from collections.abc import Callable

import runtime
from artifacts import ARM64
from processes import a_loopback_address
from standins import StandIns, stand_ins
from tools import claim, heading, own_architecture

# Makes a call with a body, and gives the answer and the id of the request.
Call = Callable[[dict], tuple[dict, str]]

USERNAME = "ada-under-the-emulator"
PASSWORD = "a quiet harbour at dawn"
NUMBER = "+12025550143"
NAME = "Adelheid"


class Some:
    """Equals whatever is like it: for what differs from run to run."""

    def __init__(self, what: str, like: Callable[[object], object]) -> None:
        self.what, self.like = what, like

    def __eq__(self, other: object) -> bool:
        return bool(self.like(other))

    def __repr__(self) -> str:
        return f"<{self.what}>"

    @classmethod
    def text(cls, what: str, pattern: str) -> "Some":
        return cls(what, lambda other: isinstance(other, str) and re.fullmatch(pattern, other))


ID = Some.text("id", r"[A-Za-z0-9_-]{22}")
TIME = Some.text("time", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
SENTENCE = Some.text("sentence", r"[A-Z].+")
SECONDS = Some("seconds", lambda other: type(other) is int and other > 0)


def check() -> None:
    """Drives the functions of this machine's architecture from the sign-up to the end."""
    drive(own_architecture())


def check_arm64() -> None:
    """Drives those that are deployed unless somebody says otherwise."""
    drive(ARM64)


def drive(architecture: str) -> None:
    with stand_ins(a_loopback_address()) as local, runtime.functions(architecture, local) as functions:
        heading(f"journey under the Runtime Interface Emulator, {architecture}")
        calls = {name: function.post for name, function in functions.items()}
        travel(calls, local, lambda: "\n".join(function.logged() for function in functions.values()))
        if architecture == own_architecture():
            for name, function in functions.items():
                print(f"   {name} was ready {function.start():.0f} ms after its spawn")


def travel(calls: dict[str, Call], local: StandIns, logged: Callable[[], str]) -> None:
    """Goes all the way, and sees to it that nothing private was logged."""
    private = [USERNAME, PASSWORD, NUMBER, NAME, *local.secrets(), *walk(calls, local)]
    lines = logged()
    # In a log that is not theirs there would be nothing private, either.
    claim('"otp_already_used"' in lines, "what the functions log is not found")
    # As words of their own, since six digits may also stand in an id.
    for word in private:
        claim(not re.search(rf"(?<!\w){re.escape(word)}(?!\w)", lines), "a function logged what is private")
    print("   and nothing private was logged")


def walk(call: dict[str, Call], local: StandIns) -> list[str]:
    """Makes every call, and gives the codes that were texted."""
    user = {"username": USERNAME}
    details = user | {"password": PASSWORD, "mobileNo": NUMBER, "name": NAME}
    owner = user | {"name": NAME, "status": "PENDING", "createdAt": TIME}
    verified = {"success": True, "message": "User verified", "user": user | {"status": "VERIFIED"}}

    expect("sign-up", call["signup"], details, 201, issued(resend_after=1) | {"user": owner})
    first = local.code_of(NUMBER)
    # A second may have gone by.
    moments = Some("0 or 1", lambda other: other in (0, 1))
    expect("very same sign-up", call["signup"], details, 201, issued(resend_after=moments) | {"user": owner})
    claim(local.code_of(NUMBER) == first, "the very same sign-up was texted another code")
    expect("live code", call["send"], user, 409, problem(409, "otp_pending", retryAfter=SECONDS))
    wrong = user | {"otp": f"{(int(first) + 1) % 1_000_000:06}"}
    expect("wrong code", call["verify"], wrong, 422, problem(422, "invalid_otp", attemptsRemaining=4))

    # The real clock of real binaries.
    time.sleep(1)
    expect("resend", call["resend"], user, 202, issued(resend_after=2))
    second = local.code_of(NUMBER)
    # Once in a million they are the same.
    if second != first:
        superseded = problem(422, "otp_superseded", attemptsRemaining=4)
        expect("first code", call["verify"], user | {"otp": first}, 422, superseded)

    expect("right code", call["verify"], user | {"otp": second}, 200, verified)
    expect("right code again", call["verify"], user | {"otp": second}, 409, problem(409, "otp_already_used"))
    expect("taken name", call["signup"], details, 409, problem(409, "username_taken"))
    expect("code to sign in", call["send"], user, 202, issued(resend_after=1))
    missing = {"field": "username", "code": "required", "detail": SENTENCE}
    expect("no username", call["resend"], {}, 400, problem(400, "invalid_request", errors=[missing]))
    return [first, second, local.code_of(NUMBER)]


def issued(resend_after: int | Some) -> dict:
    """The answer that tells of a texted code."""
    otp = {
        "id": ID,
        "status": "PENDING",
        "delivery": "SENT",
        "expiresAt": TIME,
        "expiresIn": 600,
        "resendAfter": resend_after,
    }
    return {"success": True, "message": "OTP sent successfully", "otp": otp}


def problem(status: int, code: str, **members: object) -> dict:
    """The answer that refuses, but for the id of the request."""
    kind = f"urn:problem:countersign:{code}"
    words = {"type": kind, "title": SENTENCE, "status": status, "detail": SENTENCE}
    return words | {"success": False, "code": code} | members


def expect(what: str, call: Call, body: dict, status: int, answer: dict) -> None:
    """Makes a call and checks the whole answer: status, headers and body."""
    given, request_id = call(body)
    headers = {
        "content-type": "application/json" if status < 400 else "application/problem+json",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "x-request-id": request_id,
    }
    told = json.loads(given["body"])
    if status >= 400:
        answer = answer | {"requestId": request_id}
    if "retryAfter" in told:
        headers["retry-after"] = str(told["retryAfter"])
    claims = (("status", given["statusCode"], status), ("headers", given["headers"], headers), ("body", told, answer))
    for part, actual, wanted in claims:
        claim(actual == wanted, f"{what}: the {part} is {actual} instead of {wanted}")
    print(f"   {what:17} {status} {told.get('code', told.get('message'))}", flush=True)
