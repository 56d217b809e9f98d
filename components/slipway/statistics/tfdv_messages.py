"""TensorFlow Metadata's messages about columns: how they are read, and how they are written as TFDV does."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from tensorflow_metadata.proto.v0 import statistics_pb2

from slipway.statistics.extremes import ExtremeValues
from slipway.statistics.histograms import BUCKETS, equally_full, equally_wide, every_hundredth
from slipway.statistics.moments import MomentValues
from slipway.statistics.quantiles import QuantileValues
from slipway.statistics.text_sizes import TextSizeValues

_TOP_VALUES = 20
_RANKED_VALUES = 1000
_LONG_BYTES = 1024
_NOT_UTF8, _TOO_LONG = b"__BYTES_VALUE__", b"__LARGE_BYTES__"

Statistics: TypeAlias = statistics_pb2.DatasetFeatureStatisticsList
Feature: TypeAlias = statistics_pb2.FeatureNameStatistics


def features_by_name(statistics: Statistics) -> dict[str, Feature]:
    """Return every column's statistics."""
    return {feature.path.step[0]: feature for feature in statistics.datasets[0].features}


def common_statistics(feature: Feature) -> statistics_pb2.CommonStatistics:
    """Return the counts that columns of every type have."""
    which = feature.WhichOneof("stats")
    return getattr(feature, which).common_stats if which else statistics_pb2.CommonStatistics()


def row_count(feature: Feature) -> int:
    """Return how many rows a column has, with and without a value."""
    common = common_statistics(feature)
    return int(common.num_missing + common.num_non_missing)


def missing_fraction(feature: Feature) -> float:
    """Return the share of rows without a value, in [0, 1]; 0 without rows."""
    rows = row_count(feature)
    return float(common_statistics(feature).num_missing / rows) if rows else 0.0


def write_numbers(
    feature: Feature, rows: int, moments: MomentValues, extremes: ExtremeValues, quantiles: QuantileValues
) -> None:
    """Write the statistics of a column of numbers into ``feature``; ``rows`` counts missing ones too.

    Args:
        feature: its type is set.
        rows: of the column.
        moments: of the numbers present.
        extremes: likewise.
        quantiles: likewise, of a thousand buckets.
    """
    statistics = feature.num_stats
    _write_presence(statistics.common_stats, rows, moments.count)
    if not moments.count:
        return
    statistics.mean, statistics.std_dev = moments.mean, moments.standard_deviation
    statistics.num_zeros = extremes.zeros
    statistics.min, statistics.max = extremes.low, extremes.high
    values, cumulative = quantiles.quantiles, quantiles.cumulative
    statistics.median = values[len(values) // 2]
    wide = equally_wide(values, cumulative, extremes.finite_low, extremes.finite_high, float(extremes.infinite))
    full = equally_full(every_hundredth(values), every_hundredth(cumulative))
    statistics.histograms.extend([wide, full])


def write_values(
    feature: Feature, rows: int, sizes: TextSizeValues, distinct: int, frequent: list[tuple[int, bytes]]
) -> None:
    """Write the statistics of a column of texts, bytes or categories into ``feature``.

    Args:
        feature: its type is set.
        rows: of the column, missing ones too.
        sizes: of the values present.
        distinct: how many differ.
        frequent: count and label of values, the most frequent first.
    """
    statistics = feature.string_stats
    _write_presence(statistics.common_stats, rows, sizes.count)
    statistics.invalid_utf8_count = sizes.invalid
    if not sizes.count:
        return
    statistics.avg_length = sizes.bytes / sizes.count
    statistics.unique = distinct
    for rank, (count, value) in enumerate(frequent[:_RANKED_VALUES]):
        text = value.decode("utf-8")
        statistics.rank_histogram.buckets.add(low_rank=rank, high_rank=rank, sample_count=count, label=text)
        if rank < _TOP_VALUES:
            statistics.top_values.add(value=text, frequency=count)


def value_labels(texts: pa.Array, lengths: np.ndarray, *, invalid: bool) -> pa.Array:
    """Return how TFDV names values: as they are, but for those that are no text or too long to be shown.

    Args:
        texts: strings or bytes, none missing.
        lengths: of each in bytes, shape (n,), at least one.
        invalid: whether one of them is not UTF-8.
    """
    values = pc.cast(texts, pa.binary())
    odd = invalid or bool(lengths.max() > _LONG_BYTES)
    return pa.array(map(_label, values.to_pylist()), pa.binary()) if odd else values


def _label(value: bytes) -> bytes:
    try:
        value.decode("utf-8")
    except UnicodeDecodeError:
        return _NOT_UTF8
    return _TOO_LONG if len(value) > _LONG_BYTES else value


def _write_presence(common: statistics_pb2.CommonStatistics, rows: int, present: int) -> None:
    common.num_non_missing, common.num_missing, common.tot_num_values = present, rows - present, present
    if present:
        common.min_num_values = common.max_num_values = 1
        common.avg_num_values = 1.0
        ones, cumulative = np.ones(BUCKETS + 1), np.full(BUCKETS + 1, float(present))
        common.num_values_histogram.CopyFrom(equally_full(ones, cumulative))
