"""From what a user says on the command line to the values of a pipeline's parameters."""

import dataclasses
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from slipway.contracts.documents import check
from slipway.contracts.errors import InputError
from slipway.contracts.hints import closest_hint, closest_name
from slipway.contracts.latest import LATEST
from slipway.contracts.registry import step_names
from slipway.contracts.steps import Purpose, purposes, steps_in_order
from slipway.runs.settings import config_class
from slipway.runs.signatures import step_signature
from slipway.runs.step_settings import check_steps

_CONFIG_SUFFIX = "_config"


def merge_settings(*settings: Mapping[str, Any]) -> dict[str, Any]:
    """Lay nested mappings over each other and return the result; the later one wins."""
    result: dict[str, Any] = {}
    for mapping in settings:
        for key, value in mapping.items():
            both = isinstance(value, Mapping) and isinstance(result.get(key), Mapping)
            result[key] = merge_settings(result[key], value) if both else value
    return result


def check_given(ir: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
    """Raise InputError, with the flag, when a parameter that has one and no default is not among ``settings``."""
    known = ir["root"].get("inputDefinitions", {}).get("parameters", {})
    for option in (option for _, step in steps_in_order() for option in step.options if option.required):
        name = option.parameter
        if name in known and "defaultValue" not in known[name] and not settings.get(name):
            raise InputError(f"{option.flag} is missing: pipeline {ir['pipelineInfo']['name']} needs it")


def read_overrides(path: Path) -> dict[str, Any]:
    """Read a YAML file of overrides: parameters of the pipeline, and for each step a mapping of its settings.

    Raises:
        InputError: the file is missing or holds no mapping.
    """
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read overrides {path}: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise InputError(f"{path} is not YAML: {error}") from error
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise InputError(f"{path} should hold a mapping of steps to settings, got {values!r}")
    return values


def parse_assignments(assignments: Iterable[str]) -> dict[str, Any]:
    """Return ``step.key=value`` or ``parameter=value`` as nested mappings; values are read as YAML."""
    result: dict[str, Any] = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals or not name:
            raise InputError(f"{assignment!r} should be STEP.KEY=VALUE or PARAMETER=VALUE")
        try:
            value: Any = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise InputError(f"the value of {assignment!r} is not YAML: {error}") from error
        for part in reversed(name.split(".")):
            value = {part.replace("-", "_"): value}
        result = merge_settings(result, value)
    return result


def pipeline_arguments(ir: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of the pipeline's parameters.

    Args:
        ir: the compiled pipeline.
        settings: parameters by name, and for a step the mapping that becomes its ``<step>_config`` parameter, laid
            over what the pipeline sets there by default.

    Raises:
        InputError: a name that is neither, a value of another type, or what a step would refuse.
    """
    known = ir["root"].get("inputDefinitions", {}).get("parameters", {})
    arguments: dict[str, Any] = {}
    for name, value in settings.items():
        key = name.replace("-", "_")
        if f"{key}{_CONFIG_SUFFIX}" in known and isinstance(value, Mapping):
            step, key = key, f"{key}{_CONFIG_SUFFIX}"
            value = merge_settings(known[key].get("defaultValue", {}), value)
            if step in step_names():
                check_step_settings(step, value)
        if key not in known:
            raise InputError(_unknown(name, known, ir["pipelineInfo"]["name"]))
        arguments[key] = _typed(key, value, known[key]["parameterType"])
    check_steps(ir, arguments)
    return arguments


def check_complete(ir: Mapping[str, Any], arguments: Mapping[str, Any]) -> None:
    """Refuse arguments that the pipeline does not have, and a missing one that has no default."""
    known = ir["root"].get("inputDefinitions", {}).get("parameters", {})
    pipeline = ir["pipelineInfo"]["name"]
    unknown = sorted(set(arguments) - set(known))
    if unknown:
        raise InputError(_unknown(unknown[0], known, pipeline))
    optional = {name for name, item in known.items() if item.get("isOptional") or "defaultValue" in item}
    missing = sorted(set(known) - optional - set(arguments))
    if missing:
        raise InputError(f"pipeline {pipeline} needs {', '.join(missing)}")


def check_step_settings(step: str, settings: Mapping[str, Any]) -> None:
    """Refuse settings that the step does not know, of another type, or that are arguments of the step.

    Raises:
        InputError: naming the first such setting.
    """
    try:
        check(config_class(step), settings, step)
    except InputError as error:
        named = str(error).startswith(step)
        raise InputError(str(error) if named else f"{step}: {error}") from error
    arguments = {port.name for port in step_signature(step).inputs}
    for name in sorted(arguments & set(settings)):
        raise InputError(f"{step}.{name} is an argument of the step, a parameter of the pipeline, and not a setting")


def parameters_for(purpose: Purpose, ir: Mapping[str, Any]) -> list[str]:
    """Return the parameters of a pipeline that have a purpose, by what the steps say of them."""
    known = ir["root"].get("inputDefinitions", {}).get("parameters", {})
    return [name for name, its in purposes().items() if its is purpose and name in known]


def read_addresses() -> list[str]:
    """Return the names of parameters that say where a step reads something."""
    return [name for name, purpose in purposes().items() if purpose.is_read]


def default_model_name(ir: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, str]:
    """Return the model's name for a pipeline that has one, after the data's file name."""
    data = next((str(settings[name]) for name in parameters_for(Purpose.ADDRESS, ir) if settings.get(name)), "model")
    return dict.fromkeys(parameters_for(Purpose.MODEL_NAME, ir), model_name_of(data))


def model_name_of(data_uri: str) -> str:
    """Return a folder name made from the data's file name: letters, digits, ``_`` and ``-``."""
    stem = re.sub(r"\.[^/]*$", "", data_uri.rstrip("/").rsplit("/", 1)[-1])
    return re.sub(r"[^A-Za-z0-9_-]+", "-", stem).strip("-") or "model"


def absolute_uri(uri: str) -> str:
    """Return a path as an absolute one, so that a task finds it from its own folder; a URI as it is.

    Raises:
        InputError: a local path that is not there, unless it has wildcards or names the latest version of something.
    """
    if "://" in uri:
        return uri
    path = Path(uri).expanduser().absolute()
    if not any(sign in uri for sign in "*?[") and path.name != LATEST and not path.exists():
        beside = [item.name for item in path.parent.iterdir()] if path.parent.is_dir() else []
        close = closest_name(path.name, beside)
        raise InputError(f"no file {uri!r}" + (f"; did you mean {path.parent / close}?" if close else ""))
    return str(path)


def _unknown(name: str, known: Mapping[str, Any], pipeline: str) -> str:
    names = [key.removesuffix(_CONFIG_SUFFIX) for key in known]
    return f"pipeline {pipeline} has no input {name!r}{closest_hint(name.replace('-', '_'), names)}"


_PYTHON_TYPES: Mapping[str, type] = {
    "STRING": str,
    "NUMBER_INTEGER": int,
    "NUMBER_DOUBLE": float,
    "BOOLEAN": bool,
    "STRUCT": dict,
    "LIST": list,
}


def _typed(name: str, value: Any, kind: str) -> Any:
    expected = _PYTHON_TYPES.get(kind, str)
    field = (
        dataclasses.make_dataclass("parameters", [(name, expected)]) if expected in (str, int, float, bool) else None
    )
    if field:
        check(field, {name: value}, "")
        return expected(value)
    if not isinstance(value, expected):
        raise InputError(f"{name} should be a {'mapping' if expected is dict else 'list'}, got {value!r}")
    return value
