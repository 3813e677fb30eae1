"""How commands are run, and where things are."""

import os
import shlex
import subprocess
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
# `target/emulator`: this runs in the environment `sam` there.
WORK = Path(sys.prefix).parent
FUNCTIONS = ("signup", "send", "resend", "verify")

ENVIRONMENT = {
    **os.environ,
    "PATH": f"{WORK / 'sam' / 'bin'}:{os.environ['PATH']}",
    # Nothing leaves the machine, and nothing is left in the home folder.
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


def heading(text: str) -> None:
    """Says what comes next."""
    print(f"\n== {text}", flush=True)


def run(*command: str | Path, **options) -> str:
    """Runs a command in the root of the repository to its end, and answers what it wrote if that is captured."""
    words = [str(word) for word in command]
    done = subprocess.run(words, check=False, cwd=ROOT, env=ENVIRONMENT, stdin=subprocess.DEVNULL, text=True, **options)
    claim(done.returncode == 0, f"`{textwrap.shorten(shlex.join(words), 200)}` ended with {done.returncode}")
    return done.stdout
