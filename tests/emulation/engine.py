"""A container engine: the one that runs, or one of our own that nothing outlives and that touches nothing else."""

import ipaddress
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import docker
from docker.errors import APIError, DockerException

from processes import LOGS, PATIENCE, free_ports, process
from tools import ENVIRONMENT, WORK, Failed, claim, heading, run

# In the namespaces of our own; short, as the names of sockets have to be.
SOCKET = "unix:///run/docker.sock"
FOLDER = WORK / "engine"
CGROUPS = Path("/sys/fs/cgroup")
# Mounts and processes of a command in these are gone with its end, however it ends.
NAMESPACES = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")

# Its glibc is the nearest to that of `provided.al2023` among Debian's that are not older.
SUITE = "bookworm"
ARCHIVE = WORK / f"debian-{SUITE}.tar"
# In memory, so that a failure leaves nothing behind. What only package tools and readers want is left out.
DEBOOTSTRAP = f"""
mount -t tmpfs tmpfs "$1"
debootstrap --variant=minbase {SUITE} "$1"
tar -C "$1" --exclude=./var/cache/* --exclude=./var/lib/apt/* --exclude=./usr/share/doc/* \
  --exclude=./usr/share/locale/* --exclude=./usr/share/man/* -cf "$2" .
"""


def running() -> docker.DockerClient | None:
    """The engine that answers here."""
    try:
        client = docker.from_env(timeout=PATIENCE)
        client.ping()
    except (DockerException, OSError):
        return None
    return client


def obstacle() -> str | None:
    """Why there is no engine to run containers with, if there is none."""
    if not ARCHIVE.is_file():
        if os.geteuid() != 0:
            return "only root can make their image"
        if not installed("debootstrap"):
            return "debootstrap, which makes their image, is not installed"
    if running() is not None:
        return None
    if os.geteuid() != 0:
        return "no engine answers, and only root can start one"
    for program in ("dockerd", "ip", "unshare", "setpriv"):
        if not installed(program):
            return f"no engine answers, and {program}, which it takes to start one, is not installed"
    if subprocess.run([*NAMESPACES, "--net", "true"], check=False, env=ENVIRONMENT).returncode != 0:
        return "no engine answers, and nobody here may have namespaces to start one in"
    return None


def installed(program: str) -> bool:
    return shutil.which(program, path=ENVIRONMENT["PATH"]) is not None


def archive() -> Path:
    """A small Debian, made once: whatever AWS has in its own image, the functions may not need it."""
    if ARCHIVE.is_file():
        return ARCHIVE
    heading("debootstrap")
    folder, part, log = WORK / "debootstrap", ARCHIVE.with_suffix(".part"), LOGS / "debootstrap.log"
    folder.mkdir(exist_ok=True)
    LOGS.mkdir(exist_ok=True)
    with log.open("w") as output:
        command = [*NAMESPACES, "sh", "-ec", DEBOOTSTRAP, "sh", folder, part]
        done = subprocess.run(command, check=False, env=ENVIRONMENT, stdout=output, stderr=output)
    claim(done.returncode == 0, f"the image cannot be made:\n{log.read_text()}")
    folder.rmdir()
    return part.rename(ARCHIVE)


@contextmanager
def image(client: docker.DockerClient) -> Iterator[str]:
    """Has the engine know the small Debian by a name of its own, until the block ends."""
    name = f"countersign-{secrets.token_hex(8)}"
    try:
        client.api.import_image_from_file(str(archive()), repository=name, tag="base")
        yield f"{name}:base"
    finally:
        # SAM builds one more, of the same name, on top of it.
        for made in client.images.list(name):
            for container in client.containers.list(all=True, filters={"ancestor": made.id}):
                # It may be on its way out already.
                with suppress(APIError):
                    container.remove(force=True)
            for tag in made.tags:
                client.images.remove(tag, force=True)


def bridge(client: docker.DockerClient) -> str:
    """This machine's address on the network of the containers."""
    config = client.networks.get("bridge").attrs["IPAM"]["Config"][0]
    address = config.get("Gateway") or str(next(ipaddress.ip_network(config["Subnet"]).hosts()))
    try:
        free_ports(address, 1)
    except OSError as cause:
        raise Failed(f"the engine that answers has its containers elsewhere, and {address} is not here") from cause
    return address


def isolated(script: str) -> None:
    """Runs a script of ours in namespaces where `started` can start an engine, and ends with it if it fails."""
    group = f"countersign-{os.getpid()}"
    # If this process is killed, so is the other, and with the first process of its namespaces all in them.
    command = ["setpriv", "--pdeathsig", "KILL", *NAMESPACES, "--net", sys.executable, "-B", script, group]
    environment = ENVIRONMENT | {"DOCKER_HOST": SOCKET}
    popen = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL)
    try:
        code = popen.wait()
    finally:
        popen.kill()
        popen.wait()
        remove_cgroups(group)
    if code != 0:
        # Why, it has said itself.
        sys.exit(code)


def remove_cgroups(name: str) -> None:
    """Removes what no namespace takes with it: the control groups, as soon as the last process in them has ended."""
    folders = [folder / name for folder in (CGROUPS, *CGROUPS.iterdir())]
    until = time.monotonic() + PATIENCE
    while left := [folder for folder in folders if folder.is_dir()]:
        for folder in left:
            for inner, _, _ in os.walk(folder, topdown=False):
                with suppress(OSError):
                    os.rmdir(inner)
        claim(time.monotonic() < until, f"{left} cannot be removed")
        time.sleep(0.02)


@contextmanager
def started(group: str) -> Iterator[docker.DockerClient]:
    """Starts an engine in the namespaces that `isolated` made: no other process sees its mounts or its network."""
    run("ip", "link", "set", "lo", "up")
    FOLDER.mkdir(exist_ok=True)
    run("mount", "-t", "tmpfs", "tmpfs", FOLDER)
    # Where it and containerd write, whatever they are told.
    for name in ("etc", "opt"):
        upper, work = FOLDER / name, FOLDER / f"{name}-work"
        upper.mkdir()
        work.mkdir()
        layers = f"lowerdir=/{name},upperdir={upper.name},workdir={work.name}"
        run("mount", "-t", "overlay", "overlay", "-o", layers, f"/{name}", cwd=FOLDER)
    run("mount", "-t", "tmpfs", "tmpfs", "/run")
    command = [
        *("dockerd", "--host", SOCKET, "--pidfile", "/run/docker.pid"),
        *("--data-root", FOLDER / "data", "--exec-root", "/run/docker"),
        *("--exec-opt", "native.cgroupdriver=cgroupfs", "--cgroup-parent", f"/{group}"),
        # Containers and this machine meet on the bridge, and there is nobody else in this network.
        *("--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false"),
    ]
    with process("dockerd", command, ENVIRONMENT) as dockerd:
        yield dockerd.wait_for("reachable", running)
