"""Plug points: a protocol, the entries there are by name, and where a user's package adds its own.

An entry of Slipway's own is a module of one folder, found by the module's name; nothing else lists it. A user's
package adds entries by entry points of the group ``slipway.<kind>``. A name costs no import: a module is imported when
its entry is asked for.
"""

import ast
import importlib
import importlib.util
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from slipway.contracts.errors import InputError
from slipway.contracts.hints import closest_hint

T = TypeVar("T")

ENTRY = "ENTRY"
"""What a module calls its entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An entry as it is listed, without importing it.

    Attributes:
        name: what users call it.
        description: the first line of its module's docstring; empty for one that an installed package adds.
        origin: the module, or the entry point's value.
    """

    name: str
    description: str
    origin: str


class Registry(Generic[T]):
    """The entries of one kind; equal names of a user's package and of Slipway's own are refused.

    Args:
        kind: plural, such as ``metrics``; entry points have the group ``slipway.<kind>``.
        folder: the package whose modules hold an ``ENTRY`` each, such as ``slipway.metrics.entries``.
        module: the module of each sub-package that holds the entry, when entries are packages and not modules.
    """

    def __init__(self, kind: str, folder: str, *, module: str = "") -> None:
        self.kind, self._folder, self._module = kind, folder, module

    @property
    def group(self) -> str:
        """The group of entry points by which a user's package adds entries."""
        return f"slipway.{self.kind}"

    def names(self) -> tuple[str, ...]:
        """Return the name of every entry, in alphabetical order."""
        return tuple(sorted({*self._modules, *self._added}))

    def get(self, name: str) -> T:
        """Return an entry, importing its module.

        Raises:
            InputError: there is no such entry, or it needs a package that is not installed here.
        """
        try:
            if name in self._added:
                return cast(T, self._added[name].load())
            if name in self._modules:
                return cast(T, getattr(importlib.import_module(self._modules[name]), ENTRY))
        except ModuleNotFoundError as error:
            raise InputError(
                f"{name!r} of {self.kind} needs the package {error.name!r}, which this environment does not have"
            ) from error
        raise InputError(f"there is no {name!r} in {self.kind}{closest_hint(name, self.names())}")

    def items(self) -> Iterator[tuple[str, T]]:
        """Yield every name with its entry."""
        for name in self.names():
            yield name, self.get(name)

    def listed(self) -> tuple[Listed, ...]:
        """Return what is said of each entry, without importing any."""
        own = (
            Listed(name=name, description=_first_line(module), origin=module) for name, module in self._modules.items()
        )
        added = (Listed(name=name, description="", origin=point.value) for name, point in self._added.items())
        return tuple(sorted((*own, *added), key=lambda item: item.name))

    @cached_property
    def _modules(self) -> dict[str, str]:
        """The module of each of Slipway's own entries, by name."""
        suffix = f".{self._module}" if self._module else ""
        return {
            item.name: f"{self._folder}.{item.name}{suffix}"
            for item in pkgutil.iter_modules(_paths(self._folder))
            if bool(suffix) == item.ispkg
        }

    @cached_property
    def _added(self) -> dict[str, EntryPoint]:
        """What installed packages add, by name."""
        added: dict[str, EntryPoint] = {}
        for point in entry_points(group=self.group):
            taken = added.get(point.name) or self._modules.get(point.name)
            if taken:
                raise InputError(
                    f"{point.name!r} of {self.kind} is there already; {point.value} must take another name"
                )
            added[point.name] = point
        return added


def _paths(folder: str) -> list[str]:
    found = importlib.util.find_spec(folder)
    return list(found.submodule_search_locations or ()) if found else []


def _first_line(module: str) -> str:
    found: Any = importlib.util.find_spec(module)
    if found is None or not found.origin:
        return ""
    return (ast.get_docstring(ast.parse(Path(found.origin).read_text(encoding="utf-8"))) or "").partition("\n")[0]


def step_names() -> tuple[str, ...]:
    """Return the name of every step of Slipway: the folders of ``slipway.steps`` that hold a component."""
    return tuple(
        sorted(
            item.name
            for item in pkgutil.iter_modules(_paths("slipway.steps"))
            if item.ispkg
            and any((Path(path) / item.name / "component.py").is_file() for path in _paths("slipway.steps"))
        )
    )
