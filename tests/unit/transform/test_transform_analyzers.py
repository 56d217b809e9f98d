"""What is learned from training values, compared with NumPy and plain counting."""

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from slipway.steps.transform import analyzers
from slipway.steps.transform.config import Encoding, FeatureOptions, FeatureSettings, TransformConfig


def settings(**options: object) -> FeatureSettings:
    return TransformConfig(label="y", features={"x": FeatureOptions(**options)}).settings("x")  # type: ignore[arg-type]


def numbers(values: object) -> np.ndarray:
    return analyzers.present_numbers(pa.chunked_array([pa.array(values)]))


@pytest.fixture(scope="module")
def skewed() -> np.ndarray:
    return np.random.default_rng(0).lognormal(3, 1.5, 5_000).astype(np.float32)


def test_only_finite_values_are_looked_at():
    assert numbers([3.0, None, np.nan, np.inf, -np.inf, 1.0]).tolist() == [1.0, 3.0]


def test_a_z_score_uses_mean_and_deviation_after_clipping(skewed: np.ndarray):
    fit = analyzers.fit_numeric(numbers(skewed), Encoding.Z_SCORE, settings(clip_fraction=0.01))
    clipped = np.clip(skewed.astype(np.float64), fit.low, fit.high)
    assert fit.low == pytest.approx(np.quantile(skewed, 0.01, method="nearest"))
    assert fit.high == pytest.approx(np.quantile(skewed, 0.99, method="nearest"))
    assert fit.mean == pytest.approx(clipped.mean(), rel=1e-12)
    assert fit.standard_deviation == pytest.approx(clipped.std(), rel=1e-12)
    assert fit.missing_value == fit.mean


def test_log1p_uses_mean_and_deviation_of_the_logarithms(skewed: np.ndarray):
    fit = analyzers.fit_numeric(numbers(skewed), Encoding.LOG1P, settings(clip_fraction=0.0))
    logarithms = np.log1p(skewed.astype(np.float64))
    assert (fit.low, fit.high) == (skewed.min(), skewed.max())
    assert fit.mean == pytest.approx(logarithms.mean(), rel=1e-12)
    assert fit.standard_deviation == pytest.approx(logarithms.std(), rel=1e-12)
    assert np.log1p(fit.missing_value) == pytest.approx(fit.mean)


def test_buckets_hold_equal_shares_of_the_rows(skewed: np.ndarray):
    fit = analyzers.fit_numeric(numbers(skewed), Encoding.QUANTILE_BUCKETS, settings(buckets=5))
    shares = np.bincount(np.searchsorted(fit.boundaries, skewed, side="right")) / len(skewed)
    np.testing.assert_allclose(shares, [0.2] * 5, atol=0.001)


def test_repeated_values_make_fewer_buckets_and_never_an_empty_one():
    fit = analyzers.fit_numeric(
        numbers([0] * 80 + [1] * 10 + [2] * 10), Encoding.QUANTILE_BUCKETS, settings(buckets=20)
    )
    assert fit.boundaries == (1.0, 2.0)


def test_a_missing_number_may_become_the_median():
    values = numbers([1.0, 2.0, 100.0])
    assert analyzers.fit_numeric(values, Encoding.Z_SCORE, settings(missing_value="median")).missing_value == 2.0


def test_clipping_leaves_a_rarely_filled_column_alone():
    """All but 3 of 10,000 rows are 0: quantiles at 0.1 % would make it constant."""
    fit = analyzers.fit_numeric(numbers([0] * 9_997 + [5, 6, 7]), Encoding.Z_SCORE, settings())
    assert (fit.low, fit.high) == (0.0, 7.0)


def test_a_single_value_has_deviation_one():
    assert analyzers.fit_numeric(numbers([4, 4]), Encoding.Z_SCORE, settings()).standard_deviation == 1.0


@pytest.mark.parametrize(
    ("shift", "limit", "encoding"),
    [(0, 2.0, Encoding.LOG1P), (-1e3, 2.0, Encoding.Z_SCORE), (0, None, Encoding.Z_SCORE), (0, 1e9, Encoding.Z_SCORE)],
)
def test_long_right_tails_of_non_negative_numbers_are_logarithmic(
    skewed: np.ndarray, shift: float, limit: float | None, encoding: Encoding
):
    chosen = TransformConfig(label="y", log_skewness=limit).settings("x")
    assert analyzers.numeric_encoding(numbers(skewed + shift), chosen)[0] is encoding


def test_symmetric_numbers_are_not_logarithmic():
    values = numbers(np.random.default_rng(0).normal(100, 10, 1_000))
    assert analyzers.numeric_encoding(values, settings())[0] is Encoding.Z_SCORE


def test_categories_are_counted_by_frequency_and_ties_by_value():
    counts = analyzers.count_categories(pa.chunked_array([["b", "c", None, "a"], ["c", "b", "", "c"]]))
    assert list(counts.items()) == [("c", 3), ("b", 2), ("a", 1)]


def test_the_vocabulary_is_the_most_frequent_categories():
    values = np.random.default_rng(0).zipf(1.5, 5_000).clip(max=300).astype(str)
    _, fit = analyzers.fit_categorical(
        analyzers.count_categories(pa.chunked_array([values])), None, settings(max_vocabulary=20)
    )
    counts = Counter(values.tolist())
    expected = sorted(counts, key=lambda name: (-counts[name], name))[:20]
    assert list(fit.vocabulary) == expected
    assert fit.distinct == len(counts)
    assert fit.oov_fraction == pytest.approx(1 - sum(counts[name] for name in expected) / 5_000)
    assert fit.oov_buckets == 1


@pytest.mark.parametrize(
    ("options", "encoding", "vocabulary", "buckets"),
    [
        ({}, Encoding.ONE_HOT, ("a", "b", "c"), 0),
        ({"min_frequency": 2}, Encoding.ONE_HOT, ("a", "b"), 1),
        ({"max_vocabulary": 1, "oov_buckets": 3}, Encoding.ONE_HOT, ("a",), 3),
    ],
)
def test_buckets_exist_where_training_fills_them(
    options: dict[str, int], encoding: Encoding, vocabulary: tuple[str, ...], buckets: int
):
    found, fit = analyzers.fit_categorical({"a": 3, "b": 2, "c": 1}, None, settings(**options))
    assert (found, fit.vocabulary, fit.oov_buckets) == (encoding, vocabulary, buckets)


def test_a_vocabulary_beyond_the_one_hot_limit_becomes_ids_with_room_for_unseen_ones():
    chosen = TransformConfig(label="y", one_hot_limit=2).settings("x")
    encoding, fit = analyzers.fit_categorical({"a": 3, "b": 2, "c": 1}, None, chosen)
    assert (encoding, fit.oov_buckets) == (Encoding.VOCABULARY, 1)


def test_date_parts_are_those_that_vary():
    day = 86_400
    within = TransformConfig(label="y").settings("x")
    assert analyzers.fit_timestamp(np.array([0, day]), within).parts == ("day_of_week",)
    assert analyzers.fit_timestamp(np.array([0, 7 * day + 3600]), within).parts == ("hour",)
    assert analyzers.fit_timestamp(np.array([0, 35 * day]), within).parts == ("month",)
    assert analyzers.fit_timestamp(np.array([5, 5]), within).parts == ()


def test_elapsed_time_is_scaled_by_the_training_times():
    seconds = np.sort(np.random.default_rng(0).integers(1_500_000_000, 1_600_000_000, 1_000))
    fit = analyzers.fit_timestamp(seconds, settings(elapsed_time=True))
    assert fit.mean == pytest.approx(seconds.mean(), rel=1e-12)
    assert fit.standard_deviation == pytest.approx(seconds.std(), rel=1e-12)


def test_the_order_of_the_rows_changes_nothing(skewed: np.ndarray):
    """Exactly: sums are taken over sorted values."""
    shuffled = np.random.default_rng(1).permutation(skewed)
    for encoding in (Encoding.Z_SCORE, Encoding.LOG1P, Encoding.QUANTILE_BUCKETS):
        fits = [analyzers.fit_numeric(numbers(values), encoding, settings()) for values in (skewed, shuffled)]
        assert fits[0] == fits[1]
    names = [pa.chunked_array([values.astype(int).astype(str)]) for values in (skewed, shuffled)]
    assert list(analyzers.count_categories(names[0]).items()) == list(analyzers.count_categories(names[1]).items())


def test_a_value_with_many_rows_has_a_bucket_of_its_own_and_the_others_share_the_rest():
    """WHY: nine zeros in ten would otherwise leave a single bucket for every value that tells something."""
    values = numbers([0] * 900 + list(range(1, 101)))
    fit = analyzers.fit_numeric(values, Encoding.Z_SCORE, settings(scaled_buckets=4))
    assert fit.boundaries == (1.0, 26.0, 51.0, 75.0)


@pytest.mark.parametrize("encoding", [Encoding.Z_SCORE, Encoding.LOG1P])
def test_a_scaled_number_has_buckets_beside_it_only_when_they_are_asked_for(encoding, skewed):
    assert analyzers.fit_numeric(numbers(skewed), encoding, settings(scaled_buckets=0)).boundaries == ()
    assert len(analyzers.fit_numeric(numbers(skewed), encoding, settings(scaled_buckets=8)).boundaries) == 7


@pytest.mark.parametrize(
    ("columns", "rows", "buckets"),
    [(6, 26_000, 20), (6, 1_000, 10), (6, 300, 0), (100, 26_000, 10), (500, 26_000, 0), (0, 26_000, 20)],
)
def test_buckets_beside_scaled_numbers_are_fewer_for_few_rows_and_many_columns(columns, rows, buckets):
    assert analyzers.buckets_beside_scaled_numbers(columns, rows) == buckets
