"""The kinds of things that can be added by one file, or by a user's package through entry points."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from slipway.contracts.errors import InputError
from slipway.contracts.registry import Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class PlugPoint:
    """A kind of entries.

    Attributes:
        folder: the package whose modules are Slipway's own entries.
        adds: what an entry adds, in a few words.
        module: of each sub-package the module that holds the entry; empty when entries are modules.
    """

    folder: str
    adds: str
    module: str = ""


PLUG_POINTS: Mapping[str, PlugPoint] = MappingProxyType(
    {
        "steps": PlugPoint(folder="slipway.steps", adds="a component", module="step"),
        "sources": PlugPoint(folder="slipway.tables.sources", adds="a kind of files that ingest reads"),
        "encodings": PlugPoint(folder="slipway.features.encodings", adds="a way from a feature to numbers"),
        "checks": PlugPoint(folder="slipway.checks.entries", adds="something that can be wrong with data"),
        "metrics": PlugPoint(folder="slipway.metrics.entries", adds="a metric of predictions"),
        "samplers": PlugPoint(folder="slipway.search.samplers", adds="a way to propose hyperparameters"),
        "pruners": PlugPoint(folder="slipway.search.pruners", adds="a way to stop weak trials"),
        "networks": PlugPoint(folder="slipway.training.networks", adds="an architecture"),
        "strategies": PlugPoint(folder="slipway.training.strategies", adds="a tf.distribute strategy"),
        "job_launchers": PlugPoint(folder="slipway.training.launchers", adds="a place where a training runs"),
        "compression_recipes": PlugPoint(folder="slipway.compression.recipes", adds="a compressed form of a model"),
        "publish_targets": PlugPoint(folder="slipway.publishing.targets", adds="a place where a model is published"),
        "credentials": PlugPoint(folder="slipway.storage.credentials", adds="a way to sign in to a service"),
        "engines": PlugPoint(folder="slipway.engines.entries", adds="an engine that computes statistics"),
    }
)
"""Every kind, by its name; entry points of a user's package have the group ``slipway.<kind>``."""


@functools.cache
def registry(kind: str) -> Registry[Any]:
    """Return the registry of a kind, always the same one: what is installed is looked up once."""
    point = PLUG_POINTS[kind]
    return Registry(kind, point.folder, module=point.module)


def require_entry(kind: str, name: str, setting: str) -> None:
    """Refuse a name that is no entry of a kind; nothing is imported.

    Raises:
        InputError: naming the setting and the entries there are.
    """
    names = registry(kind).names()
    if name not in names:
        raise InputError(f"{setting} should be one of {', '.join(names)}, got {name!r}")
