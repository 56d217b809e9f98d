"""What a column is good for, by its profile; asked by validate for tags and by transform where no tag decides."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from slipway.contracts.errors import InputError
from slipway.contracts.examples import ColumnKind
from slipway.features.kinds import (
    KindSettings,
    infer_feature_kind,
    infer_kind,
    infer_label_kind,
    profile_column,
    state_kind,
)
from slipway.features.values import canonical

ROWS = 400
RANDOM = np.random.default_rng(1)
SENTENCES = [f"the customer called {index} times today" for index in range(ROWS)]
COLUMNS = {
    "number": (RANDOM.normal(size=ROWS), ColumnKind.NUMERIC),
    "cents": (RANDOM.integers(0, 10**9, ROWS), ColumnKind.NUMERIC),
    "children": (RANDOM.integers(0, 6, ROWS), ColumnKind.NUMERIC),
    "bit": (RANDOM.integers(0, 2, ROWS), ColumnKind.CATEGORICAL),
    "bit in few rows": ([0, 1], ColumnKind.NUMERIC),
    "boolean": ([True, False] * 200, ColumnKind.CATEGORICAL),
    "city": (RANDOM.choice(["a", "b", "c"], ROWS), ColumnKind.CATEGORICAL),
    "zip": ([f"{index % 300:05d}" for index in range(ROWS)], ColumnKind.CATEGORICAL),
    "counter": (RANDOM.permutation(ROWS) + 5_000, ColumnKind.IDENTIFIER),
    "hash": (2**60 + RANDOM.permutation(ROWS) * 2**40, ColumnKind.IDENTIFIER),
    "name": ([f"row-{index}" for index in range(ROWS)], ColumnKind.IDENTIFIER),
    "prose": (SENTENCES, ColumnKind.FREE_TEXT),
    "bytes": (pa.array([bytes([index % 250]) for index in range(ROWS)]), ColumnKind.FREE_TEXT),
    "same": (["x"] * ROWS, ColumnKind.CONSTANT),
    "same date": (pa.array([5] * ROWS, pa.date32()), ColumnKind.CONSTANT),
    "nothing": (pa.array([None] * ROWS, pa.string()), ColumnKind.CONSTANT),
    "sometimes": ([None if index % 3 else "x" for index in range(ROWS)], ColumnKind.CATEGORICAL),
    "moment": (pa.array(range(ROWS), pa.timestamp("s")), ColumnKind.TIMESTAMP),
    "day": (pa.array(range(ROWS), pa.date32()), ColumnKind.TIMESTAMP),
    "time of day": (pa.array(RANDOM.integers(0, 86_400, ROWS).tolist(), pa.time32("s")), ColumnKind.NUMERIC),
    "code": (pa.array(["a", "b"] * 200).dictionary_encode(), ColumnKind.CATEGORICAL),
}


def profiled(values: Any) -> Any:
    column = values if isinstance(values, pa.Array) else pa.array(values)
    return profile_column(canonical(column), str(column.type))


@pytest.mark.parametrize("name", COLUMNS)
def test_the_kind_follows_from_type_and_values(name: str):
    values, expected = COLUMNS[name]
    assert infer_kind(profiled(values), len(values), KindSettings()).kind is expected


def test_codes_are_categories_when_the_settings_say_how_many():
    settings = KindSettings(max_integer_categories=6)
    assert infer_kind(profiled(COLUMNS["children"][0]), ROWS, settings).kind is ColumnKind.CATEGORICAL


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("counter", ColumnKind.NUMERIC),
        ("name", ColumnKind.CATEGORICAL),
        ("prose", ColumnKind.CATEGORICAL),
        ("same", ColumnKind.CATEGORICAL),
        ("day", ColumnKind.TIMESTAMP),
    ],
)
def test_what_must_be_a_feature_is_one_whatever_its_values(name: str, kind: ColumnKind):
    assert infer_feature_kind(profiled(COLUMNS[name][0]), KindSettings()).kind is kind


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["no", "yes"] * 200, ColumnKind.CATEGORICAL),
        ([True, False], ColumnKind.CATEGORICAL),
        ([0, 1] * 200, ColumnKind.CATEGORICAL),
        ([0.0, 1.0, None], ColumnKind.CATEGORICAL),
        (list(range(20)), ColumnKind.CATEGORICAL),
        (list(range(21)), ColumnKind.NUMERIC),
        ([float(value) for value in range(21)], ColumnKind.NUMERIC),
        ([0.5, 1.0], ColumnKind.NUMERIC),
    ],
)
def test_a_label_is_classes_or_a_quantity(values: list[Any], expected: ColumnKind):
    assert infer_label_kind(profiled(values)).kind is expected


def test_the_reason_is_told():
    assert infer_kind(profiled(SENTENCES), ROWS, KindSettings()).why == "text, 6.0 words on average"
    assert infer_label_kind(profiled([0, 1])).why == "classes: whole numbers with 2 values"


def test_text_cannot_be_stated_to_be_a_number_but_booleans_can():
    with pytest.raises(InputError, match="'city' holds text; it cannot be numeric, as configured"):
        state_kind("city", ColumnKind.NUMERIC, pa.array(["a"]), "configured")
    assert state_kind("bit", ColumnKind.NUMERIC, pa.array(["true", None]), "configured").kind is ColumnKind.NUMERIC


def test_bytes_can_be_stated_to_be_no_feature_alone():
    with pytest.raises(InputError, match="'raw' holds bytes"):
        state_kind("raw", ColumnKind.CATEGORICAL, pa.array([b"a"]), "configured")
