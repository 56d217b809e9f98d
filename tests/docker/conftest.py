"""The images, built once from this checkout with the command that users have."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from slipway.contracts.roles import Role, image_name

# What a pod with Pod Security `restricted` and a read-only root file system gets, and no network.
CLOSED = (
    *("--rm", "--read-only", "--tmpfs", "/tmp", "--network", "none"),
    *("--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
)


@pytest.fixture(scope="session")
def sboms(tmp_path_factory) -> Path:
    """The folder of the SBOMs that a build of every image left."""
    folder = tmp_path_factory.mktemp("sbom")
    command = [sys.executable, "-P", "-m", "slipway.launcher.cli", "images", "build", "--sbom", str(folder)]
    done = subprocess.run(command, env={**os.environ}, capture_output=True, text=True, check=False)
    if done.returncode == 5:
        pytest.skip(f"the base image is not here and cannot be fetched: {done.stderr.strip()}")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return folder


@pytest.fixture(scope="session")
def images(sboms) -> dict[Role, str]:
    """The image of each role, built."""
    return {role: image_name(role) for role in Role}


@pytest.fixture
def inside(images):
    """Run a command in a container of a role's image that can do as little as possible."""

    def run(role: Role, *command: str, user: str = "") -> subprocess.CompletedProcess[str]:
        options = [*CLOSED, *(["--user", user] if user else [])]
        return subprocess.run(["docker", "run", *options, images[role], *command], capture_output=True, text=True)

    return run
