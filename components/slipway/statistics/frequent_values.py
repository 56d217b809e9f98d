"""The most frequent values, in bounded memory and the same in every run.

Misra and Gries' counters, pruned once per batch (Agarwal et al., Mergeable Summaries, 2012). Why neither ``tfx_bsl``'s
sketch nor that of ``datasketches`` is used: docs/adr/0015-statistics-as-accumulators.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from slipway.features.arrow_buffers import array_of, offsets_of, values_of
from slipway.statistics.accumulator import Accumulator
from slipway.statistics.state_bytes import pack_fields, unpack_fields


@dataclass(slots=True)
class CountedValues:
    """Values that are counted.

    Attributes:
        values: binary, different, in the order in which they came.
        counts: int64, shape (values,): a lower bound of how often each came.
        given_up: how much too low a count may be at most.
    """

    values: pa.Array = field(default_factory=lambda: pa.nulls(0, pa.binary()))
    counts: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    given_up: int = 0


@dataclass(frozen=True, slots=True)
class ValueWeights:
    """Values and how often each comes; a value may stand there several times.

    Attributes:
        values: binary, none missing.
        counts: int64, shape (values,).
    """

    values: pa.Array
    counts: np.ndarray


@dataclass(frozen=True, slots=True)
class FrequentValues:
    """Counts of values, exact up to ``capacity`` different ones, upper bounds beyond.

    A count is too large by at most the number of values added, divided by ``capacity``, in whatever order and parts
    they come; a value that comes more often than that is never missed. Of values that come equally often, those seen
    first are kept.

    Attributes:
        capacity: most values kept, at least 1.
    """

    capacity: int

    def create(self) -> CountedValues:
        """Return the counts of nothing."""
        return CountedValues()

    def add(self, state: CountedValues, batch: ValueWeights) -> CountedValues:
        """Return the counts with a batch taken in."""
        pruned, surplus = self._prune(batch.values, batch.counts)
        return self._together(state, CountedValues(pruned.values, pruned.counts, surplus))

    def merge(self, states: Iterable[CountedValues]) -> CountedValues:
        """Return the counts of all values together."""
        merged = CountedValues()
        for state in states:
            merged = self._together(merged, state)
        return merged

    def extract(self, state: CountedValues) -> list[tuple[int, bytes]]:
        """Return count and value of each kept one, the most frequent first, of equal ones the greatest value."""
        found = zip((state.counts + state.given_up).tolist(), state.values.to_pylist(), strict=True)
        return sorted(found, reverse=True)

    def serialize(self, state: CountedValues) -> bytes:
        """Return the counts as bytes."""
        offsets = offsets_of(state.values).astype(np.int64)
        content = state.values.buffers()[2]
        text = b"" if content is None else content.to_pybytes()[offsets[0] : offsets[-1]]
        fields = {"lengths": np.diff(offsets), "text": text, "counts": state.counts, "given_up": state.given_up}
        return pack_fields(self, fields)

    def deserialize(self, content: bytes) -> CountedValues:
        """Return the counts that ``serialize`` wrote; InputError for other bytes."""
        fields = unpack_fields(self, content)
        offsets = np.zeros(len(fields["lengths"]) + 1, np.int32)
        np.cumsum(fields["lengths"], out=offsets[1:])
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(fields["text"])]
        values = pa.Array.from_buffers(pa.binary(), len(offsets) - 1, buffers)
        return CountedValues(values, fields["counts"], fields["given_up"])

    def _together(self, first: CountedValues, other: CountedValues) -> CountedValues:
        merged = pc.dictionary_encode(pa.concat_arrays([first.values, other.values]))
        weights = np.concatenate([first.counts, other.counts])
        # Sums of float64 are exact up to 2^53 rows.
        totals = np.bincount(values_of(merged.indices), weights, len(merged.dictionary)).astype(np.int64)
        kept, surplus = self._prune(merged.dictionary, totals)
        return CountedValues(kept.values, kept.counts, first.given_up + other.given_up + surplus)

    def _prune(self, values: pa.Array, counts: np.ndarray) -> tuple[ValueWeights, int]:
        """Return at most ``capacity`` values, and the count of the first that is given up, which all others lose."""
        if len(counts) <= self.capacity:
            return ValueWeights(values, counts), 0
        order = np.argsort(-counts, kind="stable")
        surplus = int(counts[order[self.capacity]])
        stay = np.sort(order[: self.capacity])
        return ValueWeights(pc.take(values, array_of(stay)), counts[stay] - surplus), surplus


if TYPE_CHECKING:
    _: Accumulator[CountedValues, ValueWeights, list[tuple[int, bytes]]] = FrequentValues(capacity=1)
