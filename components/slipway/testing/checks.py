"""What every check of data keeps: see ``slipway.checks.check``. Runs where validate does."""

from dataclasses import MISSING, fields, is_dataclass
from typing import Any

from slipway.checks.check import CHECKS


def check_is_a_dataclass_whose_settings_have_defaults(name: str, kind: type[Any]) -> None:
    """Look at the fields."""
    assert is_dataclass(kind), name
    required = [item.name for item in fields(kind) if item.default is item.default_factory is MISSING]
    assert required == [], f"{name} needs {required}"
    assert kind() == kind()


def check_has_a_place_among_the_findings(name: str, kind: type[Any]) -> None:
    """Look at the position."""
    assert isinstance(kind.position, int), name
    others = [other for other, entry in CHECKS.items() if entry.position == kind.position and other != name]
    assert others == [], f"{name} and {others} have position {kind.position}"


def check_needs_nothing_of_a_table_without_columns(name: str, kind: type[Any]) -> None:
    """Look at what it asks the engine for when no column is good for anything."""
    from slipway.checks.check import Scope

    folds = kind().folds(Scope(split="train", kinds={}, earlier={}))
    assert all(not fold.columns for fold in folds.values()), name
