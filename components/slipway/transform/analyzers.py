"""What the preprocessing learns from the training values of a column, in bulk and whatever the order of the rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import tensorflow as tf

from slipway.contracts.features import MISSING_TIMESTAMP
from slipway.modeling.raw_examples import numeric_values, spelled, timestamp_values
from slipway.transform.config import Encoding, FeatureSettings
from slipway.transform.date_parts import PERIODS, date_parts
from slipway.transform.plan import CategoricalFit, NumericFit, TimestampFit


def present_numbers(column: pa.ChunkedArray) -> np.ndarray:
    """Finite values as a serving request holds them, rising, float64.

    Sorted once: quantiles are elements, and sums do not depend on the order of the rows.
    """
    values = numeric_values(column)
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
    boundaries: tuple[float, ...] = ()
    if encoding is Encoding.QUANTILE_BUCKETS:
        cuts = np.unique(_quantiles(values, np.arange(1, settings.buckets) / settings.buckets))
        boundaries = tuple(float(cut) for cut in cuts if cut > values[0])
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
        boundaries=boundaries,
    )


def count_categories(column: pa.ChunkedArray) -> dict[str, int]:
    """Training rows of each category, most frequent first, ties by value; missing ones are not there."""
    counts = pc.value_counts(spelled(column).cast(pa.string())).flatten()
    table = pa.table({"name": counts[0], "count": counts[1]})
    table = table.filter(pc.and_(pc.is_valid(table["name"]), pc.not_equal(table["name"], "")))
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
    values = timestamp_values(column)
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


def _quantiles(values: np.ndarray, fractions: Sequence[float] | np.ndarray) -> np.ndarray:
    """Elements of rising ``values`` at these fractions, the nearest ones: they occur in the data."""
    chosen: np.ndarray = values[np.rint(np.asarray(fractions) * (len(values) - 1)).astype(int)]
    return chosen
