"""The functions as built for AWS, each alone under the Runtime Interface Emulator."""

import base64
import json
import re
import secrets
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import samcli
from samcli.yamlhelper import yaml_parse

import artifacts
from processes import DIRECT, PATIENCE, Process, a_loopback_address, free_ports, listens, process
from standins import StandIns
from tools import FUNCTIONS, ROOT, Failed, claim, own_architecture, run

TEMPLATE = yaml_parse((ROOT / "template.yaml").read_text())
EVENT = ("sam", "local", "generate-event", "apigateway", "http-api-proxy")
# Where Debian has the loader and the libraries of arm64 for other machines.
ARM64_LIBRARIES = Path("/usr/aarch64-linux-gnu")


@dataclass
class Function:
    """A function that answers events."""

    process: Process
    url: str
    event: dict

    def post(self, body: dict) -> tuple[dict, str]:
        """Hands out `POST` with `body` as API Gateway would, and gives the answer and the id of the request."""
        request_id = secrets.token_hex(8)
        event = json.loads(json.dumps(self.event))
        event["body"] = base64.b64encode(json.dumps(body).encode()).decode()
        event["headers"]["content-type"] = "application/json"
        event["requestContext"]["requestId"] = request_id
        # The sample has a network here, where the gateway gives an address.
        event["requestContext"]["http"]["sourceIp"] = "192.0.2.1"
        request = urllib.request.Request(self.url, json.dumps(event).encode())
        try:
            with DIRECT.open(request, timeout=PATIENCE) as answer:
                answer = json.load(answer)
        except (OSError, ValueError) as cause:
            raise Failed(f"{self.process.name} gives no answer: {cause}\n{self.process.output()}") from cause
        claim("statusCode" in answer, f"{self.process.name} failed: {answer}\n{self.process.output()}")
        return answer, request_id

    def start(self) -> float:
        """The milliseconds from the spawn of the process to its first request for an event."""
        return float(re.search(r"INIT REPORT\(durationMs: ([0-9.]+)", self.process.output())[1])

    def logged(self) -> str:
        """What the function wrote, without the lines of its emulator."""
        lines = self.process.output().splitlines()
        return "\n".join(line for line in lines if not re.match(r"START |END |REPORT |.* \(rapid\) ", line))


@contextmanager
def functions(architecture: str, local: StandIns) -> Iterator[dict[str, Function]]:
    """Starts what was built for `architecture`; all of it is gone when the block ends."""
    built = artifacts.build(architecture)
    interpreter = interpreter_of(architecture)
    told = local.settings(local.host)
    with ExitStack() as started:
        yield {
            name: started.enter_context(
                function(name, [*interpreter, artifacts.executable(built, name)], settings(name, told))
            )
            for name in FUNCTIONS
        }


def interpreter_of(architecture: str) -> list[str | Path]:
    """What this machine needs to run programs of an architecture: nothing, if it is its own."""
    if architecture == own_architecture():
        return []
    claim(architecture == artifacts.ARM64, f"nothing here runs {architecture}")
    qemu = shutil.which("qemu-aarch64-static")
    there = qemu is not None and (ARM64_LIBRARIES / "lib" / "libgcc_s.so.1").is_file()
    claim(there, "running arm64 here takes Debian's qemu-user-static, libc6-arm64-cross and libgcc-s1-arm64-cross")
    return [qemu, "-L", ARM64_LIBRARIES]


@contextmanager
def function(name: str, command: list[str | Path], environment: dict[str, str]) -> Iterator[Function]:
    """Puts a function under its emulator, which starts it at the first event."""
    host = a_loopback_address()
    port, api_port = free_ports(host, 2)
    emulated = [
        emulator(),
        *("--runtime-interface-emulator-address", f"{host}:{port}"),
        *("--runtime-api-address", f"{host}:{api_port}"),
        *command,
    ]
    event = json.loads(run(*EVENT, "--method", "POST", "--path", name, stdout=subprocess.PIPE))
    with process(name, emulated, environment) as running:
        running.wait_for("listening", lambda: listens(host, port))
        yield Function(running, f"http://{host}:{port}/2015-03-31/functions/function/invocations", event)


def settings(function: str, told: dict[str, dict[str, str]]) -> dict[str, str]:
    """What the template gives a function, with what `sam local` is told in its place, and no other setting."""
    name = f"{function.title()}Function"
    common = TEMPLATE["Globals"]["Function"]
    environment = {
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(common["Timeout"]),
    }
    for part in (common, TEMPLATE["Resources"][name]["Properties"]):
        for setting, value in part["Environment"]["Variables"].items():
            environment[setting] = told[name][setting] if setting in told[name] else default(value)
    if "RESEND_COOLDOWN_SECONDS" in environment:
        # The wait before a resend is real.
        environment["RESEND_COOLDOWN_SECONDS"] = "1"
    return environment


def default(reference: dict[str, str]) -> str:
    """What a reference of the template comes to when nothing is said."""
    name = reference["Ref"]
    return "countersign" if name == "AWS::StackName" else str(TEMPLATE["Parameters"][name]["Default"])


def emulator() -> Path:
    """AWS's emulator for this machine, out of the SAM CLI."""
    return Path(samcli.__file__).parent / "local" / "rapid" / f"aws-lambda-rie-{own_architecture()}"
