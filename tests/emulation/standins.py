"""`local` in the place of DynamoDB, Courier and Secrets Manager, and what tells functions where it is."""

import json
import re
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from processes import DIRECT, PATIENCE, free_ports, process
from tools import ROOT, run

# What `sam local` is told of this machine, and the flag of `local` for each port in it.
OF_THIS_MACHINE = (ROOT / "tests" / "env.json").read_text()
NAME = "host.docker.internal"
PORTS = {"--port": 3000, "--dynamodb-port": 8000, "--courier-port": 3001, "--secrets-port": 3002}


@dataclass
class StandIns:
    """A running `local`."""

    host: str
    # By the ports that it has unless told otherwise.
    ports: dict[int, int]

    def settings(self, host: str) -> dict[str, dict[str, str]]:
        """What `tests/env.json` tells each function, for functions that reach this `local` as `host`."""
        told = OF_THIS_MACHINE
        for usual, port in self.ports.items():
            told = told.replace(f"{NAME}:{usual}", f"{host}:{port}")
        return json.loads(told)

    def code_of(self, number: str) -> str:
        """The code in the newest text to a number."""
        return code_of(self.url("--courier-port"), number)

    def secrets(self) -> list[str]:
        """Every secret that a function can read."""
        settings = [setting for told in self.settings(self.host).values() for setting in told.items()]
        return [self.secret(arn) for arn in sorted({value for name, value in settings if name.endswith("_ARN")})]

    def secret(self, arn: str) -> str:
        target = {"x-amz-target": "secretsmanager.GetSecretValue"}
        body = json.dumps({"SecretId": arn}).encode()
        asked = urllib.request.Request(self.url("--secrets-port"), body, target)
        with DIRECT.open(asked, timeout=PATIENCE) as answer:
            return json.load(answer)["SecretString"]

    def url(self, flag: str) -> str:
        return f"http://{self.host}:{self.ports[PORTS[flag]]}"


def texts(courier: str, number: str) -> list[dict]:
    """The texts to a number that the inbox of `courier` has, newest first."""
    with DIRECT.open(f"{courier}/inbox?to={number}", timeout=PATIENCE) as inbox:
        return json.load(inbox)


def code_of(courier: str, number: str) -> str:
    """The code in the newest text to a number."""
    return texts(courier, number)[0]["request"]["message"]["to"]["data"]["otp"]


@contextmanager
def stand_ins(host: str, settings: dict[str, str] | None = None) -> Iterator[StandIns]:
    """Starts `local` on an address of this machine, with `settings` in its environment."""
    ports = free_ports(host, len(PORTS))
    flags = [word for flag, port in zip(PORTS, ports) for word in (flag, str(port))]
    with process("local", [binary(), "--host", host, *flags], settings or {}) as local:
        local.wait_for("ready", lambda: re.search("^ready ", local.output(), re.MULTILINE))
        yield StandIns(host, dict(zip(PORTS.values(), ports)))


@cache
def binary() -> Path:
    """`local` as the tests build it."""
    command = ("cargo", "build", "--locked", "--quiet", "--message-format", "json", "--bin", "local")
    messages = [json.loads(line) for line in run(*command, stdout=subprocess.PIPE).splitlines()]
    return next(Path(message["executable"]) for message in messages if message.get("executable"))
