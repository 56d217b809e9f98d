"""A shell opens artifacts, calls one function and writes outputs; its source travels inside the compiled pipeline."""

import ast
import importlib
from pathlib import Path

import docstring_parser
import pytest

LINES = 60
CALLER_SUPPLIED = 8
BRANCHES = (ast.If, ast.IfExp, ast.For, ast.While, ast.Match, ast.Try, ast.comprehension)


@pytest.fixture
def source(package: Path, step: str) -> str:
    return (package / "steps" / step / "component.py").read_text(encoding="utf-8")


@pytest.fixture
def function(source: str, step: str) -> ast.FunctionDef:
    return next(node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef) and node.name == step)


def test_a_shell_is_short(source: str):
    assert len(source.splitlines()) <= LINES


def test_a_shell_has_no_branch_and_no_loop(function: ast.FunctionDef):
    assert [type(node).__name__ for node in ast.walk(function) if isinstance(node, BRANCHES)] == []


def test_a_shell_imports_inside_the_function_what_the_step_needs(source: str):
    """kfp copies the function alone into the pipeline, and the launcher must not import TensorFlow to compile."""
    imports = [ast.unparse(node) for node in ast.parse(source).body if isinstance(node, ast.Import | ast.ImportFrom)]
    assert imports == ["from kfp import dsl", "from slipway.contracts import roles"]


def test_a_shell_holds_nothing_beside_its_function(source: str):
    rest = [node for node in ast.parse(source).body if not isinstance(node, ast.Import | ast.ImportFrom)]
    assert [type(node).__name__ for node in rest] == ["Expr", "FunctionDef"]


def test_a_caller_supplies_few_inputs(step: str):
    """Outputs are made by the backend; what a person writes at the call are the inputs."""
    component = getattr(importlib.import_module(f"slipway.steps.{step}.component"), step)
    assert len(component.component_spec.inputs) <= CALLER_SUPPLIED


def test_the_docstring_explains_every_argument_and_no_other(function: ast.FunctionDef):
    parsed = docstring_parser.parse(ast.get_docstring(function) or "", docstring_parser.DocstringStyle.GOOGLE)
    explained = [parameter.arg_name for parameter in parsed.params if parameter.description]
    assert explained == [argument.arg for argument in function.args.args]


def test_the_docstring_explains_what_is_returned(function: ast.FunctionDef):
    parsed = docstring_parser.parse(ast.get_docstring(function) or "", docstring_parser.DocstringStyle.GOOGLE)
    assert (parsed.returns is not None) == (function.returns is not None)


def test_nothing_is_installed_when_a_task_starts(step: str):
    component = getattr(importlib.import_module(f"slipway.steps.{step}.component"), step)
    container = component.component_spec.implementation.container
    assert not any("pip install" in part for part in [*container.command, *container.args])
