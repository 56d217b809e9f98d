"""Whoever has read one step can open any other."""

import ast
import re
from datetime import datetime
from pathlib import Path

import pytest
import yaml

FILES = ("__init__.py", "component.py", "core.py", "config.py", "README.md", "metadata.yaml")
OPTIONAL = ("tags", "ci", "links")
VERSION = re.compile(r"(?:>=|<=|==)?\d+\.\d+\.\d+")
STABILITIES = {"experimental", "alpha", "beta", "stable"}


@pytest.mark.parametrize("name", FILES)
def test_a_step_has_the_file(package: Path, step: str, name: str):
    assert (package / "steps" / step / name).is_file()


def test_the_shells_function_is_named_like_its_folder(package: Path, step: str):
    tree = ast.parse((package / "steps" / step / "component.py").read_text(encoding="utf-8"))
    assert [node.name for node in tree.body if isinstance(node, ast.FunctionDef)] == [step]


def test_the_config_is_named_like_its_folder(package: Path, step: str):
    """The command line finds the class by this name, to check settings before anything runs."""
    tree = ast.parse((package / "steps" / step / "config.py").read_text(encoding="utf-8"))
    name = "".join(word.capitalize() for word in step.split("_")) + "Config"
    assert name in [node.name for node in tree.body if isinstance(node, ast.ClassDef)]


def test_a_step_has_tests_of_its_own(root: Path, step: str):
    assert list((root / "tests" / "unit" / step).glob("test_*.py"))


def test_an_init_file_holds_a_docstring_and_nothing_else(package: Path):
    """Inside a pod kfp.dsl has no ``component``: an ``__init__`` that imports a shell would break the step's logic."""
    for path in package.rglob("__init__.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), path
        assert len(tree.body) == 1, path


def test_the_catalogue_entry_follows_the_catalogues_schema(package: Path, step: str):
    """The rules are those of kubeflow/pipelines-components, scripts/validate_metadata."""
    entry = yaml.safe_load((package / "steps" / step / "metadata.yaml").read_text(encoding="utf-8"))
    assert [key for key in entry if key not in OPTIONAL] == ["name", "stability", "dependencies", "lastVerified"]
    assert set(entry) <= {"name", "stability", "dependencies", "lastVerified", *OPTIONAL}
    assert entry["name"] == step
    assert entry["stability"] in STABILITIES
    assert {"kubeflow"} <= set(entry["dependencies"]) <= {"kubeflow", "external_services"}
    assert "Pipelines" in [item["name"] for item in entry["dependencies"]["kubeflow"]]
    for items in entry["dependencies"].values():
        assert [item["version"] for item in items if not VERSION.fullmatch(item["version"])] == []
    assert all(isinstance(tag, str) for tag in entry["tags"])
    assert isinstance(entry["lastVerified"], datetime)
