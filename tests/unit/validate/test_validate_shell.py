"""The shell as a pod runs it: kfp's executor, with artifacts on disk."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

from slipway.contracts.validations import AnomaliesFolder, SchemaFolder, StatisticsFolder

SHELL = Path(__file__).parents[3] / "components" / "slipway" / "steps" / "validate" / "component.py"
KINDS = {
    "schema": "system.Artifact",
    "statistics": "system.Artifact",
    "anomalies": "system.Artifact",
    "metrics": "system.Metrics",
    "report": "system.HTML",
    "summary": "system.Markdown",
}


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


def test_a_pod_gets_folders_pages_key_figures_and_the_verdict(loans, tmp_path):
    parameters = {"label": "repaid", "config": {"min_rows": 10.0, "max_missing_fraction": 0.01}}
    artifacts = {name: artifact(name, tmp_path / name, kind) for name, kind in KINDS.items()}
    executor_input = {
        "inputs": {
            "parameterValues": parameters,
            "artifacts": {"examples": artifact("examples", loans.root, "system.Dataset")},
        },
        "outputs": {
            "artifacts": artifacts,
            "outputFile": str(tmp_path / "executor_output.json"),
            "parameters": {"Output": {"outputFile": str(tmp_path / "Output")}},
        },
    }
    command = [sys.executable, "-m", "kfp.dsl.executor_main", "--function_to_execute", "validate"]
    command += ["--component_module_path", str(embedded(tmp_path)), "--executor_input", json.dumps(executor_input)]
    subprocess.run(command, check=True, env={**os.environ, "_KFP_RUNTIME": "true"})

    result = json.loads((tmp_path / "executor_output.json").read_text())
    assert result["parameterValues"]["Output"] is False
    metadata = result["artifacts"]["metrics"]["artifacts"][0]["metadata"]
    assert metadata["passed"] is False
    assert metadata["rows_train"] == 800.0
    assert all(reason.startswith("column income is missing in") for reason in metadata["reasons"])
    validation = AnomaliesFolder(tmp_path / "anomalies").validation()
    assert list(validation.verdict.reasons) == metadata["reasons"]
    assert SchemaFolder(tmp_path / "schema").schema_path.is_file()
    assert [path.name for path in sorted((tmp_path / "statistics").iterdir())] == ["eval.pb", "test.pb", "train.pb"]
    assert StatisticsFolder(tmp_path / "statistics").file("train").stat().st_size > 0
    assert "column income is missing" in (tmp_path / "report").read_text()
    assert "column income is missing" in (tmp_path / "summary").read_text()
