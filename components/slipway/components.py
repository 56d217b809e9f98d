"""What a pipeline author imports: ``from slipway.components import ingest, validate``.

Every folder of ``slipway.steps`` is a component here, imported when it is asked for. No step's own code imports this
module: inside a pod, kfp has no components to define.
"""

from typing import Any

from slipway.contracts.registry import step_names


def __getattr__(name: str) -> Any:
    """Return the component of a step."""
    import importlib

    if name not in step_names():
        raise AttributeError(f"module {__name__!r} has no component {name!r}; it has {', '.join(step_names())}")
    return getattr(importlib.import_module(f"slipway.steps.{name}.component"), name)


def __dir__() -> list[str]:
    """Return the names of all components."""
    return list(step_names())
