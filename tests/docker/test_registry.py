"""Images through a real registry on this machine, Debian's docker-registry."""

import http.client
import json
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from slipway.contracts.roles import Role
from slipway.runs.catalogue import compiled_pipeline
from slipway.runs.containers.container_run import Containers
from slipway.runs.images.engine import connect_engine
from slipway.runs.images.plans import BASE_IMAGE
from slipway.runs.local.run import RunPlan, run_pipeline

pytestmark = [pytest.mark.docker, pytest.mark.slow]
GATED = Path(__file__).parents[1] / "local" / "pipelines" / "gated.py"
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    """The address of an empty registry."""
    server = shutil.which("docker-registry")
    if server is None:
        pytest.skip("there is no docker-registry on PATH; Debian's package of that name has it")
    folder = tmp_path_factory.mktemp("registry")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    settings = {
        "version": 0.1,
        "storage": {"filesystem": {"rootdirectory": str(folder / "store")}},
        "http": {"addr": address},
    }
    (folder / "config.yml").write_text(json.dumps(settings))
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([server, "serve", str(folder / "config.yml")], stdout=log, stderr=log)
    try:
        wait_for(address, process, folder / "log")
        yield address
    finally:
        process.terminate()
        process.wait()


def wait_for(address, process, log):
    end = time.monotonic() + 30
    while True:
        try:
            with socket.create_connection(address.split(":"), timeout=1):
                return
        except OSError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.05)


def slipway(*arguments):
    command = [sys.executable, "-P", "-m", "slipway.cli.main", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def docker(*arguments):
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def digest_in(registry, repository, tag):
    """What the registry itself says."""
    connection = http.client.HTTPConnection(registry)
    connection.request("HEAD", f"/v2/{repository}/manifests/{tag}", headers={"Accept": MANIFEST})
    return connection.getresponse().headers["Docker-Content-Digest"]


@pytest.fixture
def pushed(registry, images, tag):
    """The light image by its digest in the registry, as `slipway images push` prints it; the engine has lost it."""
    name = f"{registry}/ml/slipway/light:{tag}"
    docker("tag", images[Role.LIGHT], name)
    try:
        printed = slipway("images", "push", "--registry", f"{registry}/ml", "--tag", tag, "--role", "light")
    finally:
        docker("image", "rm", name)
    digest = digest_in(registry, "ml/slipway/light", tag)
    assert printed.splitlines()[-1] == f"--image light={registry}/ml/slipway/light@{digest}"
    reference = printed.splitlines()[-1].removeprefix("--image light=")
    assert connect_engine().image_facts(reference) is None
    yield reference
    subprocess.run(["docker", "image", "rm", reference], capture_output=True, check=False)


def test_a_pushed_image_is_pulled_by_its_digest_and_runs(pushed, images, silent, tmp_path):
    package = tmp_path / "gated.yaml"
    slipway("compile", str(GATED), "--image", f"light={pushed}", "-o", str(package))
    assert f"image: {pushed}\n" in package.read_text()
    containers = Containers(images={Role.LIGHT: pushed})
    plan = RunPlan(ir=compiled_pipeline(str(GATED)), arguments={}, output=tmp_path, containers=containers)
    summary, _ = run_pipeline(plan, silent)
    assert (summary.outcome, summary.exit_reason) == ("succeeded", "every step succeeded")
    assert connect_engine().image_facts(pushed).layers == connect_engine().image_facts(images[Role.LIGHT]).layers


def test_a_base_image_that_a_registry_knows_is_pinned_by_digest_and_gives_the_same_layers(
    registry, images, tag, tmp_path
):
    base = f"{registry}/{BASE_IMAGE}"
    docker("tag", BASE_IMAGE, base)
    docker("push", base)
    digest = digest_in(registry, *BASE_IMAGE.split(":"))
    name = f"{registry}/slipway/light:{tag}"
    options = ["--role", "light", "--registry", registry, "--tag", tag, "--base", base, "--sbom", str(tmp_path)]
    try:
        slipway("images", "build", *options)
        built, original = connect_engine().image_facts(name), connect_engine().image_facts(images[Role.LIGHT])
    finally:
        subprocess.run(["docker", "image", "rm", base, name], capture_output=True, check=False)
    assert built.labels["org.opencontainers.image.base.digest"] == digest
    assert built.layers == original.layers
