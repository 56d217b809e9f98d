"""What the preprocessing learns from the training values of a column, in bulk and whatever the order of the rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import tensorflow as tf

from slipway.contracts.examples import MISSING_TIMESTAMP
from slipway.features.values import categories, epoch_seconds, numbers
from slipway.steps.transform.config import Encoding, FeatureSettings
from slipway.steps.transform.date_parts import PERIODS, date_parts
from slipway.steps.transform.plan import CategoricalFit, NumericFit, TimestampFit

_SCALED_BUCKETS = 20
_ROWS_OF_A_BUCKET = 100
_BUCKETS_OF_ALL = 1_000
_FEWEST_BUCKETS = 4


def present_numbers(column: pa.ChunkedArray) -> np.ndarray:
    """Finite values as a serving request holds them, rising, float64.

    Sorted once: quantiles are elements, and sums do not depend on the order of the rows.
    """
    values = numbers(column)
    return np.sort(values[np.isfinite(values)]).astype(np.float64)


def numeric_encoding(values: np.ndarray, settings: FeatureSettings) -> tuple[Encoding, str]:
    """LOG1P for non-negative values with a long right tail, else Z_SCORE; and why.

    Args:
        values: rising, at least one.
        settings: ``log_skewness`` is the limit for the skewness, the third standardized moment.
    """
    if settings.log_skewness is None or values[0] < 0 or values[0] == values[-1]:
        return Encoding.Z_SCORE, ""
    skewness = float(np.mean(((values - values.mean()) / values.std()) ** 3))
    if skewness < settings.log_skewness:
        return Encoding.Z_SCORE, ""
    return Encoding.LOG1P, f"non-negative with skewness {skewness:.3g}"


def fit_numeric(values: np.ndarray, encoding: Encoding, settings: FeatureSettings) -> NumericFit:
    """What a numeric encoding needs.

    Args:
        values: rising, at least one; see ``present_numbers``.
        encoding: Z_SCORE, LOG1P or QUANTILE_BUCKETS.
        settings: ``clip_fraction``, ``missing_value`` and ``buckets``.
    """
    low, high = _clip_range(values, settings.clip_fraction)
    clipped = np.clip(values, low, high)
    scaled = np.log1p(np.maximum(clipped, 0)) if encoding is Encoding.LOG1P else clipped
    deviation = float(scaled.std())
    buckets = settings.buckets if encoding is Encoding.QUANTILE_BUCKETS else settings.scaled_buckets or 0
    if settings.missing_value == "median":
        missing = float(_quantiles(clipped, [0.5])[0])
    else:
        mean = float(scaled.mean())
        missing = float(np.expm1(mean)) if encoding is Encoding.LOG1P else mean
    return NumericFit(
        low=low,
        high=high,
        mean=float(scaled.mean()),
        standard_deviation=deviation if deviation > 0 else 1.0,
        missing_value=missing,
        boundaries=_bucket_limits(values, buckets),
    )


def buckets_beside_scaled_numbers(numbers: int, rows: int) -> int:
    """How many quantile buckets each scaled number gets by default.

    At most 20, at least 100 training rows in each, and about 1,000 elements over all numbers; 0 when that leaves
    fewer than 4.

    Args:
        numbers: numeric columns.
        rows: training rows.
    """
    buckets = min(_SCALED_BUCKETS, rows // _ROWS_OF_A_BUCKET, _BUCKETS_OF_ALL // max(numbers, 1))
    return buckets if buckets >= _FEWEST_BUCKETS else 0


def count_categories(column: pa.ChunkedArray) -> dict[str, int]:
    """Training rows of each category, most frequent first, ties by value; missing ones are not there."""
    found = categories(column)
    counts = np.bincount(found.codes[found.codes >= 0], minlength=len(found.names))
    table = pa.table({"name": found.names, "count": counts}).filter(pc.greater(pa.array(counts), 0))
    table = table.sort_by([("count", "descending"), ("name", "ascending")])
    return dict(zip(table["name"].to_pylist(), table["count"].to_pylist(), strict=True))


def fit_categorical(
    counts: dict[str, int], encoding: Encoding | None, settings: FeatureSettings
) -> tuple[Encoding, CategoricalFit]:
    """What a categorical encoding needs, and the encoding where none was asked for.

    Args:
        counts: see ``count_categories``.
        encoding: ONE_HOT, VOCABULARY, HASH, or None to take ONE_HOT up to ``one_hot_limit`` categories.
        settings: ``max_vocabulary``, ``min_frequency``, ``oov_buckets``, ``hash_buckets`` and ``one_hot_limit``.
    """
    if encoding is Encoding.HASH:
        return encoding, CategoricalFit(distinct=len(counts), hash_buckets=settings.hash_buckets)
    frequent = [name for name, count in counts.items() if count >= settings.min_frequency]
    vocabulary = tuple(frequent[: settings.max_vocabulary])
    total = sum(counts.values())
    outside = total - sum(counts[name] for name in vocabulary)
    if encoding is None:
        encoding = Encoding.ONE_HOT if len(vocabulary) <= settings.one_hot_limit else Encoding.VOCABULARY
    return encoding, CategoricalFit(
        distinct=len(counts),
        vocabulary=vocabulary,
        oov_buckets=settings.oov_buckets if outside or encoding is Encoding.VOCABULARY else 0,
        oov_fraction=outside / total if total else 0.0,
    )


def present_times(column: pa.ChunkedArray) -> np.ndarray:
    """Seconds since 1970 UTC, rising, int64."""
    values = epoch_seconds(column)
    return np.sort(values[values != MISSING_TIMESTAMP])


def fit_timestamp(values: np.ndarray, settings: FeatureSettings) -> TimestampFit:
    """Which date parts vary, and the scale of elapsed time.

    Args:
        values: rising seconds, at least one; see ``present_times``.
        settings: ``elapsed_time``.
    """
    parts = date_parts(tf.constant(values), tuple(PERIODS))
    # Subtracting the first instant keeps the sum of squares exact enough in float64.
    since = (values - values[0]).astype(np.float64)
    deviation = float(since.std())
    return TimestampFit(
        parts=tuple(name for name, part in parts.items() if np.ptp(part.numpy()) > 0),
        mean=float(values[0] + since.mean()),
        standard_deviation=deviation if deviation > 0 else 1.0,
        elapsed_time=settings.elapsed_time,
    )


def _clip_range(values: np.ndarray, fraction: float) -> tuple[float, float]:
    """The quantiles at ``fraction`` from both ends; the extremes where those would leave a single value.

    A column that is 0 in nearly every row would otherwise lose the few rows that tell something.
    """
    low, high = _quantiles(values, [fraction, 1 - fraction])
    if low == high:
        low, high = values[0], values[-1]
    return float(low), float(high)


def _bucket_limits(values: np.ndarray, buckets: int) -> tuple[float, ...]:
    """Rising inner limits of quantile buckets; none when there are fewer than two buckets.

    A value with more rows than a bucket has a bucket of its own, and the quantiles are those of the other rows: a
    column that is 0 in nine rows of ten still tells its large values apart.
    """
    if buckets < 2:
        return ()
    distinct, counts = np.unique(values, return_counts=True)
    heavy = counts * buckets > len(values)
    cuts = [distinct[heavy], distinct[1:][heavy[:-1]]]
    if not heavy.all():
        light = np.repeat(distinct[~heavy], counts[~heavy])
        cuts.append(_quantiles(light, np.arange(1, buckets) / buckets))
    limits = np.unique(np.concatenate(cuts))
    return tuple(float(limit) for limit in limits if limit > values[0])


def _quantiles(values: np.ndarray, fractions: Sequence[float] | np.ndarray) -> np.ndarray:
    """Elements of rising ``values`` at these fractions, the nearest ones: they occur in the data."""
    chosen: np.ndarray = values[np.rint(np.asarray(fractions) * (len(values) - 1)).astype(int)]
    return chosen
