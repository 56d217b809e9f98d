"""The shell as a pod runs it: kfp's executor, with artifacts on disk."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

from slipway.contracts.published_models import PublishedModel, PushFolder
from slipway.publishing.versions import newest_pushed, whole_numbers
from slipway.storage.object_store import open_store

SHELL = Path(__file__).parents[3] / "components" / "slipway" / "steps" / "push" / "component.py"


def embedded(shell: Path, folder: Path) -> Path:
    """What kfp puts into the compiled pipeline: the function alone, without its decorator."""
    function = next(node for node in ast.parse(shell.read_text()).body if isinstance(node, ast.FunctionDef))
    function.decorator_list = []
    module = folder / "ephemeral_component.py"
    module.write_text(f"import kfp\nfrom kfp import dsl\nfrom kfp.dsl import *\n\n{ast.unparse(function)}\n")
    return module


def run_shell(model, tmp_path: Path, **parameters: object) -> dict[str, object]:
    """kfp's executor, as a pod starts it."""
    inputs = {
        "model": model.model,
        "compressed_model": model.compressed_model,
        "schema": model.schema,
        "statistics": model.statistics,
        "evaluation": model.evaluation,
    }
    outputs = {name: tmp_path / "outputs" / name for name in ("pushed", "metrics", "summary")}
    kinds = {"metrics": "system.Metrics", "summary": "system.Markdown"}
    executor_input = {
        "inputs": {
            "parameterValues": parameters,
            "artifacts": {name: {"artifacts": [artifact(name, path)]} for name, path in inputs.items()},
        },
        "outputs": {
            "artifacts": {
                name: {"artifacts": [artifact(name, path, kinds.get(name))]} for name, path in outputs.items()
            },
            "outputFile": str(tmp_path / "executor_output.json"),
            "parameters": {"Output": {"outputFile": str(tmp_path / "Output")}},
        },
    }
    (tmp_path / "outputs").mkdir(exist_ok=True)
    command = [sys.executable, "-m", "kfp.dsl.executor_main", "--component_module_path"]
    command += [
        str(embedded(SHELL, tmp_path)),
        "--executor_input",
        json.dumps(executor_input),
        "--function_to_execute",
        "push",
    ]
    subprocess.run(command, check=True, env={**os.environ, "_KFP_RUNTIME": "true"})
    return json.loads((tmp_path / "executor_output.json").read_text())


def artifact(name: str, path: Path, kind: str | None = None) -> dict[str, object]:
    return {"name": name, "uri": str(path), "metadata": {}, "type": {"schemaTitle": kind or "system.Artifact"}}


def test_the_shell_publishes_and_tells(make_model, tmp_path):
    destination = str(tmp_path / "published")
    told = run_shell(
        make_model("a"), tmp_path, destination=destination, model_name="income", config={"keep_versions": 3.0}
    )
    version = newest_pushed(destination, "income")
    assert version is not None
    assert told["parameterValues"] == {"Output": version.uri}
    pushed = PushFolder(tmp_path / "outputs" / "pushed").pushed()
    assert (pushed.version, pushed.uri, pushed.digest, pushed.pushed) == (1, version.uri, version.digest, True)
    metadata = told["artifacts"]["pushed"]["artifacts"][0]["metadata"]
    assert metadata == {"uri": version.uri, "version": 1, "digest": version.digest, "pushed": True}
    assert told["artifacts"]["metrics"]["artifacts"][0]["metadata"]["pushed"] == 1.0
    assert version.uri in (tmp_path / "outputs" / "summary").read_text()


def test_metadata_holds_no_null(make_model, tmp_path):
    """WHY: Kubeflow Pipelines' launcher fails the task, after the model was published, when metadata has a null."""
    destination = str(tmp_path / "published")
    tellings = [run_shell(make_model(weights), tmp_path, destination=destination, config={}) for weights in ("a", "b")]
    previous = [
        told["artifacts"]["pushed"]["artifacts"][0]["metadata"].get("previous_version", "") for told in tellings
    ]
    assert previous == ["", 1]
    found = [one["metadata"] for told in tellings for item in told["artifacts"].values() for one in item["artifacts"]]
    assert [metadata for metadata in found if None in metadata.values()] == []


def test_a_second_run_says_that_nothing_was_written(make_model, tmp_path):
    destination = str(tmp_path / "published")
    for _ in range(2):
        told = run_shell(make_model("a"), tmp_path, destination=destination, model_name="income", config={})
    assert told["artifacts"]["metrics"]["artifacts"][0]["metadata"]["pushed"] == 0.0
    assert "already has this content" in (tmp_path / "outputs" / "summary").read_text()
    assert list(whole_numbers(open_store(str(tmp_path / "published" / "income")))) == [1]


NEWEST = """
import sys
from slipway.publishing.versions import newest_pushed
for destination in sys.argv[1:]:
    print(newest_pushed(destination, "income"))
assert not {"fsspec", "numpy", "pyarrow"} & set(sys.modules)
"""


def test_a_local_destination_is_read_by_the_standard_library_alone(make_model, tmp_path):
    """WHY: the launcher looks for the newest version of a local run and has nothing else."""
    destination = str(tmp_path / "published")
    assert newest_pushed(destination, "income") is None
    for weights in ("a", "b"):
        run_shell(make_model(weights), tmp_path, destination=destination, model_name="income", config={})
    newest = newest_pushed(destination, "income")
    assert newest is not None
    assert newest.version == 2
    command = [sys.executable, "-P", "-c", NEWEST, destination, f"file://{destination}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [str(newest)] * 2
    assert PublishedModel(Path(destination) / "income").record().latest == 2
