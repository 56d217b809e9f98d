"""Rows of the eval and test splits that the training split holds too."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from pandas.util import hash_array

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_MISSING = np.uint64(0xD6E8FEB86659FD93)


def row_digests(batch: pa.RecordBatch, columns: Sequence[str]) -> np.ndarray:
    """A 64-bit digest of each row; equal rows have equal digests.

    Args:
        batch: plain columns (see ``columns.plain``).
        columns: those that count; one that is not in ``batch`` counts as missing.

    Returns:
        uint64, shape (rows,).
    """
    digests = np.zeros(batch.num_rows, np.uint64)
    for name in columns:
        index = batch.schema.get_field_index(name)
        values = _value_digests(batch.column(index)) if index >= 0 else np.full(batch.num_rows, _MISSING)
        digests = (digests ^ values) * _MULTIPLIER
        digests ^= digests >> np.uint64(32)
    return digests


def shared_fraction(train: np.ndarray, other: np.ndarray) -> float:
    """Share of ``other`` whose digest is in ``train``, in [0, 1]; 0 when ``other`` is empty."""
    if len(other) == 0:
        return 0.0
    return float(np.isin(other, np.unique(train)).mean())


def _value_digests(column: pa.Array) -> np.ndarray:
    """Each distinct value is digested once, which is what makes strings cheap."""
    encoded = column.dictionary_encode()
    dictionary = encoded.dictionary
    if pa.types.is_integer(dictionary.type) or pa.types.is_floating(dictionary.type):
        values = hash_array(dictionary.to_numpy().astype(np.float64))
    else:
        values = hash_array(np.array(dictionary.to_pylist(), dtype=object), categorize=False)
    table = np.append(values.astype(np.uint64), _MISSING)
    return table[encoded.indices.fill_null(len(dictionary)).to_numpy()]
