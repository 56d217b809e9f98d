"""Parquet columns in the form that TFDV reads: every row a list of at most one value, null when missing.

Missing means the same as in a serving request: null, NaN, and the empty string.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from slipway.contracts.errors import DataError

BATCH_ROWS = 1 << 16
_UNITS_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_SECONDS_PER_DAY = 86_400


def read_batches(files: Sequence[Path], spelled: frozenset[str] = frozenset()) -> Iterator[pa.RecordBatch]:
    """The rows of some Parquet files as plain columns: int64, double, string or binary.

    Args:
        files: of one split, in order.
        spelled: columns to be read as strings whatever they hold, because they are categories.

    Yields:
        At most BATCH_ROWS rows at a time, however large a file or row group is.

    Raises:
        DataError: a file is missing or damaged, or a column holds several values in a row.
    """
    for file in files:
        try:
            with pq.ParquetFile(file) as parquet:
                for batch in parquet.iter_batches(batch_size=BATCH_ROWS):
                    yield _plain_batch(batch, spelled)
        except (OSError, pa.ArrowException) as error:
            raise DataError(f"{file} is no readable Parquet file: {error}") from error


def read_sample(files: Sequence[Path], rows: int, limit: int, spelled: frozenset[str] = frozenset()) -> pa.Table:
    """Every row, or when there are more than ``limit`` rows, every second, third, ... of them.

    Args:
        files: of one split, at least one.
        rows: how many rows they hold.
        limit: most rows wanted, at least 1.
        spelled: as for ``read_batches``.
    """
    step = max(1, -(-rows // limit))
    taken, offset = [], 0
    for batch in read_batches(files, spelled):
        positions = np.arange(-offset % step, batch.num_rows, step)
        taken.append(batch if step == 1 else batch.take(pa.array(positions)))
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
        return plain(column.dictionary_decode(), name)
    if pa.types.is_floating(kind):
        doubles = _halves(column) if pa.types.is_float16(kind) else column.cast(pa.float64())
        return pc.if_else(pc.is_nan(doubles), pa.scalar(None, pa.float64()), doubles)
    if pa.types.is_integer(kind):
        # One type for every batch, whatever the values: unsigned 64-bit integers may pass int64.
        return column.cast(pa.float64(), safe=False) if pa.types.is_uint64(kind) else column.cast(pa.int64())
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        strings = column.cast(pa.string())
        return pc.if_else(pc.equal(strings, ""), pa.scalar(None, pa.string()), strings)
    if pa.types.is_boolean(kind) or pa.types.is_null(kind):
        return column.cast(pa.string())
    if pa.types.is_decimal(kind):
        return column.cast(pa.float64())
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return column.cast(pa.binary())
    return _seconds(column, name)


def single_values(column: pa.Array) -> pa.ListArray:
    """Lists of one value each; null where ``column`` is null. No value is copied when none is missing."""
    if column.null_count == 0:
        return pa.ListArray.from_arrays(pa.array(np.arange(len(column) + 1, dtype=np.int32)), column)
    present = column.is_valid().to_numpy(zero_copy_only=False)
    offsets = np.concatenate([[0], np.cumsum(present)]).astype(np.int32)
    missing = np.append(~present, False)
    return pa.ListArray.from_arrays(pa.array(offsets, mask=missing), column.drop_null())


def is_text(column_type: pa.DataType) -> bool:
    """Whether a plain column holds strings."""
    return bool(pa.types.is_string(column_type))


def _plain_batch(batch: pa.RecordBatch, spelled: frozenset[str]) -> pa.RecordBatch:
    names = batch.schema.names
    columns = [plain(column, name) for column, name in zip(batch.columns, names, strict=True)]
    columns = [_spell(column) if name in spelled else column for column, name in zip(columns, names, strict=True)]
    return pa.RecordBatch.from_arrays(columns, names=names)


def _halves(column: pa.Array) -> pa.Array:
    """Arrow 10 has no cast of 16-bit floats."""
    return pa.array(column.to_numpy(zero_copy_only=False).astype(np.float64), from_pandas=True)


def _unit(kind: pa.DataType) -> str:
    """``us`` of ``time64[us]``; Arrow 10 gives times no attribute for it."""
    return str(kind).partition("[")[2].rstrip("]").partition(",")[0]


def _spell(column: pa.Array) -> pa.Array:
    """Whole numbers without a fraction, as the serving graph writes categories."""
    if not pa.types.is_floating(column.type):
        return column.cast(pa.string())
    whole = pc.equal(pc.floor(column), column)
    return pc.if_else(whole, column.cast(pa.int64(), safe=False).cast(pa.string()), column.cast(pa.string()))


def _seconds(column: pa.Array, name: str) -> pa.Array:
    kind = column.type
    if pa.types.is_date(kind):
        days = column.cast(pa.date32()).cast(pa.int32()).cast(pa.int64())
        return pc.multiply(days, _SECONDS_PER_DAY)
    if not (pa.types.is_timestamp(kind) or pa.types.is_time(kind) or pa.types.is_duration(kind)):
        raise DataError(f"column {name!r} has type {kind}; a feature holds one value in each row")
    # A 32-bit time has no cast to int64 of its own.
    counts = column.cast(pa.int32()).cast(pa.int64()) if pa.types.is_time32(kind) else column.cast(pa.int64())
    units = counts.fill_null(0).to_numpy() // _UNITS_PER_SECOND[_unit(kind)]
    return pa.array(units, pa.int64(), mask=column.is_null().to_numpy(zero_copy_only=False))
