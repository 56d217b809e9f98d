"""What a command imports before it has anything to do: counted, because it is what a user waits for."""

import json
import subprocess
import sys

import pytest

from slipway.contracts.roles import Role
from slipway.runs.catalogue import compiled_pipeline, pipeline_names
from slipway.runs.graph import tasks_of
from slipway.runs.signatures import roles_of_reference

PROBE = """
import json, sys
from slipway.cli.main import app
try:
    app.main(sys.argv[1:], prog_name="slipway", standalone_mode=False)
except SystemExit:
    pass
packages = {name.partition(".")[0] for name in sys.modules} | ({"kfp.client"} & set(sys.modules))
sys.stderr.write("\\n" + json.dumps(sorted(packages)))
"""
OF_THE_CLIENT = {"kfp.client", "kfp_server_api", "kubernetes", "requests", "urllib3"}


def imported(*arguments):
    """Names of the packages that a command has imported when it is done."""
    done = subprocess.run([sys.executable, "-P", "-c", PROBE, *arguments], capture_output=True, text=True, check=True)
    return set(json.loads(done.stderr.splitlines()[-1]))


def test_help_imports_click_and_nothing_else():
    beside = imported("--help") - set(sys.stdlib_module_names) - {"__main__", "_distutils_hack", "distutils-precedence"}
    assert {name for name in beside if not name.startswith("_")} == {"click", "slipway"}


def test_the_list_of_components_does_not_import_the_sdk():
    found = imported("components")
    assert "rich" in found
    assert not found & {"kfp", "yaml", "google", *OF_THE_CLIENT}


def test_compiling_imports_the_sdk_without_its_client(tmp_path):
    found = imported("compile", "-o", str(tmp_path / "package.yaml"))
    assert "kfp" in found
    assert not found & OF_THE_CLIENT


def test_a_pipeline_of_the_users_finds_the_whole_sdk(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(
        "import kfp\nfrom kfp import dsl\nclient = kfp.Client\n\n\n"
        "@dsl.component\ndef step():\n    pass\n\n\n@dsl.pipeline\ndef mine():\n    step()\n"
    )
    assert "kfp.client" in imported("compile", str(file), "-o", str(tmp_path / "package.yaml"))


@pytest.mark.parametrize("pipeline", pipeline_names())
def test_the_roles_of_a_reference_pipeline_are_known_before_it_is_compiled(pipeline):
    roles = {task.role for task in tasks_of(compiled_pipeline(pipeline))}
    assert set(roles_of_reference(pipeline)) == roles
    assert set(roles_of_reference(pipeline.replace("_", "-"))) == roles


def test_nothing_is_known_of_another_pipeline_before_it_is_compiled():
    assert roles_of_reference("mine.py") == ()
    assert Role.LIGHT in roles_of_reference("continuous_training")


def test_what_starts_every_task_imports_little_of_the_standard_library():
    """It runs once a task; dataclasses alone, with inspect, ast and tokenize, would cost half as much again."""
    code = "import json, sys; from slipway.runs.local import task; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    found = set(json.loads(done.stdout))
    assert not found & {"dataclasses", "inspect", "importlib.metadata", "slipway.contracts.documents", "logging"}
    assert {name for name in found if name.startswith(("slipway.contracts.", "slipway.storage."))} == {
        "slipway.contracts.errors",
        "slipway.contracts.latest",
        "slipway.storage.folders",
    }
