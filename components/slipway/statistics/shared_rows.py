"""Rows of one split that another split holds too, by their hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from slipway.statistics.accumulator import Accumulator
from slipway.statistics.column_batches import ColumnBatch, is_number
from slipway.statistics.state_bytes import pack_fields, unpack_fields
from slipway.tables.row_hash import column_terms, mix, text_terms

MOST_HASHES = 1 << 20
_FILTER_BITS = 22


@dataclass(frozen=True, slots=True)
class HashedRows:
    """The different rows of a split, or of many a sample: those with the smallest hashes.

    Attributes:
        hashes: different, increasing, uint64, shape (n,).
        counts: how often each row occurs, int64, shape (n,).
    """

    hashes: np.ndarray
    counts: np.ndarray

    def shared_fraction(self, found: np.ndarray) -> float:
        """Return the share of rows whose hash is among ``found``, in [0, 1]; 0 without rows."""
        rows = int(self.counts.sum())
        return float(self.counts[np.isin(self.hashes, found)].sum() / rows) if rows else 0.0


@dataclass(slots=True)
class RowSampleState:
    """Hashes taken in.

    Attributes:
        hashes: of rows kept, different and increasing, uint64.
        counts: of each, int64.
        pending: hashes that are not among them yet.
        partial: what the blocks of columns so far add to the hashes of a group of rows; None between groups.
    """

    hashes: np.ndarray = field(default_factory=lambda: np.zeros(0, np.uint64))
    counts: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    pending: list[np.ndarray] = field(default_factory=list)
    partial: np.ndarray | None = None


@dataclass(frozen=True, slots=True)
class RowSample:
    """The different rows of a split and how often each occurs.

    Up to ``most`` different rows are all kept; of more, those with the smallest hashes are, which is a sample of the
    different rows that does not depend on their order or parts.

    Attributes:
        columns: those that make two rows equal.
        most: different rows kept, at least 1.
    """

    columns: frozenset[str]
    most: int = MOST_HASHES

    def create(self) -> RowSampleState:
        """Return the state of no rows."""
        return RowSampleState()

    def add(self, state: RowSampleState, batch: ColumnBatch) -> RowSampleState:
        """Return the state with a batch taken in."""
        hashes = _hash_rows(state, batch, self.columns)
        if hashes is not None:
            full = len(state.hashes) >= self.most
            state.pending.append(hashes[hashes <= state.hashes[-1]] if full else hashes)
            if sum(map(len, state.pending)) >= self.most:
                self._settle(state)
        return state

    def merge(self, states: Iterable[RowSampleState]) -> RowSampleState:
        """Return the state of all rows together."""
        merged = RowSampleState()
        for state in states:
            self._settle(state)
            self._keep(
                merged,
                np.concatenate([merged.hashes, state.hashes]),
                np.concatenate([merged.counts, state.counts]),
            )
        return merged

    def extract(self, state: RowSampleState) -> HashedRows:
        """Return the rows kept."""
        self._settle(state)
        return HashedRows(state.hashes, state.counts)

    def serialize(self, state: RowSampleState) -> bytes:
        """Return the state as bytes."""
        self._settle(state)
        return pack_fields(self, {"hashes": state.hashes, "counts": state.counts})

    def deserialize(self, content: bytes) -> RowSampleState:
        """Return the state that ``serialize`` wrote; InputError for other bytes."""
        fields = unpack_fields(self, content)
        return RowSampleState(fields["hashes"], fields["counts"])

    def __repr__(self) -> str:
        return f"RowSample({sorted(self.columns)}, {self.most})"

    def _settle(self, state: RowSampleState) -> None:
        """Take what is pending among the rows kept."""
        if state.pending:
            hashes = np.concatenate([state.hashes, *state.pending])
            counts = np.concatenate([state.counts, np.ones(len(hashes) - len(state.counts), np.int64)])
            self._keep(state, hashes, counts)
            state.pending.clear()

    def _keep(self, state: RowSampleState, hashes: np.ndarray, counts: np.ndarray) -> None:
        different, positions = np.unique(hashes, return_inverse=True)
        # Sums of float64 are exact up to 2^53 rows.
        totals = np.bincount(positions, counts, len(different)).astype(np.int64)
        state.hashes, state.counts = different[: self.most], totals[: self.most]


@dataclass(slots=True)
class RowLookupState:
    """Which of the wanted rows came.

    Attributes:
        found: of each wanted hash whether it came, bool.
        partial: as in RowSampleState.
        likely: of the last bits of a hash whether a wanted one has the same, bool, shape (2**22,).
    """

    found: np.ndarray
    partial: np.ndarray | None = None
    likely: np.ndarray | None = None


@dataclass(frozen=True, slots=True)
class RowLookup:
    """Which of some rows, given by their hashes, a split holds; always exact.

    Attributes:
        columns: those that make two rows equal.
        wanted: the hashes, different and increasing, as bytes of uint64.
    """

    columns: frozenset[str]
    wanted: bytes

    @classmethod
    def of(cls, columns: frozenset[str], samples: Iterable[HashedRows]) -> RowLookup:
        """Return the lookup of all rows in some samples of splits."""
        hashes = [sample.hashes for sample in samples]
        return cls(columns, np.unique(np.concatenate([np.zeros(0, np.uint64), *hashes])).tobytes())

    def create(self) -> RowLookupState:
        """Return the state of no rows."""
        return RowLookupState(np.zeros(len(self._hashes), np.bool_))

    def add(self, state: RowLookupState, batch: ColumnBatch) -> RowLookupState:
        """Return the state with a batch taken in."""
        hashes = _hash_rows(state, batch, self.columns)
        wanted = self._hashes
        if hashes is None or len(wanted) == 0:
            return state
        if state.likely is None:
            state.likely = np.zeros(1 << _FILTER_BITS, np.bool_)
            state.likely[_slots(wanted)] = True
        likely = hashes[state.likely[_slots(hashes)]]
        positions = np.searchsorted(wanted, likely)
        positions[positions == len(wanted)] = 0
        state.found[positions[wanted[positions] == likely]] = True
        return state

    def merge(self, states: Iterable[RowLookupState]) -> RowLookupState:
        """Return the state of all rows together."""
        merged = self.create()
        for state in states:
            merged.found |= state.found
        return merged

    def extract(self, state: RowLookupState) -> np.ndarray:
        """Return the wanted hashes that came, increasing, uint64."""
        found: np.ndarray = self._hashes[state.found]
        return found

    def serialize(self, state: RowLookupState) -> bytes:
        """Return the state as bytes."""
        return pack_fields(self, {"found": state.found})

    def deserialize(self, content: bytes) -> RowLookupState:
        """Return the state that ``serialize`` wrote; InputError for other bytes."""
        return RowLookupState(unpack_fields(self, content)["found"])

    def __repr__(self) -> str:
        return f"RowLookup({sorted(self.columns)}, sha256 {hashlib.sha256(self.wanted).hexdigest()})"

    @property
    def _hashes(self) -> np.ndarray:
        return np.frombuffer(self.wanted, np.uint64)


def _hash_rows(
    state: RowSampleState | RowLookupState, batch: ColumnBatch, columns: frozenset[str]
) -> np.ndarray | None:
    """Return the hashes of the batch's rows, uint64, shape (rows,); None while blocks of columns are to come."""
    terms = np.zeros(batch.rows, np.uint64)
    for name, column in batch.columns.items():
        if name in columns:
            if is_number(column.array.type):
                terms += column_terms(name, column.array)
            else:
                encoded = column.dictionary()
                terms += text_terms(name, encoded.values, encoded.codes)
    if batch.first and batch.last:
        return mix(terms)
    if state.partial is None:
        state.partial = np.zeros(batch.group_rows, np.uint64)
    rows = state.partial[batch.offset : batch.offset + batch.rows]
    rows += terms
    if not batch.last:
        return None
    if batch.offset + batch.rows == batch.group_rows:
        state.partial = None
    return mix(rows)


def _slots(hashes: np.ndarray) -> np.ndarray:
    """Return where the filter notes a hash: its last bits, for the first are alike among the smallest."""
    return hashes & np.uint64((1 << _FILTER_BITS) - 1)


if TYPE_CHECKING:
    _: Accumulator[RowSampleState, ColumnBatch, HashedRows] = RowSample(frozenset())
    __: Accumulator[RowLookupState, ColumnBatch, np.ndarray] = RowLookup(frozenset(), b"")
