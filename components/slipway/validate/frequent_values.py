"""The most frequent values of a column, in bounded memory and the same in every run.

Misra and Gries' counters, pruned once per batch (Agarwal et al., Mergeable Summaries, 2012). ``tfx_bsl`` has a sketch
of the same kind, but which of several rare values it gives up differs between two processes.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from slipway.validate.buffers import array_of, values_of


class FrequentValues:
    """Counts values; exact up to ``capacity`` of them, upper bounds beyond.

    A count is too large by at most the number of values added, divided by ``capacity``; a value that comes more often
    than that is never missed. Of values that come equally often, those seen first are kept.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._values = pa.array([], pa.binary())
        self._counts = np.zeros(0, np.int64)
        self._given_up = 0

    def add(self, values: pa.Array, counts: np.ndarray) -> None:
        """Count a batch.

        Args:
            values: binary, none missing; a value may come several times.
            counts: how often each comes there, int64 of the same length.
        """
        merged = pc.dictionary_encode(pa.concat_arrays([self._values, values]))
        weights = np.concatenate([self._counts, counts])
        # Sums of float64 are exact up to 2^53 rows.
        totals = np.bincount(values_of(merged.indices), weights, len(merged.dictionary)).astype(np.int64)
        kept = merged.dictionary
        if len(totals) > self._capacity:
            order = np.argsort(-totals, kind="stable")
            surplus = int(totals[order[self._capacity]])
            stay = np.sort(order[: self._capacity])
            kept, totals = pc.take(kept, array_of(stay)), totals[stay] - surplus
            self._given_up += surplus
        self._values, self._counts = kept, totals

    def ranked(self, most: int) -> list[tuple[int, bytes]]:
        """At most so many counts and values, the most frequent first, of equal ones the greatest value."""
        found = zip((self._counts + self._given_up).tolist(), self._values.to_pylist(), strict=True)
        return sorted(found, reverse=True)[:most]
