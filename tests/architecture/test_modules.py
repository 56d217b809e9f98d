"""Modules stay small, plainly named and free of what belongs elsewhere."""

import ast
import re
import subprocess
import sys
from pathlib import Path

MODULE_LINES = 300
FUNCTION_LINES = 40
VAGUE = {"utils", "util", "common", "helpers", "helper", "base", "manager", "managers", "misc"}
HOMES = re.compile(r"(?<![\w.])/(?:home|Users|root|work)/\w")
CLOUD = re.compile(r"google\.(?:auth|cloud|oauth2)\b")


def test_a_module_fits_on_a_few_screens(module: Path):
    assert len(module.read_text(encoding="utf-8").splitlines()) <= MODULE_LINES


def test_a_function_fits_on_a_screen(work_module: Path):
    """Shells and pipelines are left out: their interface is long, and shells have a bound of their own."""
    tree = ast.parse(work_module.read_text(encoding="utf-8"))
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    assert [f"{node.name}: {_lines(node)} lines" for node in functions if _lines(node) > FUNCTION_LINES] == []


def test_a_module_is_named_for_what_it_gives(module: Path):
    assert module.stem not in VAGUE


def test_contracts_and_configs_import_the_standard_library_and_contracts_only(plain_module: Path):
    """They are read in every environment, the launcher's too."""
    foreign = {
        name
        for name in _imported(plain_module)
        if name.split(".")[0] not in sys.stdlib_module_names and not name.startswith("slipway.contracts")
    }
    assert foreign == set()


def test_google_cloud_appears_where_services_are_reached_alone(outside_storage: Path):
    """The import contracts see only ``google``, which protobuf shares."""
    assert [name for name in _imported(outside_storage) if CLOUD.match(name)] == []


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
