"""Extremes of numbers, with infinities and zeros counted."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from slipway.statistics.accumulator import Accumulator
from slipway.statistics.state_bytes import pack_state, unpack_state


@dataclass(frozen=True, slots=True)
class ExtremeValues:
    """The range of numbers; that of nothing is [infinity, -infinity].

    Attributes:
        low: the smallest.
        high: the largest.
        finite_low: the smallest finite one.
        finite_high: the largest finite one.
        infinite: how many are plus infinity.
        zeros: how many are zero.
    """

    low: float = math.inf
    high: float = -math.inf
    finite_low: float = math.inf
    finite_high: float = -math.inf
    infinite: int = 0
    zeros: int = 0


@dataclass(frozen=True, slots=True)
class Extremes:
    """The smallest and the largest number, finite or not, and how many are zero or infinite; always exact."""

    def create(self) -> ExtremeValues:
        """Return the range of nothing."""
        return ExtremeValues()

    def add(self, state: ExtremeValues, batch: np.ndarray) -> ExtremeValues:
        """Return the range with float64 numbers taken in, shape (n,), none missing."""
        if len(batch) == 0:
            return state
        low, high = float(batch.min()), float(batch.max())
        finite, infinite = (low, high), 0
        if not (math.isfinite(low) and math.isfinite(high)):
            inner = batch[np.isfinite(batch)]
            infinite = int(np.isposinf(batch).sum())
            finite = (float(inner.min()), float(inner.max())) if len(inner) else (math.inf, -math.inf)
        zeros = len(batch) - int(np.count_nonzero(batch))
        return _combine(state, ExtremeValues(low, high, *finite, infinite, zeros))

    def merge(self, states: Iterable[ExtremeValues]) -> ExtremeValues:
        """Return the range of all numbers together."""
        return reduce(_combine, states, ExtremeValues())

    def extract(self, state: ExtremeValues) -> ExtremeValues:
        """Return the range."""
        return state

    def serialize(self, state: ExtremeValues) -> bytes:
        """Return the range as bytes."""
        return pack_state(self, state)

    def deserialize(self, content: bytes) -> ExtremeValues:
        """Return the range that ``serialize`` wrote; InputError for other bytes."""
        return unpack_state(self, ExtremeValues, content)


def _combine(first: ExtremeValues, other: ExtremeValues) -> ExtremeValues:
    return ExtremeValues(
        min(first.low, other.low),
        max(first.high, other.high),
        min(first.finite_low, other.finite_low),
        max(first.finite_high, other.finite_high),
        first.infinite + other.infinite,
        first.zeros + other.zeros,
    )


if TYPE_CHECKING:
    _: Accumulator[ExtremeValues, np.ndarray, ExtremeValues] = Extremes()
