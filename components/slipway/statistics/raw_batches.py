"""The Parquet files of a split as parts that an engine reads: batches of columns as they are stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from slipway.tables.parquet_columns import read_batches
from slipway.tables.prefetch import prefetch

_BATCH_ROWS = 1 << 14
_BATCH_VALUES = 1 << 22


@dataclass(frozen=True, slots=True)
class RawBatch:
    """Rows of some columns, of the types that they are stored as."""

    table: pa.Table

    @property
    def columns(self) -> Sequence[str]:
        """The names of the columns."""
        return list(self.table.column_names)

    def column(self, name: str) -> pa.ChunkedArray:
        """Return a column by its name."""
        return self.table.column(name)


@dataclass(frozen=True, slots=True)
class RawPart:
    """Some columns of one Parquet file.

    Attributes:
        file: where it lies.
        columns: those to be read.
    """

    file: Path
    columns: tuple[str, ...]

    def batches(self) -> Iterator[RawBatch]:
        """Yield all rows, at most 16,384 rows and 4 million values at a time; the next batch is read ahead.

        Raises:
            DataError: the file lacks a column.
        """
        rows = max(1, min(_BATCH_ROWS, _BATCH_VALUES // len(self.columns)))
        with closing(prefetch(read_batches([self.file], self.columns, rows))) as tables:
            yield from map(RawBatch, tables)
