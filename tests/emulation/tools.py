"""How commands are run, and where things are."""

import os
import platform
import shlex
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

ROOT = Path(__file__).resolve().parent.parent.parent
# `target/emulator`: this runs in the environment `sam` there.
WORK = Path(sys.prefix).parent
TEMPORARY = WORK / "tmp"
TEMPORARY.mkdir(exist_ok=True)
FUNCTIONS = ("signup", "send", "resend", "verify")

ENVIRONMENT = {
    **os.environ,
    # Not everybody has those of the system's own programs.
    "PATH": f"{WORK / 'sam' / 'bin'}:{os.environ['PATH']}:/usr/sbin:/sbin",
    # Nothing leaves the machine, and nothing is left in the home folder or among the temporary files.
    "TMPDIR": str(TEMPORARY),
    "SAM_CLI_TELEMETRY": "0",
    "__SAM_CLI_APP_DIR": str(WORK / "sam-home"),
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


class Failed(Exception):
    """A claim that turned out false, in words for whoever runs this."""


def claim(true: bool, otherwise: str) -> None:
    """Fails with `otherwise` unless `true`."""
    if not true:
        raise Failed(otherwise)


def to_its_end(name: str, step: Callable[[], T]) -> T:
    """Runs a step, and ends this process in words where it fails."""
    # A termination unwinds like any other end, so that no process of ours outlives it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        return step()
    except Failed as failure:
        sys.exit(f"tests/emulator: {name}: {failure}")
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)


def heading(text: str) -> None:
    """Says what comes next."""
    print(f"\n== {text}", flush=True)


def run(*command: str | Path, **options) -> str:
    """Runs a command in the root of the repository to its end, and answers what it wrote if that is captured."""
    words = [str(word) for word in command]
    options = {"cwd": ROOT, "env": ENVIRONMENT} | options
    done = subprocess.run(words, check=False, stdin=subprocess.DEVNULL, text=True, **options)
    claim(done.returncode == 0, f"`{textwrap.shorten(shlex.join(words), 200)}` ended with {done.returncode}")
    return done.stdout


def own_architecture() -> str:
    """This machine's architecture, as Lambda names it."""
    machine = platform.machine()
    name = {"x86_64": "x86_64", "aarch64": "arm64"}.get(machine)
    claim(name is not None, f"Lambda has no {machine}")
    return name
