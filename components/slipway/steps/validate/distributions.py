"""Histograms of every split over the same buckets, so that distances compare distributions and not bucket edges.

TFDV's own histograms have ten equal-width buckets between a split's extremes. Two random parts of one heavy-tailed
column differ in their extremes, therefore in all their buckets, and TFDV reports a large divergence between them.
Here every split is counted in buckets between quantiles of the training split, which keeps the counts in the
statistics as a custom statistic; a later run counts its rows in the same buckets and compares like with like.
"""

from collections.abc import Mapping

import numpy as np
from tensorflow_metadata.proto.v0 import statistics_pb2

STATISTIC = "drift_histogram"
_BUCKETS = 10

Edges = dict[str, np.ndarray]


def quantile_edges(ordered: np.ndarray) -> np.ndarray:
    """Inner edges of about ten equally full buckets; fewer where values repeat.

    Args:
        ordered: finite float64 of the training split, increasing, at least one.

    Returns:
        Increasing float64 edges; the first bucket starts at minus infinity, the last ends at infinity.
    """
    return equal_parts(ordered, _BUCKETS)


def equal_parts(ordered: np.ndarray, parts: int) -> np.ndarray:
    """Inner edges, increasing, between about equally many of ``ordered``.

    A value that fills more than one part gets one of its own: ``[value, next larger number)``.

    Args:
        ordered: finite float64, increasing, at least one.
        parts: at least 2.
    """
    fractions = np.linspace(0, 1, parts + 1)[1:-1]
    inner = ordered[np.ceil((len(ordered) - 1) * fractions).astype(np.intp)]
    repeated = inner[1:][np.diff(inner) == 0]
    return np.unique(np.concatenate([inner, np.nextafter(repeated, np.inf)]))


class BucketCounter:
    """Counts values between edges, batch by batch; threads may count different columns at once."""

    def __init__(self, edges: Edges) -> None:
        """Start from nothing."""
        self._edges = edges
        self._counts = {name: np.zeros(len(inner) + 1) for name, inner in edges.items()}

    def add(self, name: str, values: np.ndarray) -> None:
        """Count numbers of a column, none missing; of one without edges nothing is counted."""
        inner = self._edges.get(name)
        if inner is not None:
            below = [np.count_nonzero(values < edge) for edge in inner]
            self._counts[name] += np.diff([0, *below, len(values)])

    def histograms(self) -> dict[str, statistics_pb2.Histogram]:
        """The counts by column."""
        return {name: _histogram(inner, self._counts[name]) for name, inner in self._edges.items()}


def attach(
    statistics: statistics_pb2.DatasetFeatureStatistics, histograms: Mapping[str, statistics_pb2.Histogram]
) -> None:
    """Keep the histograms in ``statistics`` as custom statistics."""
    for feature in statistics.features:
        histogram = histograms.get(feature.path.step[0])
        if histogram is not None:
            feature.custom_stats.add(name=STATISTIC, histogram=histogram)


def kept_histogram(feature: statistics_pb2.FeatureNameStatistics) -> statistics_pb2.Histogram | None:
    """The buckets kept by ``attach``, or TFDV's equal-width ones in statistics that somebody else made.

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
    """Inner edges of the histograms in ``statistics``, to count other rows in."""
    edges = {}
    for feature in statistics.features:
        histogram = kept_histogram(feature)
        if histogram is not None:
            edges[feature.path.step[0]] = _inner_edges(histogram)
    return edges


def comparable(histogram: statistics_pb2.Histogram) -> statistics_pb2.Histogram:
    """The same counts in buckets of width one.

    TFDV spreads a bucket evenly over its width when edges differ. After this they never do, and a bucket may be
    unbounded. Buckets without width, as equal-width histograms of a constant have them, go to the one they touch.
    """
    inner = _inner_edges(histogram)
    buckets = np.searchsorted(inner, [bucket.low_value for bucket in histogram.buckets], side="right")
    counts = np.bincount(buckets, [bucket.sample_count for bucket in histogram.buckets], minlength=len(inner) + 1)
    result = statistics_pb2.Histogram(type=statistics_pb2.Histogram.STANDARD)
    for position, count in enumerate(counts.tolist()):
        result.buckets.add(low_value=position, high_value=position + 1, sample_count=count)
    return result


def _inner_edges(histogram: statistics_pb2.Histogram) -> np.ndarray:
    return np.unique(np.array([bucket.low_value for bucket in histogram.buckets][1:], dtype=np.float64))


def _histogram(inner: np.ndarray, counts: np.ndarray) -> statistics_pb2.Histogram:
    bounds = [-np.inf, *inner.tolist(), np.inf]
    histogram = statistics_pb2.Histogram(type=statistics_pb2.Histogram.STANDARD)
    for low, high, count in zip(bounds[:-1], bounds[1:], counts.tolist(), strict=True):
        histogram.buckets.add(low_value=low, high_value=high, sample_count=count)
    return histogram
