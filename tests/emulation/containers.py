"""`sam local`: the functions in containers, each on its event, then a person's journey through the API."""

import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import artifacts
import engine
import journey
from processes import DIRECT, LOGS, PATIENCE, a_loopback_address, free_ports, listens, process
from standins import NAME, StandIns, binary, stand_ins
from tools import ENVIRONMENT, FUNCTIONS, ROOT, TEMPORARY, Failed, claim, heading, own_architecture, run, to_its_end

LEFT_OUT = "COUNTERSIGN_WITHOUT_CONTAINERS"
EVENTS = ROOT / "tests" / "events"
# What the web server in SAM adds to an answer.
OF_THE_SERVER = {"connection", "content-length", "date", "server"}


def demand() -> None:
    """Fails where no container can be run, unless that is permitted."""
    if left_out():
        return
    with demanded():
        obstacle = engine.obstacle()
        claim(obstacle is None, obstacle)


@contextmanager
def demanded() -> Iterator[None]:
    """Has a failure say how to go without containers."""
    try:
        yield
    except Failed as failure:
        permission = f"{LEFT_OUT}=1 permits to leave this step out"
        raise Failed(f"no container can be run ({permission}): {failure}") from failure


def left_out() -> bool:
    return bool(os.environ.get(LEFT_OUT))


def check() -> str | None:
    """Builds for this machine, and has SAM run that in containers."""
    if left_out():
        print(f"\n!! {LEFT_OUT} is set: NOTHING WAS RUN IN CONTAINERS, and whether sam local works is not known.")
        return "LEFT OUT"
    # All that needs the network comes first: an engine of our own has none.
    artifacts.build(own_architecture())
    binary()
    with demanded():
        engine.archive()
    if engine.running() is None:
        engine.isolated(__file__)
    else:
        drive(None)
    return None


def drive(group: str | None) -> None:
    """Has SAM run the functions; with the name of a control group, on an engine started for that."""
    heading(f"sam local, in containers for {own_architecture()}")
    with ExitStack() as started:
        with demanded():
            client = started.enter_context(engine.started(group)) if group else engine.running()
            bridge = engine.bridge(client)
        print(f"   engine {client.version()['Version']}{' of our own' if group else ''}, no image pulled", flush=True)
        image = started.enter_context(engine.image(client))
        local = started.enter_context(stand_ins(bridge))
        invoke_each(image, local)
        call_api(image, local)


def invoke_each(image: str, local: StandIns) -> None:
    """Has `sam local invoke` run each function on its event, in the order in which a person would."""
    # However long a container takes to start, the resend comes too soon.
    options = told(image, local, cooldown=3600)
    events = {function: EVENTS / f"{function}.json" for function in FUNCTIONS}
    invoke("verify", events["verify"], options, "404 otp_not_found")
    invoke("signup", events["signup"], options, "201 OTP sent successfully")
    invoke("send", events["send"], options, "409 otp_pending")
    invoke("resend", events["resend"], options, "429 resend_too_soon")
    event = json.loads(events["verify"].read_text())
    number = json.loads(json.loads(events["signup"].read_text())["body"])["mobileNo"]
    event["body"] = json.dumps(json.loads(event["body"]) | {"otp": local.code_of(number)})
    typed = TEMPORARY / "verify.json"
    typed.write_text(json.dumps(event))
    invoke("verify", typed, options, "200 User verified")


def invoke(function: str, event: Path, options: list[str | Path], outcome: str) -> None:
    """Runs a function on an event, and checks how it answers."""
    log = LOGS / "sam-invoke.log"
    with log.open("w") as output:
        command = ["sam", "local", "invoke", artifacts.logical_name(function), "--event", event, *options]
        answer = run(*command, stdout=subprocess.PIPE, stderr=output)
    try:
        answer = json.loads(answer)
        told = json.loads(answer["body"])
        answered = f"{answer['statusCode']} {told.get('code', told.get('message'))}"
    except (ValueError, KeyError, TypeError) as cause:
        raise Failed(f"{function} answered {answer!r}:\n{log.read_text()}") from cause
    claim(answered == outcome, f"{function} on {event.name} answered {answered} instead of {outcome}")
    print(f"   {f'invoke {function}':17} {answered}", flush=True)


def call_api(image: str, local: StandIns) -> None:
    """Has `sam local start-api` answer a person."""
    host = a_loopback_address()
    [port] = free_ports(host, 1)
    options = told(image, local, cooldown=1)
    command = ["sam", "local", "start-api", "--host", host, "--port", str(port), *options]
    with process("sam-api", command, ENVIRONMENT) as api:
        api.wait_for("listening", lambda: listens(host, port))
        calls = {function: caller(f"http://{host}:{port}/{function}", api.output) for function in FUNCTIONS}
        journey.travel(calls, local, api.output)


def caller(url: str, log: Callable[[], str]) -> journey.Call:
    """What posts a body to a URL of the API."""

    def post(body: dict) -> tuple[dict, str]:
        request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json"})
        try:
            answer = DIRECT.open(request, timeout=PATIENCE)
        except urllib.error.HTTPError as refusal:
            answer = refusal
        except OSError as cause:
            raise Failed(f"{url} gives no answer: {cause}\n{log()}") from cause
        with answer:
            headers = {name.lower(): value for name, value in answer.headers.items()}
            headers = {name: value for name, value in headers.items() if name not in OF_THE_SERVER}
            given = {"statusCode": answer.status, "headers": headers, "body": answer.read().decode()}
        # SAM draws it, and tells nobody but the function.
        request_id = headers.get("x-request-id", "")
        claim(re.fullmatch(r"[0-9a-f-]{36}", request_id), f"{url} answered {given}\n{log()}")
        return given, request_id

    return post


def told(image: str, local: StandIns, cooldown: int) -> list[str | Path]:
    """What `sam local` is told, as docs/deploy.md has it, with a wait before a resend that is real."""
    settings = local.settings(NAME)
    for function in settings.values():
        function["RESEND_COOLDOWN_SECONDS"] = str(cooldown)
    variables = TEMPORARY / f"env-{cooldown}.json"
    variables.write_text(json.dumps(settings))
    architecture = own_architecture()
    return [
        *("--template", artifacts.folder(architecture) / "template.yaml"),
        *("--parameter-overrides", artifacts.parameter(architecture)),
        *("--env-vars", variables),
        *("--skip-pull-image", "--invoke-image", image),
        *("--add-host", f"{NAME}:host-gateway"),
    ]


if __name__ == "__main__":
    # In namespaces of its own.
    to_its_end("containers", lambda: drive(sys.argv[1]))
