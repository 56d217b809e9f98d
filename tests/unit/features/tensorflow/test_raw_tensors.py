"""Table columns as serving tensors, and labels as class ids. What a value means is told in ``test_raw_values``."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from slipway.contracts.errors import DataError
from slipway.contracts.examples import MISSING_TIMESTAMP, FeatureKind, Label, Problem, RawFeature
from slipway.features.labels import label_ids
from slipway.features.tensors import raw_tensors

NUMERIC, CATEGORICAL, TIMESTAMP = FeatureKind.NUMERIC, FeatureKind.CATEGORICAL, FeatureKind.TIMESTAMP
HALF_A_SECOND_BEFORE_1970 = dt.datetime(1969, 12, 31, 23, 59, 59, 500_000)


def read(values: pa.Array, kind: FeatureKind) -> np.ndarray:
    return np.asarray(raw_tensors(pa.table({"x": values}), [RawFeature(name="x", kind=kind)])["x"])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pa.array([1, None, 3]), [1, np.nan, 3]),
        (pa.array([1.5, None, np.nan]), [1.5, np.nan, np.nan]),
        (pa.array([True, None, False]), [1, np.nan, 0]),
        (pa.array([1, None]).cast(pa.decimal128(25, 2)), [1, np.nan]),
        (pa.array(["2.5", None]), [2.5, np.nan]),
        (pa.nulls(2), [np.nan, np.nan]),
        (pa.array([2**24 + 1]), [2**24]),
    ],
)
def test_numbers_become_float32_with_nan_for_missing(values: pa.Array, expected: list[float]):
    result = read(values, NUMERIC)
    assert result.dtype == np.float32
    np.testing.assert_array_equal(result, np.array(expected, np.float32))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pa.array(["x", None, ""]), [b"x", b"", b""]),
        (pa.array([1, None, -3]), [b"1", b"", b"-3"]),
        (pa.array([1.0, 2.5, 12_345_678_901.0, np.nan]), [b"1", b"2.5", b"12345678901", b""]),
        (pa.array([True, None, False]), [b"true", b"", b"false"]),
        (pa.array(["b", None, "a"]).dictionary_encode(), [b"b", b"", b"a"]),
        (pa.array([dt.date(2024, 2, 29), None]), [b"2024-02-29", b""]),
        (pa.array(["ü"]), ["ü".encode()]),
        (pa.nulls(1), [b""]),
    ],
)
def test_categories_are_spelled_one_way_with_empty_for_missing(values: pa.Array, expected: list[bytes]):
    assert read(values, CATEGORICAL).tolist() == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pa.array([HALF_A_SECOND_BEFORE_1970, None], pa.timestamp("us")), [-1, MISSING_TIMESTAMP]),
        (pa.array([1_500, 2_999], pa.timestamp("ms", tz="Europe/Berlin")), [1, 2]),
        (pa.array([dt.date(1970, 1, 2), None, dt.date(1969, 12, 31)]), [86_400, MISSING_TIMESTAMP, -86_400]),
        (pa.array([7, None]), [7, MISSING_TIMESTAMP]),
        (pa.array(["2020-01-01 00:00:00", None]), [1_577_836_800, MISSING_TIMESTAMP]),
        (pa.array(["2020-01-01T00:00:00Z", "2020-01-01T01:00:00+01:00"]), [1_577_836_800, 1_577_836_800]),
    ],
)
def test_timestamps_become_whole_seconds_rounded_down(values: pa.Array, expected: list[int]):
    result = read(values, TIMESTAMP)
    assert result.dtype == np.int64
    assert result.tolist() == expected


def test_chunks_with_different_dictionaries_are_one_column():
    column = pa.chunked_array([pa.array(["a", None]).dictionary_encode(), pa.array(["b", "a"]).dictionary_encode()])
    assert read(column, CATEGORICAL).tolist() == [b"a", b"", b"b", b"a"]


def test_an_empty_table_gives_empty_tensors():
    for kind in FeatureKind:
        assert read(pa.array([], pa.string()), kind).shape == (0,)


def test_text_that_is_no_number_is_the_datas_fault():
    with pytest.raises(DataError, match="column 'x' of type string cannot be read as numeric"):
        read(pa.array(["many"]), NUMERIC)


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(DataError, match="there is no column 'y'; there are x"):
        raw_tensors(pa.table({"x": [1]}), [RawFeature(name="y", kind=NUMERIC)])


def test_labels_become_ids_in_the_order_of_the_classes_and_unknown_ones_minus_one():
    label = Label(name="y", problem=Problem.BINARY, classes=("no", "yes"))
    ids = label_ids(pa.chunked_array([["yes", "no", None], ["", "perhaps", "yes"]]), label)
    assert ids.dtype == np.int32
    assert ids.tolist() == [1, 0, -1, -1, -1, 1]


def test_integer_and_boolean_labels_are_spelled_like_categories():
    label = Label(name="y", problem=Problem.MULTICLASS, classes=("2", "10", "true"))
    assert label_ids(pa.chunked_array([pa.array([10, 2, None])]), label).tolist() == [1, 0, -1]
    assert label_ids(pa.chunked_array([pa.array([True, False])]), label).tolist() == [2, -1]


def test_regression_labels_keep_their_unit():
    values = label_ids(pa.chunked_array([pa.array([1, None, 3])]), Label(name="y", problem=Problem.REGRESSION))
    np.testing.assert_array_equal(values, np.array([1, np.nan, 3], np.float32))


def test_a_regression_label_that_is_no_number_is_the_datas_fault():
    with pytest.raises(DataError, match="label 'y' of type string cannot be read as a number"):
        label_ids(pa.chunked_array([["a"]]), Label(name="y", problem=Problem.REGRESSION))
