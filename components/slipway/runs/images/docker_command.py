"""Finds the ``docker`` command that can build with BuildKit, which the SDK cannot."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from slipway.contracts.errors import InputError

_LAST_CLIENT_WITH_BUILDKIT_INSIDE = 22
_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DockerCommand:
    """A ``docker`` command that can build with BuildKit.

    Attributes:
        path: the executable.
        buildx: whether it has the buildx plugin; older clients bring BuildKit themselves.
    """

    path: str
    buildx: bool


def find_docker_command() -> DockerCommand:
    """Return the first ``docker`` on PATH that has BuildKit.

    Raises:
        InputError: there is none.
    """
    found = list(_on_path("docker"))
    for path in found:
        buildx = _succeeds([path, "buildx", "version"])
        if buildx or _major_version(path) <= _LAST_CLIENT_WITH_BUILDKIT_INSIDE:
            return DockerCommand(path=path, buildx=buildx)
    if not found:
        raise InputError("there is no docker on PATH; install Docker Engine 20.10 or newer")
    raise InputError(f"{' and '.join(found)} cannot use BuildKit; install Docker's buildx plugin")


def _on_path(name: str) -> Iterator[str]:
    seen = set()
    for folder in os.get_exec_path():
        path = shutil.which(name, path=folder)
        if path and (real := Path(path).resolve()) not in seen:
            seen.add(real)
            yield path


def _major_version(path: str) -> int:
    """Return the command's major version; for one that does not say it, one that needs the plugin."""
    major = _output([path, "version", "--format", "{{.Client.Version}}"]).partition(".")[0]
    return int(major) if major.isdigit() else _LAST_CLIENT_WITH_BUILDKIT_INSIDE + 1


def _succeeds(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _output(command: list[str]) -> str:
    """Return what a command prints, whatever its exit code; empty when it cannot be run."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()
