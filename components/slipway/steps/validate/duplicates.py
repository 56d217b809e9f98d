"""Rows of the eval and test splits that the training split holds too."""

from itertools import pairwise

import numpy as np
import pyarrow as pa

from slipway.steps.validate.buffers import Coded, missing_in, offsets_of, values_of

_MOST_DIGESTS = 1 << 20
"""Of a split with more different rows than these, a sample by digest is looked for."""
_FILTER_BITS = 22
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_MISSING = np.uint64(0xD6E8FEB86659FD93)
_HALF = np.uint64(32)
_LARGEST = np.uint64(2**64 - 1)
_WORD = 8
_PIECE_BYTES = 1 << 20


class Rows:
    """The rows of a split, by digest, and which of them another split holds.

    Rows of up to 2^20 different digests are all kept. Of more, those with the 2^20 smallest digests are, which is a
    sample of the different rows that does not depend on their order; the memory does not grow with the rows.
    """

    def __init__(self, most: int = _MOST_DIGESTS) -> None:
        """Start from nothing; ``most`` is how many different digests are kept."""
        self._most = most
        self._largest = _LARGEST
        self._pending: list[np.ndarray] = []
        self._digests = np.zeros(0, np.uint64)
        self._counts = np.zeros(0, np.int64)
        self._found = np.zeros(0, np.bool_)
        self._filter = np.zeros(0, np.bool_)

    def add(self, digests: np.ndarray) -> None:
        """Take in rows of the split; all of them before ``mark``."""
        self._pending.append(digests if self._largest == _LARGEST else digests[digests <= self._largest])
        if sum(map(len, self._pending)) >= self._most:
            self._settle()

    def mark(self, digests: np.ndarray) -> None:
        """Note which rows of the split are among those of another, given by digest."""
        self._settle()
        if len(self._digests) == 0:
            return
        if len(self._filter) == 0:
            self._filter = np.zeros(1 << _FILTER_BITS, np.bool_)
            self._filter[_slot(self._digests)] = True
        likely = digests[self._filter[_slot(digests)]]
        positions = np.searchsorted(self._digests, likely)
        positions[positions == len(self._digests)] = 0
        self._found[positions[self._digests[positions] == likely]] = True

    def shared_fraction(self) -> float:
        """Share of the split's rows that were marked, in [0, 1]; 0 without rows."""
        self._settle()
        rows = int(self._counts.sum())
        return float(self._counts[self._found].sum() / rows) if rows else 0.0

    def _settle(self) -> None:
        """Fold what is pending into the kept digests, and drop the largest of too many."""
        if not self._pending:
            return
        digests = np.concatenate([self._digests, *self._pending])
        weights = np.concatenate([self._counts, np.ones(len(digests) - len(self._counts), np.int64)])
        self._digests, positions = np.unique(digests, return_inverse=True)
        self._counts = np.bincount(positions, weights, len(self._digests)).astype(np.int64)
        if len(self._digests) > self._most:
            self._digests, self._counts = self._digests[: self._most], self._counts[: self._most]
            self._largest = self._digests[-1]
        self._found = np.zeros(len(self._digests), np.bool_)
        self._pending.clear()


def folded(digests: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Digests of rows with one more column, of whose values ``values`` are digests; in place."""
    digests ^= values
    digests *= _MULTIPLIER
    digests ^= digests >> _HALF
    return digests


def number_digests(column: pa.Array) -> np.ndarray:
    """A 64-bit digest of each number, the same for 1 and 1.0; shape (rows,)."""
    with np.errstate(invalid="ignore"):  # what stands where a value is missing may be anything
        numbers = values_of(column).astype(np.float64) + 0.0  # no negative zero
    digests = _mixed(numbers.view(np.uint64))
    if column.null_count:
        digests[missing_in(column)] = _MISSING
    return digests


def value_digests(codes: Coded) -> np.ndarray:
    """A 64-bit digest of each value of a column of text, bytes or categories, shape (rows,)."""
    values = codes.values
    distinct = number_digests(values) if pa.types.is_integer(values.type) else text_digests(values)
    return np.append(distinct, _MISSING)[codes.codes]


def text_digests(values: pa.Array) -> np.ndarray:
    """A 64-bit digest of each string, none missing: the sum of its mixed eight-byte words, mixed with its length."""
    offsets = offsets_of(values).astype(np.int64)
    size = int(offsets[-1] - offsets[0])
    content = np.zeros(size + _WORD, np.uint8)
    if size:
        content[:size] = np.frombuffer(values.buffers()[2], np.uint8, size, int(offsets[0]))
    offsets -= offsets[0]
    # In pieces, since what is computed of a byte takes several.
    cuts = np.unique(np.append(np.searchsorted(offsets[:-1], np.arange(0, size, _PIECE_BYTES)), [0, len(values)]))
    pieces = [_piece_digests(content, offsets[start : end + 1]) for start, end in pairwise(cuts)]
    return np.concatenate([np.zeros(0, np.uint64), *pieces])


def _piece_digests(content: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    lengths = np.diff(offsets)
    words = -(-lengths // _WORD)
    ends = np.cumsum(words)
    within = np.arange(ends[-1]) - np.repeat(ends - words, words)
    starts = np.repeat(offsets[:-1], words) + _WORD * within
    left = np.repeat(lengths, words) - _WORD * within
    mixed = _mixed(_words(content, starts, left) + (within + 1).astype(np.uint64) * _MULTIPLIER)
    until = np.append(np.uint64(0), np.cumsum(mixed))
    return _mixed(until[ends] - until[ends - words] + lengths.astype(np.uint64) * _MISSING)


def _words(content: np.ndarray, starts: np.ndarray, left: np.ndarray) -> np.ndarray:
    """The bytes from each start on as a number: eight of them, or as many as are left."""
    every = np.lib.stride_tricks.as_strided(content, (len(content) - _WORD + 1, _WORD), (1, 1), writeable=False)
    words = every[starts].view(np.uint64)[:, 0]
    unused = (_WORD - np.minimum(left, _WORD)).astype(np.uint64) * np.uint64(_WORD)
    return (words << unused) >> unused


def _mixed(values: np.ndarray) -> np.ndarray:
    """Each 64-bit number with every bit spread over all (Stafford's variant 13 of MurmurHash3's finalizer)."""
    values = values ^ (values >> np.uint64(30))
    values *= np.uint64(0xBF58476D1CE4E5B9)
    values ^= values >> np.uint64(27)
    values *= np.uint64(0x94D049BB133111EB)
    values ^= values >> np.uint64(31)
    return values


def _slot(digests: np.ndarray) -> np.ndarray:
    """Where the filter notes a digest: its last bits, for the first are alike among the smallest."""
    return digests & np.uint64((1 << _FILTER_BITS) - 1)
