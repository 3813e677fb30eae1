"""The steps of `tests/emulator`, which installed the environment that this runs in."""

import shutil
import sys
import time

import artifacts
import containers
import journey
import runtime
import template
from tools import TEMPORARY, to_its_end

STEPS = {
    "template": template.check,
    "artifacts": artifacts.check,
    "journey": journey.check,
    "arm64": journey.check_arm64,
    "containers": containers.check,
}
# What would else fail after many minutes.
NEEDS = {"arm64": lambda: runtime.interpreter_of(artifacts.ARM64), "containers": containers.demand}


def main() -> None:
    shutil.rmtree(TEMPORARY)
    TEMPORARY.mkdir()
    for name in sys.argv[1:]:
        to_its_end(name, NEEDS.get(name, lambda: None))
    for name in sys.argv[1:]:
        began = time.monotonic()
        outcome = to_its_end(name, STEPS[name]) or "passed"
        print(f"   {name} {outcome} in {time.monotonic() - began:.0f} s", flush=True)


main()
