"""The steps of `tests/emulator`, which installed the environment that this runs in."""

import signal
import sys
import time

import artifacts
import journey
import template
from tools import Failed

STEPS = {"template": template.check, "artifacts": artifacts.check, "journey": journey.check}


def main() -> None:
    # A termination unwinds like any other end, so that no process of ours outlives it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    for name in sys.argv[1:]:
        began = time.monotonic()
        try:
            STEPS[name]()
        except Failed as failure:
            sys.exit(f"tests/emulator: {name}: {failure}")
        except KeyboardInterrupt:
            sys.exit(128 + signal.SIGINT)
        print(f"   {name} passed in {time.monotonic() - began:.0f} s", flush=True)


main()
