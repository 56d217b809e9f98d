"""Modules stay small, plainly named and free of what belongs elsewhere."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

MODULE_LINES = 300
FUNCTION_LINES = 40
VAGUE = {"utils", "util", "common", "helpers", "helper", "base", "manager", "managers", "misc"}
HOMES = re.compile(r"(?<![\w.])/(?:home|Users|root|work)/\w")
CLOUD = re.compile(r"google\.(?:auth|cloud|oauth2)\b")


def test_a_module_fits_on_a_few_screens(module: Path):
    assert len(module.read_text(encoding="utf-8").splitlines()) <= MODULE_LINES


def test_a_function_fits_on_a_screen(module: Path, package: Path):
    if module.name == "component.py" or not module.is_relative_to(package):
        pytest.skip("the interface of a shell or pipeline is long; shells have a bound of their own")
    tree = ast.parse(module.read_text(encoding="utf-8"))
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    assert [f"{node.name}: {_lines(node)} lines" for node in functions if _lines(node) > FUNCTION_LINES] == []


def test_a_module_is_named_for_what_it_gives(module: Path):
    assert module.stem not in VAGUE


def test_contracts_and_configs_import_the_standard_library_and_contracts_only(module: Path, package: Path):
    """They are read in every environment, the launcher's too."""
    inside = module.relative_to(package).parts if module.is_relative_to(package) else ("pipelines",)
    if inside[0] != "contracts" and module.name != "config.py":
        pytest.skip("neither a contract nor a config")
    foreign = {
        name
        for name in _imported(module)
        if name.split(".")[0] not in sys.stdlib_module_names and not name.startswith("slipway.contracts")
    }
    assert foreign == set()


def test_google_cloud_appears_in_adapters_alone(module: Path, package: Path):
    """The import contracts see only ``google``, which protobuf shares."""
    if module.is_relative_to(package / "adapters"):
        pytest.skip("an adapter")
    assert [name for name in _imported(module) if CLOUD.match(name)] == []


def test_no_committed_file_names_a_folder_of_somebodys_machine(root: Path):
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True).stdout
    found = []
    for name in filter(None, listed.split("\0")):
        path = root / name
        content = path.read_bytes() if path.is_file() else b""
        if b"\0" not in content and HOMES.search(content.decode("utf-8")):
            found.append(name)
    assert found == []


def _lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines without the docstring: explaining more must not be punished."""
    first = function.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    docstring = (first.end_lineno or 0) - first.lineno + 1 if documented else 0
    return (function.end_lineno or 0) - function.lineno + 1 - docstring


def _imported(module: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names
