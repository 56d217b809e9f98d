"""From the checks of a kind and its entries to the parameters of one pytest test.

A module ``slipway.testing.<kind>`` holds functions ``check_...(name, entry)`` that raise AssertionError; the cases are
every one of them for every entry::

    @pytest.mark.parametrize("case", contract_cases("metrics"))
    def test_every_metric_keeps_its_contract(case):
        case()
"""

import importlib
import importlib.util
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from slipway.contracts.errors import InputError
from slipway.contracts.plug_points import PLUG_POINTS, registry

Check = Callable[[str, Any], None]
_PREFIX = "check_"


@dataclass(frozen=True, slots=True)
class Case:
    """One check of one entry; calling it looks.

    Attributes:
        kind: of the entry.
        name: of the entry.
        entry: itself; None until it is taken from the registry.
        check: what is looked at.
    """

    kind: str
    name: str
    entry: Any
    check: Check

    def __call__(self) -> None:
        """Raise AssertionError when the entry does not keep this part of the contract."""
        self.check(self.name, registry(self.kind).get(self.name) if self.entry is None else self.entry)


def checks_of(kind: str) -> dict[str, Check]:
    """Return what is looked at in an entry of a kind, by name without ``check_``.

    Raises:
        InputError: there is no such kind.
    """
    if kind not in PLUG_POINTS:
        raise InputError(f"there is no kind {kind!r}; there are {', '.join(PLUG_POINTS)}")
    found: dict[str, Check] = {"has_the_name_of_its_module": _check_name}
    module = f"slipway.testing.{kind}"
    if importlib.util.find_spec(module) is not None:
        functions = inspect.getmembers(importlib.import_module(module), inspect.isfunction)
        found |= {name.removeprefix(_PREFIX): check for name, check in functions if name.startswith(_PREFIX)}
    return found


def contract_cases(
    kind: str,
    *,
    entries: Mapping[str, Any] | None = None,
    expected_failures: Mapping[str, str] = MappingProxyType({}),
) -> list[Any]:
    """Return a pytest parameter for each check of each entry.

    Args:
        kind: a plug point, such as ``metrics``.
        entries: by name; None takes everything registered, what installed packages add included.
        expected_failures: why an entry cannot keep a check, by ``entry.check``, such as
            ``{"example_count.is_the_same_of_doubled_examples": "it counts them"}``. Such a case must fail.

    Raises:
        InputError: an expected failure names a case that there is not.
    """
    import pytest

    given: Mapping[str, Any] = dict.fromkeys(registry(kind).names()) if entries is None else entries
    cases = {
        f"{name}.{of}": Case(kind, name, entry, check)
        for name, entry in given.items()
        for of, check in checks_of(kind).items()
    }
    unknown = sorted(set(expected_failures) - set(cases))
    if unknown:
        raise InputError(f"expected_failures names {unknown[0]!r}, which is no case of {kind}")
    return [
        pytest.param(
            case,
            id=f"{kind}.{name}",
            marks=[pytest.mark.xfail(reason=expected_failures[name], strict=True, raises=AssertionError)]
            if name in expected_failures
            else [],
        )
        for name, case in cases.items()
    ]


def _check_name(name: str, entry: Any) -> None:
    """Hold an entry that knows its name to that of its module, and the name to what can be written without quotes."""
    assert getattr(entry, "name", name) == name
    assert name.isidentifier()
    assert name == name.lower()
