"""The Parquet files of a split as parts that an engine reads: batches of columns in canonical form, and samples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from slipway.contracts.errors import DataError
from slipway.features.arrow_buffers import array_of
from slipway.features.spelling import spell
from slipway.features.values import canonical
from slipway.statistics.column_batches import ColumnBatch

BATCH_ROWS = 1 << 16
BATCH_VALUES = 1 << 22
BLOCK_COLUMNS = 256
"""So many columns of a table are read at once."""


@dataclass(frozen=True, slots=True)
class ParquetPart:
    """One Parquet file of a split.

    Attributes:
        file: where it lies.
        split: its split's name, for messages.
        columns: all of its columns, in order.
        categories: columns to be read as names of categories, whatever they hold.
    """

    file: Path
    split: str
    columns: tuple[str, ...]
    categories: frozenset[str] = frozenset()

    def batches(self) -> Iterator[ColumnBatch]:
        """Yield all rows, a group of rows and a block of columns at a time.

        At most BATCH_ROWS rows, BLOCK_COLUMNS columns and BATCH_VALUES values at a time, however large a group is.

        Raises:
            DataError: the file is missing or damaged, has other columns, or several values in one row of a column.
        """
        with open_parquet(self.file) as parquet:
            found = tuple(parquet.schema_arrow.names)
            if found != self.columns:
                raise DataError(
                    f"a file of split {self.split!r} has the columns {', '.join(found)}; "
                    f"it should have {', '.join(self.columns)}"
                )
            for group in range(parquet.num_row_groups):
                yield from self._group_batches(parquet, group)

    def _group_batches(self, parquet: pq.ParquetFile, group: int) -> Iterator[ColumnBatch]:
        rows = parquet.metadata.row_group(group).num_rows
        for start in range(0, len(self.columns), BLOCK_COLUMNS):
            names = self.columns[start : start + BLOCK_COLUMNS]
            offset = 0
            for arrays in _read(parquet, names, [group]):
                yield ColumnBatch(
                    names,
                    [
                        _prepared(array, name, name in self.categories)
                        for array, name in zip(arrays, names, strict=True)
                    ],
                    offset=offset,
                    group_rows=rows,
                    first=start == 0,
                    last=start + BLOCK_COLUMNS >= len(self.columns),
                )
                offset += len(arrays[0])


@contextmanager
def open_parquet(file: Path) -> Iterator[pq.ParquetFile]:
    """Open a Parquet file to read from inside the block.

    Raises:
        DataError: it is missing or damaged, even where only reading shows it.
    """
    try:
        with pq.ParquetFile(file) as parquet:
            yield parquet
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{file} is no readable Parquet file: {error}") from error


def column_names(file: Path) -> list[str]:
    """Return the columns of a Parquet file.

    Raises:
        DataError: it is missing or damaged.
    """
    with open_parquet(file) as parquet:
        return list(parquet.schema_arrow.names)


def read_canonical(files: Sequence[Path], columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Yield the rows of some Parquet files in canonical form, in batches of the same bounds.

    Raises:
        DataError: a file is missing or damaged, or a column holds several values in a row.
    """
    for file in files:
        with open_parquet(file) as parquet:
            for arrays in _read(parquet, columns, range(parquet.num_row_groups)):
                columns_read = [canonical_column(array, name) for array, name in zip(arrays, columns, strict=True)]
                yield pa.RecordBatch.from_arrays(columns_read, names=list(columns))


def read_sample(files: Sequence[Path], rows: int, limit: int, columns: Sequence[str]) -> pa.Table:
    """Return every row, or when there are more than ``limit`` rows, every second, third, ... of them.

    Args:
        files: of one split, at least one.
        rows: how many rows they hold.
        limit: most rows wanted, at least 1.
        columns: names of those wanted.
    """
    step = max(1, -(-rows // limit))
    taken, offset = [], 0
    for batch in read_canonical(files, columns):
        positions = np.arange(-offset % step, batch.num_rows, step)
        taken.append(batch if step == 1 else pc.take(batch, array_of(positions)))
        offset += batch.num_rows
    return pa.Table.from_batches(taken)


def canonical_column(column: pa.Array, name: str) -> pa.Array:
    """Return ``column`` in canonical form (``features.values.canonical``).

    Raises:
        DataError: it holds lists, structs or maps.
    """
    try:
        return canonical(column)
    except pa.ArrowNotImplementedError as error:
        raise DataError(f"column {name!r} has type {column.type}; a feature holds one value in each row") from error


def _prepared(column: pa.Array, name: str, category: bool) -> pa.Array:
    if not category:
        return canonical_column(column, name)
    if pa.types.is_dictionary(column.type):
        column = pc.take(column.dictionary, column.indices)
    return spell(column)


def _read(parquet: pq.ParquetFile, columns: Sequence[str], groups: Sequence[int]) -> Iterator[list[pa.Array]]:
    rows = max(1, min(BATCH_ROWS, BATCH_VALUES // len(columns)))
    for batch in parquet.iter_batches(batch_size=rows, columns=list(columns), row_groups=list(groups)):
        # A name with a dot brings in what stands before it as well.
        yield [batch.column(batch.schema.get_field_index(name)) for name in columns]
