"""The categories of a column, counted in bounded memory.

Counts are exact up to a capacity of distinct categories. Beyond it the rarest are dropped by the rule of Misra and
Gries ("Finding repeated elements", 1982) in the form that merges (Agarwal et al., "Mergeable summaries", 2012): with k
kept categories no count of n rows is too low by more than n / (k + 1).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from slipway.contracts.errors import InputError
from slipway.features.arrow_buffers import array_of, offsets_of, values_of
from slipway.features.counted import CountedCategories
from slipway.features.values import categories, refusal_as_data_error

_HEADER = struct.Struct("<4sqqqqqq")
_MAGIC = b"CCN1"
_WAITING = 1 << 16


@dataclass(slots=True)
class CategoryCountsState:
    """Counts so far.

    Attributes:
        names: the categories, distinct strings.
        counts: int64 rows of each.
        waiting: names and counts of batches that are not merged yet.
        rows: all rows.
        present: rows with a category.
        undercounted: by how many rows a count may be too low.
        most: the most distinct categories that were seen at once.
    """

    names: pa.Array = field(default_factory=lambda: pa.array([], pa.string()))
    counts: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    waiting: list[tuple[pa.Array, np.ndarray]] = field(default_factory=list)
    rows: int = 0
    present: int = 0
    undercounted: int = 0
    most: int = 0


@dataclass(frozen=True, slots=True)
class CategoryCounts:
    """Count the categories of a column (an ``Accumulator`` over Arrow tables and batches).

    Attributes:
        column: its name.
        capacity: categories that are kept, at least 1.
    """

    column: str
    capacity: int = 1 << 20

    def create(self) -> CategoryCountsState:
        """Return the state of no rows."""
        return CategoryCountsState()

    def add(self, state: CategoryCountsState, batch: pa.Table | pa.RecordBatch) -> CategoryCountsState:
        """Return the state with the rows of a batch.

        Raises:
            DataError: the values are no categories.
        """
        column = batch.column(self.column)
        with refusal_as_data_error(f"column {self.column!r} of type {column.type} cannot be read as categorical"):
            found = categories(column)
        counts = np.bincount(found.codes + 1, minlength=len(found.names) + 1)[1:]
        state.rows += len(found.codes)
        state.present += int(counts.sum())
        # A dictionary may hold what no row has.
        used = counts > 0
        names = found.names if used.all() else pc.take(found.names, array_of(np.flatnonzero(used)))
        state.waiting.append((names, counts[used]))
        if sum(len(names) for names, _ in state.waiting) > max(_WAITING, len(state.names)):
            self._count(state)
        return state

    def merge(self, states: Iterable[CategoryCountsState]) -> CategoryCountsState:
        """Return the state of all rows together."""
        merged = self.create()
        for state in states:
            self._count(state)
            merged.waiting.append((state.names, state.counts))
            merged.rows += state.rows
            merged.present += state.present
            merged.undercounted += state.undercounted
            merged.most = max(merged.most, state.most)
            self._count(merged)
        return merged

    def extract(self, state: CategoryCountsState) -> CountedCategories:
        """Return the counted categories."""
        self._count(state)
        ordered = np.lexsort((_ranks(state.names), -state.counts))
        return CountedCategories(
            names=pc.take(state.names, array_of(ordered)),
            counts=state.counts[ordered],
            rows=state.rows,
            present=state.present,
            distinct=state.most,
            most_undercounted=state.undercounted,
        )

    def serialize(self, state: CategoryCountsState) -> bytes:
        """Return the state as bytes; equal states give equal bytes, in whatever order the categories came."""
        self._count(state)
        ordered = np.argsort(_ranks(state.names))
        names = pc.take(state.names, array_of(ordered))
        offsets = offsets_of(names)
        text = names.buffers()[2].to_pybytes()[offsets[0] : offsets[-1]] if len(names) and offsets[-1] else b""
        header = _HEADER.pack(
            *(_MAGIC, state.rows, state.present, state.undercounted, state.most, len(names), len(text))
        )
        return header + np.diff(offsets).astype("<i4").tobytes() + state.counts[ordered].astype("<i8").tobytes() + text

    def deserialize(self, content: bytes) -> CategoryCountsState:
        """Return the state that ``serialize`` wrote.

        Raises:
            InputError: the bytes are no state of category counts.
        """
        if len(content) < _HEADER.size or content[:4] != _MAGIC:
            raise InputError("these bytes are no counted categories")
        _, rows, present, undercounted, most, distinct, size = _HEADER.unpack_from(content)
        if len(content) != _HEADER.size + 12 * distinct + size:
            raise InputError(f"counted categories of {distinct} names are not whole: {len(content)} bytes")
        lengths, counts = _HEADER.size + 4 * distinct, _HEADER.size + 12 * distinct
        offsets = np.zeros(distinct + 1, np.int32)
        np.cumsum(np.frombuffer(content[_HEADER.size : lengths], "<i4"), out=offsets[1:])
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(content[counts:])]
        return CategoryCountsState(
            names=pa.Array.from_buffers(pa.string(), distinct, buffers),
            counts=np.frombuffer(content[lengths:counts], "<i8").copy(),
            rows=rows,
            present=present,
            undercounted=undercounted,
            most=most,
        )

    def _count(self, state: CategoryCountsState) -> None:
        """Merge what waits, and drop the rarest categories where there are too many."""
        if not state.waiting:
            return
        parts = [(state.names, state.counts), *state.waiting]
        state.waiting = []
        encoded = pc.dictionary_encode(pa.concat_arrays([names for names, _ in parts]))
        weights = np.concatenate([counts for _, counts in parts])
        # Sums of whole numbers below 2**53 are exact in float64.
        counts = np.bincount(values_of(encoded.indices), weights, len(encoded.dictionary)).astype(np.int64)
        state.names, state.counts = encoded.dictionary, counts
        state.most = max(state.most, len(counts))
        if len(counts) > self.capacity:
            cut = int(np.partition(counts, len(counts) - self.capacity - 1)[len(counts) - self.capacity - 1])
            kept = np.flatnonzero(counts > cut)
            state.names, state.counts = pc.take(encoded.dictionary, array_of(kept)), counts[kept] - cut
            state.undercounted += cut


def _ranks(names: pa.Array) -> np.ndarray:
    """Return the place of each name among the sorted ones, by code points."""
    ranks = np.empty(len(names), np.int64)
    ranks[pc.array_sort_indices(names).to_numpy(zero_copy_only=False)] = np.arange(len(names))
    return ranks
