"""What a message about an unknown name ends with."""

import pytest

from slipway.contracts.hints import closest_hint, closest_name


@pytest.mark.parametrize(
    ("name", "names", "hint"),
    [
        ("incom", ["age", "income"], "; did you mean 'income'?"),
        ("INCOME", ["age", "Income"], "; did you mean 'Income'?"),
        ("xyz", ["age", "income"], "; there are age, income"),
        ("xyz", [], "; there is none"),
        ("xyz", [f"c{n}" for n in range(31)], "; there are " + ", ".join(f"c{n}" for n in range(30)) + " and 1 more"),
    ],
)
def test_the_closest_name_is_proposed_and_otherwise_they_are_listed(name, names, hint):
    assert closest_hint(name, names) == hint


def test_no_name_is_close_to_one_that_is_unlike_all():
    assert closest_name("zzz", ["a", "b"]) is None
