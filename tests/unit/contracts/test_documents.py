"""Frozen dataclasses from and to plain values."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

import pytest

from slipway.contracts.documents import check, parse, read_document, to_plain, write_document
from slipway.contracts.errors import InputError


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    size: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Outer:
    name: str
    ratio: float = 0.5
    flag: bool = False
    colour: Colour = Colour.RED
    mode: Literal["a", "b"] = "a"
    maybe: int | None = None
    names: tuple[str, ...] = ()
    inner: Inner = Inner()
    table: dict[str, Inner] = field(default_factory=dict)


def test_every_kind_of_field_comes_back_from_its_document(tmp_path):
    value = Outer(
        name="x",
        ratio=1.0,
        flag=True,
        colour=Colour.BLUE,
        mode="b",
        maybe=3,
        names=("p", "q"),
        inner=Inner(size=2),
        table={"k": Inner(size=5)},
    )
    write_document(value, tmp_path / "value.json")
    assert read_document(Outer, tmp_path / "value.json") == value


def test_an_integral_float_is_an_int_since_kubeflow_sends_numbers_in_a_dict_as_floats():
    parsed = parse(Inner, {"size": 4.0})
    assert parsed == Inner(size=4)
    assert type(parsed.size) is int


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "Outer needs name"),
        ({"name": 3}, "Outer.name should be str, got 3"),
        ({"name": "x", "ratoi": 1}, "Outer has no 'ratoi'; did you mean 'ratio'?"),
        ({"name": "x", "inner": {"size": 1.5}}, r"Outer.inner.size should be int, got 1.5"),
        ({"name": "x", "flag": 1}, "Outer.flag should be bool, got 1"),
        ({"name": "x", "maybe": True}, "Outer.maybe should be int, got True"),
        ({"name": "x", "colour": "green"}, "Outer.colour should be one of red, blue, got 'green'"),
        ({"name": "x", "mode": "c"}, "Outer.mode should be one of 'a', 'b', got 'c'"),
        ({"name": "x", "names": "pq"}, "Outer.names should be a list, got 'pq'"),
        ({"name": "x", "table": {"k": 1}}, "Outer.table.k should be a mapping, got 1"),
    ],
)
def test_what_does_not_fit_is_named_with_its_value_and_what_would_be_right(values, message):
    with pytest.raises(InputError, match=message.replace("?", r"\?")):
        parse(Outer, values)


def test_a_typed_argument_cannot_be_given_in_the_mapping_too():
    with pytest.raises(InputError, match="name: an argument of its own, not a key of Outer"):
        parse(Outer, {"name": "x"}, name="y")


def test_checking_some_settings_does_not_need_the_others():
    check(Outer, {"ratio": 0.1}, "step")
    with pytest.raises(InputError, match=r"step.ratio should be float, got 'high'"):
        check(Outer, {"ratio": "high"}, "step")


def test_what_json_cannot_hold_becomes_null():
    assert to_plain({"a": float("nan"), "b": (1, float("inf"))}) == {"a": None, "b": [1, None]}


def test_a_missing_or_damaged_document_is_the_callers_fault(tmp_path):
    with pytest.raises(InputError, match="is missing; it should hold a Inner"):
        read_document(Inner, tmp_path / "none.json")
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(InputError, match="is not JSON"):
        read_document(Inner, tmp_path / "bad.json")
