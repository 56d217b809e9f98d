"""Which tests run in which environment, and what is skipped where its means are missing.

`make test` calls pytest once for each environment and names it in SLIPWAY_TEST_ROLE. Without that variable pytest
collects whatever it is asked for: the caller has chosen the interpreter.
"""

import ast
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PACKAGE = TESTS.parent / "components" / "slipway"
ENVIRONMENTS = ("launcher", "light", "tfdv", "tensorflow", "oracle", "manifests")
# Rooms that several steps share have no shell that names an image; steps do. Rooms that are not here are tested in the
# launcher's environment. What must mean the same in several environments is tested in each of them.
ROOMS: dict[str, str | tuple[str, ...]] = {
    "checks": "tfdv",
    "compression": "tensorflow",
    "demo": "light",
    "engines": "tfdv",
    "features": ("light", "tfdv", "tensorflow"),
    "metrics": "tensorflow",
    "publishing": "light",
    "reporting": "tensorflow",
    "row_hash": ("light", "tfdv"),
    "search": "tensorflow",
    "serving": "tensorflow",
    "statistics": ("tfdv", "tensorflow"),
    "storage": "light",
    "tables": "light",
    "training": "tensorflow",
}


@cache
def role_of_step(step: str) -> str | None:
    """The role that the step's shell names, ``base_image=roles.TFDV``; None for what is no step."""
    shell = PACKAGE / "steps" / step / "component.py"
    if not shell.is_file():
        return None
    for node in ast.walk(ast.parse(shell.read_text(encoding="utf-8"))):
        if isinstance(node, ast.keyword) and node.arg == "base_image" and isinstance(node.value, ast.Attribute):
            return node.value.attr.lower()
    raise ValueError(f"{shell} names no image role")


def environments_of(path: Path) -> tuple[str, ...]:
    """Where the tests in a file run: what the nearest folder named like an environment or a package says."""
    folders = path.relative_to(TESTS).parts[:-1]
    for name in reversed(folders):
        if name in ENVIRONMENTS:
            return (name,)
        if found := ROOMS.get(name) or role_of_step(name):
            return (found,) if isinstance(found, str) else found
    return ("launcher",)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Name the service for tests/cluster."""
    parser.addoption(
        "--endpoint",
        default=os.environ.get("SLIPWAY_KFP_ENDPOINT"),
        help="target of tests/cluster: kind, minikube, a URL or a file; default: SLIPWAY_KFP_ENDPOINT",
    )


def pytest_configure() -> None:
    """Refuse an environment that does not exist, which would run nothing and look well."""
    chosen = os.environ.get("SLIPWAY_TEST_ROLE")
    if chosen is not None and chosen not in ENVIRONMENTS:
        raise pytest.UsageError(f"SLIPWAY_TEST_ROLE should be one of {', '.join(ENVIRONMENTS)}, got {chosen!r}")


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out what belongs to another environment; its imports, a conftest's too, may not even work here."""
    chosen = os.environ.get("SLIPWAY_TEST_ROLE")
    if chosen is None or not collection_path.is_relative_to(TESTS):
        return None
    files = collection_path.rglob("test_*.py") if collection_path.is_dir() else [collection_path]
    return True if all(chosen not in environments_of(file) for file in files) else None


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs an engine or a cluster that is not there, and say so."""
    if item.get_closest_marker("docker") and not _docker_answers():
        pytest.skip("no Docker engine answers")
    if item.get_closest_marker("cluster") and not item.config.getoption("--endpoint"):
        pytest.skip("neither --endpoint nor SLIPWAY_KFP_ENDPOINT names a Kubeflow Pipelines service")


@cache
def _docker_answers() -> bool:
    docker = shutil.which("docker")
    if docker is None:
        return False
    try:
        return subprocess.run([docker, "info"], capture_output=True, timeout=30, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False
