"""``slipway step NAME``: a command for each step, made from its component's signature."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import yaml

from slipway.contracts.errors import InputError

_PARAMETER_TYPES: Mapping[str, click.ParamType] = {
    "NUMBER_INTEGER": click.INT,
    "NUMBER_DOUBLE": click.FLOAT,
    "BOOLEAN": click.BOOL,
}


class StepGroup(click.Group):
    """Makes the command of a step when it is asked for: a component's signature needs the SDK, which imports slowly."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every step, with hyphens."""
        from slipway.launcher.catalogue import step_names

        return [name.replace("_", "-") for name in step_names()]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The steps' names with the first line of each description, read without importing the SDK."""
        from slipway.launcher.catalogue import step_purpose

        rows = [(name, step_purpose(name)) for name in self.list_commands(ctx)]
        with formatter.section("Steps"):
            formatter.write_dl(rows)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The step's command; None when there is no such step."""
        from slipway.launcher.catalogue import step_names

        name = cmd_name.replace("-", "_")
        return _command(name) if name in step_names() else None


def _command(step: str) -> click.Command:
    from slipway.launcher.catalogue import step_component

    spec = step_component(step).component_spec
    inputs = spec.inputs or {}
    parameters: list[click.Parameter] = [_option(name, item) for name, item in inputs.items()]
    parameters.append(
        click.Option(["--output"], required=True, type=Path, help="Folder for the outputs: a folder or file each.")
    )
    outputs = "\n\n".join(f"  {name}: {item.description or ''}" for name, item in (spec.outputs or {}).items())

    def run(output: Path, **values: Any) -> int:
        from slipway.launcher.single_step import run_step

        return run_step(step, {name: _value(inputs[name], name, value) for name, value in values.items()}, output)

    text = f"{spec.description or ''}\n\nOutputs, below --output:\n\n{outputs}"
    return click.Command(step.replace("_", "-"), params=parameters, callback=run, help=text)


def _option(name: str, item: Any) -> click.Option:
    flag = f"--{name.replace('_', '-')}"
    if _is_artifact(item):
        kind: Any = click.Path(exists=True, path_type=Path)
        return click.Option([flag, name], required=not item.optional, type=kind, help=item.description)
    kind = _PARAMETER_TYPES.get(_kind(item), click.STRING)
    metavar = "YAML|FILE" if _kind(item) in {"STRUCT", "LIST"} else None
    shown = item.default not in (None, "", {})
    return click.Option(
        [flag, name],
        required=not item.optional,
        default=item.default if shown else None,
        show_default=shown,
        type=kind,
        metavar=metavar,
        help=item.description,
    )


def _is_artifact(item: Any) -> bool:
    return "@" in str(item.type)


def _kind(item: Any) -> str:
    from kfp.dsl.types import type_utils

    return str(type_utils.get_parameter_type_name(item.type))


def _value(item: Any, name: str, value: Any) -> Any:
    """A mapping or list may be given as YAML, JSON, or the path of a file that holds it."""
    if value is None or not isinstance(value, str) or _is_artifact(item) or _kind(item) not in {"STRUCT", "LIST"}:
        return value
    try:
        text = Path(value).read_text(encoding="utf-8") if Path(value).is_file() else value
        parsed = yaml.safe_load(text)
    except (OSError, yaml.YAMLError) as error:
        raise InputError(f"--{name} should be YAML or the path of a YAML file: {error}") from error
    if not isinstance(parsed, dict | list):
        raise InputError(f"--{name} should be a mapping or list as YAML, or an existing file, got {value!r}")
    return json.loads(json.dumps(parsed))


