"""Arrow columns as NumPy arrays and back, over the same memory.

pyarrow 10 imports pandas for its own conversions, for its scalars and for the methods of its arrays, which takes longer
than the statistics of most tables. Here and in the modules that read tables stand the functions of ``pyarrow.compute``
instead.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_DTYPES = {pa.int32(): np.int32, pa.int64(): np.int64, pa.float64(): np.float64}


def values_of(column: pa.Array) -> np.ndarray:
    """A view of an int32, int64 or float64 column; what stands where a value is missing means nothing."""
    dtype = np.dtype(_DTYPES[column.type])
    if len(column) == 0:
        return np.zeros(0, dtype)
    return np.frombuffer(column.buffers()[1], dtype, len(column), column.offset * dtype.itemsize)


def doubles_of(column: pa.Array) -> np.ndarray:
    """The values of an int64 or float64 column that are not missing, as float64."""
    present = pc.drop_null(column) if column.null_count else column
    return values_of(present).astype(np.float64, copy=False)


def missing_in(column: pa.Array) -> np.ndarray:
    """Where values are missing: bool, shape (rows,)."""
    nulls = pc.is_null(column)
    bits = np.unpackbits(np.frombuffer(nulls.buffers()[1], np.uint8), bitorder="little")
    return bits[nulls.offset : nulls.offset + len(nulls)].view(np.bool_)


def array_of(values: np.ndarray) -> pa.Array:
    """An Arrow column over ``values``, which are contiguous numbers, none missing."""
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), [None, pa.py_buffer(values)])


def flags_of(values: np.ndarray) -> pa.Array:
    """An Arrow column of booleans."""
    return pa.Array.from_buffers(pa.bool_(), len(values), [None, pa.py_buffer(np.packbits(values, bitorder="little"))])


def without(column: pa.Array, flags: pa.Array) -> pa.Array:
    """``column``, missing also where ``flags`` are true."""
    return pc.if_else(flags, pa.nulls(len(column), column.type), column)


def offsets_of(column: pa.Array) -> np.ndarray:
    """Where each value of a string or binary column starts in its bytes, and where the last ends: int32."""
    if len(column) == 0:
        return np.zeros(1, np.int32)
    return np.frombuffer(column.buffers()[1], np.int32, len(column) + 1, column.offset * 4)


@dataclass(frozen=True, slots=True)
class Coded:
    """A column with each distinct value once.

    Attributes:
        values: the distinct values, none missing, in the order of their first row.
        codes: position in ``values`` of each row's value, or the number of values where it is missing, shape (rows,).
    """

    values: pa.Array
    codes: np.ndarray

    def counts(self) -> np.ndarray:
        """How many rows each value has, and last how many have none: shape (values + 1,)."""
        return np.bincount(self.codes, minlength=len(self.values) + 1)


def coded(column: pa.Array) -> Coded:
    """``column``, of any plain type, with each distinct value once."""
    encoded = pc.dictionary_encode(column)
    codes = values_of(encoded.indices)
    if column.null_count:
        codes = np.where(missing_in(column), np.int32(len(encoded.dictionary)), codes)
    return Coded(encoded.dictionary, codes)


@dataclass(frozen=True, slots=True)
class Numbers:
    """A numeric column.

    Attributes:
        values: float64, shape (rows,); what stands where one is missing means nothing.
        missing: bool, shape (rows,); None when none is missing.
        ordered: the finite ones, increasing.
    """

    values: np.ndarray
    missing: np.ndarray | None
    ordered: np.ndarray


def numbers(column: pa.Array) -> Numbers:
    """``column``, int64 or double, as numbers."""
    present = doubles_of(column)
    ordered = np.sort(present if np.isfinite(present).all() else present[np.isfinite(present)])
    if not column.null_count:
        return Numbers(present, None, ordered)
    with np.errstate(invalid="ignore"):
        return Numbers(values_of(column).astype(np.float64), missing_in(column), ordered)
