"""How values are written for people."""

import pytest

from slipway.reporting.values import display, is_number, printable


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (float("nan"), "–"),
        (float("inf"), "∞"),
        (float("-inf"), "−∞"),
        (True, "yes"),
        (False, "no"),
        (0, "0"),
        (1234567, "1,234,567"),
        (-5, "−5"),
        (0.0, "0"),
        (0.85321, "0.8532"),
        (-0.5, "−0.5"),
        (1234.5, "1,234"),
        (123456.7, "123,457"),
        (0.00001234, "1.23e−05"),
        (3e15, "3e+15"),
        ("a b", "a b"),
        ("a\x00b", "a\ufffdb"),
    ],
)
def test_values_are_short_and_plain(value: object, text: str) -> None:
    assert display(value) == text


def test_a_bool_is_no_number() -> None:
    assert [is_number(value) for value in (1, 1.5, True, "1", None)] == [True, True, False, False, False]


def test_numbers_of_numpy_count_as_numbers() -> None:
    numpy = pytest.importorskip("numpy", reason="this role has no numpy")
    assert is_number(numpy.float32(0.5))
    assert display(numpy.int64(1234)) == "1,234"
    assert display(numpy.float32(0.5)) == "0.5"


def test_line_ends_and_tabs_stay() -> None:
    assert printable("a\n\tb") == "a\n\tb"
