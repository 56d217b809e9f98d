"""The bytes that are written follow from the rows alone."""

import random

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from slipway.tables.row_groups import joined, row_bytes
from slipway.tables.split_files import GROUP_BYTES, SplitWriter, WriteQueue

ROWS = 60_000


@pytest.fixture(scope="module")
def rows() -> pa.RecordBatch:
    """Text of two values and later of three, text that never repeats, text that is always missing, and numbers."""
    draw = random.Random(1)
    return pa.record_batch(
        {
            "few": [draw.choice(["a", "b", None, "late" if row > 50_000 else "a"]) for row in range(ROWS)],
            "many": [f"value {draw.random()}" for _ in range(ROWS)],
            "none": pa.array([None] * ROWS, pa.string()),
            "long": ["x" * 2_000 if row % 100 == 0 else "" for row in range(ROWS)],
            "number": [draw.random() for _ in range(ROWS)],
        }
    )


def encoded(batch: pa.RecordBatch) -> pa.RecordBatch:
    columns = [each.dictionary_encode() if pa.types.is_string(each.type) else each for each in batch.columns]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def written(root, batches) -> list[tuple[int, str]]:
    root.mkdir()
    with WriteQueue() as queue, SplitWriter(root, "train", queue) as writer:
        for batch in batches:
            writer.add(batch, row_bytes(batch))
        return [(file.rows, file.sha256) for file in writer.close()]


def test_the_bytes_do_not_depend_on_batches_and_on_how_text_is_held(tmp_path, rows):
    whole = written(tmp_path / "whole", [rows])
    small = [rows.slice(start, 777) for start in range(0, ROWS, 777)]
    assert written(tmp_path / "small", small) == whole
    assert written(tmp_path / "encoded", [encoded(batch) for batch in small]) == whole
    mixed = [encoded(batch) if index % 3 else batch for index, batch in enumerate(small)]
    assert written(tmp_path / "mixed", mixed) == whole


def test_a_row_group_ends_with_the_row_that_fills_it(tmp_path, rows):
    """60,000 rows of 1,100 bytes are two row groups of 32 MiB, however they arrive."""
    wide = rows.append_column("text", pa.array(["y" * 1_000] * ROWS))
    whole = written(tmp_path / "whole", [wide])
    assert written(tmp_path / "small", [wide.slice(start, 999) for start in range(0, ROWS, 999)]) == whole
    groups = pa.parquet.ParquetFile(tmp_path / "whole" / "train" / "part-00000.parquet").metadata
    ends = np.cumsum(row_bytes(wide))
    assert groups.num_row_groups == 2
    assert groups.row_group(0).num_rows == np.searchsorted(ends, GROUP_BYTES) + 1


def test_values_that_hardly_repeat_are_written_without_a_dictionary(tmp_path):
    repeated, unlike = pa.array(np.arange(ROWS) % 100), pa.array(np.arange(ROWS) / 7)
    batch = pa.RecordBatch.from_arrays([repeated, unlike], names=["repeated", "unlike"])
    written(tmp_path / "out", [batch])
    group = pa.parquet.ParquetFile(tmp_path / "out" / "train" / "part-00000.parquet").metadata.row_group(0)
    encodings = {group.column(place).path_in_schema: group.column(place).encodings for place in range(2)}
    assert "RLE_DICTIONARY" in encodings["repeated"]
    assert "RLE_DICTIONARY" not in encodings["unlike"]


def test_rows_are_joined_with_their_values_and_gaps(rows):
    parts = [encoded(rows.slice(0, 10)), encoded(rows.slice(10, 10)), rows.slice(20, 10)]
    assert joined(parts).to_pylist() == rows.slice(0, 30).to_pylist()
    assert joined(parts[:2]).to_pylist() == rows.slice(0, 20).to_pylist()
