"""Checks of this machine: what local runs and image builds need."""

import os
import shutil
import sys
from functools import partial
from pathlib import Path

from slipway.contracts.roles import Role
from slipway.runs.clusters.doctor import Check, State, run_check
from slipway.runs.local.environments import environment_path, home, is_ready
from slipway.runs.programs import run_program

_ENVIRONMENTS_BYTES = 5 << 30
_RUNS_BYTES = 1 << 30


def local_checks(images: list[str]) -> list[Check]:
    """Check uv, the roles' environments, disk space, and Docker with the roles' images."""
    return [
        run_check("Python", _python),
        run_check("uv", _uv),
        *(run_check(f"environment {role.value}", partial(_environment, role)) for role in Role),
        run_check("disk space", _disk),
        run_check("Docker", _docker),
        *(run_check(f"image {image}", partial(_image, image)) for image in images),
    ]


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    state = State.OK if sys.version_info[:2] == (3, 11) else State.FAILED
    return Check(name="", state=state, reason=f"{version}; needs 3.11")


def _uv() -> Check:
    beside = Path(sys.executable).parent / "uv"
    found = str(beside) if beside.is_file() else shutil.which("uv")
    if not found:
        return Check(name="", state=State.FAILED, reason="not beside this Python and not on PATH: pip install uv")
    return Check(name="", state=State.OK, reason=run_program([found, "--version"]).stdout.strip())


def _environment(role: Role) -> Check:
    if is_ready(role):
        return Check(name="", state=State.OK, reason=str(environment_path(role)))
    return Check(name="", state=State.SKIP, reason=f"made by the first run, or now: slipway environments {role.value}")


def _disk() -> Check:
    folder = home()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    needed = _RUNS_BYTES if all(is_ready(role) for role in Role) else _ENVIRONMENTS_BYTES
    state = State.OK if free >= needed else State.FAILED
    reason = f"{free / (1 << 30):.0f} GiB free at {folder}; needs {needed >> 30} GiB"
    if not os.access(folder, os.W_OK):
        return Check(name="", state=State.FAILED, reason=f"{folder} cannot be written")
    return Check(name="", state=state, reason=reason)


def _docker() -> Check:
    if not shutil.which("docker"):
        return Check(name="", state=State.SKIP, reason="not on PATH; local runs do not need it")
    done = run_program(["docker", "version", "--format", "{{.Server.Version}}"])
    if done.returncode:
        return Check(name="", state=State.SKIP, reason="no engine answers; local runs do not need it")
    return Check(name="", state=State.OK, reason=f"engine {done.stdout.strip()}")


def _image(image: str) -> Check:
    if not shutil.which("docker"):
        return Check(name="", state=State.SKIP, reason="Docker is not on PATH")
    if run_program(["docker", "image", "inspect", image]).returncode:
        return Check(name="", state=State.SKIP, reason="not in Docker here; nodes may have it: slipway images build")
    return Check(name="", state=State.OK, reason="built")
