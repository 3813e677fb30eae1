"""What the tools of AWS and others say of `template.yaml`."""

import subprocess

from tools import ROOT, WORK, heading, run

CHECKOV = WORK / "checkov" / "bin" / "checkov"


def check() -> None:
    """Lints and scans the template, and looks for secrets in the whole repository."""
    heading("sam validate --lint")
    run("sam", "validate", "--lint")

    heading("cfn-lint")
    run("cfn-lint", "template.yaml", "docs/cloudfront.yaml")

    # What does not apply is suppressed in the template itself, beside its reason.
    heading("checkov: the template")
    checkov("--framework", "cloudformation", "--file", "template.yaml")

    # File by file: told of a folder, it looks for no secrets in source code.
    heading("checkov: secrets")
    listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", stdout=subprocess.PIPE)
    files = [file for file in listed.split("\0") if (ROOT / file).is_file()]
    checkov("--framework", "secrets", "--file", *files)


def checkov(*arguments: str) -> None:
    # Without the download of its vendor's guidelines, which judge nothing.
    run(CHECKOV, "--quiet", "--compact", "--skip-download", *arguments)
