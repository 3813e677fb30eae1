"""The processes: `local` as database and messenger, and each function under the Runtime Interface Emulator."""

import base64
import json
import platform
import re
import secrets
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import samcli
from samcli.yamlhelper import yaml_parse

from tools import FUNCTIONS, ROOT, WORK, Failed, claim, run

LOGS = WORK / "logs"
# Far above what a start or a call takes: who waits longer waits for nothing.
PATIENCE = 60
TEMPLATE = yaml_parse((ROOT / "template.yaml").read_text())
# What `sam local` is told of this machine, and the flag of `local` for each port in it.
OF_THIS_MACHINE = (ROOT / "tests" / "env.json").read_text()
PORTS = {"--port": 3000, "--dynamodb-port": 8000, "--courier-port": 3001, "--secrets-port": 3002}
T = TypeVar("T")

# No proxy stands between this machine and itself.
LOOPBACK = urllib.request.build_opener(urllib.request.ProxyHandler({}))
EVENT = ("sam", "local", "generate-event", "apigateway", "http-api-proxy")


@dataclass
class Process:
    """A process that ends with the block that started it, and what it writes."""

    name: str
    popen: subprocess.Popen
    log: Path

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def wait_for(self, what: str, happened: Callable[[], T]) -> T:
        """Waits until `happened()` answers something, and answers that."""
        until = time.monotonic() + PATIENCE
        while not (result := happened()):
            claim(self.popen.poll() is None, f"{self.name} ended before it was {what}:\n{self.output()}")
            claim(time.monotonic() < until, f"{self.name} is not {what} in {PATIENCE} s:\n{self.output()}")
            time.sleep(0.02)
        return result


@contextmanager
def process(name: str, command: list[str | Path], environment: dict[str, str]) -> Iterator[Process]:
    """Starts a process, and ends it by its id, whatever happens meanwhile."""
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"{name}.log"
    with log.open("wb") as output:
        popen = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        yield Process(name, popen, log)
    finally:
        # The emulator kills its function when it is told to end.
        popen.terminate()
        try:
            popen.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            popen.kill()
            popen.wait()


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
            with LOOPBACK.open(request, timeout=PATIENCE) as answer:
                answer = json.load(answer)
        except (OSError, ValueError) as cause:
            raise Failed(f"{self.process.name} gives no answer: {cause}\n{self.process.output()}") from cause
        claim("statusCode" in answer, f"{self.process.name} failed: {answer}\n{self.process.output()}")
        return answer, request_id

    def start(self) -> float:
        """The milliseconds from the spawn of the process to its first request for an event."""
        return float(re.search(r"INIT REPORT\(durationMs: ([0-9.]+)", self.process.output())[1])


@dataclass
class Service:
    """The four functions, each alone under its emulator, over one database and one messenger."""

    functions: dict[str, Function]
    courier: str
    secrets: list[str]

    def code_of(self, number: str) -> str:
        """The code in the newest text to a number."""
        with LOOPBACK.open(f"{self.courier}/inbox?to={number}", timeout=PATIENCE) as inbox:
            return json.load(inbox)[0]["request"]["message"]["to"]["data"]["otp"]

    def logged(self) -> str:
        """What the functions wrote, without the lines of their emulators."""
        lines = [line for each in self.functions.values() for line in each.process.output().splitlines()]
        return "\n".join(line for line in lines if not re.match(r"START |END |REPORT |.* \(rapid\) ", line))


@contextmanager
def service() -> Iterator[Service]:
    """Builds and starts everything; all of it is gone when the block ends."""
    binaries = build()
    with ExitStack() as started:
        host, ports = free_ports(len(PORTS))
        flags = [word for flag, port in zip(PORTS, ports) for word in (flag, str(port))]
        local = started.enter_context(process("local", [binaries["local"], "--host", host, *flags], {}))
        local.wait_for("ready", lambda: re.search("^ready ", local.output(), re.MULTILINE))
        at = {port: f"{host}:{chosen}" for port, chosen in zip(PORTS.values(), ports)}
        functions = {}
        for name in FUNCTIONS:
            environment = settings(name, at)
            functions[name] = started.enter_context(function(name, binaries[name], environment))
        arns = {arn for name in FUNCTIONS for setting, arn in settings(name, at).items() if setting.endswith("_ARN")}
        known = [secret(f"http://{at[PORTS['--secrets-port']]}", arn) for arn in sorted(arns)]
        yield Service(functions, f"http://{at[PORTS['--courier-port']]}", known)


@contextmanager
def function(name: str, binary: Path, environment: dict[str, str]) -> Iterator[Function]:
    """Puts a function under its emulator, which starts it at the first event."""
    host, (port, api_port) = free_ports(2)
    command = [
        emulator(),
        *("--runtime-interface-emulator-address", f"{host}:{port}"),
        *("--runtime-api-address", f"{host}:{api_port}"),
        binary,
    ]
    event = json.loads(run(*EVENT, "--method", "POST", "--path", name, stdout=subprocess.PIPE))
    with process(name, command, environment) as running:
        running.wait_for("listening", lambda: listens(host, port))
        yield Function(running, f"http://{host}:{port}/2015-03-31/functions/function/invocations", event)


def build() -> dict[str, Path]:
    """`local` as the tests build it, and the functions as `sam build` does, but for this machine."""
    messages = cargo("local") + cargo(*FUNCTIONS, profile="release")
    return {message["target"]["name"]: Path(message["executable"]) for message in messages if message.get("executable")}


def cargo(*binaries: str, profile: str = "dev") -> list[dict]:
    command = ["cargo", "build", "--locked", "--quiet", "--message-format", "json", "--profile", profile]
    command += [word for binary in binaries for word in ("--bin", binary)]
    return [json.loads(line) for line in run(*command, stdout=subprocess.PIPE).splitlines()]


def settings(function: str, at: dict[int, str]) -> dict[str, str]:
    """What the template gives a function, with what `sam local` is told in its place, and no other setting."""
    name = f"{function.title()}Function"
    told = OF_THIS_MACHINE
    for port, address in at.items():
        told = told.replace(f"host.docker.internal:{port}", address)
    told = json.loads(told)[name]
    common = TEMPLATE["Globals"]["Function"]
    environment = {
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(common["Timeout"]),
    }
    for part in (common, TEMPLATE["Resources"][name]["Properties"]):
        for setting, value in part["Environment"]["Variables"].items():
            environment[setting] = told[setting] if setting in told else default(value)
    if "RESEND_COOLDOWN_SECONDS" in environment:
        # The wait before a resend is real.
        environment["RESEND_COOLDOWN_SECONDS"] = "1"
    return environment


def default(reference: dict[str, str]) -> str:
    """What a reference of the template comes to when nothing is said."""
    name = reference["Ref"]
    return "countersign" if name == "AWS::StackName" else str(TEMPLATE["Parameters"][name]["Default"])


def secret(address: str, arn: str) -> str:
    """What the Secrets Manager of `local` gives the functions."""
    target = {"x-amz-target": "secretsmanager.GetSecretValue"}
    asked = urllib.request.Request(address, json.dumps({"SecretId": arn}).encode(), target)
    with LOOPBACK.open(asked, timeout=PATIENCE) as answer:
        return json.load(answer)["SecretString"]


def emulator() -> Path:
    """AWS's emulator for this machine, out of the SAM CLI."""
    machine = {"x86_64": "x86_64", "aarch64": "arm64"}.get(platform.machine())
    claim(machine is not None, f"AWS has no emulator for {platform.machine()}")
    return Path(samcli.__file__).parent / "local" / "rapid" / f"aws-lambda-rie-{machine}"


def free_ports(count: int) -> tuple[str, list[int]]:
    """Free ports, on a loopback address that no other program is likely to use before ours do."""
    host = "127." + ".".join(str(1 + secrets.randbelow(254)) for _ in range(3))
    with ExitStack() as held:
        servers = [held.enter_context(socket.create_server((host, 0))) for _ in range(count)]
        return host, [server.getsockname()[1] for server in servers]


def listens(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), 1).close()
    except OSError:
        return False
    return True
