"""`local` for tests that look at it from the outside."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
# It is started, and ended, as it is for the emulator.
sys.path.append(str(ROOT / "tests" / "emulation"))

import standins
from processes import a_loopback_address
from tools import Failed, claim

__all__ = ["ROOT", "Failed", "Local", "claim", "local"]


@dataclass(frozen=True)
class Local:
    """A running `local`."""

    api: str
    courier: str

    def texts(self, number: str) -> list[dict]:
        """The texts to a number, newest first, as the inbox has them."""
        return standins.texts(self.courier, number)

    def code(self, number: str) -> str:
        """The code in the newest text to a number."""
        return standins.code_of(self.courier, number)


@contextmanager
def local(**settings: str) -> Iterator[Local]:
    """Builds and starts `local` on ports of its own, with `settings` in its environment, and ends it."""
    with standins.stand_ins(a_loopback_address(), settings) as running:
        yield Local(running.url("--port"), running.url("--courier-port"))
