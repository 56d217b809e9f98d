"""One step alone on files: the same shell, environment and artifacts as in a pipeline, without a pipeline."""

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from slipway.contracts.errors import ExitCode, InputError
from slipway.contracts.roles import role_of_image
from slipway.runs.catalogue import PACKAGE, step_component
from slipway.runs.local.environments import ensure_environment
from slipway.runs.local.progress import display_figure, installing
from slipway.runs.local.task import python_variables


def run_step(step: str, values: Mapping[str, Any], output: Path) -> int:
    """Run a step on files and print what it made.

    Args:
        step: the step's folder name.
        values: artifacts as paths, parameters as values; None for those not given.
        output: gets a folder or file for each output.

    Returns:
        The step's exit code; 4 when its verdict is no.
    """
    component = step_component(step)
    container = component.pipeline_spec.deployment_spec["executors"][f"exec-{step.replace('_', '-')}"]["container"]
    role = role_of_image(container["image"])
    if role is None:
        raise InputError(f"step {step} names the image {container['image']}, which is none of Slipway's")
    console = Console(stderr=True, soft_wrap=True)
    python = ensure_environment(role, installing(console, role.value)) / "bin" / "python"
    output = output.absolute()
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="slipway-") as folder:
        code, error = _run(
            Path(folder), python, step, container["command"][-1], _executor_input(component, values, output)
        )
    if code:
        console.print(f"[red]slipway:[/] {error}", highlight=False)
        return code
    return _show(output, console)


def _executor_input(component: Any, values: Mapping[str, Any], output: Path) -> dict[str, Any]:
    """Return what Kubeflow would hand to the task."""
    definition = next(iter(component.pipeline_spec.components.values()))
    given = {name: value for name, value in values.items() if value is not None}
    artifacts = {
        name: {"artifacts": [_artifact(name, item, given[name].absolute())]}
        for name, item in definition.input_definitions.artifacts.items()
        if name in given
    }
    parameters = {name: value for name, value in given.items() if name not in artifacts}
    for name, item in definition.input_definitions.parameters.items():
        if name not in parameters and item.HasField("default_value"):
            parameters[name] = _plain(item.default_value)
    outputs = definition.output_definitions
    return {
        "inputs": {"artifacts": artifacts, "parameterValues": parameters},
        "outputs": {
            "artifacts": {
                name: {"artifacts": [_artifact(name, item, output / name)]} for name, item in outputs.artifacts.items()
            },
            "parameters": {name: {"outputFile": str(output / name)} for name in outputs.parameters},
            "outputFile": str(output / "executor_output.json"),
        },
    }


def _artifact(name: str, definition: Any, path: Path) -> dict[str, Any]:
    kind = definition.artifact_type
    return {
        "name": name,
        "type": {"schemaTitle": kind.schema_title, "schemaVersion": kind.schema_version},
        "uri": str(path),
        "metadata": {},
    }


def _plain(value: Any) -> Any:
    from google.protobuf import json_format

    return json_format.MessageToDict(value)


def _run(folder: Path, python: Path, step: str, source: str, executor_input: dict[str, Any]) -> tuple[int, str]:
    (folder / "component.py").write_text(source, encoding="utf-8")
    (folder / "slipway").symlink_to(PACKAGE)
    error_file = folder / "error.json"
    command = [str(python), "-m", "slipway.runs.local.agent", "--error-file", str(error_file), "--"]
    command += ["--component_module_path", str(folder / "component.py"), "--function_to_execute", step]
    command += ["--executor_input", json.dumps(executor_input)]
    environment = {**os.environ, **python_variables(folder)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if not done.returncode:
        return 0, ""
    if not error_file.is_file():
        return int(ExitCode.INTERNAL), f"the step's process ended with {done.returncode}\n{done.stderr}"
    error = json.loads(error_file.read_text())
    log = done.stderr if error["exit_code"] == int(ExitCode.INTERNAL) else ""
    return int(error["exit_code"]), f"{log}{error['message']}"


def _show(output: Path, console: Console) -> int:
    """Print key figures and where things lie; the exit code."""
    done = json.loads((output / "executor_output.json").read_text(encoding="utf-8"))
    for group in done.get("artifacts", {}).values():
        for item in group["artifacts"]:
            figures = {k: v for k, v in item.get("metadata", {}).items() if isinstance(v, int | float)}
            if item["name"] == "metrics":
                console.print("  ".join(f"{name}={display_figure(value)}" for name, value in figures.items()))
            elif Path(item["uri"]).exists():
                console.print(f"[bold]{item['name']}[/] {item['uri']}", highlight=False)
    answer = done.get("parameterValues", {}).get("Output")
    if answer is False:
        console.print("[yellow]refused:[/] see the summary for the reasons", highlight=False)
        return int(ExitCode.GATE_REFUSED)
    return int(ExitCode.OK)
