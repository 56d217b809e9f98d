"""Histograms of every split over the same buckets, so that distances compare distributions and not bucket edges.

TFDV's own histograms have ten equal-width buckets between a split's extremes. Two random parts of one heavy-tailed
column differ in their extremes, therefore in all their buckets, and TFDV reports a large divergence between them.
Here every split is counted in buckets between quantiles of the training split, which keeps the counts in the
statistics as a custom statistic; a later run counts its rows in the same buckets and compares like with like.
"""

import numpy as np
from tensorflow_metadata.proto.v0 import statistics_pb2

from slipway.statistics.bucket_counts import equal_parts

STATISTIC = "drift_histogram"
_BUCKETS = 10

Edges = dict[str, tuple[float, ...]]
"""Inner edges by column: the first bucket starts at minus infinity, the last ends at infinity."""


def quantile_edges(ordered: np.ndarray) -> tuple[float, ...]:
    """Return inner edges of about ten equally full buckets; fewer where values repeat.

    Args:
        ordered: finite float64 of the training split, increasing, at least one.
    """
    return tuple(equal_parts(ordered, _BUCKETS).tolist())


def histogram_of(edges: tuple[float, ...], counts: np.ndarray) -> statistics_pb2.Histogram:
    """Return counts between inner edges as a message; ``counts`` of shape (edges + 1,)."""
    bounds = [-np.inf, *edges, np.inf]
    histogram = statistics_pb2.Histogram(type=statistics_pb2.Histogram.STANDARD)
    for low, high, count in zip(bounds[:-1], bounds[1:], counts.tolist(), strict=True):
        histogram.buckets.add(low_value=low, high_value=high, sample_count=count)
    return histogram


def keep_histogram(feature: statistics_pb2.FeatureNameStatistics, histogram: statistics_pb2.Histogram) -> None:
    """Write the histogram into ``feature`` as a custom statistic."""
    feature.custom_stats.add(name=STATISTIC, histogram=histogram)


def kept_histogram(feature: statistics_pb2.FeatureNameStatistics) -> statistics_pb2.Histogram | None:
    """Return the buckets that ``keep_histogram`` wrote, or TFDV's equal-width ones in statistics of somebody else.

    Returns:
        None for a feature that is not numeric or has no finite value.
    """
    for statistic in feature.custom_stats:
        if statistic.name == STATISTIC:
            return statistic.histogram
    if feature.WhichOneof("stats") != "num_stats":
        return None
    standard = (item for item in feature.num_stats.histograms if item.type == statistics_pb2.Histogram.STANDARD)
    return next((item for item in standard if len(item.buckets) > 0), None)


def kept_edges(statistics: statistics_pb2.DatasetFeatureStatistics) -> Edges:
    """Return the inner edges of the histograms in ``statistics``, to count other rows in."""
    edges = {}
    for feature in statistics.features:
        histogram = kept_histogram(feature)
        if histogram is not None:
            edges[feature.path.step[0]] = inner_edges(histogram)
    return edges


def comparable(histogram: statistics_pb2.Histogram) -> statistics_pb2.Histogram:
    """Return the same counts in buckets of width one.

    TFDV spreads a bucket evenly over its width when edges differ. After this they never do, and a bucket may be
    unbounded. Buckets without width, as equal-width histograms of a constant have them, go to the one they touch.
    """
    result = statistics_pb2.Histogram(type=statistics_pb2.Histogram.STANDARD)
    for position, count in enumerate(bucket_counts(histogram).tolist()):
        result.buckets.add(low_value=position, high_value=position + 1, sample_count=count)
    return result


def inner_edges(histogram: statistics_pb2.Histogram) -> tuple[float, ...]:
    """Return the different edges between the buckets, increasing."""
    found = np.unique(np.array([bucket.low_value for bucket in histogram.buckets][1:], dtype=np.float64))
    return tuple(found.tolist())


def bucket_counts(histogram: statistics_pb2.Histogram) -> np.ndarray:
    """Return the counts between the inner edges, float64, shape (edges + 1,)."""
    inner = np.array(inner_edges(histogram))
    buckets = np.searchsorted(inner, [bucket.low_value for bucket in histogram.buckets], side="right")
    return np.bincount(buckets, [bucket.sample_count for bucket in histogram.buckets], minlength=len(inner) + 1)
