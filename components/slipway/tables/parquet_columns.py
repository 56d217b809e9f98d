"""Columns of the Parquet files of one split: whole, or in batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from slipway.contracts.errors import DataError

_READ_BYTES = 1 << 18
"""Read of each column at once."""


def read_columns(files: Sequence[Path], columns: Sequence[str]) -> pa.Table:
    """Read only ``columns`` of some Parquet files of one table, in this order; memory-mapped where possible.

    Raises:
        DataError: there is no file, or a file lacks a column.
    """
    if not files:
        raise DataError("there is no Parquet file to read; the split is empty")
    tables = []
    for file in files:
        with _open(file, columns, memory_map=True) as parquet:
            tables.append(parquet.read(columns=list(columns)).select(list(columns)))
    return pa.concat_tables(tables, promote_options="permissive")


def read_batches(files: Sequence[Path], columns: Sequence[str], rows: int) -> Iterator[pa.Table]:
    """Yield the same columns in tables of at most ``rows`` rows, so that a split may be larger than memory.

    Files are not mapped: what was read of a mapped file counts as memory of the process.

    Raises:
        DataError: a file lacks a column.
    """
    for file in files:
        with _open(file, columns, memory_map=False, buffer_size=_READ_BYTES) as parquet:
            for batch in parquet.iter_batches(batch_size=rows, columns=list(columns)):
                yield pa.Table.from_batches([batch]).select(list(columns))


def _open(file: Path, columns: Sequence[str], **reading: Any) -> pq.ParquetFile:
    parquet = pq.ParquetFile(file, **reading)
    present = parquet.schema_arrow.names
    for column in columns:
        if column not in present:
            raise DataError(f"{file.name} has no column {column!r}; it has {', '.join(present)}")
    return parquet
