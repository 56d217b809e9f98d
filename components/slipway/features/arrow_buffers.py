"""Arrow columns as NumPy arrays and back, over the same memory.

pyarrow 10 imports pandas for its own conversions, for its scalars and for the methods of its arrays, which takes longer
than the statistics of most tables. Here and in the modules that read tables stand the functions of ``pyarrow.compute``
instead.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_DTYPES = {pa.int32(): np.int32, pa.int64(): np.int64, pa.float32(): np.float32, pa.float64(): np.float64}


def values_of(column: pa.Array) -> np.ndarray:
    """Return a view of an int32, int64, float32 or float64 column; what stands where one is missing means nothing."""
    dtype = np.dtype(_DTYPES[column.type])
    if len(column) == 0:
        return np.zeros(0, dtype)
    return np.frombuffer(column.buffers()[1], dtype, len(column), column.offset * dtype.itemsize)


def missing_in(column: pa.Array) -> np.ndarray:
    """Return where values are missing: bool, shape (rows,)."""
    nulls = pc.is_null(column)
    bits = np.unpackbits(np.frombuffer(nulls.buffers()[1], np.uint8), bitorder="little")
    return bits[nulls.offset : nulls.offset + len(nulls)].view(np.bool_)


def array_of(values: np.ndarray) -> pa.Array:
    """Return an Arrow column over ``values``, which are contiguous numbers, none missing."""
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), [None, pa.py_buffer(values)])


def flags_of(values: np.ndarray) -> pa.Array:
    """Return an Arrow column of booleans."""
    return pa.Array.from_buffers(pa.bool_(), len(values), [None, pa.py_buffer(np.packbits(values, bitorder="little"))])


def strings_of(texts: list[str | None]) -> pa.Array:
    """Return an Arrow column of strings; None is missing."""
    encoded = [(text or "").encode() for text in texts]
    offsets = np.zeros(len(texts) + 1, np.int32)
    np.cumsum([len(text) for text in encoded], out=offsets[1:])
    column = pa.Array.from_buffers(
        pa.string(), len(texts), [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded))]
    )
    return without(column, flags_of(np.array([text is None for text in texts], np.bool_)))


def without(column: pa.Array, flags: pa.Array) -> pa.Array:
    """Return ``column``, missing also where ``flags`` are true."""
    return pc.if_else(flags, pa.nulls(len(column), column.type), column)


def doubles_of_halves(column: pa.Array) -> pa.Array:
    """Return 16-bit floats as doubles, missing where they are NaN; Arrow 10 has no such cast."""
    if len(column) == 0:
        return pa.array([], pa.float64())
    values = np.frombuffer(column.buffers()[1], np.float16, len(column), column.offset * 2).astype(np.float64)
    return without(array_of(values), pc.or_kleene(pc.is_null(column), flags_of(np.isnan(values))))


def offsets_of(column: pa.Array) -> np.ndarray:
    """Return where each value of a string or binary column starts in its bytes, and where the last ends: int32."""
    if len(column) == 0:
        return np.zeros(1, np.int32)
    return np.frombuffer(column.buffers()[1], np.int32, len(column) + 1, column.offset * 4)
