"""What `sam build` makes for AWS: one small executable per function that its machines can run."""

import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerNeedSection

from tools import FUNCTIONS, WORK, claim, heading, run

TARGET = "aarch64-unknown-linux-gnu"
BUILT = WORK / "build"
# Lambda fetches and unpacks the archive at every cold start.
LARGEST_ZIP = 5_000_000
# What `provided.al2023` has.
NEWEST_GLIBC = (2, 34)
LIBRARIES = {f"lib{name}" for name in ("c.so.6", "dl.so.2", "gcc_s.so.1", "m.so.6", "pthread.so.0", "rt.so.1")}
LOADER = "ld-linux-aarch64.so.1"


def check() -> None:
    """Builds the functions for AWS and looks at each."""
    install_target()
    # All at once: the last step of each takes one core. What `sam build` then asks for, one by one, is there.
    heading("cargo lambda build")
    binaries = [word for function in FUNCTIONS for word in ("--bin", function)]
    run("cargo", "lambda", "build", "--release", "--arm64", "--locked", *binaries)
    heading("sam build")
    shutil.rmtree(BUILT, ignore_errors=True)
    run("sam", "build", "--build-dir", BUILT)

    heading("artifacts")
    wanted = {f"{function.capitalize()}Function" for function in FUNCTIONS}
    built = {entry.name for entry in BUILT.iterdir() if entry.is_dir()}
    claim(built == wanted, f"built were {sorted(built)} instead of {sorted(wanted)}")
    for name in sorted(wanted):
        look_at(BUILT / name)


def install_target() -> None:
    """Sees to it that Rust's standard library for arm64 is there."""
    sysroot = run("rustc", "--print", "sysroot", stdout=subprocess.PIPE).strip()
    if (Path(sysroot) / "lib" / "rustlib" / TARGET).is_dir():
        return
    install = f"rustup target add {TARGET}"
    claim(shutil.which("rustup") is not None, f"install Rust's standard library for {TARGET}, with rustup: {install}")
    heading(install)
    run(*install.split())


def look_at(folder: Path) -> None:
    """Checks the artifact of one function and prints its figures."""
    name, bootstrap = folder.name, folder / "bootstrap"
    files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
    claim(files == ["bootstrap"], f"{name} holds {files} instead of one bootstrap")
    claim(bootstrap.is_file() and os.access(bootstrap, os.X_OK), f"{name}: bootstrap is not an executable file")
    with bootstrap.open("rb") as file:
        elf = ELFFile(file)
        claim(elf["e_machine"] == "EM_AARCH64", f"{name} is for {elf['e_machine']}")
        claim(elf["e_type"] in ("ET_DYN", "ET_EXEC"), f"{name} is no program but {elf['e_type']}")
        glibc, libraries = needed(elf)
    claim(glibc <= NEWEST_GLIBC, f"{name} needs glibc {dotted(glibc)}, and al2023 has {dotted(NEWEST_GLIBC)}")
    unknown = libraries - LIBRARIES - {LOADER}
    claim(not unknown, f"{name} needs {sorted(unknown)}, which al2023 need not have")

    zipped = zip_of(folder)
    claim(zipped <= LARGEST_ZIP, f"{name} has {zipped:,} bytes zipped, and {LARGEST_ZIP:,} are allowed")
    size = bootstrap.stat().st_size
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


def zip_of(folder: Path) -> int:
    """The size of the archive that `sam deploy` uploads."""
    archive = folder.with_suffix(".zip")
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.write(folder / "bootstrap", "bootstrap")
    return archive.stat().st_size


def dotted(version: tuple[int, ...]) -> str:
    return ".".join(str(part) for part in version)
