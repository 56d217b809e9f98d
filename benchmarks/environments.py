"""Interpreters of the environments that contenders run in."""

import os
import platform
import subprocess
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measuring import ROOT
from slipway.contracts.roles import Role
from slipway.runs.local.environments import ensure_environment

PEERS = ("oracle", "peer-tft")
"""Made by ``make``: what Slipway is compared with and none of its images holds."""


def interpreters(names: Sequence[str]) -> tuple[dict[str, Path], dict[str, str]]:
    """Interpreters by environment, and the reason for each environment that is not there.

    Raises:
        TransientError: the environment of a role could not be made.
    """
    found, absent = {}, {}
    for name in names:
        if name in set(Role):
            found[name] = ensure_environment(Role(name)) / "bin" / "python"
        elif (python := ROOT / ".venv" / name / "bin" / "python").is_file():
            found[name] = python
        else:
            absent[name] = f"environment {name} is not installed; `make .venv/{name}/.ready` says why"
    return found, absent


def compile_packages(python: Path) -> None:
    """Write the bytecode of an environment's packages and of this checkout.

    The first import does so where nothing forbids it. Without bytecode every process compiles whatever it imports,
    which takes TensorFlow nearly three times the CPU.
    """
    allowed = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [str(python), "-P", "-m", "compileall", "-q", "-j", "0", str(python.parents[1] / "lib")]
    command += [str(ROOT / name) for name in ("components", "pipelines", "benchmarks")]
    subprocess.run(command, env=allowed, capture_output=True, check=False)  # some packages hold Python 2


def tfx_reason() -> str:
    """Why TFX itself is not among the contenders."""
    library, version = platform.libc_ver()
    return f"TFX 1.21 needs glibc 2.39 or newer; this machine has {library} {version}"
