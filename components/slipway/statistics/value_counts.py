"""The finite numbers of a column, counted in bounded memory.

Distinct float32 values are counted exactly up to a capacity. Beyond it, values are grouped by dropping low mantissa
bits: the fewest with which the groups fit the capacity. That number depends on the set of all values alone, so the
state is the same whatever the order of the rows and however they were partitioned (docs/adr/0014).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from slipway.contracts.errors import InputError
from slipway.features.counted import CountedNumbers
from slipway.features.values import doubles, refusal_as_data_error

_SIGN = np.uint32(1 << 31)
_HEADER = struct.Struct("<4sIqqqdff")
_MAGIC = b"VCN1"


@dataclass(slots=True)
class ValueCountsState:
    """Counts so far.

    Attributes:
        keys: order-preserving uint32 keys of the values, rising, distinct, their ``shift`` low bits 0.
        counts: int64 rows of each.
        shift: low bits dropped.
        waiting: keys of rows that are not counted yet.
        rows: all rows.
        infinite: rows with an infinite value.
        rounding: the largest distance of a value from its float32.
        low: the smallest value; infinite when there is none.
        high: the largest; likewise.
    """

    keys: np.ndarray = field(default_factory=lambda: np.zeros(0, np.uint32))
    counts: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    shift: int = 0
    waiting: list[np.ndarray] = field(default_factory=list)
    rows: int = 0
    infinite: int = 0
    rounding: float = 0.0
    low: float = np.inf
    high: float = -np.inf


@dataclass(frozen=True, slots=True)
class ValueCounts:
    """Count the distinct float32 values of a column (an ``Accumulator`` over Arrow tables and batches).

    Attributes:
        column: its name; numbers, booleans, or text that holds numbers.
        capacity: distinct values that are told apart, at least 4; a state takes 12 bytes for each, and as many rows
            wait to be counted.
    """

    column: str
    capacity: int = 1 << 17

    def create(self) -> ValueCountsState:
        """Return the state of no rows."""
        return ValueCountsState()

    def add(self, state: ValueCountsState, batch: pa.Table | pa.RecordBatch) -> ValueCountsState:
        """Return the state with the rows of a batch.

        Raises:
            DataError: the values are no numbers.
        """
        column = batch.column(self.column)
        with refusal_as_data_error(f"column {self.column!r} of type {column.type} cannot be read as numeric"):
            exact = doubles(column)
        with np.errstate(over="ignore"):
            values = exact.astype(np.float32)
        finite = np.isfinite(values)
        state.rows += len(values)
        if not finite.all():
            state.infinite += int(np.isinf(values).sum())
            values, exact = values[finite], exact[finite]
        if len(values):
            state.rounding = max(state.rounding, float(np.abs(exact - values).max()))
            # Adding 0 makes a negative zero the other one, which a state must not tell apart.
            state.low = min(state.low, float(values.min()) + 0.0)
            state.high = max(state.high, float(values.max()) + 0.0)
            state.waiting.append(_keys(values))
        if sum(map(len, state.waiting)) >= self.capacity:
            self._count(state)
        return state

    def merge(self, states: Iterable[ValueCountsState]) -> ValueCountsState:
        """Return the state of all rows together."""
        merged = self.create()
        for state in states:
            self._count(state)
            merged.shift = max(merged.shift, state.shift)
            self._take_in(merged, state.keys, state.counts)
            merged.rows += state.rows
            merged.infinite += state.infinite
            merged.rounding = max(merged.rounding, state.rounding)
            merged.low, merged.high = min(merged.low, state.low), max(merged.high, state.high)
        return merged

    def extract(self, state: ValueCountsState) -> CountedNumbers:
        """Return the counted values; exact at both ends."""
        self._count(state)
        values = _values(state.keys, state.shift).astype(np.float64)
        if len(values):
            values[0], values[-1] = state.low, state.high
        return CountedNumbers(
            values=values,
            counts=state.counts,
            rows=state.rows,
            infinite=state.infinite,
            dropped_bits=state.shift,
            rounding=state.rounding,
        )

    def serialize(self, state: ValueCountsState) -> bytes:
        """Return the state as bytes; equal states give equal bytes."""
        self._count(state)
        header = _HEADER.pack(
            *(_MAGIC, state.shift, state.rows, state.infinite, len(state.keys), state.rounding, state.low, state.high)
        )
        return header + state.keys.astype("<u4").tobytes() + state.counts.astype("<i8").tobytes()

    def deserialize(self, content: bytes) -> ValueCountsState:
        """Return the state that ``serialize`` wrote.

        Raises:
            InputError: the bytes are no state of value counts.
        """
        if len(content) < _HEADER.size or content[:4] != _MAGIC:
            raise InputError("these bytes are no counted values")
        _, shift, rows, infinite, distinct, rounding, low, high = _HEADER.unpack_from(content)
        if len(content) != _HEADER.size + 12 * distinct:
            raise InputError(f"counted values of {distinct} distinct ones take {12 * distinct} bytes; some are missing")
        middle = _HEADER.size + 4 * distinct
        return ValueCountsState(
            keys=np.frombuffer(content[_HEADER.size : middle], "<u4").copy(),
            counts=np.frombuffer(content[middle:], "<i8").copy(),
            shift=shift,
            rows=rows,
            infinite=infinite,
            rounding=rounding,
            low=low,
            high=high,
        )

    def _count(self, state: ValueCountsState) -> None:
        """Count the rows that wait."""
        if not state.waiting:
            return
        keys = state.waiting[0] if len(state.waiting) == 1 else np.concatenate(state.waiting)
        state.waiting = []
        keys = np.sort(keys & _mask(state.shift))
        starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
        self._take_in(state, keys[starts], np.diff(starts, append=len(keys)))

    def _take_in(self, state: ValueCountsState, keys: np.ndarray, counts: np.ndarray) -> None:
        """Add counts of rising keys, then drop as few low bits as fit the capacity."""
        state.keys, state.counts = _grouped(state.keys, state.counts, state.shift)
        keys, counts = _grouped(keys, counts, state.shift)
        places = np.searchsorted(state.keys, keys)
        known = places < len(state.keys)
        known[known] = state.keys[places[known]] == keys[known]
        totals = state.counts.copy()
        totals[places[known]] += counts[known]
        new = ~known
        state.keys = np.insert(state.keys, places[new], keys[new])
        state.counts = np.insert(totals, places[new], counts[new])
        shift = _smallest_shift(state.keys, self.capacity)
        if shift > state.shift:
            state.shift = shift
            state.keys, state.counts = _grouped(state.keys, state.counts, shift)


def _mask(shift: int) -> np.uint32:
    return np.uint32((0xFFFFFFFF << shift) & 0xFFFFFFFF)


def _keys(values: np.ndarray) -> np.ndarray:
    """Return uint32 keys of finite float32 values, in the same order; 0.0 and -0.0 have one key."""
    bits = (values + np.float32(0)).view(np.uint32)
    return np.where(bits & _SIGN, ~bits, bits | _SIGN)


def _values(keys: np.ndarray, shift: int) -> np.ndarray:
    """Return the value of each key: of those that share it the nearest to zero, whose dropped bits are 0.

    Round numbers keep their value so, among them those that stand in many rows.
    """
    bits = np.where(keys & _SIGN, keys ^ _SIGN, ~keys)
    return (bits & _mask(shift)).view(np.float32)


def _grouped(keys: np.ndarray, counts: np.ndarray, shift: int) -> tuple[np.ndarray, np.ndarray]:
    """Return rising keys without their low bits, each once, and the counts of those that became equal together."""
    if not len(keys) or not shift:
        return keys, counts
    keys = keys & _mask(shift)
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    return keys[starts], np.add.reduceat(counts, starts)


def _smallest_shift(keys: np.ndarray, capacity: int) -> int:
    """Return the fewest low bits without which at most ``capacity`` rising, distinct keys remain."""
    if len(keys) <= capacity:
        return 0
    # Neighbours stay apart as long as the highest bit in which they differ is kept.
    highest = np.frexp((keys[1:] ^ keys[:-1]).astype(np.float64))[1]
    apart = np.bincount(highest, minlength=33)
    remaining = 1 + np.cumsum(apart[::-1])[::-1]
    return int(np.argmax(np.append(remaining, 1)[1:] <= capacity))
