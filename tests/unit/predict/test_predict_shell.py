"""The shell as a pod runs it: kfp's executor, with artifacts on disk, with and without the optional model."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from customer_tables import read_table

from slipway.contracts.tables import TableFolder

SHELL = Path(__file__).parents[3] / "components" / "slipway" / "steps" / "predict" / "component.py"
KINDS = {"predictions": "system.Dataset", "metrics": "system.Metrics", "summary": "system.Markdown"}


def artifact(name, path, kind):
    entry = {"name": name, "uri": str(path), "type": {"schemaTitle": kind, "schemaVersion": "0.0.1"}, "metadata": {}}
    return {"artifacts": [entry]}


def embedded(folder):
    """What kfp puts into the compiled pipeline: the function alone, without its decorator."""
    function = next(node for node in ast.parse(SHELL.read_text()).body if isinstance(node, ast.FunctionDef))
    function.decorator_list = []
    module = folder / "ephemeral_component.py"
    module.write_text(f"import kfp\nfrom kfp import dsl\nfrom kfp.dsl import *\n\n{ast.unparse(function)}\n")
    return module


@pytest.mark.parametrize("by", ["artifact", "address"])
def test_a_pod_gets_predictions_figures_and_a_summary(examples, make_version, tmp_path, by):
    version = make_version()
    given = {"examples": artifact("examples", examples.root, "system.Dataset")}
    parameters = {"model_uri": "", "config": {"keep_columns": ["customer"], "batch_size": 100.0}}
    if by == "artifact":
        given["model"] = artifact("model", version, "system.Model")
    else:
        parameters["model_uri"] = str(version)
    executor_input = {
        "inputs": {"parameterValues": parameters, "artifacts": given},
        "outputs": {
            "artifacts": {name: artifact(name, tmp_path / name, kind) for name, kind in KINDS.items()},
            "outputFile": str(tmp_path / "executor_output.json"),
        },
    }
    command = [sys.executable, "-m", "kfp.dsl.executor_main", "--function_to_execute", "predict"]
    command += ["--component_module_path", str(embedded(tmp_path)), "--executor_input", json.dumps(executor_input)]
    subprocess.run(command, check=True, env={**os.environ, "_KFP_RUNTIME": "true"})

    told = json.loads((tmp_path / "executor_output.json").read_text())["artifacts"]
    folder = TableFolder(tmp_path / "predictions")
    assert told["predictions"]["artifacts"][0]["metadata"] == {
        "digest": folder.manifest().digest,
        "rows": 330,
        "model_uri": str(version),
    }
    assert told["metrics"]["artifacts"][0]["metadata"]["rows"] == 330.0
    written = read_table(folder)
    assert written.column_names == ["customer", "predicted_left", "probability_yes"]
    assert written["customer"].equals(read_table(examples)["customer"])
    assert "## Predictions of left" in (tmp_path / "summary").read_text()
