"""How many numbers fall between given edges."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from slipway.statistics.accumulator import Accumulator
from slipway.statistics.state_bytes import pack_fields, unpack_fields


@dataclass(frozen=True, slots=True)
class BucketCounts:
    """Counts of numbers in buckets; always exact.

    Attributes:
        edges: inner ones, increasing; the first bucket starts at minus infinity, the last ends at infinity, and an
            edge belongs to the bucket above it.
    """

    edges: tuple[float, ...]

    def create(self) -> np.ndarray:
        """Return the counts of nothing."""
        return np.zeros(len(self.edges) + 1, np.int64)

    def add(self, state: np.ndarray, batch: np.ndarray) -> np.ndarray:
        """Return the counts with float64 numbers taken in, shape (n,), none missing."""
        below = [np.count_nonzero(batch < edge) for edge in self.edges]
        state += np.diff([0, *below, len(batch)])
        return state

    def merge(self, states: Iterable[np.ndarray]) -> np.ndarray:
        """Return the counts of all numbers together."""
        merged = self.create()
        for state in states:
            merged += state
        return merged

    def extract(self, state: np.ndarray) -> np.ndarray:
        """Return the counts, int64, shape (edges + 1,)."""
        return state.copy()

    def serialize(self, state: np.ndarray) -> bytes:
        """Return the counts as bytes."""
        return pack_fields(self, {"counts": state})

    def deserialize(self, content: bytes) -> np.ndarray:
        """Return the counts that ``serialize`` wrote; InputError for other bytes."""
        counts: np.ndarray = unpack_fields(self, content)["counts"]
        return counts


def equal_parts(ordered: np.ndarray, parts: int) -> np.ndarray:
    """Return inner edges, increasing, between about equally many of ``ordered``.

    A value that fills more than one part gets one of its own: ``[value, next larger number)``.

    Args:
        ordered: finite float64, increasing, at least one.
        parts: at least 2.
    """
    fractions = np.linspace(0, 1, parts + 1)[1:-1]
    inner = ordered[np.ceil((len(ordered) - 1) * fractions).astype(np.intp)]
    repeated = inner[1:][np.diff(inner) == 0]
    return np.unique(np.concatenate([inner, np.nextafter(repeated, np.inf)]))


if TYPE_CHECKING:
    _: Accumulator[np.ndarray, np.ndarray, np.ndarray] = BucketCounts(edges=())
