"""Processes that end with the block that started them."""

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

from tools import WORK, claim

LOGS = WORK / "logs"
# Far above what a start or a call takes: who waits longer waits for nothing.
PATIENCE = 60
T = TypeVar("T")

# No proxy stands between this machine and itself.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


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


def a_loopback_address() -> str:
    """A loopback address whose ports no other program is likely to use before ours do."""
    return "127." + ".".join(str(1 + secrets.randbelow(254)) for _ in range(3))


def free_ports(host: str, count: int) -> list[int]:
    """Ports that are free on an address of this machine."""
    with ExitStack() as held:
        servers = [held.enter_context(socket.create_server((host, 0))) for _ in range(count)]
        return [server.getsockname()[1] for server in servers]


def listens(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), 1).close()
    except OSError:
        return False
    return True
