"""Every step's config as a run will make it, made before anything runs."""

from collections.abc import Iterator, Mapping
from typing import Any

from slipway.contracts.documents import parse
from slipway.contracts.errors import InputError
from slipway.contracts.registry import step_names
from slipway.contracts.roles import role_of_image
from slipway.runs.settings import config_class, settings_of

_CONFIG = "config"


def check_steps(ir: Mapping[str, Any], arguments: Mapping[str, Any]) -> None:
    """Refuse what a step of a compiled pipeline would refuse of its settings.

    Args:
        ir: the compiled pipeline.
        arguments: values of its parameters; others have their defaults, and what has none is not looked at.

    Raises:
        InputError: the step, and what it says.
    """
    known = _defaults(ir["root"]) | dict(arguments)
    for step, values in _tasks(ir, ir["root"]["dag"], known):
        settings = settings_of(step)
        names = {item.name for item in settings}
        given = {name: value for name, value in values.items() if name in names}
        config = {name: value for name, value in values.get(_CONFIG, {}).items() if name not in given}
        needed = {item.name for item in settings if item.required and "." not in item.name} - {*given}
        unknown = {name: f"<{name}>" for name in needed}
        try:
            parse(config_class(step), {**unknown, **config, **given})
        except InputError as error:
            raise InputError(f"{step}: {error}") from error


def _tasks(
    ir: Mapping[str, Any], dag: Mapping[str, Any], scope: Mapping[str, Any]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each task that is a step, with those of its parameters that are known."""
    for task in dag["tasks"].values():
        component = ir["components"][task["componentRef"]["name"]]
        inputs = task.get("inputs", {}).get("parameters", {})
        values = {name: item for name, given in inputs.items() for item in _known(given, scope)}
        if "dag" in component:
            left_out = {name: value for name, value in _defaults(component).items() if name not in inputs}
            yield from _tasks(ir, component["dag"], left_out | values)
        elif step := _step(ir["deploymentSpec"]["executors"][component["executorLabel"]]):
            yield step, values


def _known(given: Mapping[str, Any], scope: Mapping[str, Any]) -> Iterator[Any]:
    """The value, unless it is another task's output, made of one, or unknown outside."""
    if given.get("componentInputParameter") in scope:
        yield scope[given["componentInputParameter"]]
    constant = given.get("runtimeValue", {}).get("constant")
    if constant is not None and "{{$" not in str(constant):
        yield constant


def _defaults(component: Mapping[str, Any]) -> dict[str, Any]:
    parameters = component.get("inputDefinitions", {}).get("parameters", {})
    return {name: item["defaultValue"] for name, item in parameters.items() if "defaultValue" in item}


def _step(executor: Mapping[str, Any]) -> str | None:
    """The step that an executor runs; None for another's component."""
    container = executor.get("container", {})
    arguments = container.get("args", [])
    flag = "--function_to_execute"
    name = arguments[arguments.index(flag) + 1] if flag in arguments else ""
    return name if name in step_names() and role_of_image(container.get("image", "")) else None
