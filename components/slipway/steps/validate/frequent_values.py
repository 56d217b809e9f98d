"""The most frequent values of a column, in bounded memory and the same in every run.

Misra and Gries' counters, pruned once per batch (Agarwal et al., Mergeable Summaries, 2012). ``tfx_bsl`` has a sketch
of the same kind, but which of several rare values it gives up differs between two processes.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from slipway.steps.validate.buffers import array_of, values_of


class FrequentValues:
    """Counts values; exact up to ``capacity`` of them, upper bounds beyond.

    A count is too large by at most the number of values added, divided by ``capacity``; a value that comes more often
    than that is never missed. Of values that come equally often, those seen first are kept.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._values = pa.nulls(0, pa.binary())
        self._counts = np.zeros(0, np.int64)
        self._given_up = 0

    def add(self, values: pa.Array, counts: np.ndarray) -> None:
        """Count a batch.

        Args:
            values: binary, none missing; a value may come several times.
            counts: how often each comes there, int64 of the same length.
        """
        values, counts = self._pruned(values, counts)
        merged = pc.dictionary_encode(pa.concat_arrays([self._values, values]))
        weights = np.concatenate([self._counts, counts])
        # Sums of float64 are exact up to 2^53 rows.
        totals = np.bincount(values_of(merged.indices), weights, len(merged.dictionary)).astype(np.int64)
        self._values, self._counts = self._pruned(merged.dictionary, totals)

    def _pruned(self, values: pa.Array, counts: np.ndarray) -> tuple[pa.Array, np.ndarray]:
        """At most ``capacity`` of the values, with what they have more than the first that is given up."""
        if len(counts) <= self._capacity:
            return values, counts
        order = np.argsort(-counts, kind="stable")
        surplus = int(counts[order[self._capacity]])
        self._given_up += surplus
        stay = np.sort(order[: self._capacity])
        return pc.take(values, array_of(stay)), counts[stay] - surplus

    def ranked(self, most: int) -> list[tuple[int, bytes]]:
        """At most so many counts and values, the most frequent first, of equal ones the greatest value."""
        found = zip((self._counts + self._given_up).tolist(), self._values.to_pylist(), strict=True)
        return sorted(found, reverse=True)[:most]
