"""Histograms as TFDV makes them: equally full buckets, and from a thousand of those equally wide ones."""

from collections.abc import Sequence

import numpy as np
from tensorflow_metadata.proto.v0 import statistics_pb2

BUCKETS = 10
FINE = 100
"""Quantiles for each bucket of the result."""


def equally_full(quantiles: np.ndarray, cumulative: np.ndarray) -> statistics_pb2.Histogram:
    """Return buckets between quantiles; what equal ones share is spread over them.

    Args:
        quantiles: not decreasing, shape (buckets + 1,).
        cumulative: number of values up to each quantile, shape (buckets + 1,).
    """
    low, high, counts = _full_buckets(quantiles, cumulative)
    return _histogram(statistics_pb2.Histogram.QUANTILES, low.tolist(), high.tolist(), counts.tolist())


def every_hundredth(quantiles: np.ndarray) -> np.ndarray:
    """Return the first of the fine quantiles and each ``FINE``-th after it."""
    return np.concatenate([quantiles[:1], quantiles[FINE::FINE]])


def equally_wide(
    quantiles: np.ndarray, cumulative: np.ndarray, low: float, high: float, infinite: float
) -> statistics_pb2.Histogram:
    """Return buckets of equal width between the finite extremes, counted by linear interpolation between quantiles.

    Args:
        quantiles: not decreasing, shape (n,); may be infinite at the ends.
        cumulative: number of values up to each quantile, shape (n,).
        low: smallest finite value, infinity when there is none.
        high: largest finite value, minus infinity when there is none.
        infinite: how many values are plus infinity.
    """
    standard = statistics_pb2.Histogram.STANDARD
    if not np.isfinite(low):
        return _histogram(standard, [low], [high], [float(cumulative[-1])])
    quantiles, cumulative, negative = _finite(quantiles, cumulative, high, infinite)
    edges = np.array([low, high]) if low == high else np.linspace(low, high, BUCKETS + 1)
    if not np.isfinite(edges).all():
        return _histogram(standard, [], [], [])
    counts = _counts_between(edges, *_full_buckets(quantiles, cumulative))
    ends = [(-np.inf, -np.inf, negative)] if negative else []
    ends += list(zip(edges[:-1].tolist(), edges[1:].tolist(), counts.tolist(), strict=True))
    ends += [(np.inf, np.inf, infinite)] if infinite else []
    return _histogram(standard, *zip(*ends, strict=True))


def _full_buckets(quantiles: np.ndarray, cumulative: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return lower and upper bounds and counts."""
    low, high, counts = quantiles[:-1], quantiles[1:], np.diff(cumulative)
    if len(counts) == 0:
        return low, high, counts
    starts = np.flatnonzero(np.append(True, high[1:] != high[:-1]))
    lengths = np.diff(np.append(starts, len(high)))
    counts = np.repeat(np.add.reduceat(counts, starts) / lengths, lengths)
    # The smallest value belongs to the buckets that are equal to the first.
    unlike = np.flatnonzero((low != low[0]) | (high != high[0]))
    first = unlike[0] if len(unlike) else len(low)
    counts[:first] += cumulative[0] / first
    return low, high, counts


def _finite(
    quantiles: np.ndarray, cumulative: np.ndarray, high: float, infinite: float
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return what is left without infinite quantiles; last, how many values are minus infinity."""
    first = int(np.searchsorted(quantiles, -np.inf, side="right"))
    negative = float(cumulative[first - 1]) if first else 0.0
    quantiles, cumulative = quantiles[first:], cumulative[first:] - negative
    if infinite:
        # The bucket up to infinity may hold finite values: it ends at the largest of them.
        end = int(np.searchsorted(quantiles, np.inf, side="left"))
        finite = cumulative[-1] - infinite
        quantiles, cumulative = np.append(quantiles[:end], high), np.append(cumulative[:end], finite)
    return quantiles, cumulative, negative


def _counts_between(edges: np.ndarray, low: np.ndarray, high: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the share of each bucket in each interval times its count, summed in order: shape (edges - 1,)."""
    left, right = edges[:-1, None], edges[1:, None]
    point = (high == low) & (low == left)
    first = np.arange(len(edges) - 1)[:, None] == 0
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.select(
            [
                point,
                (high < left) | (low > right),
                (left <= low) & (right >= high),
                left <= low,
                right >= high,
            ],
            [first.astype(np.float64), 0.0, 1.0, (right - low) / (high - low), (high - left) / (high - low)],
            (right - left) / (high - low),
        )
    # Not ``sum``, which adds in another order and rounds otherwise.
    return np.add.accumulate(shares * counts, axis=1)[:, -1] if len(low) else np.zeros(len(edges) - 1)


def _histogram(
    kind: int, low: Sequence[float], high: Sequence[float], counts: Sequence[float]
) -> statistics_pb2.Histogram:
    histogram = statistics_pb2.Histogram(type=kind)
    for low_value, high_value, count in zip(low, high, counts, strict=True):
        histogram.buckets.add(low_value=low_value, high_value=high_value, sample_count=count)
    return histogram
