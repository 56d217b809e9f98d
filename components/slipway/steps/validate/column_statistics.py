"""TFDV's statistics of one column, batch by batch.

The same definitions and the same sketches as TFDV's in-memory statistics, so equal numbers; a test holds the messages
equal. Each distinct value of a batch is handled once where TFDV handles every row, and no list is made of each value.
"""

import math

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from tensorflow_metadata.proto.v0 import statistics_pb2
from tfx_bsl.arrow.array_util import CountInvalidUTF8
from tfx_bsl.sketches import KmvSketch, QuantilesSketch

from slipway.steps.validate.buffers import Coded, array_of, offsets_of, values_of
from slipway.steps.validate.frequent_values import FrequentValues
from slipway.steps.validate.histograms import BUCKETS, FINE, equally_full, equally_wide, every_hundredth

_QUANTILE_ERROR = 0.01
_MOST_NUMBERS = 1 << 32
_COUNTED_VALUES = 1024
_DISTINCT_VALUES = 16_384
_TOP_VALUES = 20
_RANKED_VALUES = 1000
_LONG_BYTES = 1024
_NOT_UTF8, _TOO_LONG = b"__BYTES_VALUE__", b"__LARGE_BYTES__"


class NumberStatistics:
    """Moments, extremes and histograms of numbers."""

    def __init__(self, kind: int) -> None:
        """Start from nothing; ``kind`` is INT or FLOAT."""
        self._kind = kind
        self._present = 0
        self._zeros = 0
        self._infinite = 0
        self._extremes = (math.inf, -math.inf)
        self._finite = (math.inf, -math.inf)
        self._moments = (0, 0.0, 0.0)
        self._sketch = QuantilesSketch(_QUANTILE_ERROR, _MOST_NUMBERS, 1)

    def add(self, values: np.ndarray) -> None:
        """Count ``values``: contiguous float64, none missing."""
        if len(values) == 0:
            return
        self._present += len(values)
        self._zeros += len(values) - int(np.count_nonzero(values))
        low, high = float(values.min()), float(values.max())
        self._extremes = _wider(self._extremes, low, high)
        if math.isfinite(low) and math.isfinite(high):
            self._finite = _wider(self._finite, low, high)
        else:
            finite = values[np.isfinite(values)]
            self._infinite += int(np.isposinf(values).sum())
            if len(finite):
                self._finite = _wider(self._finite, float(finite.min()), float(finite.max()))
        self._moments = _combined(self._moments, _moments(values))
        self._sketch.AddValues(array_of(values))

    def write(self, feature: statistics_pb2.FeatureNameStatistics, rows: int) -> None:
        """Write the statistics of a column of ``rows`` rows, missing ones included; nothing may be added afterwards."""
        feature.type = self._kind
        statistics = feature.num_stats
        _write_presence(statistics.common_stats, rows, self._present)
        if not self._present:
            return
        _, mean, variance = self._moments
        statistics.mean, statistics.std_dev = mean, math.sqrt(max(0, variance))
        statistics.num_zeros = self._zeros
        statistics.min, statistics.max = self._extremes
        quantiles, cumulative = _quantiles(self._sketch, BUCKETS * FINE)
        middle = len(quantiles) // 2
        statistics.median = quantiles[middle]
        wide = equally_wide(quantiles, cumulative, *self._finite, float(self._infinite))
        full = equally_full(every_hundredth(quantiles), every_hundredth(cumulative))
        statistics.histograms.extend([wide, full])


class ValueStatistics:
    """Frequent and distinct values of text, or of whole numbers that are categories."""

    def __init__(self, kind: int) -> None:
        """Start from nothing; ``kind`` is STRING or INT."""
        self._kind = kind
        self._present = 0
        self._bytes = 0
        self._invalid = 0
        self._distinct = KmvSketch(_DISTINCT_VALUES)
        self._frequent = FrequentValues(_COUNTED_VALUES)

    def add(self, column: pa.Array, codes: Coded) -> None:
        """Count a batch.

        Args:
            column: strings, bytes or int64; null where missing.
            codes: the same.
        """
        if len(codes.values) == 0:
            return
        counts = codes.counts()[:-1]
        self._present += int(counts.sum())
        texts = pc.cast(codes.values, pa.string()) if pa.types.is_integer(codes.values.type) else codes.values
        lengths, invalid = np.diff(offsets_of(texts)), CountInvalidUTF8(texts)
        self._bytes += int(lengths @ counts)
        if invalid:
            self._invalid += CountInvalidUTF8(column)
        self._distinct.AddValues(codes.values)
        self._frequent.add(_labels(texts, odd=bool(invalid) or lengths.max() > _LONG_BYTES), counts)

    def write(self, feature: statistics_pb2.FeatureNameStatistics, rows: int) -> None:
        """Write the statistics of a column of ``rows`` rows, missing ones included; nothing may be added afterwards."""
        feature.type = self._kind
        statistics = feature.string_stats
        _write_presence(statistics.common_stats, rows, self._present)
        statistics.invalid_utf8_count = self._invalid
        if not self._present:
            return
        statistics.avg_length = self._bytes / self._present
        statistics.unique = self._distinct.Estimate()
        for rank, (count, value) in enumerate(self._frequent.ranked(_RANKED_VALUES)):
            text = value.decode("utf-8")
            statistics.rank_histogram.buckets.add(low_rank=rank, high_rank=rank, sample_count=count, label=text)
            if rank < _TOP_VALUES:
                statistics.top_values.add(value=text, frequency=count)


def _write_presence(common: statistics_pb2.CommonStatistics, rows: int, present: int) -> None:
    common.num_non_missing, common.num_missing, common.tot_num_values = present, rows - present, present
    if present:
        common.min_num_values = common.max_num_values = 1
        common.avg_num_values = 1.0
        ones, cumulative = np.ones(BUCKETS + 1), np.full(BUCKETS + 1, float(present))
        common.num_values_histogram.CopyFrom(equally_full(ones, cumulative))


def _quantiles(sketch: QuantilesSketch, buckets: int) -> tuple[np.ndarray, np.ndarray]:
    """Values and how many are not larger, each of shape (buckets + 1,)."""
    sketch.Compact()
    quantiles, cumulative = sketch.GetQuantilesAndCumulativeWeights(buckets)
    return values_of(quantiles.values), values_of(cumulative.values)


def _wider(extremes: tuple[float, float], low: float, high: float) -> tuple[float, float]:
    return min(extremes[0], low), max(extremes[1], high)


Moments = tuple[int, float, float]
"""Count, mean, and variance of the population."""


def _moments(values: np.ndarray) -> Moments:
    with np.errstate(invalid="ignore"):  # of infinite values, which the schema reports
        mean = values.mean()
        distances = values - mean
        distances *= distances
        return len(values), float(mean), float(distances.mean())


def _combined(first: Moments, other: Moments) -> Moments:
    """Moments of both together, stable whatever their sizes (Chan, Golub and LeVeque, 1983)."""
    large, small = (other, first) if other[0] > first[0] else (first, other)
    count = large[0] + small[0]
    ratio = small[0] / count
    mean = large[1] + ratio * (small[1] - large[1])
    variance = large[2] + ratio * (small[2] - large[2] + (small[1] - mean) * (small[1] - large[1]))
    return count, mean, variance


def _labels(texts: pa.Array, odd: bool) -> pa.Array:
    """``texts`` as UTF-8; ``odd`` says that one of them is no text, or too long to be shown."""
    values = pc.cast(texts, pa.binary())
    return pa.array(map(_label, values.to_pylist()), pa.binary()) if odd else values


def _label(value: bytes) -> bytes:
    try:
        value.decode("utf-8")
    except UnicodeDecodeError:
        return _NOT_UTF8
    return _TOO_LONG if len(value) > _LONG_BYTES else value
