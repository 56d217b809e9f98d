"""Building again gives the same layers; one role stands for the three, since a build without a cache takes a while."""

import os
import subprocess
from pathlib import Path

import pytest

from slipway.contracts.roles import Role
from slipway.runs.images.docker_command import find_docker_command
from slipway.runs.images.engine import connect_engine

pytestmark = [pytest.mark.docker, pytest.mark.slow]
ROOT = Path(__file__).parents[2]


def test_a_build_from_nothing_gives_the_same_layers(images):
    client, engine = find_docker_command(), connect_engine()
    command = [client.path, *(["buildx"] if client.buildx else []), "build", *(["--load"] if client.buildx else [])]
    options = ["--no-cache", "--quiet", "--file", str(ROOT / "docker" / "Dockerfile"), "--target", "light"]
    environment = {**os.environ, **({} if client.buildx else {"DOCKER_BUILDKIT": "1"})}
    done = subprocess.run([*command, *options, str(ROOT)], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    again = engine.image_facts(done.stdout.strip())
    assert again.layers == engine.image_facts(images[Role.LIGHT]).layers
