"""What can be said of the manifests without rendering them."""

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes_schemas import VERSIONS, core_objections, is_core
from manifest_files import COMPONENTS, EXAMPLES, MANIFESTS, OVERLAYS, ROOT, read_all

FILES = sorted(path for path in MANIFESTS.rglob("*") if path.suffix in (".yaml", ".env"))
KUSTOMIZATIONS = [path for path in FILES if path.name == "kustomization.yaml"]
STEPS = {
    path.parent.name.replace("_", "-") for path in (ROOT / "components" / "slipway" / "steps").glob("*/component.py")
}


def named_files(kustomization: Path) -> set[Path]:
    """Every file and folder that a kustomization names."""
    content = yaml.safe_load(kustomization.read_text(encoding="utf-8"))
    names = [*content.get("resources", ()), *content.get("components", ())]
    names += [patch["path"] for patch in content.get("patches", ()) if "path" in patch]
    names += [name for item in content.get("secretGenerator", ()) for name in item["envs"]]
    return {(kustomization.parent / name).resolve() for name in names if "://" not in name}


@pytest.mark.parametrize("kustomization", KUSTOMIZATIONS, ids=lambda path: str(path.parent.relative_to(MANIFESTS)))
def test_a_kustomization_names_what_is_there_and_every_file_beside_it(kustomization: Path):
    named = named_files(kustomization)
    beside = {path for path in FILES if path.parent == kustomization.parent} - {kustomization} - set(EXAMPLES)
    assert [path for path in named if not path.exists()] == []
    assert beside - named == set()


def test_there_is_an_overlay_for_each_target():
    assert OVERLAYS == ["gke", "kind", "minikube"]
    assert COMPONENTS == ["kserve", "object-store", "postgresql", "trainer"]


def test_kubeflow_pipelines_is_pinned_to_the_release_of_the_sdk():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    sdk = next(item.removeprefix("kfp==") for item in project["dependencies"] if item.startswith("kfp=="))
    folder = MANIFESTS / "kubeflow-pipelines"
    text = "\n".join(path.read_text(encoding="utf-8") for path in [*folder.rglob("*.yaml"), MANIFESTS / "README.md"])
    assert set(re.findall(r"github\.com/kubeflow/pipelines\S*\?ref=([\w.]+)", text)) == {sdk}


def test_nothing_that_is_applied_with_an_overlay_is_fetched_from_elsewhere():
    for path in KUSTOMIZATIONS:
        if "kubeflow-pipelines" not in path.parts:
            assert "://" not in path.read_text(encoding="utf-8"), path


RESOURCES = [
    path
    for path in FILES
    if path.suffix == ".yaml" and path.name != "kustomization.yaml" and {"base", "components"} & set(path.parts)
]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("path", RESOURCES, ids=lambda path: str(path.relative_to(MANIFESTS)))
def test_kubernetes_own_kinds_are_accepted_before_they_are_rendered(path: Path, version: str):
    resources = read_all(path.read_text(encoding="utf-8"))
    assert [text for item in resources if is_core(item) for text in core_objections(item, version)] == []


def selected_steps(value: Any) -> set[str]:
    """Every step that a selector anywhere in ``value`` names."""
    found: set[str] = set()
    if isinstance(value, list):
        return found.union(*map(selected_steps, value))
    if not isinstance(value, dict):
        return found
    if value.get("key") == "slipway.dev/step":
        found.update(value["values"])
    if isinstance(step := value.get("slipway.dev/step"), str):
        found.add(step)
    return found.union(*map(selected_steps, value.values()))


def test_policies_name_steps_that_exist():
    documents = [
        item for path in FILES if path.suffix == ".yaml" for item in read_all(path.read_text(encoding="utf-8"))
    ]
    named = selected_steps(documents)
    assert named == {"ingest", "validate", "evaluate-slices", "predict", "push", "train-distributed", "tune"}
    assert named <= STEPS


def runtime_container() -> dict[str, Any]:
    path = MANIFESTS / "components" / "trainer" / "runtime.yaml"
    runtime = yaml.safe_load(path.read_text(encoding="utf-8"))
    (job,) = runtime["spec"]["template"]["spec"]["replicatedJobs"]
    (container,) = job["template"]["spec"]["template"]["spec"]["containers"]
    return container


def run_worker(index: int, workers: int) -> str:
    """What a worker's program finds in TF_CONFIG when Trainer has set the variables of its policy ``jax``."""
    _, flag, script = runtime_container()["command"]
    show = [sys.executable, "-c", "import os; print(os.environ.get('TF_CONFIG', 'none'))"]
    variables = {
        "JAX_NUM_PROCESSES": str(workers),
        "JAX_PROCESS_ID": str(index),
        "JAX_COORDINATOR_ADDRESS": "loans-0-node-0-0.loans-0:29500",
    }
    command = [sys.executable, flag, script, *show]
    return subprocess.run(command, env={**os.environ, **variables}, capture_output=True, text=True, check=True).stdout


def test_each_training_worker_is_told_all_addresses_and_which_is_its_own():
    workers = [f"loans-0-node-0-{index}.loans-0:2222" for index in range(3)]
    assert json.loads(run_worker(2, 3)) == {"cluster": {"worker": workers}, "task": {"type": "worker", "index": 2}}
    assert {port["containerPort"] for port in runtime_container()["ports"]} == {2222}


def test_a_single_training_worker_trains_on_its_own():
    assert run_worker(0, 1) == "none\n"


def test_a_training_job_without_a_program_says_so():
    result = subprocess.run([sys.executable, *runtime_container()["args"][1:]], capture_output=True, text=True)
    assert result.returncode == 1
    assert "spec.trainer.args" in result.stderr


def test_the_example_training_calls_functions_that_exist():
    job = yaml.safe_load((MANIFESTS / "components/trainer/example-trainjob.yaml").read_text(encoding="utf-8"))
    program = ast.parse(job["spec"]["trainer"]["args"][2])
    (call,) = [node for node in ast.walk(program) if isinstance(node, ast.Call) and ast.unparse(node.func) == "Inputs"]
    package = ROOT / "components"
    for node in ast.walk(program):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("slipway."):
            source = (package / f"{node.module.replace('.', '/')}.py").read_text(encoding="utf-8")
            there = {item.name for item in ast.parse(source).body if isinstance(item, ast.FunctionDef | ast.ClassDef)}
            assert {name.name for name in node.names} <= there, node.module
    core = ast.parse((package / "slipway/steps/train_distributed/core.py").read_text(encoding="utf-8"))
    (inputs,) = [item for item in core.body if isinstance(item, ast.ClassDef) and item.name == "Inputs"]
    fields = [item.target.id for item in inputs.body if isinstance(item, ast.AnnAssign)]
    assert [keyword.arg for keyword in call.keywords] == fields
