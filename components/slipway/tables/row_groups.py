"""Rows collected for one row group of a Parquet file: their size, and one batch of many.

Text may arrive as a dictionary or plain, differently in each batch, and what is written must not show it. So whether a
column is written from a dictionary is decided by its rows alone, and the dictionary holds the values in the order in
which they turn up. Parquet's writer then copies numbers where it would compare texts, and looks for equal values only
where there are some.
"""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

_HEAD_ROWS = 8192
_NUMBER_BYTES = 8
_MOST_ROWS, _FEWEST_ROWS = 65_536, 1_024
_BATCH_BYTES = 32 << 20


def batch_rows(columns: int) -> int:
    """Return how many rows of so many columns to read together: what takes about 32 MiB, from 1,024 to 65,536 rows."""
    return max(_FEWEST_ROWS, min(_MOST_ROWS, _BATCH_BYTES // (_NUMBER_BYTES * max(1, columns))))


def indices_of(values: npt.NDArray[Any]) -> pa.Array:
    """Return int32 or int64 of shape (n,) as Arrow without a copy; ``pa.array`` would import numpy.ma first."""
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), [None, pa.py_buffer(values)])


def row_bytes(batch: pa.RecordBatch) -> npt.NDArray[np.int64]:
    """Return the bytes of each row, shape (rows,): 8 for a value of any type, and the UTF-8 bytes of text.

    They are the same however the text is represented.
    """
    sizes = np.full(batch.num_rows, _NUMBER_BYTES * batch.num_columns, dtype=np.int64)
    for column in batch.columns:
        if pa.types.is_dictionary(column.type):
            lengths = pc.binary_length(column.dictionary).to_numpy(zero_copy_only=False)
            sizes += np.take(np.append(lengths, np.int32(0)), _dictionary_indices(column))
        elif pa.types.is_string(column.type):
            sizes += pc.fill_null(pc.binary_length(column), 0).to_numpy()
    return sizes


def joined(batches: Sequence[pa.RecordBatch]) -> pa.RecordBatch:
    """Join at least one batch to one. A text column is plain unless it is a dictionary in all of them."""
    return pa.RecordBatch.from_arrays(
        [_joined([batch.column(index) for batch in batches]) for index in range(batches[0].num_columns)],
        names=batches[0].schema.names,
    )


def repeating(batch: pa.RecordBatch) -> frozenset[str]:
    """Return the columns whose values come at least twice among the first rows, on average."""
    head = batch.slice(0, _HEAD_ROWS)
    found = set()
    for name, column in zip(head.schema.names, head.columns, strict=True):
        values = column.indices if pa.types.is_dictionary(column.type) else column
        if 2 * pc.count_distinct(values).as_py() <= head.num_rows:
            found.add(name)
    return frozenset(found)


def encoded(batch: pa.RecordBatch, names: Collection[str]) -> pa.RecordBatch:
    """Return a batch from ``joined`` with the text columns in ``names`` as dictionaries and the others plain."""
    columns = [
        column if not is_text(column.type) else _dictionary(column) if name in names else decoded(column)
        for name, column in zip(batch.schema.names, batch.columns, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def is_text(kind: pa.DataType) -> bool:
    """Return whether a column of this type is text, plain or as a dictionary."""
    return bool(pa.types.is_string(kind) or pa.types.is_dictionary(kind))


def decoded(column: pa.Array) -> pa.Array:
    """Return ``column`` with each row's own text, where it is a dictionary."""
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def _dictionary(column: pa.Array) -> pa.Array:
    return column if pa.types.is_dictionary(column.type) else column.dictionary_encode()


def _joined(chunks: Sequence[pa.Array]) -> pa.Array:
    if not all(pa.types.is_dictionary(chunk.type) for chunk in chunks):
        return pa.concat_arrays([decoded(chunk) for chunk in chunks])
    unified = pa.chunked_array(chunks).unify_dictionaries().chunks
    places = pa.concat_arrays([chunk.indices for chunk in unified]).dictionary_encode()
    return pa.DictionaryArray.from_arrays(places.indices, unified[0].dictionary.take(places.dictionary))


def _dictionary_indices(column: pa.DictionaryArray) -> npt.NDArray[np.int32]:
    """Return where each row's text is in the dictionary, shape (rows,); behind its end where it is missing."""
    indices = pc.fill_null(column.indices, len(column.dictionary)) if column.null_count else column.indices
    return np.asarray(indices.to_numpy())
