"""The images, built once from this checkout with the command that users have."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from slipway.contracts.roles import Role
from slipway.runs.images.plans import ImagesRequest, image_reference

# What a pod with Pod Security `restricted` and a read-only root file system gets, and no network.
CLOSED = (
    *("--rm", "--read-only", "--tmpfs", "/tmp", "--network", "none"),
    *("--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
)


@pytest.fixture(scope="session")
def tag() -> str:
    """Of this session alone: the engine may be somebody else's, too, who builds other images by the usual names."""
    return f"test-{secrets.token_hex(4)}"


@pytest.fixture(scope="session")
def sboms(tag, tmp_path_factory) -> Iterator[Path]:
    """The folder of the SBOMs that a build of every image left; the images' names are gone afterwards."""
    folder = tmp_path_factory.mktemp("sbom")
    options = ["--tag", tag, "--sbom", str(folder)]
    command = [sys.executable, "-P", "-m", "slipway.cli.main", "images", "build", *options]
    done = subprocess.run(command, env={**os.environ}, capture_output=True, text=True, check=False)
    if done.returncode == 5:
        pytest.skip(f"the base image is not here and cannot be fetched: {done.stderr.strip()}")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    yield folder
    names = [image_reference(role, ImagesRequest(tag=tag)) for role in Role]
    subprocess.run(["docker", "image", "rm", *names], capture_output=True, check=False)


@pytest.fixture(scope="session")
def images(sboms, tag) -> dict[Role, str]:
    """The image of each role, built."""
    return {role: image_reference(role, ImagesRequest(tag=tag)) for role in Role}


@pytest.fixture
def inside(images):
    """Run a command in a container of a role's image that can do as little as possible."""

    def run(role: Role, *command: str, user: str = "") -> subprocess.CompletedProcess[str]:
        options = [*CLOSED, *(["--user", user] if user else [])]
        return subprocess.run(["docker", "run", *options, images[role], *command], capture_output=True, text=True)

    return run


@pytest.fixture(scope="session")
def silent():
    """A progress that shows nothing."""

    class Silent:
        def started(self, task, log):
            pass

        def finished(self, step):
            pass

    return Silent()
