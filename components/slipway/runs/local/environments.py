"""The environment of each image role on this machine, made by uv from the role's lock.

An environment is named by its lock's digest, so a changed lock makes a new one and clones share equal ones. They lie
under ``$SLIPWAY_HOME/environments``, by default ``~/.cache/slipway/environments``.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from slipway.contracts.errors import InputError, TransientError
from slipway.contracts.roles import Role

_PYTHON = "3.11"
Notify = Callable[[str], None]


def home() -> Path:
    """Return where environments lie: ``$SLIPWAY_HOME``, or ``~/.cache/slipway``."""
    return Path(os.environ.get("SLIPWAY_HOME") or Path.home() / ".cache" / "slipway")


def lock_file(role: Role) -> Path:
    """Return the role's locked and hashed requirements, in a checkout or in an installed wheel."""
    package = Path(__file__).resolve().parents[2]
    candidates = [package.parents[1] / "requirements", package / "requirements"]
    for folder in candidates:
        if (path := folder / f"{role.value}.txt").is_file():
            return path
    raise InputError(f"no lock for role {role.value}: looked in {', '.join(map(str, candidates))}")


def lock_digest(role: Role) -> str:
    """Return the first 12 hexadecimal digits of the sha256 of the role's lock; they identify its exact packages."""
    return hashlib.sha256(lock_file(role).read_bytes()).hexdigest()[:12]


def environment_path(role: Role) -> Path:
    """Return where the role's environment lies or will lie."""
    return home() / "environments" / f"{role.value}-{lock_digest(role)}"


def is_ready(role: Role) -> bool:
    """Whether the role's environment is complete."""
    return _complete(environment_path(role))


def ensure_environment(role: Role, notify: Notify = lambda line: None) -> Path:
    """Return the role's environment, made now if it is not there.

    Args:
        role: which one.
        notify: told each line that uv writes meanwhile.

    Raises:
        TransientError: a package could not be had.
    """
    target = environment_path(role)
    if _complete(target):
        return target
    with _locked(target):
        if not _complete(target):
            _install(target, ["sync", "--require-hashes", str(lock_file(role))], notify)
    return target


def foreign_key(image: str, executor: Mapping[str, Any]) -> str:
    """Return what identifies the environment of a foreign component: its image and what its command installs."""
    command = [part for part in executor["container"]["command"] if "pip install" in part]
    return hashlib.sha256(json.dumps([image, command]).encode()).hexdigest()[:12]


def ensure_foreign_environment(key: str, notify: Notify = lambda line: None) -> Path:
    """Return an environment with pip alone, for a component of another image that installs its own packages."""
    target = home() / "environments" / f"foreign-{key}"
    if _complete(target):
        return target
    with _locked(target):
        if not _complete(target):
            _install(target, ["install", "pip", "setuptools", "wheel"], notify)
    return target


def _complete(target: Path) -> bool:
    return (target / ".complete").is_file()


@contextmanager
def _locked(target: Path) -> Iterator[None]:
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.with_name(f".{target.name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _install(target: Path, command: list[str], notify: Notify) -> None:
    shutil.rmtree(target, ignore_errors=True)
    uv = _uv()
    _follow([uv, "venv", "--quiet", "--no-project", "--python", _PYTHON, str(target)], notify)
    python = str(target / "bin" / "python")
    _follow([uv, "pip", *command, "--python", python, "--no-progress"], notify)
    (target / ".complete").touch()


def _uv() -> str:
    beside = Path(sys.executable).parent / "uv"
    found = str(beside) if beside.is_file() else shutil.which("uv")
    if not found:
        raise InputError("uv is not installed beside this Python; install it with 'pip install uv'")
    return found


def _follow(command: list[str], notify: Notify) -> None:
    lines = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        for line in process.stdout or ():
            lines.append(line.rstrip())
            notify(lines[-1])
    if process.returncode:
        raise TransientError("could not set up an environment:\n  " + "\n  ".join(lines[-12:]))
