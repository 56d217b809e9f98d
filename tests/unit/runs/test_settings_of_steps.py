"""Every setting is explained, and the bounds that are written are those that are kept."""

import dataclasses
import math
from collections.abc import Iterator
from typing import Any

import pytest

from slipway.contracts.documents import parse, to_plain
from slipway.contracts.errors import InputError
from slipway.contracts.registry import step_names
from slipway.runs.settings import Bounds, Setting, config_class, parse_bounds, settings_of

ALL = [(step, item) for step in step_names() for item in settings_of(step)]
BOUNDED = [pytest.param(step, item, id=f"{step}.{item.name}") for step, item in ALL if item.bounds]
# Numbers that must fit together: what stands beside the one that is tried.
FRACTIONS = ("train_fraction", "eval_fraction", "test_fraction")


@dataclasses.dataclass(frozen=True)
class Inner:
    """Numbers.

    Attributes:
        low: the smallest.
        share: of something, in (0.5, 1].
    """

    low: int = 1
    share: float = 0.75


@dataclasses.dataclass(frozen=True)
class Outer:
    """Everything.

    Attributes:
        name: of something.
        inner: numbers, at least 3.
        by_name: by key.
    """

    name: str
    inner: Inner = Inner()
    by_name: dict[str, Inner] = dataclasses.field(default_factory=dict)


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("a share, in [0, 1].", Bounds(low=0, high=1, with_high=True)),
        ("a share, in (0.5, 1); else", Bounds(low=0.5, high=1, with_low=False)),
        ("rows, at least 1; more are slow", Bounds(low=1)),
        ("seconds, above 0; None for no bound, in [3, 4]", Bounds(low=0, with_low=False)),
        ("one per processor, at most 4", None),
    ],
)
def test_bounds_are_read_from_the_first_phrase(text: str, bounds: Bounds | None):
    assert parse_bounds(text) == bounds


def test_bounds_are_written_as_they_are_read():
    for text in ("in [0, 1]", "in (0.5, 1)", "in [1, 10000000]", "at least 2", "above 0"):
        assert str(parse_bounds(text)) == text


def test_nested_settings_have_dotted_names_and_the_bounds_of_what_holds_them(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("slipway.runs.settings.config_class", lambda step: Outer)
    found = {item.name: (item.required, item.default, str(item.bounds or "")) for item in settings_of("outer")}
    assert found == {
        "name": (True, None, ""),
        "inner": (False, {"low": 1, "share": 0.75}, ""),
        "inner.low": (False, 1, "at least 3"),
        "inner.share": (False, 0.75, "in (0.5, 1]"),
        "by_name": (False, {}, ""),
        "by_name.*.low": (False, 1, ""),
        "by_name.*.share": (False, 0.75, "in (0.5, 1]"),
    }


def test_a_field_that_is_not_explained_is_refused(monkeypatch: pytest.MonkeyPatch):
    kind = dataclasses.make_dataclass("Silent", [("volume", int)])
    monkeypatch.setattr("slipway.runs.settings.config_class", lambda step: kind)
    with pytest.raises(InputError, match="Silent should explain volume"):
        settings_of("silent")


def test_every_setting_of_every_step_is_explained():
    assert len(ALL) > 100
    assert [f"{step}.{item.name}" for step, item in ALL if len(item.meaning) < 5] == []


@pytest.mark.parametrize(("step", "setting"), BOUNDED)
def test_the_bounds_of_a_setting_are_those_that_its_config_keeps(step: str, setting: Setting):
    assert setting.bounds is not None
    for value in _inside(setting):
        _make(step, setting.name, value)
    for value in _outside(setting):
        with pytest.raises(InputError) as refused:
            _make(step, setting.name, value)
        assert parse_bounds(str(refused.value)) == setting.bounds, f"{value}: {refused.value}"


def test_every_number_of_a_config_has_bounds():
    """Thresholds of metrics, which are nested, may be any number."""
    numbers = [(step, item) for step, item in ALL if {"int", "float"} & set(item.type.replace(" or null", "").split())]
    free = [f"{step}.{item.name}" for step, item in numbers if item.bounds is None and "str" not in item.type]
    assert [name for name in free if "threshold" not in name] == []


def _inside(setting: Setting) -> Iterator[float]:
    """The ends that are accepted, or what lies just inside them."""
    bounds = setting.bounds
    assert bounds is not None
    whole = "float" not in setting.type
    if bounds.with_low:
        yield bounds.low
    elif setting.name not in FRACTIONS:
        yield bounds.low + 1 if whole else math.nextafter(bounds.low, math.inf)
    if bounds.with_high:
        yield bounds.high
    elif not math.isinf(bounds.high) and setting.name not in FRACTIONS:
        yield bounds.high - 1 if whole else math.nextafter(bounds.high, -math.inf)


def _outside(setting: Setting) -> Iterator[float]:
    bounds = setting.bounds
    assert bounds is not None
    whole = "float" not in setting.type
    below = bounds.low - 1 if whole else math.nextafter(bounds.low, -math.inf)
    yield below if bounds.with_low else bounds.low
    if not math.isinf(bounds.high):
        above = bounds.high + 1 if whole else math.nextafter(bounds.high, math.inf)
        yield above if bounds.with_high else bounds.high
    if not whole:
        yield math.nan


def _make(step: str, name: str, value: float) -> Any:
    """The step's config with one setting; the other end of a range is the same value."""
    setting = next(item for of, item in ALL if of == step and item.name == name)
    number: Any = value if "float" in setting.type else int(value)
    if setting.type.startswith("list of"):
        number = [number]
    elif setting.type.startswith("mapping of"):
        number = {"column": number}
    *path, last = [part if part != "*" else "column" for part in name.split(".")]
    values: dict[str, Any] = {last: number}
    if last in ("low", "high"):
        values = {"low": number, "high": number}
    for part in reversed(path):
        values = {part: values}
    required = {item.name: _example(item) for of, item in ALL if of == step and item.required and "." not in item.name}
    config = parse(config_class(step), {**required, **values})
    assert to_plain(config)
    return config


def _example(setting: Setting) -> str | float:
    """A value for a setting without a default: a text, or a number that is accepted."""
    return next(iter(_inside(setting))) if setting.bounds else f"the {setting.name}"
