"""Each image: what it may do, what is in it, and what is not."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from slipway.contracts.roles import Role
from slipway.runs.catalogue import PACKAGE, step_names
from slipway.runs.images.engine import connect_engine
from slipway.runs.images.listing import GOAL_MB, sizes_in
from slipway.runs.local.environments import lock_file
from slipway.runs.signatures import step_signature

pytestmark = [pytest.mark.docker, pytest.mark.parametrize("role", list(Role))]
LOCKED = re.compile(r"^([a-z0-9-]+)==(\S+)", re.MULTILINE)
# What TensorFlow and its friends leave out of the environment of this machine.
IMPORT = """
import importlib, json, os, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
status = dict(line.split(":", 1) for line in open("/proc/self/status").read().splitlines())
print(json.dumps([os.getuid(), os.getgid(), int(status["CapEff"], 16), int(status["NoNewPrivs"])]))
"""


def modules_of(role):
    """Every module of the role's steps that is no shell."""
    steps = [name for name in step_names() if step_signature(name).role is role]
    files = [file for step in steps for file in sorted((PACKAGE / "steps" / step).glob("*.py"))]
    assert files
    return [
        f"slipway.steps.{file.parent.name}.{file.stem}" for file in files if file.stem not in ("__init__", "component")
    ]


def test_it_imports_its_steps_as_nobody_special_without_network_and_with_a_closed_file_system(inside, role):
    modules = [*modules_of(role), "slipway.storage.object_store", "kfp.dsl.executor_main", "s3fs", "gcsfs"]
    done = inside(role, "sh", "-c", '_KFP_RUNTIME=true exec python3 -c "$0" "$@"', IMPORT, *modules)
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout.splitlines()[-1]) == [65532, 65532, 0, 1]


def test_any_other_user_can_run_it(inside, role):
    done = inside(role, "python3", "-c", "import slipway.contracts.errors, os; print(os.getuid())", user="1234:0")
    assert (done.returncode, done.stdout) == (0, "1234\n"), done.stderr


def test_nothing_but_tmp_can_be_written_to(inside, role):
    paths = ["/x", "/opt/venv/x", "/opt/slipway/x", "/var/x", "/etc/x", "/tmp/x", "$HOME/y", "$TMPDIR/z"]
    done = inside(
        role, "sh", "-c", " ; ".join(f'touch "{path}" 2>/dev/null && echo "{path}"' for path in paths) + "; :"
    )
    assert done.stdout.split() == ["/tmp/x", "/tmp/y", "/tmp/z"]


def test_nothing_in_it_compiles_installs_or_raises_rights(inside, role):
    tools = "cc gcc g++ c++ ld as make pip pip3 uv wheel apt apt-get perl curl wget git su-exec"
    looked_for = f"""
        for tool in {tools}; do command -v $tool; done
        find / -xdev -perm /6000 -type f
        find / -xdev -type d \\( -name tests -o -name include -o -name ensurepip -o -name pip \\) \\
          -path '*python*' -not -path '*.dist-info/*'
        find /opt /usr -xdev \\( -name '*.a' -o -name '*.whl' -o -name '*.h' \\)
        find / -xdev -path '*/.cache/*'
        :"""
    done = inside(role, "sh", "-c", looked_for, user="0")
    assert (done.returncode, done.stdout) == (0, ""), done.stdout


def test_its_packages_are_those_of_the_lock(sboms, role):
    document = json.loads((sboms / f"{role.value}.cdx.json").read_text())
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    found = {(re.sub(r"[-_.]+", "-", item["name"]).lower(), item["version"]) for item in document["components"]}
    assert found == set(LOCKED.findall(lock_file(role).read_text()))
    assert all(item["purl"].startswith("pkg:pypi/") for item in document["components"])


def test_it_says_what_it_is(images, tag, role):
    (document,) = json.loads(subprocess.run(["docker", "image", "inspect", images[role]], capture_output=True).stdout)
    config = document["Config"]
    assert (config["User"], config["WorkingDir"], config["Volumes"]) == ("65532:65532", "/tmp", {"/tmp": {}})
    labels = {name.removeprefix("org.opencontainers.image."): value for name, value in config["Labels"].items()}
    assert labels["title"] == f"slipway/{role.value}"
    assert labels["version"] == tag
    assert labels["licenses"] == "Apache-2.0"
    assert labels["base.name"] == "python:3.11-slim-bookworm"
    assert re.fullmatch(r"[0-9a-f]{40}(-dirty)?", labels["revision"])
    assert {"PYTHONDONTWRITEBYTECODE=1", "HOME=/tmp", "TMPDIR=/tmp", "XDG_CACHE_HOME=/tmp/.cache"} <= set(config["Env"])


def test_it_is_as_small_as_the_readme_says(images, role):
    """Another base image than the one measured may differ a little."""
    readme = Path(__file__).parents[2] / "docker" / "README.md"
    facts = connect_engine().image_facts(images[role])
    megabytes = facts.size_bytes / 1_000_000
    assert megabytes <= GOAL_MB[role]
    assert megabytes == pytest.approx(sizes_in(readme)[role], rel=0.1)


def test_its_system_and_code_are_the_layers_that_the_others_have(images, role):
    layers = connect_engine().image_facts(images[role]).layers
    light = connect_engine().image_facts(images[Role.LIGHT]).layers
    assert (layers[0], layers[-1]) == (light[0], light[-1])
