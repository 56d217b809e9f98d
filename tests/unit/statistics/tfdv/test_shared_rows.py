"""Rows that two splits share, by their hashes."""

import numpy as np
import pyarrow as pa
import pytest

from slipway.statistics.column_batches import ColumnBatch
from slipway.statistics.shared_rows import HashedRows, RowLookup, RowSample
from slipway.tables.row_hash import row_hashes

RANDOM = np.random.default_rng(11)
COLUMNS = frozenset("ab")


def batch(numbers, texts, **place):
    return ColumnBatch("ab", [pa.array(numbers, pa.int64()), pa.array(texts, pa.string())], **place)


def sampled(batches, most=1000):
    sample = RowSample(COLUMNS, most)
    state = sample.create()
    for item in batches:
        state = sample.add(state, item)
    return sample.extract(state)


def shared(rows, batches):
    lookup = RowLookup.of(COLUMNS, [rows])
    state = lookup.create()
    for item in batches:
        state = lookup.add(state, item)
    return rows.shared_fraction(lookup.extract(state))


def test_the_hash_of_a_row_is_that_by_which_ingest_splits():
    """WHY: a row of two splits must be one row to both steps."""
    rows = batch([1, None, -7], ["x", "y", None])
    whole = pa.RecordBatch.from_arrays([column.array for column in rows.columns.values()], names=["a", "b"])
    assert sampled([rows]).hashes.tolist() == sorted(row_hashes(whole, ["a", "b"]).tolist())


def test_the_share_counts_every_row_of_the_split_as_often_as_it_occurs():
    rows = sampled([batch([1, 1, 2], ["x", "x", "y"]), batch([1, 3], ["x", None])])
    assert shared(rows, [batch([3, *range(10, 1000)], [None, *["z"] * 990])]) == 1 / 5
    assert shared(rows, [batch([3], [None]), batch([1, 1], ["x", "x"])]) == 4 / 5


def test_the_rows_of_two_splits_are_looked_up_in_one_pass():
    first, second = sampled([batch([1, 2], ["x", "y"])]), sampled([batch([2, 3, 4], ["y", "z", "z"])])
    lookup = RowLookup.of(COLUMNS, [first, second])
    found = lookup.extract(lookup.add(lookup.create(), batch([2, 4, 9], ["y", "z", "z"])))
    assert (first.shared_fraction(found), second.shared_fraction(found)) == (1 / 2, 2 / 3)


def test_a_split_without_rows_shares_nothing():
    assert shared(sampled([]), [batch([1], ["x"])]) == 0.0
    assert shared(sampled([batch([1], ["x"])]), []) == 0.0


def test_a_value_in_another_column_and_a_missing_one_make_another_row():
    rows = sampled([batch([1, None], [None, "1"])])
    assert len(rows.hashes) == 2
    assert shared(rows, [batch([None], [None])]) == 0.0


def test_columns_in_blocks_give_the_hashes_of_whole_rows():
    numbers, texts = RANDOM.integers(0, 50, 20), [f"t{index % 7}" for index in range(20)]
    blocks = []
    for name, values in (("a", pa.array(numbers)), ("b", pa.array(texts))):
        for start, stop in ((0, 12), (12, 20)):
            blocks.append(
                ColumnBatch(
                    name,
                    [values[start:stop]],
                    offset=start,
                    group_rows=20,
                    first=name == "a",
                    last=name == "b",
                )
            )
    whole = sampled([batch(numbers, texts)])
    # A second group of rows after the first, so that nothing of one stays for the next.
    found = sampled([*blocks, *blocks])
    assert found.hashes.tolist() == whole.hashes.tolist()
    assert found.counts.tolist() == (2 * whole.counts).tolist()


@pytest.mark.parametrize("parts", [1, 7])
def test_of_more_rows_than_are_kept_a_sample_gives_nearly_the_share(parts):
    kept = 20_000
    order = RANDOM.permutation(200_000)
    rows = sampled([batch(part, ["x"] * len(part)) for part in np.array_split(order, parts)], most=kept)
    assert len(rows.hashes) == kept
    # Five standard deviations of a share of 0.3 among 20,000.
    share = shared(rows, [batch(range(60_000), ["x"] * 60_000), batch(range(10**6, 10**6 + 9), ["x"] * 9)])
    assert share == pytest.approx(0.3, abs=5 * np.sqrt(0.3 * 0.7 / kept))


def test_every_occurrence_of_a_kept_row_counts_however_the_sample_shrank():
    numbers = np.repeat(np.arange(3000), 3)
    order = RANDOM.permutation(numbers)
    rows = sampled([batch(part, ["x"] * len(part)) for part in np.array_split(order, 60)], most=100)
    assert set(rows.counts.tolist()) == {3}


def test_lookups_of_other_rows_are_not_equal():
    one, other = (HashedRows(np.array([value], np.uint64), np.array([1])) for value in (1, 2))
    assert RowLookup.of(COLUMNS, [one]) == RowLookup.of(COLUMNS, [one, one])
    assert RowLookup.of(COLUMNS, [one]) != RowLookup.of(COLUMNS, [other])
