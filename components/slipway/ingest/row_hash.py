"""A hash of rows that is the same on every machine and with every version of any library.

Engines' own hashes promise neither, and a cryptographic one over text would depend on how an engine spells numbers.
So this is written out: integer arithmetic modulo 2**64 on little-endian words, mixed by the finalizer of SplitMix64
(Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014). Its values are pinned by a test;
changing them moves rows between splits.

A row's hash is the sum of one term per column, seeded by the column's name, so it does not depend on the order of
columns. A missing value adds nothing. All numbers are hashed as float64, so that a column in which the first fraction
turns up keeps the hashes of its integers, and a CSV and a Parquet file of one table are split alike.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Hashes = npt.NDArray[np.uint64]

_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_WORD_BYTES = 8
_MASKS = np.array([(1 << (8 * length)) - 1 for length in range(_WORD_BYTES + 1)], dtype=np.uint64)


def row_hashes(batch: pa.RecordBatch, columns: Sequence[str]) -> Hashes:
    """A hash of each row over ``columns``, shape (rows,), uniform over the 64-bit integers.

    Args:
        batch: holds ``columns``, of type bool, int64, double, timestamp[us] or string.
        columns: their order does not matter.
    """
    total = np.zeros(batch.num_rows, dtype=np.uint64)
    for name in columns:
        total += _column_terms(batch[name], name)
    return _mix(total)


def _column_terms(column: pa.Array, name: str) -> Hashes:
    seed = string_hashes(pa.array([name]))[0]
    if pa.types.is_string(column.type):
        encoded = pc.dictionary_encode(column)
        terms = _mix(string_hashes(encoded.dictionary) ^ seed)
        # A null's index points behind the dictionary, at the term 0.
        padded: Hashes = np.append(terms, np.uint64(0))
        return padded[pc.fill_null(encoded.indices, len(terms)).to_numpy()]
    terms = _mix(_bits(column) ^ seed)
    if column.null_count:
        terms[column.is_null().to_numpy(zero_copy_only=False)] = 0
    return terms


def _bits(column: pa.Array) -> Hashes:
    numbers: npt.NDArray[np.int64] | npt.NDArray[np.float64]
    if pa.types.is_timestamp(column.type):
        numbers = pc.fill_null(column.cast(pa.int64()), 0).to_numpy()
    else:
        filled = pc.fill_null(column, False if pa.types.is_boolean(column.type) else 0)
        numbers = pc.cast(filled, pa.float64(), safe=False).to_numpy() + 0.0  # adding 0.0 turns -0.0 into 0.0
    return numbers.view(np.uint64)


def string_hashes(text: pa.Array) -> Hashes:
    """A hash of the UTF-8 bytes of each string, shape (n,); ``text`` has no nulls."""
    ends = np.frombuffer(text.buffers()[1], dtype=np.int32)
    offsets = ends[text.offset : text.offset + len(text) + 1].astype(np.int64)
    data = np.zeros(offsets[-1] - offsets[0] + _WORD_BYTES, dtype=np.uint8)
    if text.buffers()[2] is not None:
        data[:-_WORD_BYTES] = np.frombuffer(text.buffers()[2], dtype=np.uint8)[offsets[0] : offsets[-1]]
    words = np.ndarray((len(data) - _WORD_BYTES + 1,), dtype="<u8", buffer=data, strides=(1,))
    position, remaining = offsets[:-1] - offsets[0], np.diff(offsets)
    hashes = _mix(remaining.astype(np.uint64))
    rows = np.flatnonzero(remaining > 0)
    while rows.size:  # one turn per eight bytes of the longest string
        left = remaining[rows]
        word = words[position[rows]] & _MASKS[np.minimum(left, _WORD_BYTES)]
        hashes[rows] = _mix(hashes[rows] ^ word)
        position[rows] += _WORD_BYTES
        remaining[rows] = left - _WORD_BYTES
        rows = rows[left > _WORD_BYTES]
    return hashes


def _mix(values: Hashes) -> Hashes:
    mixed = values + _GAMMA
    mixed ^= mixed >> np.uint64(30)
    mixed *= _FIRST
    mixed ^= mixed >> np.uint64(27)
    mixed *= _SECOND
    mixed ^= mixed >> np.uint64(31)
    return mixed
