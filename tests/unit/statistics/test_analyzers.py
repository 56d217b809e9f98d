"""What transform is fitted from: counted in any order and any partition, exact up to a capacity, bounded beyond it."""

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipway.contracts.errors import DataError, InputError
from slipway.statistics.category_counts import CategoryCounts
from slipway.statistics.time_sums import TimeSums
from slipway.statistics.value_counts import ValueCounts

FLOATS = st.one_of(st.none(), st.floats(width=32), st.sampled_from([0.0, -0.0, 1.0, 2.5, float("inf"), 1e300, 0.1]))
TEXTS = st.one_of(st.none(), st.text(max_size=2), st.sampled_from(["a", "b", "c", ""]))
TIMES = st.one_of(st.none(), st.integers(-(2**62), 2**62), st.integers(0, 2 * 10**9))
CASES: dict[str, tuple[Any, Any, Any]] = {
    "values": (ValueCounts("x"), FLOATS, pa.float64()),
    "few values": (ValueCounts("x", capacity=5), FLOATS, pa.float64()),
    "categories": (CategoryCounts("x"), TEXTS, pa.string()),
    "times": (TimeSums("x"), TIMES, pa.int64()),
}


def table(values: list[Any], kind: Any) -> pa.Table:
    return pa.table({"x": pa.array(values, kind)})


def folded(accumulator: Any, batches: list[list[Any]], kind: Any) -> Any:
    state = accumulator.create()
    for batch in batches:
        state = accumulator.add(state, table(batch, kind))
    return state


@pytest.mark.parametrize("name", CASES)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_order_and_partition_change_nothing(name: str, data: st.DataObject):
    accumulator, values, kind = CASES[name]
    rows = data.draw(st.lists(values, max_size=60))
    expected = accumulator.serialize(folded(accumulator, [rows], kind))
    shuffled = data.draw(st.permutations(rows))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=4)))
    batches = [shuffled[start:end] for start, end in zip([0, *cuts], [*cuts, len(rows)], strict=True)]
    assert accumulator.serialize(folded(accumulator, batches, kind)) == expected
    parts = [folded(accumulator, [batch], kind) for batch in batches]
    assert accumulator.serialize(accumulator.merge(parts)) == expected


@pytest.mark.parametrize("name", CASES)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_no_data_is_neutral_and_a_state_goes_through_bytes(name: str, data: st.DataObject):
    accumulator, values, kind = CASES[name]
    rows = data.draw(st.lists(values, max_size=20))
    content = accumulator.serialize(folded(accumulator, [rows], kind))
    again = accumulator.merge([accumulator.create(), accumulator.deserialize(content), accumulator.create()])
    assert accumulator.serialize(again) == content


@pytest.mark.parametrize("name", CASES)
def test_foreign_bytes_are_refused(name: str):
    accumulator, _, kind = CASES[name]
    content = accumulator.serialize(folded(accumulator, [[]], kind))
    for foreign in (b"", b"nothing of the kind", content[:-1] if name != "times" else b"[1]", b"\x00" * 200):
        with pytest.raises(InputError):
            accumulator.deserialize(foreign)


@settings(max_examples=60, deadline=None)
@given(st.lists(FLOATS, max_size=80))
def test_counted_values_are_those_of_numpy(rows: list[float | None]):
    accumulator = ValueCounts("x")
    counted = accumulator.extract(folded(accumulator, [rows], pa.float64()))
    with np.errstate(over="ignore"):
        values = np.array([np.nan if row is None else row for row in rows], np.float64).astype(np.float32)
    distinct, counts = np.unique(values[np.isfinite(values)], return_counts=True)
    assert counted.values.tolist() == distinct.astype(np.float64).tolist()
    assert counted.counts.tolist() == counts.tolist()
    assert (counted.rows, counted.infinite, counted.dropped_bits) == (len(rows), int(np.isinf(values).sum()), 0)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=200))
def test_beyond_the_capacity_values_are_cut_by_no_more_than_is_told(rows: list[float]):
    accumulator = ValueCounts("x", capacity=8)
    counted = accumulator.extract(folded(accumulator, [rows], pa.float64()))
    assert len(counted.values) <= 8
    assert counted.present == len(rows)
    cut, exact = np.repeat(counted.values, counted.counts), np.sort(np.array(rows, np.float64))
    assert (counted.values[0], counted.values[-1]) == (exact[0], exact[-1])
    # What is subnormal has fewer bits: there the bound is one of distance.
    bound = 2.0 ** (counted.dropped_bits - 23) * np.abs(exact) + 2.0 ** (counted.dropped_bits - 149)
    inner = slice(counted.counts[0], len(exact) - counted.counts[-1])
    assert (np.abs(cut - exact)[inner] <= bound[inner]).all()
    assert (np.abs(cut) <= np.abs(exact))[inner].all()


def test_round_values_are_kept_beyond_the_capacity():
    """WHY: a bucket's limit is a value that stands in many rows; cut to another one it would fall to the wrong side."""
    random = np.random.default_rng(0)
    rows = [*random.uniform(1, 1000, 5_000).tolist(), *[0.0] * 300, *[250.0] * 300, *[-4.0] * 300]
    accumulator = ValueCounts("x", capacity=512)
    counted = accumulator.extract(folded(accumulator, [rows], pa.float64()))
    assert counted.dropped_bits > 0
    found = dict(zip(counted.values.tolist(), counted.counts.tolist(), strict=True))
    assert min(found[0.0], found[250.0], found[-4.0]) >= 300


def test_digits_that_float32_cannot_hold_are_measured():
    accumulator = ValueCounts("x")
    offset = 1.7e12
    counted = accumulator.extract(folded(accumulator, [[offset + 1, offset + 60_000]], pa.float64()))
    values = np.array([offset + 1, offset + 60_000])
    assert counted.rounding == np.abs(values - values.astype(np.float32)).max()
    assert accumulator.extract(folded(accumulator, [[1.5, 2.0]], pa.float64())).rounding == 0


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS, max_size=80))
def test_counted_categories_are_those_of_plain_counting(rows: list[str | None]):
    accumulator = CategoryCounts("x")
    counted = accumulator.extract(folded(accumulator, [rows], pa.string()))
    counts = Counter(row for row in rows if row)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    assert list(zip(counted.names.to_pylist(), counted.counts.tolist(), strict=True)) == ordered
    assert (counted.rows, counted.present, counted.distinct) == (len(rows), sum(counts.values()), len(counts))
    assert counted.most_undercounted == 0


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.sampled_from("aaaabbbcdefghij"), max_size=20), max_size=6))
def test_beyond_the_capacity_counts_are_too_low_by_no_more_than_is_told(batches: list[list[str]]):
    accumulator = CategoryCounts("x", capacity=3)
    parts = [folded(accumulator, [batch], pa.string()) for batch in batches]
    counted = accumulator.extract(accumulator.merge(parts))
    exact = Counter(row for batch in batches for row in batch)
    found = dict(zip(counted.names.to_pylist(), counted.counts.tolist(), strict=True))
    assert len(found) <= 3
    assert counted.present == exact.total()
    assert counted.most_undercounted <= exact.total() / 4
    for name, count in exact.items():
        assert count - counted.most_undercounted <= found.get(name, 0) <= count
    assert counted.distinct <= len(exact)


def test_categories_are_counted_by_what_they_mean():
    accumulator = CategoryCounts("x")
    state = accumulator.add(accumulator.create(), pa.table({"x": pa.array([1.0, None, 2.0])}))
    state = accumulator.add(state, pa.table({"x": pa.array(["1", "", "3"]).dictionary_encode()}))
    counted = accumulator.extract(state)
    assert dict(zip(counted.names.to_pylist(), counted.counts.tolist(), strict=True)) == {"1": 2, "2": 1, "3": 1}


@settings(max_examples=60, deadline=None)
@given(st.lists(TIMES, max_size=40))
def test_summed_times_are_exact(rows: list[int | None]):
    accumulator = TimeSums("x")
    counted = accumulator.extract(folded(accumulator, [rows[:10], rows[10:]], pa.int64()))
    present = [row for row in rows if row is not None]
    assert (counted.rows, counted.present) == (len(rows), len(present))
    assert (counted.total, counted.total_squares) == (sum(present), sum(row**2 for row in present))
    if present:
        assert (counted.low, counted.high) == (min(present), max(present))
    assert all(counts.sum() == len(present) for counts in counted.parts.values())


@pytest.mark.parametrize("accumulator", [ValueCounts("x"), TimeSums("x"), CategoryCounts("x")], ids=str)
def test_what_cannot_be_read_names_the_column(accumulator: Any):
    column = pa.array([["many"]]) if isinstance(accumulator, CategoryCounts) else pa.array(["many"])
    with pytest.raises(DataError, match="column 'x' of type .* cannot be read as"):
        accumulator.add(accumulator.create(), pa.table({"x": column}))
