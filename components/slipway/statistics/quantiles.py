"""Quantiles of numbers in bounded memory, by the sketch that TFDV uses."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from tfx_bsl.sketches import QuantilesSketch

from slipway.contracts.errors import InputError
from slipway.features.arrow_buffers import array_of, values_of
from slipway.statistics.accumulator import Accumulator
from slipway.statistics.state_bytes import pack_fields, unpack_fields

_MOST_NUMBERS = 1 << 32


@dataclass(frozen=True, slots=True)
class QuantileValues:
    """Quantiles and how many numbers are not larger than each; both of shape (buckets + 1,), empty for no numbers."""

    quantiles: np.ndarray
    cumulative: np.ndarray


@dataclass(frozen=True, slots=True)
class Quantiles:
    """The quantiles that part numbers into equally full buckets.

    Of up to about 3,000 numbers they are exact. Beyond, the rank of a quantile is wrong by at most ``error`` of the
    numbers, in whatever order and parts they come.

    Attributes:
        error: in (0, 1).
        buckets: how many, at least 1.
    """

    error: float
    buckets: int

    def create(self) -> QuantilesSketch:
        """Return the sketch of nothing."""
        return QuantilesSketch(self.error, _MOST_NUMBERS, 1)

    def add(self, state: QuantilesSketch, batch: np.ndarray) -> QuantilesSketch:
        """Return the sketch with contiguous float64 numbers taken in, shape (n,), none missing."""
        if len(batch):
            state.AddValues(array_of(batch))
        return state

    def merge(self, states: Iterable[QuantilesSketch]) -> QuantilesSketch:
        """Return the sketch of all numbers together."""
        merged = self.create()
        for state in states:
            merged.Merge(state)
        return merged

    def extract(self, state: QuantilesSketch) -> QuantileValues:
        """Return the quantiles. The state is compacted by it, and can be used on."""
        state.Compact()
        # Asking for quantiles finishes a sketch; the copy is small.
        found = _restored(state.__getstate__()).GetQuantilesAndCumulativeWeights(self.buckets)
        quantiles, cumulative = (values_of(item.values) for item in found)
        return QuantileValues(quantiles, cumulative)

    def serialize(self, state: QuantilesSketch) -> bytes:
        """Return the sketch as bytes; it is compacted by it."""
        state.Compact()
        return pack_fields(self, {"sketch": state.__getstate__()})

    def deserialize(self, content: bytes) -> QuantilesSketch:
        """Return the sketch that ``serialize`` wrote; InputError for other bytes."""
        try:
            return _restored(unpack_fields(self, content)["sketch"])
        except (KeyError, RuntimeError) as error:
            raise InputError(f"{len(content)} bytes are no state of {self!r}: {error}") from error


def _restored(content: bytes) -> QuantilesSketch:
    sketch = QuantilesSketch.__new__(QuantilesSketch)
    sketch.__setstate__(content)
    return sketch


if TYPE_CHECKING:
    _: Accumulator[QuantilesSketch, np.ndarray, QuantileValues] = Quantiles(error=0.01, buckets=10)
