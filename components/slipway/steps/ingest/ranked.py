"""The n-th smallest of numbers that lie on disk, in memory that does not grow with them."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64] | npt.NDArray[np.float64]
Keys = npt.NDArray[np.uint64]

_CHUNK = 1 << 17
_DIGIT_BITS = 16
_SIGN = np.uint64(1 << 63)
_ALL = np.uint64(2**64 - 1)


class RankedFile:
    """Numbers of one type, eight bytes each in a file, as keys: unsigned integers in the order of the numbers."""

    def __init__(self, path: Path) -> None:
        self.count = 0
        self._path = path
        path.write_bytes(b"")
        self._is_float = False

    def add(self, numbers: Numbers) -> None:
        """Append numbers, int64 or float64 but the same each time, of shape (n,), without NaN."""
        self._is_float = numbers.dtype == np.float64
        bits = np.ascontiguousarray(numbers).view(np.uint64)
        keys = np.where(bits & _SIGN, bits ^ _ALL, bits | _SIGN) if self._is_float else bits ^ _SIGN
        with self._path.open("ab") as file:
            keys.tofile(file)
        self.count += len(keys)

    def smallest(self, rank: int) -> float | int:
        """The number that ``rank`` others, from 0 to ``count`` - 1, come before; it reads the file four times."""
        prefix = 0
        for shift in range(64 - _DIGIT_BITS, -1, -_DIGIT_BITS):
            counts = np.zeros(1 << _DIGIT_BITS, dtype=np.int64)
            for keys in self._chunks():
                above = keys >> np.uint64(shift)
                digits = above[above >> np.uint64(_DIGIT_BITS) == prefix] & np.uint64((1 << _DIGIT_BITS) - 1)
                counts += np.bincount(digits.astype(np.int64), minlength=len(counts))
            ends = np.cumsum(counts)
            digit = int(np.searchsorted(ends, rank, side="right"))
            rank -= int(ends[digit] - counts[digit])
            prefix = prefix << _DIGIT_BITS | digit
        return self._number(np.array([prefix], dtype=np.uint64))

    def _chunks(self) -> Iterator[Keys]:
        with self._path.open("rb") as file:
            while len(keys := np.fromfile(file, dtype=np.uint64, count=_CHUNK)):
                yield keys

    def _number(self, key: Keys) -> float | int:
        if not self._is_float:
            return int((key ^ _SIGN).view(np.int64)[0])
        return float(np.where(key & _SIGN, key ^ _SIGN, key ^ _ALL).view(np.float64)[0])
