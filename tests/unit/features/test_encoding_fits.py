"""What is fitted to counted training values, compared with NumPy and plain counting."""

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from slipway.contracts.examples import FeatureKind
from slipway.features.counted import CountedCategories, CountedNumbers, CountedTimes
from slipway.features.date_parts import PERIODS, date_parts
from slipway.features.encoding import ENCODINGS, Useless, preferred_encoding
from slipway.features.number_encoding import rounding_notice

DAY = 86_400


def numbers(values: Any) -> CountedNumbers:
    distinct, counts = np.unique(np.asarray(values, np.float32), return_counts=True)
    return CountedNumbers(values=distinct.astype(np.float64), counts=counts, rows=int(counts.sum()))


def category_counts(counts: dict[str, int]) -> CountedCategories:
    names = sorted(counts, key=lambda name: (-counts[name], name))
    total = sum(counts.values())
    return CountedCategories(
        names=pa.array(names, pa.string()),
        counts=np.array([counts[name] for name in names]),
        rows=total,
        present=total,
        distinct=len(names),
    )


def times(seconds: list[int]) -> CountedTimes:
    parts = date_parts(np.array(seconds), tuple(PERIODS))
    return CountedTimes(
        rows=len(seconds),
        present=len(seconds),
        low=min(seconds),
        high=max(seconds),
        total=sum(seconds),
        total_squares=sum(second**2 for second in seconds),
        parts={name: np.bincount(parts[name], minlength=size) for name, size in PERIODS.items()},
    )


def fit(name: str, counted: Any, **settings: Any) -> Any:
    entry = ENCODINGS.get(name)
    return entry.fit(counted, entry.Settings(**settings))


def preferred(kind: FeatureKind, counted: Any, **settings: Any) -> tuple[str, str]:
    def of(entry: Any) -> Any:
        return entry.Settings(**{name: value for name, value in settings.items() if hasattr(entry.Settings(), name)})

    return preferred_encoding(kind, counted, of)


@pytest.fixture(scope="module")
def skewed() -> np.ndarray:
    return np.random.default_rng(0).lognormal(3, 1.5, 5_000).astype(np.float32)


def test_a_z_score_uses_mean_and_deviation_after_clipping(skewed: np.ndarray):
    found = fit("z_score", numbers(skewed), clip_fraction=0.01)
    clipped = np.clip(skewed.astype(np.float64), found.low, found.high)
    assert found.low == pytest.approx(np.quantile(skewed, 0.01, method="nearest"))
    assert found.high == pytest.approx(np.quantile(skewed, 0.99, method="nearest"))
    assert found.center == pytest.approx(clipped.mean(), rel=1e-12)
    assert found.scale == pytest.approx(clipped.std(), rel=1e-12)
    assert found.missing_value == found.center


def test_log1p_uses_mean_and_deviation_of_the_logarithms(skewed: np.ndarray):
    found = fit("log1p", numbers(skewed), clip_fraction=0.0)
    logarithms = np.log1p(skewed.astype(np.float64))
    assert (found.low, found.high) == (skewed.min(), skewed.max())
    assert found.center == pytest.approx(logarithms.mean(), rel=1e-12)
    assert found.scale == pytest.approx(logarithms.std(), rel=1e-12)
    assert np.log1p(found.missing_value) == pytest.approx(found.center)


@pytest.mark.parametrize(("centered", "ends"), [(False, (0.0, 1.0)), (True, (-1.0, 1.0))])
def test_min_max_maps_the_clipped_range(skewed: np.ndarray, centered: bool, ends: tuple[float, float]):
    found = fit("min_max", numbers(skewed), clip_fraction=0.01, centered=centered)
    assert found.low == pytest.approx(np.quantile(skewed, 0.01, method="nearest"))
    scaled = tuple((limit - found.center) / found.scale for limit in (found.low, found.high))
    assert scaled == pytest.approx(ends, abs=1e-12)
    assert found.missing_value == pytest.approx(np.clip(skewed.astype(np.float64), found.low, found.high).mean())


def test_min_max_of_a_single_value_does_not_divide_by_zero():
    found = fit("min_max", numbers([4, 4]), missing_value="median")
    assert (found.center, found.scale, found.missing_value) == (4.0, 1.0, 4.0)


def test_buckets_hold_equal_shares_of_the_rows(skewed: np.ndarray):
    found = fit("quantile_buckets", numbers(skewed), buckets=5)
    shares = np.bincount(np.searchsorted(found.boundaries, skewed, side="right")) / len(skewed)
    np.testing.assert_allclose(shares, [0.2] * 5, atol=0.001)


def test_repeated_values_make_fewer_buckets_and_never_an_empty_one():
    assert fit("quantile_buckets", numbers([0] * 80 + [1] * 10 + [2] * 10), buckets=20).boundaries == (1.0, 2.0)


def test_a_value_with_many_rows_has_a_bucket_of_its_own_and_the_others_share_the_rest():
    """WHY: nine zeros in ten would otherwise leave a single bucket for every value that tells something."""
    found = fit("z_score", numbers([0] * 900 + list(range(1, 101))), scaled_buckets=4)
    assert found.boundaries == (1.0, 26.0, 51.0, 75.0)


@pytest.mark.parametrize("encoding", ["z_score", "log1p"])
def test_a_scaled_number_has_buckets_beside_it_only_when_they_are_set(encoding: str, skewed: np.ndarray):
    assert fit(encoding, numbers(skewed), scaled_buckets=0).boundaries == ()
    assert len(fit(encoding, numbers(skewed), scaled_buckets=8).boundaries) == 7


def test_a_missing_number_may_become_the_median():
    assert fit("z_score", numbers([1.0, 2.0, 100.0]), missing_value="median").missing_value == 2.0


def test_clipping_leaves_a_rarely_filled_column_alone():
    """All but 3 of 10,000 rows are 0: quantiles at 0.1 % would make it constant."""
    found = fit("z_score", numbers([0] * 9_997 + [5, 6, 7]))
    assert (found.low, found.high) == (0.0, 7.0)


def test_a_single_value_has_deviation_one():
    assert fit("z_score", numbers([4, 4])).scale == 1.0


@pytest.mark.parametrize(
    ("shift", "limit", "encoding"),
    [(0, 2.0, "log1p"), (-1e3, 2.0, "z_score"), (0, None, "z_score"), (0, 1e9, "z_score")],
)
def test_long_right_tails_of_non_negative_numbers_are_logarithmic(
    skewed: np.ndarray, shift: float, limit: float | None, encoding: str
):
    found, why = preferred(FeatureKind.NUMERIC, numbers(skewed + shift), log_skewness=limit)
    assert found == encoding
    assert why.startswith("non-negative with skewness") == (encoding == "log1p")


def test_symmetric_numbers_are_not_logarithmic():
    values = numbers(np.random.default_rng(0).normal(100, 10, 1_000))
    assert preferred(FeatureKind.NUMERIC, values) == ("z_score", "")


def test_the_vocabulary_is_the_most_frequent_categories():
    values = np.random.default_rng(0).zipf(1.5, 5_000).clip(max=300).astype(str)
    counts = Counter(values.tolist())
    found = fit("vocabulary", category_counts(counts), max_vocabulary=20)
    expected = sorted(counts, key=lambda name: (-counts[name], name))[:20]
    assert list(found.vocabulary) == expected
    assert found.distinct == len(counts)
    assert found.oov_fraction == pytest.approx(1 - sum(counts[name] for name in expected) / 5_000)
    assert found.oov_buckets == 1


@pytest.mark.parametrize(
    ("settings", "vocabulary", "buckets"),
    [
        ({}, ("a", "b", "c"), 0),
        ({"min_frequency": 2}, ("a", "b"), 1),
        ({"max_vocabulary": 1, "oov_buckets": 3}, ("a",), 3),
    ],
)
def test_one_hot_elements_exist_where_training_fills_them(
    settings: dict[str, int], vocabulary: tuple[str, ...], buckets: int
):
    found = fit("one_hot", category_counts({"a": 3, "b": 2, "c": 1}), **settings)
    assert (found.vocabulary, found.oov_buckets) == (vocabulary, buckets)


def test_a_vocabulary_beyond_the_one_hot_limit_becomes_ids_with_room_for_unseen_ones():
    counted = category_counts({"a": 3, "b": 2, "c": 1})
    assert preferred(FeatureKind.CATEGORICAL, counted)[0] == "one_hot"
    assert preferred(FeatureKind.CATEGORICAL, counted, one_hot_limit=2)[0] == "vocabulary"
    assert fit("vocabulary", counted).oov_buckets == 1


def test_that_counts_are_not_exact_is_told():
    counted = category_counts({"a": 3, "b": 2})
    rare = CountedCategories(
        names=counted.names, counts=counted.counts, rows=9, present=9, distinct=7, most_undercounted=1
    )
    found = fit("vocabulary", rare)
    assert (found.distinct, found.most_undercounted) == (7, 1)
    assert found.oov_fraction == pytest.approx(4 / 9)
    assert ENCODINGS.get("vocabulary").describe(found).endswith("counts may be 1 rows too low")


def test_date_parts_are_those_that_vary():
    assert fit("date_parts", times([0, DAY])).parts == ("day_of_week",)
    assert fit("date_parts", times([0, 7 * DAY + 3600])).parts == ("hour",)
    assert fit("date_parts", times([0, 35 * DAY])).parts == ("month",)
    assert isinstance(fit("date_parts", times([5, 5])), Useless)
    assert fit("date_parts", times([5, 5]), elapsed_time=True).standard_deviation == 1.0


def test_elapsed_time_is_scaled_by_the_training_times():
    seconds = np.random.default_rng(0).integers(1_500_000_000, 1_600_000_000, 1_000)
    found = fit("date_parts", times(seconds.tolist()), elapsed_time=True)
    assert found.mean == pytest.approx(seconds.mean(), rel=1e-15)
    assert found.standard_deviation == pytest.approx(seconds.std(), rel=1e-12)


def test_digits_that_float32_rounds_away_are_told():
    """WHY: with a large offset and a small spread nothing of a number may be left, and nobody would know."""
    counted = CountedNumbers(values=np.array([0.0, 131_072.0]), counts=np.array([5, 5]), rows=10, rounding=50_000.0)
    assert "subtract an offset before ingest" in rounding_notice(counted)
    assert rounding_notice(numbers([0.1, 0.2])) == ""
