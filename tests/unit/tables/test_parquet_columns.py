"""Columns of a split, whole and in batches."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from slipway.contracts.errors import DataError
from slipway.tables.parquet_columns import read_batches, read_columns


def test_files_are_read_in_order_and_columns_as_asked(tmp_path):
    for index in range(2):
        pq.write_table(pa.table({"a": [index], "b": [str(index)], "c": [0]}), tmp_path / f"{index}.parquet")
    table = read_columns([tmp_path / "0.parquet", tmp_path / "1.parquet"], ["b", "a"])
    assert table.to_pydict() == {"b": ["0", "1"], "a": [0, 1]}


def test_batches_hold_all_rows_in_order_and_no_more_than_asked(tmp_path):
    for index in range(2):
        pq.write_table(pa.table({"a": [5 * index + row for row in range(5)]}), tmp_path / f"{index}.parquet")
    batches = list(read_batches([tmp_path / "0.parquet", tmp_path / "1.parquet"], ["a"], 2))
    assert max(batch.num_rows for batch in batches) == 2
    assert pa.concat_tables(batches)["a"].to_pylist() == list(range(10))


def test_a_file_without_the_column_is_named(tmp_path):
    pq.write_table(pa.table({"a": [1]}), tmp_path / "part.parquet")
    with pytest.raises(DataError, match=r"part\.parquet has no column 'b'; it has a"):
        read_columns([tmp_path / "part.parquet"], ["b"])


def test_no_file_is_an_empty_split():
    with pytest.raises(DataError, match="the split is empty"):
        read_columns([], ["a"])
