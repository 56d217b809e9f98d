"""Count, mean and variance of numbers."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from slipway.statistics.accumulator import Accumulator
from slipway.statistics.state_bytes import pack_state, unpack_state


@dataclass(frozen=True, slots=True)
class MomentValues:
    """Count, mean, and variance of the population (the sum of squared distances divided by the count)."""

    count: int = 0
    mean: float = 0.0
    variance: float = 0.0

    @property
    def standard_deviation(self) -> float:
        """The root of the variance; not a number where that is none."""
        return math.sqrt(max(0, self.variance))


@dataclass(frozen=True, slots=True)
class Moments:
    """Count, mean and variance, stable whatever the sizes of the parts (Chan, Golub and LeVeque, 1983)."""

    def create(self) -> MomentValues:
        """Return the moments of nothing."""
        return MomentValues()

    def add(self, state: MomentValues, batch: np.ndarray) -> MomentValues:
        """Return the moments with float64 numbers taken in, shape (n,), none missing."""
        if len(batch) == 0:
            return state
        with np.errstate(invalid="ignore"):  # of infinite values, which the schema reports
            mean = batch.mean()
            distances = batch - mean
            distances *= distances
            return _combine(state, MomentValues(len(batch), float(mean), float(distances.mean())))

    def merge(self, states: Iterable[MomentValues]) -> MomentValues:
        """Return the moments of all numbers together, equal within rounding in any order."""
        return reduce(_combine, states, MomentValues())

    def extract(self, state: MomentValues) -> MomentValues:
        """Return count, mean and variance."""
        return state

    def serialize(self, state: MomentValues) -> bytes:
        """Return the moments as bytes."""
        return pack_state(self, state)

    def deserialize(self, content: bytes) -> MomentValues:
        """Return the moments that ``serialize`` wrote; InputError for other bytes."""
        return unpack_state(self, MomentValues, content)


def _combine(first: MomentValues, other: MomentValues) -> MomentValues:
    large, small = (other, first) if other.count > first.count else (first, other)
    if small.count == 0:
        return large
    count = large.count + small.count
    ratio = small.count / count
    mean = large.mean + ratio * (small.mean - large.mean)
    variance = large.variance + ratio * (
        small.variance - large.variance + (small.mean - mean) * (small.mean - large.mean)
    )
    return MomentValues(count, mean, variance)


if TYPE_CHECKING:
    _: Accumulator[MomentValues, np.ndarray, MomentValues] = Moments()
