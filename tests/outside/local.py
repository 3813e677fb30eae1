"""`local` as a process of its own, for tests that look at it from the outside."""

import contextlib
import json
import os
import re
import subprocess
import threading
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


class Failed(Exception):
    """A claim that turned out false, in words for whoever runs this."""


def claim(true: bool, otherwise: str) -> None:
    """Fails with `otherwise` unless `true`."""
    if not true:
        raise Failed(otherwise)


@dataclass(frozen=True)
class Local:
    """A running `local`."""

    api: str
    courier: str

    def texts(self, number: str) -> list[dict]:
        """The texts to a number, newest first, as the inbox has them."""
        query = urllib.parse.urlencode({"to": number})
        with urllib.request.urlopen(f"{self.courier}/inbox?{query}", timeout=10) as answer:
            return json.load(answer)

    def code(self, number: str) -> str:
        """The code in the newest text to a number."""
        return self.texts(number)[0]["request"]["message"]["to"]["data"]["otp"]


@contextlib.contextmanager
def local(**settings: str) -> Iterator[Local]:
    """Builds and starts `local` on free ports, with `settings` in its environment, and ends it."""
    subprocess.run(["cargo", "build", "--quiet", "--locked", "-p", "local"], cwd=ROOT, check=True)
    metadata = subprocess.run(
        ["cargo", "metadata", "--no-deps", "--format-version", "1", "--locked"],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
    )
    binary = Path(json.loads(metadata.stdout)["target_directory"]) / "debug" / "local"
    ports = [f"--{server}port=0" for server in ("", "dynamodb-", "courier-", "secrets-")]
    process = subprocess.Popen(
        [binary, *ports], env=os.environ | settings, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    )
    try:
        # It says so when everything answers, and ends its output when it cannot start.
        ready = next((line for line in process.stdout if line.startswith("ready ")), None)
        claim(ready is not None, "`local` did not start")
        addresses = dict(re.findall(r"(\w+) (http://\S+)", ready))
        # Texts go on to be shown, and a full pipe would stop it.
        threading.Thread(target=process.stdout.read, daemon=True).start()
        yield Local(addresses["api"], addresses["courier"])
    finally:
        process.terminate()
        process.wait()
