"""Every accumulator of validate: any partition and order of the data gives what one pass gives, and states travel."""

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipway.contracts.errors import InputError
from slipway.statistics.bucket_counts import BucketCounts
from slipway.statistics.column_batches import Column, ColumnBatch
from slipway.statistics.column_statistics import ColumnStatistics
from slipway.statistics.distinct_counts import DistinctCount
from slipway.statistics.extremes import Extremes
from slipway.statistics.frequent_values import FrequentValues, ValueWeights
from slipway.statistics.moments import Moments
from slipway.statistics.quantiles import Quantiles
from slipway.statistics.shared_rows import HashedRows, RowLookup, RowSample
from slipway.statistics.text_sizes import TextSizes

FLOATS = st.floats(-1e6, 1e6) | st.sampled_from([0.0, -0.0, math.inf, -math.inf])
WORDS = st.text(max_size=12)
COLUMN = frozenset("x")


def numbers(values):
    return np.array(values, np.float64)


def texts(values):
    return pa.array(values, pa.string())


def text_column(values):
    return Column(texts(values))


def weights(values):
    encoded = texts(values).cast(pa.binary()).dictionary_encode()
    return ValueWeights(encoded.dictionary, np.bincount(encoded.indices, minlength=len(encoded.dictionary)))


def number_batch(values):
    return ColumnBatch("x", [pa.array(values, pa.float64())])


def text_batch(values):
    return ColumnBatch("x", [texts(values)])


def plain(result):
    """A result as something that equality compares whole."""
    if isinstance(result, np.ndarray):
        return result.tolist()
    if hasattr(result, "message"):
        parts = (result.buckets, result.previous_buckets)
        # As text, in which a mean that is no number equals itself.
        return str(result.message).replace("-nan", "nan"), *(part is not None and part.tolist() for part in parts)
    if hasattr(result, "__dataclass_fields__"):
        return tuple(plain(getattr(result, name)) for name in result.__dataclass_fields__)
    return "nan" if isinstance(result, float) and math.isnan(result) else result


HASHES = np.sort(np.random.default_rng(0).integers(0, 2**64, 50, dtype=np.uint64))
EXACT = {
    "extremes": (Extremes(), numbers, FLOATS),
    "bucket counts": (BucketCounts((-1.0, 0.0, 2.5)), numbers, FLOATS),
    "quantiles": (Quantiles(error=0.01, buckets=100), numbers, FLOATS),
    "distinct count": (DistinctCount(1000), texts, WORDS),
    "frequent values": (FrequentValues(1000), weights, WORDS),
    "text sizes": (TextSizes(), text_column, WORDS | st.none()),
    "rows": (RowSample(COLUMN), text_batch, WORDS | st.none()),
    "few rows": (RowSample(COLUMN, 3), text_batch, WORDS | st.none()),
    "row lookup": (RowLookup.of(COLUMN, [HashedRows(HASHES, np.ones(50))]), text_batch, WORDS),
    "text column": (ColumnStatistics(column="x"), text_batch, WORDS | st.none()),
}
"""Those whose results are equal to the bit, in their exact range."""
ACCUMULATORS = {
    **EXACT,
    "moments": (Moments(), numbers, FLOATS),
    "number column": (
        ColumnStatistics(column="x", edges=(0.0, 1.0), previous_edges=(5.0,)),
        number_batch,
        FLOATS | st.none(),
    ),
}


@st.composite
def partitions(draw, values):
    """Data, and the same data in another order and in parts, some of them empty."""
    items = draw(st.lists(values, max_size=60))
    shuffled = draw(st.permutations(items))
    cuts = sorted(draw(st.lists(st.integers(0, len(items)), max_size=4)))
    return items, [shuffled[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(items)], strict=True)]


def state_of(accumulator, batch, parts):
    state = accumulator.create()
    for part in parts:
        state = accumulator.add(state, batch(part))
    return state


@pytest.mark.parametrize("name", EXACT)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_partition_and_order_gives_the_same_result(name, data):
    accumulator, batch, values = EXACT[name]
    items, parts = data.draw(partitions(values))
    whole = plain(accumulator.extract(state_of(accumulator, batch, [items])))
    merged = accumulator.merge([state_of(accumulator, batch, [part]) for part in parts])
    assert plain(accumulator.extract(merged)) == whole
    assert plain(accumulator.extract(state_of(accumulator, batch, parts))) == whole


@pytest.mark.parametrize("name", ACCUMULATORS)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_the_empty_state_changes_nothing_and_a_state_survives_as_bytes(name, data):
    accumulator, batch, values = ACCUMULATORS[name]
    items = data.draw(st.lists(values, max_size=40))
    expected = plain(accumulator.extract(state_of(accumulator, batch, [items])))
    for neutral in (
        [accumulator.create(), state_of(accumulator, batch, [items])],
        [state_of(accumulator, batch, [items]), accumulator.create()],
    ):
        assert plain(accumulator.extract(accumulator.merge(neutral))) == expected
    content = accumulator.serialize(state_of(accumulator, batch, [items]))
    assert content == accumulator.serialize(state_of(accumulator, batch, [items]))
    assert plain(accumulator.extract(accumulator.deserialize(content))) == expected
    # It is a state like any other: more can be added to it, and asking twice gives the same.
    again = accumulator.add(accumulator.deserialize(content), batch(items))
    assert plain(accumulator.extract(again)) == plain(accumulator.extract(again))


@settings(max_examples=60, deadline=None)
@given(data=partitions(st.floats(-1e6, 1e6)))
def test_moments_are_equal_within_rounding_and_those_of_the_definition(data):
    items, parts = data
    moments = Moments()
    found = moments.extract(moments.merge([state_of(moments, numbers, [part]) for part in parts]))
    assert found.count == len(items)
    if items:
        scale = max(abs(value) for value in items)
        assert found.mean == pytest.approx(np.mean(items), rel=1e-9, abs=1e-9 * scale)
        assert found.variance == pytest.approx(np.var(items), rel=1e-9, abs=1e-9 * scale**2)


@settings(max_examples=40, deadline=None)
@given(data=partitions(st.floats(-1e3, 1e3) | st.none()))
def test_a_column_of_numbers_is_the_same_within_rounding(data):
    items, parts = data
    accumulator = ACCUMULATORS["number column"][0]
    whole = accumulator.extract(state_of(accumulator, number_batch, [items]))
    found = accumulator.extract(accumulator.merge([state_of(accumulator, number_batch, [part]) for part in parts]))
    # Sums of floating-point numbers depend on their order; everything else is equal to the bit.
    for name in ("mean", "std_dev"):
        expected = getattr(whole.message.num_stats, name)
        assert getattr(found.message.num_stats, name) == pytest.approx(expected, rel=1e-9, abs=1e-6)
        for result in (whole, found):
            result.message.num_stats.ClearField(name)
    assert plain(found) == plain(whole)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32), parts=st.integers(1, 9))
def test_beyond_its_exact_range_a_quantile_is_off_by_the_stated_share_of_ranks(seed, parts):
    random = np.random.default_rng(seed)
    values = random.lognormal(0, 3, 30_000)
    accumulator = Quantiles(error=0.01, buckets=100)
    states = [state_of(accumulator, numbers, [part]) for part in np.array_split(values, parts)]
    found = accumulator.extract(accumulator.merge(states)).quantiles
    ranks = np.searchsorted(np.sort(values), found) / len(values)
    assert np.abs(ranks - np.linspace(0, 1, 101)).max() <= 0.01


@settings(max_examples=30, deadline=None)
@given(items=st.lists(st.sampled_from("abcdefghijklmnop"), max_size=200), parts=st.integers(1, 5), order=st.randoms())
def test_beyond_its_capacity_a_count_is_an_upper_bound_and_what_is_frequent_is_never_missed(items, parts, order):
    capacity = 5
    accumulator = FrequentValues(capacity)
    states = [state_of(accumulator, weights, [list(part)]) for part in np.array_split(items, parts)]
    order.shuffle(states)
    found = {value.decode(): count for count, value in accumulator.extract(accumulator.merge(states))}
    assert len(found) <= capacity
    for value in set(items):
        if items.count(value) > len(items) / capacity:
            assert value in found
    for value, count in found.items():
        assert items.count(value) <= count <= items.count(value) + len(items) / capacity


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32), parts=st.integers(1, 7))
def test_beyond_its_capacity_a_distinct_count_is_close_and_does_not_depend_on_the_parts(seed, parts):
    random = np.random.default_rng(seed)
    words = texts([f"w{value}" for value in random.permutation(20_000)])
    accumulator = DistinctCount(4096)
    chunks = [words.take(pa.array(part)) for part in np.array_split(np.arange(20_000), parts)]
    merged = accumulator.merge([accumulator.add(accumulator.create(), chunk) for chunk in chunks])
    whole = accumulator.add(accumulator.create(), words)
    assert accumulator.extract(merged) == accumulator.extract(whole)
    # Five standard errors.
    assert accumulator.extract(whole) == pytest.approx(20_000, rel=5 / math.sqrt(4096))


@pytest.mark.parametrize("name", ACCUMULATORS)
def test_bytes_of_something_else_are_refused(name):
    accumulator, *_ = ACCUMULATORS[name]
    content = accumulator.serialize(accumulator.create())
    for wrong in (b"", b"xx", content[:-1] if len(content) > 200 else content[:3], b"\xff" * 40):
        with pytest.raises(InputError):
            accumulator.deserialize(wrong)
    with pytest.raises(InputError, match="should be one of"):
        accumulator.deserialize(BucketCounts((1.0,)).serialize(BucketCounts((1.0,)).create()))


def test_equal_accumulators_compute_the_same_and_unequal_ones_do_not():
    assert ColumnStatistics(column="x", edges=(1.0,)) == ColumnStatistics(column="x", edges=(1.0,))
    assert len({Quantiles(0.01, 10), Quantiles(0.01, 10), Quantiles(0.02, 10)}) == 2
    assert RowSample(frozenset("ab")) == RowSample(frozenset("ba"))


def test_values_that_come_most_often_are_kept_and_of_equal_ones_the_first():
    counted = FrequentValues(3)
    first = ValueWeights(pa.array([b"a", b"b", b"c", b"d", b"e"]), np.array([1, 5, 1, 9, 1]))
    state = counted.add(counted.create(), first)
    assert counted.extract(state) == [(9, b"d"), (5, b"b"), (1, b"a")]
    state = counted.add(state, ValueWeights(pa.array([b"c", b"b"]), np.array([4, 2])))
    assert counted.extract(state)[:2] == [(9, b"d"), (7, b"b")]


def test_a_value_of_the_order_of_an_edge_belongs_to_the_bucket_above_it():
    counts = BucketCounts((0.0, 1.0))
    assert counts.extract(counts.add(counts.create(), numbers([-1, 0, 0.5, 1, 2]))).tolist() == [1, 2, 2]
