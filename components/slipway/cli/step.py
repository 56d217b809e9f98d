"""``slipway step NAME``: a command for each step, made from its component's signature."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from slipway.contracts.errors import InputError
from slipway.runs.signatures import Port, step_signature

_PARAMETER_TYPES: Mapping[str, "click.ParamType[Any]"] = {"int": click.INT, "float": click.FLOAT, "bool": click.BOOL}
_STRUCTURED = ("dict", "list")


class StepGroup(click.Group):
    """Makes the command of a step when it is asked for, so that ``slipway --help`` reads no step's source."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return every step, with hyphens."""
        from slipway.contracts.registry import step_names

        return [name.replace("_", "-") for name in step_names()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the step's command; None when there is no such step."""
        name = cmd_name.replace("-", "_")
        return _command(name) if name.replace("_", "-") in self.list_commands(ctx) else None


def _command(step: str) -> click.Command:
    signature = step_signature(step)
    ports = {port.name: port for port in signature.inputs}
    parameters: list[click.Parameter] = [_option(port) for port in signature.inputs]
    parameters.append(
        click.Option(["--output"], required=True, type=Path, help="Folder for the outputs: a folder or file each.")
    )
    outputs = "\n\n".join(f"  {port.name}: {port.description}" for port in signature.outputs)

    def run(output: Path, **values: Any) -> int:
        from slipway.runs.local.single_step import run_step

        return run_step(step, {name: _value(ports[name], value) for name, value in values.items()}, output)

    settings = "Settings, keys of --config:\n\n" + "\n\n".join(
        f"  {line}" for line in _settings_lines(step, set(ports))
    )
    text = f"{signature.description}\n\nOutputs, below --output:\n\n{outputs}\n\n{settings}"
    return click.Command(
        step.replace("_", "-"), params=parameters, callback=run, help=text, short_help=signature.purpose
    )


def _settings_lines(step: str, arguments: set[str]) -> list[str]:
    """A line for each setting that is no argument: name, type, default and meaning, which names the bounds."""
    from slipway.runs.settings import settings_of

    return [
        f"{item.name} ({', '.join(filter(None, (item.type, item.default_text.strip('`'))))}): {item.meaning}"
        for item in settings_of(step)
        if item.name not in arguments
    ]


def _option(port: Port) -> click.Option:
    flags = [f"--{port.name.replace('_', '-')}", port.name]
    if port.artifact:
        kind = click.Path(exists=True, path_type=Path)
        return click.Option(flags, required=port.required, type=kind, help=port.description)
    shown = {"default": port.default, "show_default": True} if port.default not in (None, "", {}) else {}
    return click.Option(
        flags,
        required=port.required,
        **shown,
        type=_PARAMETER_TYPES.get(port.type, click.STRING),
        metavar="YAML|FILE" if port.type in _STRUCTURED else None,
        help=port.description,
    )


def _value(port: Port, value: Any) -> Any:
    """Return a mapping or list that is given as YAML, JSON, or the path of a file that holds it."""
    if port.type not in _STRUCTURED or not isinstance(value, str):
        return value
    import yaml

    try:
        text = Path(value).read_text(encoding="utf-8") if Path(value).is_file() else value
        parsed = yaml.safe_load(text)
    except (OSError, yaml.YAMLError) as error:
        raise InputError(f"--{port.name} should be YAML or the path of a YAML file: {error}") from error
    if not isinstance(parsed, dict | list):
        raise InputError(f"--{port.name} should be a {port.type} as YAML, or an existing file, got {value!r}")
    return parsed
