"""Whoever has read one core can read any other: inputs and config in, a result out, and writing apart."""

import ast
from pathlib import Path

CLASSES = ("Inputs", "Outputs", "Result")


def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def test_a_core_has_inputs_outputs_and_a_result(package: Path, step: str):
    tree = _parsed(package / "steps" / step / "core.py")
    classes = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
    assert [name for name in CLASSES if name not in classes] == []


def test_a_core_runs_and_writes(package: Path, step: str):
    tree = _parsed(package / "steps" / step / "core.py")
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    arguments = {name: [item.arg for item in functions[name].args.args] for name in ("run", "write")}
    assert arguments == {"run": ["inputs", "config"], "write": ["result", "outputs"]}
    assert ast.unparse(functions["run"].returns or ast.Constant(None)) == "Result"


def test_inputs_and_outputs_are_called_like_the_ports_of_the_component(package: Path, step: str):
    """Scalars and charts are the shell's matter; ``workspace`` and ``tf_config`` come from where the task runs."""
    shell = next(node for node in _parsed(package / "steps" / step / "component.py").body if hasattr(node, "args"))
    ports = {argument.arg for argument in shell.args.args}
    classes = {node.name: node for node in _parsed(package / "steps" / step / "core.py").body if hasattr(node, "bases")}
    for name in ("Inputs", "Outputs"):
        fields = {item.target.id for item in classes[name].body if isinstance(item, ast.AnnAssign)}
        assert fields - ports - {"workspace", "tf_config"} == set()


def test_a_shell_runs_and_writes_and_computes_nothing(package: Path, step: str):
    tree = _parsed(package / "steps" / step / "component.py")
    called = [node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    config = "".join(word.capitalize() for word in step.split("_")) + "Config"
    imported = [
        (node.module, tuple(alias.name for alias in node.names))
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(f"slipway.steps.{step}")
    ]
    assert imported == [
        (f"slipway.steps.{step}.config", (config,)),
        (f"slipway.steps.{step}.core", ("Inputs", "Outputs", "run", "write")),
    ]
    assert {"Inputs", "Outputs", "run", "write", "parse"} <= set(called)
