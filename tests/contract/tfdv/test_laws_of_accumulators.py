"""Validate's accumulators keep the laws; transform's and those of metrics are tried beside their own tests."""

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import strategies as st

from slipway.statistics.bucket_counts import BucketCounts
from slipway.statistics.category_counts import CategoryCounts
from slipway.statistics.column_batches import Column
from slipway.statistics.extremes import Extremes
from slipway.statistics.moments import Moments
from slipway.statistics.text_sizes import TextSizes
from slipway.statistics.value_counts import ValueCounts
from slipway.testing.accumulators import check_foreign_bytes_are_refused, check_merge_laws

NUMBERS = st.floats(-1e6, 1e6)
ANY_NUMBER = st.floats(allow_nan=False)


def numbers(rows: Any) -> np.ndarray:
    return np.array(rows, np.float64)


def table(kind: pa.DataType) -> Any:
    return lambda rows: pa.table({"x": pa.array(rows, kind)})


def close(first: Any, second: Any) -> bool:
    """Equal counts, and moments within rounding."""
    return first.count == second.count and all(
        math.isclose(getattr(first, name), getattr(second, name), rel_tol=1e-9, abs_tol=1e-6)
        for name in ("mean", "variance")
    )


def same_counts(first: Any, second: Any) -> bool:
    names = ("values", "names", "counts", "rows", "present")
    return all(
        np.array_equal(np.asarray(getattr(first, name)), np.asarray(getattr(second, name)))
        for name in names
        if hasattr(first, name)
    )


CASES: dict[str, tuple[Any, Any, Any, Any]] = {
    "extremes": (Extremes(), ANY_NUMBER, numbers, lambda first, second: first == second),
    "moments": (Moments(), NUMBERS, numbers, close),
    "bucket counts": (BucketCounts(edges=(-1.0, 0.0, 10.0)), NUMBERS, numbers, np.array_equal),
    "text sizes": (
        TextSizes(),
        st.one_of(st.none(), st.binary(min_size=1, max_size=4)),
        lambda rows: Column(pa.array(rows, pa.binary())),
        lambda first, second: first == second,
    ),
    "values": (ValueCounts("x"), st.one_of(st.none(), st.floats(width=32)), table(pa.float64()), same_counts),
    "categories": (CategoryCounts("x"), st.one_of(st.none(), st.text(max_size=2)), table(pa.string()), same_counts),
}


@pytest.mark.parametrize("name", CASES)
def test_order_and_partition_change_nothing(name: str):
    accumulator, rows, batch_of, equal = CASES[name]
    check_merge_laws(accumulator, rows, batch_of, equal=equal)


@pytest.mark.parametrize("name", CASES)
def test_bytes_of_something_else_are_refused(name: str):
    check_foreign_bytes_are_refused(CASES[name][0])


class _Forgetful(Extremes):
    """Merges to the last state alone."""

    def merge(self, states: Any) -> Any:
        return list(states)[-1]


def test_an_accumulator_that_breaks_a_law_is_found():
    with pytest.raises(AssertionError, match="merged"):
        check_merge_laws(_Forgetful(), ANY_NUMBER, numbers)
