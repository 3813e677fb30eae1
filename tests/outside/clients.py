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

# The environment that this runs in is the folder of all that is made here.
WORK = Path(sys.prefix)
HERE = ROOT / "tests" / "outside"
PARTS = HERE / "clients"
OPENAPI = ROOT / "docs" / "openapi.yaml"
PAGE = ROOT / "docs" / "clients.md"
# The address in the page's code, in whose place that of `local` is put.
DEPLOYED = "https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com"

# Room for all the calls, and little to wait for.
ROOM = {
    "CODES_PER_USERNAME_PER_HOUR": "20",
    "CODES_PER_PHONE_PER_DAY": "100",
    "SIGNUP_CODES_PER_PHONE_PER_DAY": "100",
    "CODES_PER_ADDRESS_PER_HOUR": "0",
    "DAILY_SMS_BUDGET": "0",
    "RESEND_COOLDOWN_SECONDS": "1",
    "SEND_ANSWER_STEP_MILLISECONDS": "0",
    "OTP_DOMAIN": "example.com",
    "RUST_LOG": "error",
}

# The checks that are left out, each with its reason.
LEFT_OUT = {
    "unsupported_method": "API Gateway answers 404, not 405, where no route has the method",
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


def run(*command: str | Path, cwd: Path = ROOT, **environment: str) -> None:
    """Runs a command to its end; what it writes is shown only if it fails."""
    path = f"{WORK / 'bin'}:{os.environ['PATH']}"
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


def lint() -> None:
    """The file is an OpenAPI description."""
    heading("openapi-spec-validator")
    document, _ = read_from_filename(str(OPENAPI))
    validate(document)


def python_client() -> Path:
    """Generates the client in Python."""
    heading("openapi-python-client")
    folder = WORK / "python"
    run("openapi-python-client", "generate", "--path", OPENAPI, "--output-path", folder, "--overwrite", "--fail-on-warning")
    return folder


def page_client() -> Path:
    """Generates the types in TypeScript, and compiles the page of docs/clients.md with them."""
    heading("openapi-typescript, and the page of docs/clients.md")
    folder = WORK / "page"
    folder.mkdir(exist_ok=True)
    packages, installed = PARTS / "package.json", folder / "package.json"
    if not installed.exists() or installed.read_text() != packages.read_text():
        shutil.rmtree(folder / "node_modules", ignore_errors=True)
        # Named last, so that one that was interrupted is made once more.
        (folder / "wanted").mkdir(exist_ok=True)
        shutil.copy(packages, folder / "wanted" / "package.json")
        run("npm", "install", "--no-package-lock", "--no-audit", "--no-fund", cwd=folder / "wanted")
        shutil.move(folder / "wanted" / "node_modules", folder / "node_modules")
        shutil.copy(packages, installed)
    tools = folder / "node_modules" / ".bin"
    run(tools / "openapi-typescript", OPENAPI, "--output", folder / "countersign.d.ts")
    for part in ("person.ts", "tsconfig.json"):
        shutil.copy(PARTS / part, folder / part)
    for language in ("html", "ts"):
        (folder / f"page.{language}").write_text(shown(language))
    run(tools / "tsc", "--project", folder)
    return folder


def shown(language: str) -> str:
    """The page's code in docs/clients.md."""
    marks = f"<!-- page.{language}:begin -->\n```{language}\n(.*?)```\n<!-- page.{language}:end -->"
    found = re.search(marks, PAGE.read_text(), re.DOTALL)
    claim(found is not None, f"docs/clients.md shows no page.{language}")
    return found[1]


def walk_in_python(running: Local, folder: Path) -> None:
    """Goes a person's way with the client in Python."""
    heading("a person's way in Python")
    run(sys.executable, PARTS / "journey.py", running.api, running.courier, PYTHONPATH=f"{folder}:{HERE}")


def walk_at_the_page(running: Local, folder: Path) -> None:
    """Goes a person's way at the page."""
    heading("a person's way at the page")
    page = folder / "built" / "page.js"
    code = page.read_text()
    claim(code.count(DEPLOYED) == 1, "the page has not the one address")
    page.write_text(code.replace(DEPLOYED, running.api))
    run("node", folder / "built" / "person.js", running.courier)


def fuzz(running: Local) -> None:
    """Sends right and wrong requests of every kind, and compares the answers with the file."""
    heading("schemathesis")
    noted = WORK / "answers.txt"
    options = ["--checks=all", f"--exclude-checks={','.join(LEFT_OUT)}", "--mode=all", "--continue-on-failure"]
    bounds = ["--max-examples=100", "--generation-deterministic", "--workers=1", "--no-color"]
    run(
        "schemathesis",
        f"--config-file={PARTS / 'schemathesis.toml'}",
        "run",
        OPENAPI,
        f"--url={running.api}",
        *options,
        *bounds,
        cwd=WORK,
        SCHEMATHESIS_HOOKS="states",
        STATES_API=running.api,
        STATES_COURIER=running.courier,
        STATES_ANSWERS=str(noted),
        PYTHONPATH=f"{PARTS}:{HERE}",
    )
    answers = set(noted.read_text().splitlines())
    claim(answers >= MET, f"the requests did not meet {sorted(MET - answers)}")
    print(f"   {len(answers)} kinds of answers")


def main() -> None:
    """Does all of it."""
    lint()
    python, page = python_client(), page_client()
    with local(**ROOM) as running:
        walk_in_python(running, python)
        walk_at_the_page(running, page)
    with local(**ROOM) as running:
        fuzz(running)


if __name__ == "__main__":
    try:
        main()
    except Failed as failed:
        sys.exit(f"clients: {failed}")
