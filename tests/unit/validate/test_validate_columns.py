import datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from slipway.contracts.errors import DataError
from slipway.steps.validate.columns import (
    BATCH_ROWS,
    BATCH_VALUES,
    batches,
    open_rows,
    plain,
    read_batches,
    read_sample,
)

DAY = datetime.date(1970, 1, 3)
TIME = datetime.datetime(1970, 1, 1, 0, 0, 1, 900_000)


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array([True, None, False]), ["true", None, "false"]),
        (pa.array([1, None], pa.int8()), [1, None]),
        (pa.array([2**63 + 2048], pa.uint64()), [float(2**63 + 2048)]),
        (pa.array([1.5, float("nan"), None]), [1.5, None, None]),
        (pa.array([np.float16(0.5)]), [0.5]),
        (pa.array([Decimal("1.25")]), [1.25]),
        (pa.array(["a", "", None]), ["a", None, None]),
        (pa.array(["a", "b", "a"]).dictionary_encode(), ["a", "b", "a"]),
        (pa.array([DAY, None]), [2 * 86_400, None]),
        (pa.array([TIME, None]), [1, None]),
        (pa.array([-1], pa.timestamp("ms")), [-1]),
        (pa.array([datetime.time(1, 0, 0)], pa.time32("s")), [3_600]),
        (pa.array([None, None]), [None, None]),
        (pa.array([b"\x00\xff"]), [b"\x00\xff"]),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else "",
)
def test_every_scalar_type_has_a_plain_form(column, expected):
    assert plain(column, "x").to_pylist() == expected


def test_a_column_of_lists_is_refused_by_name():
    with pytest.raises(DataError, match="'tags' has type list"):
        plain(pa.array([["a"]]), "tags")


def test_spelled_numbers_read_as_the_serving_graph_writes_categories(tmp_path):
    pq.write_table(pa.table({"code": [1.0, 2.5, None]}), tmp_path / "a.parquet")
    with open_rows(tmp_path / "a.parquet") as parquet:
        (batch,) = batches(parquet, ["code"], frozenset(["code"]))
    assert batch.column(0).to_pylist() == ["1", "2.5", None]


def test_large_files_come_in_bounded_batches_and_samples_are_evenly_spaced(tmp_path):
    rows = 2 * BATCH_ROWS + 10
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"x": np.arange(rows)}), path, row_group_size=rows)
    assert [batch.num_rows for batch in read_batches([path], ["x"])] == [BATCH_ROWS, BATCH_ROWS, 10]
    sample = read_sample([path], rows, 1000, ["x"])
    step = -(-rows // 1000)
    assert sample.column("x").to_pylist() == list(range(0, rows, step))


def test_many_columns_come_in_fewer_rows_at_a_time(tmp_path):
    names = [f"x{index}" for index in range(128)]
    pq.write_table(pa.table({name: np.zeros(70_000) for name in names}), tmp_path / "a.parquet")
    rows = [batch.num_rows for batch in read_batches([tmp_path / "a.parquet"], names)]
    assert rows == [BATCH_VALUES // 128, BATCH_VALUES // 128, 70_000 - 2 * BATCH_VALUES // 128]


def test_columns_are_found_by_their_whole_name(tmp_path):
    """WHY: pyarrow reads a name with a dot as a path, and gives more columns than were asked for."""
    pq.write_table(pa.table({"a.b": [1], "a": [2], "c": [3]}), tmp_path / "a.parquet")
    (batch,) = read_batches([tmp_path / "a.parquet"], ["c", "a"])
    assert batch.to_pydict() == {"c": [3], "a": [2]}


def test_a_damaged_file_is_named(tmp_path):
    path = tmp_path / "part-00000.parquet"
    path.write_bytes(b"PAR1 nothing of the kind")
    with pytest.raises(DataError, match=r"part-00000\.parquet is no readable Parquet file"):
        list(read_batches([path], ["x"]))
