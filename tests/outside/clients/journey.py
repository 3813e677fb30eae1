"""A person's way from the sign-up to a verified number, through the client that `openapi-python-client` makes."""

import sys
import time
import uuid
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
    ResendTooSoon,
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
    """Sends each request, and loses the first answer."""

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


def sign_up(running: Local) -> SignedUp:
    """Signs up, and repeats the call whose answer is lost."""
    client = Client(running.api, httpx_args={"transport": Losing()})
    key = str(uuid.uuid4())
    try:
        signup.sync(client=client, body=DETAILS, idempotency_key=key)
        claim(False, "the first answer came")
    except httpx.ReadTimeout:
        pass
    answer = expect(signup.sync(client=client, body=DETAILS, idempotency_key=key), SignedUp)
    claim(answer.otp.delivery is OtpDelivery.SENT, f"the text is {answer.otp.delivery}")
    claim(len(running.texts(NUMBER)) == 1, "the repeated call sent a second text")
    return answer


def next_code(client: Client, request: CodeRequest) -> CodeIssued:
    """Asks for another code once it may."""
    answer = resend.sync(client=client, body=request)
    if isinstance(answer, ResendTooSoon):
        time.sleep(answer.retry_after)
        answer = resend.sync(client=client, body=request)
    return expect(answer, CodeIssued)


def main() -> None:
    """Makes every call, and reads each answer through the types."""
    running = Local(*sys.argv[1:])
    client = Client(running.api)
    first = sign_up(running)
    first_code = running.code(NUMBER)

    def typed(otp: str, otp_id: str) -> object:
        return verify.sync(client=client, body=VerifyRequest(username=USERNAME, otp=otp, otp_id=otp_id))

    pending = expect(send.sync(client=client, body=CodeRequest(username=USERNAME)), OtpPending)
    claim(590 < pending.retry_after <= 600, f"the code lives on for {pending.retry_after} s")
    wrong = expect(typed(f"{(int(first_code) + 1) % 1_000_000:06}", first.otp.id), InvalidOtp)
    claim(wrong.attempts_remaining == 4, f"{wrong.attempts_remaining} attempts are left")

    second = next_code(client, CodeRequest(username=USERNAME, otp_id=first.otp.id))
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
