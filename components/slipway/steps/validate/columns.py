"""Parquet columns in plain form: 64-bit numbers, text or bytes, null when missing.

Missing means the same as in a serving request: null, NaN, and the empty string.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from slipway.contracts.errors import DataError
from slipway.steps.validate.buffers import array_of, flags_of, offsets_of, values_of, without

BATCH_ROWS = 1 << 16
BATCH_VALUES = 1 << 22
BLOCK_COLUMNS = 256
"""So many columns of a table are read at once."""
_UNITS_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_SECONDS_PER_DAY = 86_400


@contextmanager
def open_rows(file: Path) -> Iterator[pq.ParquetFile]:
    """A Parquet file to read from inside the block.

    Raises:
        DataError: it is missing or damaged, even where only reading shows it.
    """
    try:
        with pq.ParquetFile(file) as parquet:
            yield parquet
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{file} is no readable Parquet file: {error}") from error


def column_names(file: Path) -> list[str]:
    """The columns of a Parquet file.

    Raises:
        DataError: it is missing or damaged.
    """
    with open_rows(file) as parquet:
        return list(parquet.schema_arrow.names)


def batches(
    parquet: pq.ParquetFile,
    columns: Sequence[str],
    spelled: frozenset[str] = frozenset(),
    groups: Sequence[int] | None = None,
) -> Iterator[pa.RecordBatch]:
    """Rows as plain columns: int64, double, string or binary.

    Args:
        parquet: from ``open_rows``.
        columns: names of those wanted, in this order.
        spelled: columns to be read as strings whatever they hold, because they are categories.
        groups: row groups wanted; None for all.

    Yields:
        At most BATCH_ROWS rows and BATCH_VALUES values at a time, however large a row group is.

    Raises:
        DataError: a column holds several values in a row.
    """
    rows = max(1, min(BATCH_ROWS, BATCH_VALUES // len(columns)))
    groups = range(parquet.num_row_groups) if groups is None else groups
    for batch in parquet.iter_batches(batch_size=rows, columns=list(columns), row_groups=list(groups)):
        # A name with a dot brings in what stands before it as well.
        arrays = [batch.column(batch.schema.get_field_index(name)) for name in columns]
        yield _plain_batch(arrays, columns, spelled)


def read_batches(files: Sequence[Path], columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """The rows of some Parquet files, as ``batches`` gives them.

    Raises:
        DataError: a file is missing or damaged, or a column holds several values in a row.
    """
    for file in files:
        with open_rows(file) as parquet:
            yield from batches(parquet, columns)


def read_sample(files: Sequence[Path], rows: int, limit: int, columns: Sequence[str]) -> pa.Table:
    """Every row, or when there are more than ``limit`` rows, every second, third, ... of them.

    Args:
        files: of one split, at least one.
        rows: how many rows they hold.
        limit: most rows wanted, at least 1.
        columns: names of those wanted.
    """
    step = max(1, -(-rows // limit))
    taken, offset = [], 0
    for batch in read_batches(files, columns):
        positions = np.arange(-offset % step, batch.num_rows, step)
        taken.append(batch if step == 1 else pc.take(batch, array_of(positions)))
        offset += batch.num_rows
    return pa.Table.from_batches(taken)


def plain(column: pa.Array, name: str) -> pa.Array:
    """``column`` as int64, double, string or binary.

    Booleans become ``true`` and ``false``; dates and timestamps whole seconds since 1970 UTC, rounded down; times of
    day seconds since midnight; decimals and unsigned 64-bit integers doubles.

    Raises:
        DataError: the column holds lists, structs or maps.
    """
    kind = column.type
    if pa.types.is_dictionary(kind):
        return plain(pc.take(column.dictionary, column.indices), name)
    if pa.types.is_floating(kind):
        doubles = _halves(column) if pa.types.is_float16(kind) else pc.cast(column, pa.float64())
        nan = pc.is_nan(doubles)
        return without(doubles, nan) if pc.any(nan).as_py() else doubles
    if pa.types.is_integer(kind):
        # One type for every batch, whatever the values: unsigned 64-bit integers may pass int64.
        return pc.cast(column, pa.float64(), safe=False) if pa.types.is_uint64(kind) else pc.cast(column, pa.int64())
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        strings = pc.cast(column, pa.string())
        empty = np.diff(offsets_of(strings)) == 0
        return without(strings, flags_of(empty)) if np.count_nonzero(empty) > strings.null_count else strings
    if pa.types.is_boolean(kind) or pa.types.is_null(kind):
        return pc.cast(column, pa.string())
    if pa.types.is_decimal(kind):
        return pc.cast(column, pa.float64())
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return pc.cast(column, pa.binary())
    return _seconds(column, name)


def is_text(column_type: pa.DataType) -> bool:
    """Whether a plain column holds strings."""
    return bool(pa.types.is_string(column_type))


def is_number(column_type: pa.DataType) -> bool:
    """Whether a plain column holds numbers."""
    return bool(pa.types.is_int64(column_type) or pa.types.is_float64(column_type))


def _plain_batch(arrays: Sequence[pa.Array], names: Sequence[str], spelled: frozenset[str]) -> pa.RecordBatch:
    columns = [plain(column, name) for column, name in zip(arrays, names, strict=True)]
    columns = [_spell(column) if name in spelled else column for column, name in zip(columns, names, strict=True)]
    return pa.RecordBatch.from_arrays(columns, names=list(names))


def _halves(column: pa.Array) -> pa.Array:
    """Arrow 10 has no cast of 16-bit floats."""
    return pa.array(column.to_numpy(zero_copy_only=False).astype(np.float64), from_pandas=True)


def _unit(kind: pa.DataType) -> str:
    """``us`` of ``time64[us]``; Arrow 10 gives times no attribute for it."""
    return str(kind).partition("[")[2].rstrip("]").partition(",")[0]


def _spell(column: pa.Array) -> pa.Array:
    """Whole numbers without a fraction, as the serving graph writes categories."""
    text = pc.cast(column, pa.string())
    if not pa.types.is_floating(column.type):
        return text
    whole = pc.equal(pc.floor(column), column)
    return pc.if_else(whole, pc.cast(pc.cast(column, pa.int64(), safe=False), pa.string()), text)


def _seconds(column: pa.Array, name: str) -> pa.Array:
    kind = column.type
    if pa.types.is_date(kind):
        days = pc.cast(pc.cast(column, pa.date32()), pa.int32())
        return _kept_nulls(column, values_of(days).astype(np.int64) * _SECONDS_PER_DAY)
    if not (pa.types.is_timestamp(kind) or pa.types.is_time(kind) or pa.types.is_duration(kind)):
        raise DataError(f"column {name!r} has type {kind}; a feature holds one value in each row")
    # A 32-bit time has no cast to int64 of its own.
    counts = pc.cast(pc.cast(column, pa.int32()) if pa.types.is_time32(kind) else column, pa.int64())
    return _kept_nulls(column, values_of(counts) // _UNITS_PER_SECOND[_unit(kind)])


def _kept_nulls(column: pa.Array, values: np.ndarray) -> pa.Array:
    """``values`` as a column, missing where ``column`` is."""
    return without(array_of(values), pc.is_null(column)) if column.null_count else array_of(values)
