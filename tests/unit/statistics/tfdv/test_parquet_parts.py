import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from slipway.contracts.errors import DataError
from slipway.statistics import parquet_parts
from slipway.statistics.parquet_parts import BATCH_ROWS, BATCH_VALUES, ParquetPart, read_canonical, read_sample


def test_a_column_of_lists_is_refused_by_name(tmp_path):
    pq.write_table(pa.table({"tags": [["a"]]}), tmp_path / "a.parquet")
    with pytest.raises(DataError, match="'tags' has type list"):
        list(read_canonical([tmp_path / "a.parquet"], ["tags"]))


def test_categories_read_as_the_serving_graph_names_them(tmp_path):
    """WHY: 1e16 and infinity had other names in the statistics than in a model's vocabulary."""
    pq.write_table(pa.table({"code": [1.0, 2.5, None, 1e16, float("inf"), -0.0]}), tmp_path / "a.parquet")
    (batch,) = ParquetPart(tmp_path / "a.parquet", "train", ("code",), frozenset(["code"])).batches()
    assert batch.columns["code"].array.to_pylist() == ["1", "2.5", None, "1e+16", "inf", "0"]


def test_a_file_with_other_columns_is_refused_with_its_split(tmp_path):
    pq.write_table(pa.table({"a": [1]}), tmp_path / "a.parquet")
    with pytest.raises(DataError, match="a file of split 'eval' has the columns a; it should have a, b"):
        list(ParquetPart(tmp_path / "a.parquet", "eval", ("a", "b")).batches())


def test_many_columns_come_in_blocks_and_every_block_knows_its_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet_parts, "BLOCK_COLUMNS", 2)
    monkeypatch.setattr(parquet_parts, "BATCH_ROWS", 3)
    pq.write_table(pa.table({name: range(8) for name in "abc"}), tmp_path / "a.parquet", row_group_size=5)
    found = [
        ("".join(batch.columns), batch.offset, batch.rows, batch.group_rows, batch.first, batch.last)
        for batch in ParquetPart(tmp_path / "a.parquet", "train", ("a", "b", "c")).batches()
    ]
    first = [("ab", 0, 3, 5, True, False), ("ab", 3, 2, 5, True, False)]
    assert found == [
        *first,
        ("c", 0, 3, 5, False, True),
        ("c", 3, 2, 5, False, True),
        ("ab", 0, 3, 3, True, False),
        ("c", 0, 3, 3, False, True),
    ]


def test_large_files_come_in_bounded_batches_and_samples_are_evenly_spaced(tmp_path):
    rows = 2 * BATCH_ROWS + 10
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"x": np.arange(rows)}), path, row_group_size=rows)
    assert [batch.num_rows for batch in read_canonical([path], ["x"])] == [BATCH_ROWS, BATCH_ROWS, 10]
    sample = read_sample([path], rows, 1000, ["x"])
    step = -(-rows // 1000)
    assert sample.column("x").to_pylist() == list(range(0, rows, step))


def test_many_columns_come_in_fewer_rows_at_a_time(tmp_path):
    names = [f"x{index}" for index in range(128)]
    pq.write_table(pa.table({name: np.zeros(70_000) for name in names}), tmp_path / "a.parquet")
    rows = [batch.num_rows for batch in read_canonical([tmp_path / "a.parquet"], names)]
    assert rows == [BATCH_VALUES // 128, BATCH_VALUES // 128, 70_000 - 2 * BATCH_VALUES // 128]


def test_columns_are_found_by_their_whole_name(tmp_path):
    """WHY: pyarrow reads a name with a dot as a path, and gives more columns than were asked for."""
    pq.write_table(pa.table({"a.b": [1], "a": [2], "c": [3]}), tmp_path / "a.parquet")
    (batch,) = read_canonical([tmp_path / "a.parquet"], ["c", "a"])
    assert batch.to_pydict() == {"c": [3], "a": [2]}


def test_a_damaged_file_is_named(tmp_path):
    path = tmp_path / "part-00000.parquet"
    path.write_bytes(b"PAR1 nothing of the kind")
    with pytest.raises(DataError, match=r"part-00000\.parquet is no readable Parquet file"):
        list(read_canonical([path], ["x"]))
