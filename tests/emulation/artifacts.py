"""What `sam build` makes for AWS: one small executable per function that its machines can run."""

import os
import re
import shutil
import subprocess
import zipfile
from functools import cache
from pathlib import Path
from typing import NamedTuple

from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerNeedSection

from tools import FUNCTIONS, WORK, claim, heading, own_architecture, run


class Architecture(NamedTuple):
    """What Rust, `cargo lambda`, ELF and glibc have for an architecture."""

    target: str
    # As `sam build` asks.
    flags: tuple[str, ...]
    machine: str
    loader: str


ARM64 = "arm64"
ARCHITECTURES = {
    ARM64: Architecture("aarch64-unknown-linux-gnu", ("--arm64",), "EM_AARCH64", "ld-linux-aarch64.so.1"),
    "x86_64": Architecture("x86_64-unknown-linux-gnu", (), "EM_X86_64", "ld-linux-x86-64.so.2"),
}
# Lambda fetches and unpacks the archive at every cold start.
LARGEST_ZIP = 5_000_000
# What `provided.al2023` has.
NEWEST_GLIBC = (2, 34)
LIBRARIES = {f"lib{name}" for name in ("c.so.6", "dl.so.2", "gcc_s.so.1", "m.so.6", "pthread.so.0", "rt.so.1")}


def check() -> None:
    """Builds the functions for AWS, and for its machines that are like this one, and looks at each."""
    for architecture in sorted({own_architecture(), ARM64}):
        built = build(architecture)
        heading(f"artifacts for {architecture}")
        wanted = {logical_name(function) for function in FUNCTIONS}
        found = {entry.name for entry in built.iterdir() if entry.is_dir()}
        claim(found == wanted, f"built were {sorted(found)} instead of {sorted(wanted)}")
        for name in sorted(wanted):
            look_at(built / name, ARCHITECTURES[architecture])


@cache
def build(architecture: str) -> Path:
    """Has SAM build the functions for an architecture, and answers the folder that they are in."""
    rust = ARCHITECTURES[architecture]
    install_target(rust.target)
    # All at once: the last step of each takes one core. What `sam build` then asks for, one by one, is there.
    heading(f"cargo lambda build, for {architecture}")
    binaries = [word for function in FUNCTIONS for word in ("--bin", function)]
    run("cargo", "lambda", "build", "--release", *rust.flags, "--locked", *binaries)
    heading(f"sam build, for {architecture}")
    built = folder(architecture)
    shutil.rmtree(built, ignore_errors=True)
    run("sam", "build", "--build-dir", built, "--parameter-overrides", parameter(architecture))
    return built


def folder(architecture: str) -> Path:
    """Where `build` puts the functions, and the template that leads to them."""
    return WORK / "build" / architecture


def parameter(architecture: str) -> str:
    """What `sam` is told for an architecture."""
    return f"Architecture={architecture}"


def logical_name(function: str) -> str:
    return f"{function.capitalize()}Function"


def executable(built: Path, function: str) -> Path:
    """The program of a function in the folder that `build` answered."""
    return built / logical_name(function) / "bootstrap"


def install_target(target: str) -> None:
    """Sees to it that Rust's standard library for a target is there."""
    sysroot = run("rustc", "--print", "sysroot", stdout=subprocess.PIPE).strip()
    if (Path(sysroot) / "lib" / "rustlib" / target).is_dir():
        return
    install = f"rustup target add {target}"
    claim(shutil.which("rustup") is not None, f"install Rust's standard library for {target}, with rustup: {install}")
    heading(install)
    run(*install.split())


def look_at(built: Path, architecture: Architecture) -> None:
    """Checks the artifact of one function and prints its figures."""
    name, program = built.name, built / "bootstrap"
    files = sorted(str(path.relative_to(built)) for path in built.rglob("*"))
    claim(files == ["bootstrap"], f"{name} holds {files} instead of one bootstrap")
    claim(program.is_file() and os.access(program, os.X_OK), f"{name}: bootstrap is not an executable file")
    with program.open("rb") as file:
        elf = ELFFile(file)
        claim(elf["e_machine"] == architecture.machine, f"{name} is for {elf['e_machine']}")
        claim(elf["e_type"] in ("ET_DYN", "ET_EXEC"), f"{name} is no program but {elf['e_type']}")
        glibc, libraries = needed(elf)
    claim(glibc <= NEWEST_GLIBC, f"{name} needs glibc {dotted(glibc)}, and al2023 has {dotted(NEWEST_GLIBC)}")
    unknown = libraries - LIBRARIES - {architecture.loader}
    claim(not unknown, f"{name} needs {sorted(unknown)}, which al2023 need not have")

    zipped = zip_of(built)
    claim(zipped <= LARGEST_ZIP, f"{name} has {zipped:,} bytes zipped, and {LARGEST_ZIP:,} are allowed")
    size = program.stat().st_size
    print(f"   {name:15} {size:>10,} bytes, {zipped:>9,} zipped, glibc {dotted(glibc)} or later")


def needed(elf: ELFFile) -> tuple[tuple[int, ...], set[str]]:
    """The newest version of glibc's symbols that a program needs, and its shared libraries."""
    versions = {(0,)}
    libraries = set()
    for section in elf.iter_sections():
        if isinstance(section, GNUVerNeedSection):
            names = [version.name for _, versions_of in section.iter_versions() for version in versions_of]
            numbers = [re.fullmatch(r"GLIBC_([0-9.]+)", name) for name in names]
            versions |= {tuple(int(part) for part in number[1].split(".")) for number in numbers if number}
        if isinstance(section, DynamicSection):
            libraries |= {tag.needed for tag in section.iter_tags("DT_NEEDED")}
    return max(versions), libraries


def zip_of(built: Path) -> int:
    """The size of the archive that `sam deploy` uploads."""
    archive = built.with_suffix(".zip")
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.write(built / "bootstrap", "bootstrap")
    return archive.stat().st_size


def dotted(version: tuple[int, ...]) -> str:
    return ".".join(str(part) for part in version)
