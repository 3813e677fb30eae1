"""Leads the requests that `schemathesis` makes into the states of the service, and notes the answers.

What no schema can say is filled in here: a number that exists, a password that resists guessing, a name of letters, a
well-formed language tag. Only requests that are meant to be right are touched, each by its own content, so that a run is
like the one before.
"""

import atexit
import hashlib
import json
import os
import urllib.request
from pathlib import Path

import schemathesis
from local import Local
from schemathesis.generation import GenerationMode

PASSWORD = "a quiet harbour at dawn"
PENDING, VERIFIED, CONTESTED = "ada-pending", "ada-verified", "ada-contested"
NUMBERS = {PENDING: "+12025550143", VERIFIED: "+12125550143", CONTESTED: "+13055550143"}
AREAS = (415, 503, 617, 702)
NAMES = ("Ada", "Grace Hopper", "Jean-Luc O’Neil Jr.", "李")
LOCALES = ("en", "pt-AO", "zh-Hant-TW", "x-private")

running = Local(os.environ["STATES_API"], os.environ["STATES_COURIER"])
answers = set()


def call(name: str, body: dict) -> None:
    """Makes a call that succeeds."""
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(f"{running.api}/{name}", json.dumps(body).encode(), headers)
    urllib.request.urlopen(request, timeout=10).close()


def prepare() -> None:
    """Signs up the three whom requests will name."""
    for username, number in NUMBERS.items():
        call("signup", {"username": username, "password": PASSWORD, "mobileNo": number, "name": "Ada"})
    other = {"username": CONTESTED, "password": "another quiet harbour", "mobileNo": NUMBERS[CONTESTED], "name": "Ada"}
    call("signup", other)
    call("verify", {"username": VERIFIED, "otp": running.code(NUMBERS[VERIFIED])})


class Dice:
    """Draws that depend on a request's content alone."""

    def __init__(self, body: dict) -> None:
        digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).digest()
        self.left = int.from_bytes(digest, "big")

    def below(self, sides: int) -> int:
        self.left, drawn = divmod(self.left, sides)
        return drawn


@schemathesis.hook
def before_call(_context, case, _arguments) -> None:
    """Turns a right request into one that finds something."""
    is_right = case.meta is not None and case.meta.generation.mode == GenerationMode.POSITIVE
    if not is_right or not isinstance(case.body, dict):
        return
    body = dict(case.body)
    dice = Dice(body)
    if "locale" in body:
        body["locale"] = LOCALES[dice.below(len(LOCALES))]
    if case.path == "/signup":
        number = f"+1{AREAS[dice.below(len(AREAS))]}55501{dice.below(100):02}"
        body |= {"mobileNo": number, "password": PASSWORD, "name": NAMES[dice.below(len(NAMES))]}
        if dice.below(4) == 0:
            body["username"] = VERIFIED
    else:
        usernames = (*NUMBERS, body["username"], f"nobody-{dice.below(1_000_000)}")
        body["username"] = usernames[dice.below(len(usernames))]
        if dice.below(3) != 0:
            body.pop("otpId", None)
        if case.path == "/verify" and body["username"] in NUMBERS and dice.below(4) != 0:
            body["otp"] = running.code(NUMBERS[body["username"]])
    case.body = body


@schemathesis.hook
def after_call(_context, case, response) -> None:
    """Notes the answer, such as `/verify 422 invalid_otp`."""
    try:
        code = response.json().get("code", "")
    except ValueError:
        code = ""
    answers.add(f"{case.path} {response.status_code} {code}".strip())


@atexit.register
def write() -> None:
    """Leaves the answers to whoever started the run."""
    Path(os.environ["STATES_ANSWERS"]).write_text("\n".join(sorted(answers)))


prepare()
