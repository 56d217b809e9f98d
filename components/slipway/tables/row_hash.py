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

_GAMMA = 0x9E3779B97F4A7C15
_FIRST = 0xBF58476D1CE4E5B9
_SECOND = 0x94D049BB133111EB
_ALL_BITS = 2**64 - 1
_WORD_BYTES = 8
_MASKS = np.array([(1 << (8 * length)) - 1 for length in range(_WORD_BYTES + 1)], dtype=np.uint64)
_FEW_TEXTS = 8
"""So few texts with words left are faster one by one."""


def row_hashes(batch: pa.RecordBatch, columns: Sequence[str]) -> Hashes:
    """Return a hash of each row over ``columns``, shape (rows,), uniform over the 64-bit integers.

    Args:
        batch: holds ``columns``, of type bool, int64, double, timestamp[us], string, binary or a dictionary of strings.
        columns: their order does not matter.
    """
    total = np.zeros(batch.num_rows, dtype=np.uint64)
    for name in columns:
        total += column_terms(name, batch.column(name))
    return mix(total)


def column_terms(name: str, column: pa.Array) -> Hashes:
    """Return what a column adds to the hash of each row before it is mixed, 0 where it is missing, shape (rows,).

    Args:
        name: of the column.
        column: of a type that ``row_hashes`` takes.
    """
    if pa.types.is_string(column.type) or pa.types.is_binary(column.type):
        column = pc.dictionary_encode(column)
    if pa.types.is_dictionary(column.type):
        places = values_of(pc.cast(column.indices, pa.int32()))
        if column.null_count:
            places = np.where(missing_in(column), np.int32(len(column.dictionary)), places)
        return text_terms(name, column.dictionary, places)
    terms = mix(_bits(column) ^ _seed(name))
    if column.null_count:
        terms[missing_in(column)] = 0
    return terms


def text_terms(name: str, values: pa.Array, codes: npt.NDArray[np.int32]) -> Hashes:
    """Return the terms of a column of texts or bytes whose distinct values are known.

    Args:
        name: of the column.
        values: the distinct values, none missing.
        codes: position in ``values`` of each row's value, their number where it is missing, shape (rows,).
    """
    # What is missing points behind the values, at the term 0.
    return np.take(np.append(mix(string_hashes(values) ^ _seed(name)), np.uint64(0)), codes)


def string_hashes(texts: pa.Array) -> Hashes:
    """Return a hash of the bytes of each string or binary value, shape (n,); none is missing."""
    offsets = _offsets(texts)
    data = np.zeros(offsets[-1] - offsets[0] + _WORD_BYTES, dtype=np.uint8)
    if len(data) > _WORD_BYTES:
        data[:-_WORD_BYTES] = np.frombuffer(texts.buffers()[2], dtype=np.uint8)[offsets[0] : offsets[-1]]
    words = np.ndarray((len(data) - _WORD_BYTES + 1,), dtype="<u8", buffer=data, strides=(1,))
    position, remaining = offsets[:-1] - offsets[0], np.diff(offsets)
    hashes = mix(remaining.astype(np.uint64))
    rows = np.flatnonzero(remaining > 0)
    while rows.size > _FEW_TEXTS:  # one turn for eight bytes of every text
        left = remaining[rows]
        word = words[position[rows]] & _MASKS[np.minimum(left, _WORD_BYTES)]
        hashes[rows] = mix(hashes[rows] ^ word)
        position[rows] += _WORD_BYTES
        remaining[rows] = left - _WORD_BYTES
        rows = rows[left > _WORD_BYTES]
    for row in rows.tolist():
        start = int(position[row])
        hashes[row] = _continue_hash(int(hashes[row]), data[start : start + int(remaining[row])].tobytes())
    return hashes


def mix(values: Hashes) -> Hashes:
    """Return 64-bit integers with every bit spread over all; ``values`` are overwritten."""
    shifted = np.empty_like(values)
    values += np.uint64(_GAMMA)
    values ^= np.right_shift(values, np.uint64(30), out=shifted)
    values *= np.uint64(_FIRST)
    values ^= np.right_shift(values, np.uint64(27), out=shifted)
    values *= np.uint64(_SECOND)
    values ^= np.right_shift(values, np.uint64(31), out=shifted)
    return values


@lru_cache(maxsize=4096)
def _seed(name: str) -> np.uint64:
    return np.uint64(string_hashes(strings_of([name]))[0])


def _bits(column: pa.Array) -> Hashes:
    """Return 64 bits of each value, anything where it is missing."""
    if pa.types.is_timestamp(column.type):
        return values_of(pc.cast(column, pa.int64())).view(np.uint64)
    if pa.types.is_boolean(column.type):
        column = pc.cast(pc.cast(column, pa.int8()), pa.int64())
    with np.errstate(invalid="ignore"):  # what stands where a value is missing may be anything
        return np.add(values_of(column), 0.0, dtype=np.float64).view(np.uint64)  # adding 0.0 turns -0.0 into 0.0


def _offsets(texts: pa.Array) -> npt.NDArray[np.int64]:
    ends = np.frombuffer(texts.buffers()[1] or b"\0\0\0\0", dtype=np.int32)
    return ends[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)


def _continue_hash(state: int, content: bytes) -> int:
    """Return the hash of a text of which ``content`` is left, with Python's integers."""
    for start in range(0, len(content), _WORD_BYTES):
        value = (state ^ int.from_bytes(content[start : start + _WORD_BYTES], "little")) + _GAMMA & _ALL_BITS
        value = (value ^ value >> 30) * _FIRST & _ALL_BITS
        value = (value ^ value >> 27) * _SECOND & _ALL_BITS
        state = value ^ value >> 31
    return state
