"""What a raw value means: as a number, as the name of a category, as a time.

validate, transform, the serving graph, evaluate and predict all read columns through these functions, so that a value
means the same in each. Missing means one thing everywhere: null, NaN, and the empty string; a blank string is a value.

pyarrow and NumPy alone are imported, and pyarrow 10 does not import pandas for what is done here (see
``arrow_buffers``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from slipway.contracts.errors import DataError
from slipway.contracts.examples import MISSING_TIMESTAMP
from slipway.features.arrow_buffers import (
    array_of,
    doubles_of_halves,
    flags_of,
    missing_in,
    offsets_of,
    values_of,
    without,
)
from slipway.features.spelling import spell

Column: TypeAlias = "pa.Array | pa.ChunkedArray"

_UNITS_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_SECONDS_PER_DAY = 86_400
_ZONE = r"(Z|[+-]\d{2}:?\d{2})$"


@contextmanager
def refusal_as_data_error(what: str) -> Iterator[None]:
    """Raise a DataError that begins with ``what`` when Arrow cannot read a column inside the block."""
    try:
        yield
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise DataError(f"{what}: {error}") from error


def canonical(column: pa.Array) -> pa.Array:
    """Return ``column`` as int64, double, string or binary, null when missing.

    Booleans become ``true`` and ``false``; dates and timestamps whole seconds since 1970 UTC, rounded down; times of
    day seconds since midnight, durations seconds; decimals and unsigned 64-bit integers doubles.

    Raises:
        pa.ArrowNotImplementedError: the column holds lists, structs or maps.
    """
    kind = column.type
    if pa.types.is_dictionary(kind):
        return canonical(pc.take(column.dictionary, column.indices))
    if pa.types.is_floating(kind):
        doubles = doubles_of_halves(column) if pa.types.is_float16(kind) else pc.cast(column, pa.float64())
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
    return _seconds(column)


def numbers(column: Column) -> np.ndarray:
    """Return float32 values, NaN for a missing one, shape (rows,).

    Booleans are 0 and 1; text is read as decimal numbers. Integers above 2**24 lose their last digits, as they do in a
    float32 request; what is too large for float32 is infinite.

    Raises:
        pa.ArrowInvalid, pa.ArrowNotImplementedError: the values are no numbers; dates and timestamps are none.
    """
    with np.errstate(over="ignore"):
        return _by_chunk(column, _doubles, np.float64).astype(np.float32)


def doubles(column: Column) -> np.ndarray:
    """Return the same numbers before they are rounded: float64 values, NaN for a missing one, shape (rows,).

    Raises:
        pa.ArrowInvalid, pa.ArrowNotImplementedError: the values are no numbers; dates and timestamps are none.
    """
    return _by_chunk(column, _doubles, np.float64)


def epoch_seconds(column: Column) -> np.ndarray:
    """Return int64 seconds since 1970 UTC, rounded down, MISSING_TIMESTAMP for a missing one, shape (rows,).

    Timestamps without a zone count as UTC, dates as their midnight, integers as seconds; text is read as ISO 8601.

    Raises:
        pa.ArrowInvalid, pa.ArrowNotImplementedError: the values are no times.
    """
    return _by_chunk(column, _epoch_seconds, np.int64)


@dataclass(frozen=True, slots=True)
class Categories:
    """A column of categories.

    Attributes:
        names: the distinct ones, strings, none missing or empty.
        codes: int32 position in ``names`` of each row's category, -1 when missing, shape (rows,).
    """

    names: pa.Array
    codes: np.ndarray

    def strings(self) -> pa.Array:
        """Return the name of each row, null when missing."""
        codes = array_of(np.ascontiguousarray(self.codes, np.int32))
        return pc.take(self.names, without(codes, flags_of(self.codes < 0)))


def categories(column: Column) -> Categories:
    """Return the category of each row, named as ``spelling.spell`` does.

    Raises:
        pa.ArrowInvalid, pa.ArrowNotImplementedError: the values are no categories: lists, or bytes that are not UTF-8.
    """
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    parts = [_named(chunk) for chunk in chunks]
    if not parts:
        return Categories(pa.array([], pa.string()), np.zeros(0, np.int32))
    return _merged([names for names, _ in parts], [codes for _, codes in parts])


def _named(column: pa.Array) -> tuple[pa.Array, np.ndarray]:
    """Return the names of a dictionary's values, null when missing, and each row's position among them, -1 for null."""
    kind = column.type
    if pa.types.is_float16(kind):
        column = doubles_of_halves(column)
    elif pa.types.is_null(kind):
        column = pc.cast(column, pa.string())
    elif pa.types.is_duration(kind):
        column = pc.cast(column, pa.int64())
    encoded = column if pa.types.is_dictionary(kind) else pc.dictionary_encode(column)
    values = pc.cast(encoded.dictionary, kind) if pa.types.is_duration(kind) else encoded.dictionary
    indices = pc.cast(encoded.indices, pa.int32())
    codes = values_of(indices)
    if indices.null_count:
        codes = np.where(missing_in(indices), np.int32(-1), codes)
    return spell(values), codes


def _merged(names: list[pa.Array], codes: list[np.ndarray]) -> Categories:
    """Return one set of names: two values may have one name, as 0.0 and -0.0 do, and a dictionary may repeat itself."""
    joined = names[0] if len(names) == 1 else pa.concat_arrays(names)
    encoded = pc.dictionary_encode(joined)
    if len(names) == 1 and len(encoded.dictionary) == len(joined):
        return Categories(joined, codes[0])
    places = values_of(encoded.indices)
    if joined.null_count:
        places = np.where(missing_in(joined), np.int32(-1), places)
    # The last place is that of a row without a value, whose code is -1.
    starts = np.cumsum([0, *(len(part) for part in names)])
    moved = [
        np.append(places[start : start + len(part)], np.int32(-1))[rows]
        for start, part, rows in zip(starts, names, codes, strict=False)
    ]
    return Categories(encoded.dictionary, moved[0] if len(moved) == 1 else np.concatenate(moved))


def _by_chunk(column: Column, read: Callable[[pa.Array], np.ndarray], dtype: type[np.generic]) -> np.ndarray:
    if not isinstance(column, pa.ChunkedArray):
        return read(column)
    parts = [read(chunk) for chunk in column.chunks]
    return parts[0] if len(parts) == 1 else np.concatenate([np.zeros(0, dtype), *parts])


def _doubles(column: pa.Array) -> np.ndarray:
    kind = column.type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        raise pa.ArrowNotImplementedError("a moment in time is no number; read it as a timestamp")
    column = pc.cast(column, pa.int64()) if pa.types.is_boolean(kind) else canonical(column)
    if not (pa.types.is_int64(column.type) or pa.types.is_float64(column.type)):
        column = pc.cast(column, pa.float64())
    values = values_of(column).astype(np.float64, copy=False)
    return np.where(missing_in(column), np.nan, values) if column.null_count else values


def _epoch_seconds(column: pa.Array) -> np.ndarray:
    column = canonical(column)
    if pa.types.is_string(column.type):
        zone = pc.any(pc.match_substring_regex(column, _ZONE)).as_py()
        column = canonical(pc.cast(column, pa.timestamp("us", tz="UTC") if zone else pa.timestamp("us")))
    column = pc.cast(column, pa.int64())
    values = values_of(column)
    return np.where(missing_in(column), MISSING_TIMESTAMP, values) if column.null_count else values


def _seconds(column: pa.Array) -> pa.Array:
    kind = column.type
    if pa.types.is_date(kind):
        days = pc.cast(pc.cast(column, pa.date32()), pa.int32())
        return _kept_nulls(column, values_of(days).astype(np.int64) * _SECONDS_PER_DAY)
    if not (pa.types.is_timestamp(kind) or pa.types.is_time(kind) or pa.types.is_duration(kind)):
        raise pa.ArrowNotImplementedError(f"type {kind} holds several values in a row; a feature holds one")
    # A 32-bit time has no cast to int64 of its own.
    counts = pc.cast(pc.cast(column, pa.int32()) if pa.types.is_time32(kind) else column, pa.int64())
    return _kept_nulls(column, values_of(counts) // _UNITS_PER_SECOND[unit_of(kind)])


def unit_of(kind: pa.DataType) -> str:
    """Return ``us`` of ``time64[us]``; Arrow 10 gives times no attribute for it."""
    return str(kind).partition("[")[2].rstrip("]").partition(",")[0]


def _kept_nulls(column: pa.Array, values: np.ndarray) -> pa.Array:
    """Return ``values`` as a column, missing where ``column`` is."""
    return without(array_of(values), pc.is_null(column)) if column.null_count else array_of(values)
