"""What the README shows is what works."""

import contextlib
import re
import shlex
from pathlib import Path

import click
import pytest
import yaml

from slipway.cli.main import app
from slipway.contracts.errors import ExitCode
from slipway.runs.arguments import pipeline_arguments
from slipway.runs.catalogue import compiled_pipeline


@pytest.fixture(scope="module")
def readme(root: Path) -> str:
    return (root / "README.md").read_text(encoding="utf-8")


def _blocks(readme: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE)


def test_the_python_example_compiles(readme: str, tmp_path: Path):
    (source,) = _blocks(readme, "python")
    file = tmp_path / "check_customers.py"
    file.write_text(source, encoding="utf-8")
    ir = compiled_pipeline(str(file))
    assert ir["pipelineInfo"]["name"] == "check-customers"
    assert sorted(ir["root"]["dag"]["tasks"]) == ["ingest", "validate"]


def test_the_overrides_example_fits_the_reference_pipeline(readme: str):
    (text,) = _blocks(readme, "yaml")
    needed = {"data_uri": "customers.csv", "label": "churned", "destination": "models"}
    arguments = pipeline_arguments(compiled_pipeline("continuous_training"), {**yaml.safe_load(text), **needed})
    assert arguments["transform_config"]["features"] == {"postcode": {"kind": "categorical", "encoding": "hash"}}


def test_every_command_shown_is_understood(readme: str):
    commands = re.findall(r"^slipway .*$|(?<=`)slipway [^`]*(?=`)", readme, re.MULTILINE)
    assert len(commands) >= 6
    for command in commands:
        _parse(app, shlex.split(command)[1:])


def test_the_make_targets_shown_exist(readme: str, root: Path):
    targets = re.findall(r"^([a-z-]+):", (root / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(re.findall(r"make ([a-z]+)", "\n".join(_blocks(readme, "console")))) <= set(targets)


def test_every_exit_code_is_explained(readme: str):
    assert [int(code) for code in re.findall(r"^\| (\d) \|", readme, re.MULTILINE)] == [int(code) for code in ExitCode]


def test_every_link_to_a_file_leads_somewhere(root: Path):
    for page in [*root.glob("*.md"), *(root / "docs").rglob("*.md"), *(root / "components").rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?://)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.relative_to(root)}: {target}"


def _parse(command: click.Command, arguments: list[str]) -> None:
    """Parse without running; ``--help`` ends parsing early."""
    while isinstance(command, click.Group) and not arguments[0].startswith("-"):
        name, *arguments = arguments
        found = command.get_command(click.Context(command), name)
        assert found is not None, f"slipway has no command {name!r}"
        command = found
    with contextlib.suppress(click.exceptions.Exit):
        command.make_context(command.name, arguments)
