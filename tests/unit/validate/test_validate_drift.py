import numpy as np
import pytest
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from slipway.contracts.examples import ColumnKind
from slipway.statistics.bucket_counts import BucketCounts
from slipway.statistics.drift_histograms import comparable, histogram_of, keep_histogram, kept_edges, quantile_edges
from slipway.statistics.drift_measures import divergence_noise, share_noise
from slipway.steps.validate.comparisons import DriftLimits, compare

Features = statistics_pb2.FeatureNameStatistics


def numeric_side(values, edges):
    """Statistics of one numeric column named x."""
    counts = BucketCounts(edges)
    feature = Features(type=Features.FLOAT)
    feature.path.step.append("x")
    feature.num_stats.common_stats.num_non_missing = len(values)
    keep_histogram(feature, histogram_of(edges, counts.add(counts.create(), np.asarray(values, np.float64))))
    return {"x": feature}


def categorical_side(counts):
    feature = Features(type=Features.STRING)
    feature.path.step.append("x")
    feature.string_stats.common_stats.num_non_missing = sum(counts.values())
    for value, count in counts.items():
        feature.string_stats.rank_histogram.buckets.add(label=value, sample_count=count)
    return {"x": feature}


def distance(train, other, kind, **settings):
    comparison = compare(train, other, "eval", {"x": kind}, DriftLimits(**settings), schema_pb2.Schema())
    (drift,) = comparison.drift
    return drift, comparison


def jensen_shannon(p, q):
    """Base 2, by its definition."""
    p, q = np.asarray(p) / np.sum(p), np.asarray(q) / np.sum(q)
    middle = (p + q) / 2
    parts = [np.sum(side[side > 0] * np.log2(side[side > 0] / middle[side > 0])) for side in (p, q)]
    return sum(parts) / 2


def test_the_divergence_is_that_of_the_counts_between_quantiles():
    random = np.random.default_rng(0)
    train, other = random.normal(size=5_000), random.normal(1.0, 1.0, 3_000)
    edges = quantile_edges(np.sort(train))
    drift, comparison = distance(numeric_side(train, edges), numeric_side(other, edges), ColumnKind.NUMERIC)
    bounds = [-np.inf, *edges, np.inf]
    expected = jensen_shannon(np.histogram(train, bounds)[0], np.histogram(other, bounds)[0])
    assert drift.distance == pytest.approx(expected, rel=1e-6)
    assert drift.measure == "jensen_shannon"
    assert drift.distance > drift.threshold == 0.1
    assert [anomaly.feature for anomaly in comparison.anomalies] == ["x"]
    assert "between train and eval" in comparison.anomalies[0].info.description


def test_the_categorical_distance_is_the_largest_difference_of_a_share():
    train, other = categorical_side({"a": 500, "b": 500}), categorical_side({"a": 900, "b": 50, "c": 50})
    drift, _ = distance(train, other, ColumnKind.CATEGORICAL)
    assert drift.distance == pytest.approx(0.45)
    assert drift.measure == "l_infinity"


def test_an_outlier_in_one_split_is_no_drift():
    """TFDV's equal-width histograms report 0.2 to 0.7 here, because one value stretches every bucket."""
    random = np.random.default_rng(0)
    values = np.where(random.random(4_000) < 0.92, 0.0, random.lognormal(8, 1, 4_000))
    train, other = np.append(values[:3_000], 1e6), values[3_000:]
    edges = quantile_edges(np.sort(train))
    drift, _ = distance(numeric_side(train, edges), numeric_side(other, edges), ColumnKind.NUMERIC)
    assert drift.distance < 0.002


def test_a_value_that_fills_several_buckets_gets_one_of_its_own():
    """Otherwise a column of zeros with a tail would have one bucket, and nothing would ever drift."""
    train = np.array([0.0] * 80 + list(range(1, 21)))
    edges = quantile_edges(np.sort(train))
    drift, _ = distance(numeric_side(train, edges), numeric_side(np.arange(1.0, 101.0), edges), ColumnKind.NUMERIC)
    assert drift.distance > 0.5


@pytest.mark.parametrize("rows", [30, 100, 1_000])
def test_small_samples_of_one_distribution_stay_below_the_threshold(rows):
    random = np.random.default_rng(rows)
    train = random.normal(size=5_000)
    edges = quantile_edges(np.sort(train))
    side = numeric_side(train, edges)
    shares = [0.5, 0.3, 0.2]
    for _ in range(50):
        drift, _ = distance(side, numeric_side(random.normal(size=rows), edges), ColumnKind.NUMERIC, numeric=0.0)
        assert drift.distance <= drift.threshold
        counts = dict(zip("abc", random.multinomial(rows, shares).tolist(), strict=True))
        drift, _ = distance(
            categorical_side({"a": 2_500, "b": 1_500, "c": 1_000}),
            categorical_side(counts),
            ColumnKind.CATEGORICAL,
            categorical=0.0,
        )
        assert drift.distance <= drift.threshold


def test_the_allowance_for_small_samples_vanishes_with_their_size():
    assert share_noise(10**6, 10**6) < 0.004
    assert divergence_noise(10, 10**6, 10**6) < 0.0001
    assert share_noise(10, 10) == 1.0


def test_thresholds_come_from_the_settings_then_the_schema_then_the_default():
    sides = categorical_side({"a": 10**6}), categorical_side({"a": 10**6})
    schema = schema_pb2.Schema()
    schema.feature.add(name="x").drift_comparator.infinity_norm.threshold = 0.25
    kinds = {"x": ColumnKind.CATEGORICAL}

    def threshold(given, **settings):
        return compare(*sides, "eval", kinds, DriftLimits(**settings), given).drift[0].threshold

    assert threshold(schema_pb2.Schema()) == pytest.approx(0.1)
    assert threshold(schema) == pytest.approx(0.25)
    assert threshold(schema, single={"x": 0.5}) == pytest.approx(0.5)


def test_statistics_of_somebody_else_are_compared_in_their_own_buckets():
    feature = Features(type=Features.FLOAT)
    feature.path.step.append("x")
    feature.num_stats.common_stats.num_non_missing = 100
    histogram = feature.num_stats.histograms.add(type=statistics_pb2.Histogram.STANDARD)
    for low, count in ((0.0, 10), (1.0, 60), (2.0, 30)):
        histogram.buckets.add(low_value=low, high_value=low + 1, sample_count=count)
    dataset = statistics_pb2.DatasetFeatureStatistics(features=[feature])
    edges = kept_edges(dataset)
    assert edges["x"] == (1.0, 2.0)
    now = numeric_side([0.5] * 10 + [1.5] * 60 + [2.5] * 30, edges["x"])
    drift, _ = distance(now, {"x": dataset.features[0]}, ColumnKind.NUMERIC)
    assert drift.distance == 0.0


def test_buckets_without_width_keep_their_rows():
    histogram = statistics_pb2.Histogram()
    for low, high, count in ((5, 5, 3), (5, 5, 4), (5, 6, 2), (6, 7, 1)):
        histogram.buckets.add(low_value=low, high_value=high, sample_count=count)
    assert [bucket.sample_count for bucket in comparable(histogram).buckets] == [0, 9, 1]


def test_columns_that_are_no_features_and_columns_of_other_types_are_not_compared():
    text, numbers = categorical_side({"a": 10}), numeric_side([1.0, 2.0], (1.5,))
    limits, schema = DriftLimits(), schema_pb2.Schema()
    assert compare(text, text, "eval", {"x": ColumnKind.IDENTIFIER}, limits, schema).drift == ()
    assert compare(text, numbers, "eval", {"x": ColumnKind.CATEGORICAL}, limits, schema).drift == ()
