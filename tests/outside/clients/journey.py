"""A person's way from the sign-up to a verified number, through the client that `openapi-python-client` makes."""

import sys
import time
import uuid
from collections.abc import Callable
from typing import TypeVar

import httpx
from countersign_client import Client
from countersign_client.api.codes import resend, send, signup, verify
from countersign_client.models import (
    CodeIssued,
    CodeRequest,
    InvalidOtp,
    InvalidRequest,
    OtpAlreadyUsed,
    OtpDelivery,
    OtpPending,
    OtpSuperseded,
    SignedUp,
    SignupRequest,
    UsernameTaken,
    Verified,
    VerifyRequest,
)
from countersign_client.types import UNSET
from local import Local, claim

Model = TypeVar("Model")

USERNAME = "ada-in-python"
NUMBER = "+12025550143"
DETAILS = SignupRequest(username=USERNAME, password="a quiet harbour at dawn", mobile_no=NUMBER, name="Ada")


class Losing(httpx.HTTPTransport):
    """Sends its requests, and loses the first answer."""

    lost = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = super().handle_request(request)
        if not self.lost:
            self.lost = True
            answer.close()
            raise httpx.ReadTimeout("the answer is lost", request=request)
        return answer


def expect(answer: object, model: type[Model]) -> Model:
    """The answer as its type, which is what the client read out of status and body."""
    claim(isinstance(answer, model), f"the answer is {answer!r} instead of a {model.__name__}")
    print(f"   {model.__name__}", flush=True)
    return answer


def repeated(running: Local, call: Callable, body: SignupRequest | CodeRequest) -> object:
    """Makes a call whose answer is lost, and makes it again with its key: no second text goes out."""
    client = Client(running.api, httpx_args={"transport": Losing()})
    key = str(uuid.uuid4())
    before = len(running.texts(NUMBER))
    try:
        call(client=client, body=body, idempotency_key=key)
        claim(False, "the first answer came")
    except httpx.ReadTimeout:
        pass
    answer = call(client=client, body=body, idempotency_key=key)
    claim(len(running.texts(NUMBER)) == before + 1, "the repeated call sent a second text")
    return answer


def main() -> None:
    """Makes every call, and reads each answer through the types."""
    running = Local(*sys.argv[1:])
    client = Client(running.api)
    first = expect(repeated(running, signup.sync, DETAILS), SignedUp)
    claim(first.otp.delivery is OtpDelivery.SENT, f"the text is {first.otp.delivery}")
    first_code = running.code(NUMBER)

    def typed(otp: str, otp_id: str) -> object:
        return verify.sync(client=client, body=VerifyRequest(username=USERNAME, otp=otp, otp_id=otp_id))

    pending = expect(send.sync(client=client, body=CodeRequest(username=USERNAME)), OtpPending)
    claim(0 < pending.retry_after <= 600, f"the code lives on for {pending.retry_after} s")
    wrong = expect(typed(f"{(int(first_code) + 1) % 1_000_000:06}", first.otp.id), InvalidOtp)
    claim(wrong.attempts_remaining == 4, f"{wrong.attempts_remaining} attempts are left")

    another = CodeRequest(username=USERNAME, otp_id=first.otp.id)
    time.sleep(first.otp.resend_after)
    second = expect(repeated(running, resend.sync, another), CodeIssued)
    superseded = expect(typed(running.code(NUMBER), first.otp.id), OtpSuperseded)
    claim(superseded.attempts_remaining is UNSET, "an id that is not the newest cost an attempt")
    verified = expect(typed(running.code(NUMBER), second.otp.id), Verified)
    claim(verified.user.username == USERNAME, f"{verified.user.username} is verified")

    expect(typed(running.code(NUMBER), second.otp.id), OtpAlreadyUsed)
    expect(signup.sync(client=client, body=DETAILS), UsernameTaken)
    invalid = expect(send.sync(client=client, body=CodeRequest(username="")), InvalidRequest)
    claim([(error.field, error.code) for error in invalid.errors] == [("username", "length")], f"{invalid.errors}")


if __name__ == "__main__":
    main()
