"""Clients that others' generators make from docs/openapi.yaml, and a tester that others wrote, against `local`."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from local import ROOT, Failed, Local, claim, local
from openapi_spec_validator import validate
from openapi_spec_validator.readers import read_from_filename

# In the environment that this runs in.
TOOLS, MADE = Path(sys.prefix) / "bin", Path(sys.prefix) / "made"
HERE = ROOT / "tests" / "outside"
PARTS = HERE / "clients"
OPENAPI = ROOT / "docs" / "openapi.yaml"
# The address in the page's code, in whose place that of `local` is put.
DEPLOYED = "https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com"

# Room for all the calls, and little to wait for.
ROOM = {
    "CODES_PER_USERNAME_PER_HOUR": "20",
    "CODES_PER_PHONE_PER_DAY": "100",
    "SIGNUP_CODES_PER_PHONE_PER_DAY": "100",
    "CODES_PER_ADDRESS_PER_HOUR": "0",
    "DAILY_BUDGET_DOLLARS": "0",
    "RESEND_COOLDOWN_SECONDS": "1",
    "SEND_ANSWER_STEP_MILLISECONDS": "0",
    "OTP_DOMAIN": "example.com",
    "RUST_LOG": "error",
}

# What is left out of schemathesis, each with its reason.
CHECKS_LEFT_OUT = {
    "unsupported_method": "API Gateway answers 404, not 405, where no route has the method",
}
PHASES = ("examples", "coverage", "fuzzing")
PHASES_LEFT_OUT = {
    "stateful": "it makes requests of answers, whose ids are drawn at random, so no two runs would be alike",
}

# What a run has to meet, or it did not go deep.
MET = {
    *(f"/{call} 400 invalid_request" for call in ("signup", "send", "resend", "verify")),
    "/signup 201",
    "/signup 409 username_taken",
    "/send 202",
    "/send 409 otp_id_required",
    "/send 409 otp_pending",
    "/send 422 otp_superseded",
    "/resend 202",
    "/resend 409 otp_id_required",
    "/resend 422 otp_superseded",
    "/resend 429 resend_too_soon",
    "/verify 200",
    "/verify 404 otp_not_found",
    "/verify 409 otp_already_used",
    "/verify 409 otp_id_required",
    "/verify 422 invalid_otp",
    "/verify 422 otp_superseded",
}


def heading(text: str) -> None:
    """Says what comes next."""
    print(f"\n-- {text}", flush=True)


def run(*command: str | Path, cwd: Path = ROOT, **environment: str) -> str:
    """Runs a command to its end, and gives what it writes, which is shown if it fails."""
    path = f"{TOOLS}:{os.environ['PATH']}"
    done = subprocess.run(
        command,
        check=False,
        cwd=cwd,
        env=os.environ | {"PATH": path, "PYTHONDONTWRITEBYTECODE": "1"} | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    claim(done.returncode == 0, f"{Path(command[0]).name} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def lint() -> None:
    """The file is an OpenAPI description."""
    heading("openapi-spec-validator")
    document, _ = read_from_filename(str(OPENAPI))
    validate(document)


def generate() -> None:
    """Has the clients generated as docs/clients.md says, and compiles the page of docs/web.md."""
    heading("npm install")
    MADE.mkdir(exist_ok=True)
    install()
    heading("openapi-python-client, openapi-typescript")
    (MADE / "docs").unlink(missing_ok=True)
    (MADE / "docs").symlink_to(ROOT / "docs")
    shutil.rmtree(MADE / "countersign-client", ignore_errors=True)
    run("sh", "-ec", shown("clients.md", "generate", "sh"), cwd=MADE)
    heading("tsc")
    for part in ("person.ts", "tsconfig.json"):
        shutil.copy(PARTS / part, MADE / part)
    for language in ("html", "ts"):
        (MADE / f"page.{language}").write_text(shown("web.md", f"page.{language}", language))
    run("npx", "tsc", "--project", ".", cwd=MADE)


def install() -> None:
    """Installs the packages of clients/package.json, unless they are there."""
    packages, installed = PARTS / "package.json", MADE / "installed.json"
    if not installed.exists() or installed.read_text() != packages.read_text():
        shutil.rmtree(MADE / "node_modules", ignore_errors=True)
        shutil.copy(packages, MADE / "package.json")
        run("npm", "install", "--no-package-lock", "--no-audit", "--no-fund", cwd=MADE)
        shutil.copy(packages, installed)


def shown(page: str, mark: str, language: str) -> str:
    """The code that a page of the docs shows between two marks."""
    marks = f"<!-- {mark}:begin -->\n```{language}\n(.*?)```\n<!-- {mark}:end -->"
    found = re.search(marks, (ROOT / "docs" / page).read_text(), re.DOTALL)
    claim(found is not None, f"docs/{page} shows no {mark}")
    return found[1]


def walk_in_python(running: Local) -> None:
    """Goes a person's way with the client in Python."""
    heading("a person's way in Python")
    made = MADE / "countersign-client"
    run(sys.executable, PARTS / "journey.py", running.api, running.courier, PYTHONPATH=f"{made}:{HERE}")


def walk_at_the_page(running: Local) -> None:
    """Goes a person's way at the page."""
    heading("a person's way at the page")
    page = MADE / "built" / "page.js"
    code = page.read_text()
    claim(code.count(DEPLOYED) == 1, "the page has not the one address")
    page.write_text(code.replace(DEPLOYED, running.api))
    run("node", MADE / "built" / "person.js", running.courier)


def fuzz(running: Local) -> None:
    """Sends right and wrong requests of every kind, and compares the answers with the file."""
    heading("schemathesis")
    for left_out, reason in (CHECKS_LEFT_OUT | PHASES_LEFT_OUT).items():
        print(f"   without {left_out}: {reason}", flush=True)
    noted = MADE / "answers.txt"
    checks = ["--checks=all", f"--exclude-checks={','.join(CHECKS_LEFT_OUT)}", "--continue-on-failure"]
    requests = ["--mode=all", f"--phases={','.join(PHASES)}", "--max-examples=100", "--generation-deterministic"]
    told = run(
        "schemathesis",
        f"--config-file={PARTS / 'schemathesis.toml'}",
        "run",
        OPENAPI,
        f"--url={running.api}",
        *checks,
        *requests,
        "--workers=1",
        "--no-color",
        cwd=MADE,
        SCHEMATHESIS_HOOKS="states",
        STATES_API=running.api,
        STATES_COURIER=running.courier,
        STATES_ANSWERS=str(noted),
        PYTHONPATH=f"{PARTS}:{HERE}",
        PYTHONHASHSEED="0",
    )
    answers = set(noted.read_text().splitlines())
    claim(answers >= MET, f"the requests did not meet {sorted(MET - answers)}")
    print(f"  {told.split('Test cases:')[1].splitlines()[1]}, {len(answers)} kinds of answers")


def main() -> None:
    """Does all of it."""
    lint()
    generate()
    with local(**ROOM) as running:
        walk_in_python(running)
        walk_at_the_page(running)
    with local(**ROOM) as running:
        fuzz(running)


if __name__ == "__main__":
    try:
        main()
    except Failed as failed:
        sys.exit(f"clients: {failed}")
