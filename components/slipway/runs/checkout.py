"""The checkout that this launcher runs from, and its commit."""

import subprocess
from pathlib import Path

from slipway.contracts.errors import InputError
from slipway.runs.catalogue import PACKAGE


def checkout_root() -> Path:
    """Return the top of the repository; InputError when this launcher runs from an installed wheel."""
    root = PACKAGE.parents[1]
    if not (root / "docker" / "Dockerfile").is_file():
        raise InputError("images are built from a checkout of Slipway; this launcher was installed without one")
    return root


def commit_of(root: Path) -> tuple[str, str]:
    """Return the commit, ending in ``-dirty`` when files differ from it, and its date; both empty without git."""
    commit, _, date = _git(root, "show", "--no-patch", "--format=%H %cI", "HEAD").partition(" ")
    dirty = "-dirty" if commit and _git(root, "status", "--porcelain", "--untracked-files=no") else ""
    return f"{commit}{dirty}", date


def _git(root: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
