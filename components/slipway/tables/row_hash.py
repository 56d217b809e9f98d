"""A hash of rows that is the same on every machine and with every version of any library.

Engines' own hashes promise neither, and a cryptographic one over text would depend on how an engine spells numbers.
So this is written out: integer arithmetic modulo 2**64 on little-endian words, mixed by the finalizer of SplitMix64
(Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014). Its values are pinned by a test;
changing them moves rows between splits.

A row's hash is the sum of one term per column, seeded by the column's name, so it does not depend on the order of
columns. A missing value adds nothing. All numbers are hashed as float64, so that a column in which the first fraction
turns up keeps the hashes of its integers, and a CSV and a Parquet file of one table are split alike.

It reads Arrow's buffers by NumPy and calls nothing by which pyarrow 10 would import pandas.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from slipway.features.arrow_buffers import missing_in, strings_of, values_of

Hashes = npt.NDArray[np.uint64]

_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_WORD_BYTES = 8
_MASKS = np.array([(1 << (8 * length)) - 1 for length in range(_WORD_BYTES + 1)], dtype=np.uint64)


def row_hashes(batch: pa.RecordBatch, columns: Sequence[str]) -> Hashes:
    """Return a hash of each row over ``columns``, shape (rows,), uniform over the 64-bit integers.

    Args:
        batch: holds ``columns``, of type bool, int64, double, timestamp[us], string or a dictionary of strings.
        columns: their order does not matter.
    """
    total = np.zeros(batch.num_rows, dtype=np.uint64)
    for name in columns:
        total += _column_terms(batch.column(batch.schema.get_field_index(name)), _seed(name))
    return _mixed(total)


@lru_cache(maxsize=4096)
def _seed(name: str) -> np.uint64:
    return np.uint64(string_hashes(strings_of([name]))[0])


def _column_terms(column: pa.Array, seed: np.uint64) -> Hashes:
    if pa.types.is_string(column.type):
        column = pc.dictionary_encode(column)
    if pa.types.is_dictionary(column.type):
        places = values_of(column.indices)
        if column.null_count:  # a null's index points behind the dictionary, at the term 0
            places = np.where(missing_in(column), places.dtype.type(len(column.dictionary)), places)
        return np.take(np.append(_mixed(string_hashes(column.dictionary) ^ seed), np.uint64(0)), places)
    terms = _mixed(_bits(column) ^ seed)
    if column.null_count:
        terms[missing_in(column)] = 0
    return terms


def _bits(column: pa.Array) -> Hashes:
    """Return the 64 bits that stand for each value; where one is missing they mean nothing."""
    if pa.types.is_boolean(column.type):
        column = pc.cast(pc.cast(column, pa.int8()), pa.int64())
    stored = np.float64 if pa.types.is_floating(column.type) else np.int64
    values = np.frombuffer(column.buffers()[1] or b"", dtype=stored)[column.offset : column.offset + len(column)]
    if pa.types.is_timestamp(column.type):
        return values.view(np.uint64)
    return np.add(values, 0.0, dtype=np.float64).view(np.uint64)  # adding 0.0 turns -0.0 into 0.0


def string_hashes(text: pa.Array) -> Hashes:
    """Return a hash of the UTF-8 bytes of each string, shape (n,); ``text`` has no nulls."""
    ends = np.frombuffer(text.buffers()[1] or b"\0\0\0\0", dtype=np.int32)
    offsets = ends[text.offset : text.offset + len(text) + 1].astype(np.int64)
    data = np.zeros(offsets[-1] - offsets[0] + _WORD_BYTES, dtype=np.uint8)
    if text.buffers()[2] is not None:
        data[:-_WORD_BYTES] = np.frombuffer(text.buffers()[2], dtype=np.uint8)[offsets[0] : offsets[-1]]
    words = np.ndarray((len(data) - _WORD_BYTES + 1,), dtype="<u8", buffer=data, strides=(1,))
    position, remaining = offsets[:-1] - offsets[0], np.diff(offsets)
    hashes = _mixed(remaining.astype(np.uint64))
    rows = np.flatnonzero(remaining > 0)
    while rows.size:  # one turn per eight bytes of the longest string
        left = remaining[rows]
        word = words[position[rows]] & _MASKS[np.minimum(left, _WORD_BYTES)]
        hashes[rows] = _mixed(hashes[rows] ^ word)
        position[rows] += _WORD_BYTES
        remaining[rows] = left - _WORD_BYTES
        rows = rows[left > _WORD_BYTES]
    return hashes


def _mixed(values: Hashes) -> Hashes:
    """Mix ``values`` in place, and return them."""
    shifted = np.empty_like(values)
    values += _GAMMA
    values ^= np.right_shift(values, np.uint64(30), out=shifted)
    values *= _FIRST
    values ^= np.right_shift(values, np.uint64(27), out=shifted)
    values *= _SECOND
    values ^= np.right_shift(values, np.uint64(31), out=shifted)
    return values
