"""The values of a training column, counted: what every encoding of its kind is fitted from.

They say all that the values say whatever order they came in, and take bounded memory however many rows there are. The
accumulators that make them lie in ``statistics``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pyarrow as pa


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedNumbers:
    """Finite numbers as a serving request holds them, float32.

    Attributes:
        values: rising, distinct, float64, shape (n,).
        counts: rows of each, int64, at least 1.
        rows: all rows, those without a finite value too.
        infinite: rows with an infinite value.
        dropped_bits: low mantissa bits that the values are cut to because there were too many distinct ones; 0 when
            they are exact. A value is at most 2**(dropped_bits - 23) of itself nearer to zero than what it stands for;
            the first and the last are exact.
        rounding: the largest distance of a value from its float32; 0 when nothing was rounded.
    """

    values: np.ndarray
    counts: np.ndarray
    rows: int
    infinite: int = 0
    dropped_bits: int = 0
    rounding: float = 0.0

    @property
    def present(self) -> int:
        """Rows with a finite value."""
        return int(self.counts.sum())

    @property
    def missing_fraction(self) -> float:
        """Share of rows without a finite value."""
        return (self.rows - self.present) / self.rows if self.rows else 0.0

    def quantiles(self, fractions: Sequence[float] | np.ndarray) -> np.ndarray:
        """Return the values at these fractions of the rows, in [0, 1], the nearest ones: they occur in the data."""
        ranks = np.rint(np.asarray(fractions) * (self.present - 1)).astype(np.int64)
        found: np.ndarray = self.values[np.searchsorted(np.cumsum(self.counts), ranks, side="right")]
        return found

    def only(self, chosen: np.ndarray) -> CountedNumbers:
        """Return the values where ``chosen`` is true, alone."""
        counts = self.counts[chosen]
        return CountedNumbers(values=self.values[chosen], counts=counts, rows=int(counts.sum()))


def weighted_moments(values: np.ndarray, counts: np.ndarray) -> tuple[float, float]:
    """Return mean and standard deviation (of the whole, not of a sample) of counted values.

    Sums are rounded once (``math.fsum``), so that they depend on neither the processor nor the order.

    Args:
        values: float64, shape (n,), n at least 1.
        counts: rows of each, int64.
    """
    total = int(counts.sum())
    mean = math.fsum((values * counts).tolist()) / total
    return mean, math.sqrt(math.fsum(((values - mean) ** 2 * counts).tolist()) / total)


def weighted_skewness(values: np.ndarray, counts: np.ndarray) -> float:
    """Return the third standardized moment of counted values, which are not all equal."""
    mean, deviation = weighted_moments(values, counts)
    return math.fsum((((values - mean) / deviation) ** 3 * counts).tolist()) / int(counts.sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedCategories:
    """The categories of a column.

    Attributes:
        names: strings, most frequent first, ties by name.
        counts: rows of each, int64.
        rows: all rows.
        present: rows with a category.
        most_undercounted: by how many rows a count may be too low, because there were too many categories to count
            them all; 0 when every count is exact. A category that occurs more often is among ``names``.
        distinct: different categories; the fewest possible when counts are not exact.
    """

    names: pa.Array
    counts: np.ndarray
    rows: int
    present: int
    distinct: int
    most_undercounted: int = 0

    @property
    def missing_fraction(self) -> float:
        """Share of rows without a category."""
        return (self.rows - self.present) / self.rows if self.rows else 0.0

    def most_frequent(self, most: int) -> tuple[str, ...]:
        """Return the names of at most so many categories, the most frequent ones."""
        return tuple(self.names.slice(0, most).to_pylist())


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedTimes:
    """The moments in time of a column, whole seconds since 1970 UTC.

    Attributes:
        rows: all rows.
        present: rows with a time.
        low: the earliest; 0 when there is none.
        high: the latest; likewise.
        total: sum of all, exact.
        total_squares: sum of the squares of all, exact.
        parts: by name of a part of the date, rows of each of its values (``date_parts.PERIODS``), int64.
    """

    rows: int
    present: int
    low: int
    high: int
    total: int
    total_squares: int
    parts: dict[str, np.ndarray]

    @property
    def missing_fraction(self) -> float:
        """Share of rows without a time."""
        return (self.rows - self.present) / self.rows if self.rows else 0.0

    @property
    def mean(self) -> float:
        """The mean, in seconds; of at least one time."""
        return float(Fraction(self.total, self.present))

    @property
    def standard_deviation(self) -> float:
        """The standard deviation of the whole, in seconds; computed in integers, whatever the distance from 1970."""
        return math.sqrt(Fraction(self.present * self.total_squares - self.total**2, self.present**2))
