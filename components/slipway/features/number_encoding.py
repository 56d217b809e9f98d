"""What the encodings of numbers share: their settings, and how they are fitted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from slipway.features.counted import CountedNumbers
    from slipway.features.encoding import FeatureGraph

_NOTICED_ROUNDING = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleSettings:
    """Settings of an encoding that scales numbers.

    Attributes:
        clip_fraction: share of training values at each end that values are clipped to, in [0, 0.1].
        missing_value: of the training values, what a missing number becomes.
        scaled_buckets: quantile buckets beside the scaled value; None and 0 for none.
        log_skewness: skewness from which non-negative numbers are encoded by log1p; None for never.
    """

    clip_fraction: float = 0.001
    missing_value: Literal["mean", "median"] = "mean"
    scaled_buckets: int | None = None
    log_skewness: float | None = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaledFit:
    """A number becomes (value - center) / scale, after clipping, and after log1p where that is said.

    Attributes:
        low: values below it are raised to it.
        high: values above it are lowered to it.
        center: what becomes 0.
        scale: above 0.
        missing_value: what a missing number becomes, in the feature's own unit.
        logarithm: whether log(1 + value) is scaled, and not the value.
        boundaries: rising inner limits of the buckets beside it; a value equal to one belongs to the bucket above it.
    """

    low: float
    high: float
    center: float
    scale: float
    missing_value: float
    logarithm: bool = False
    boundaries: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketFit:
    """A number becomes the bucket it lies in.

    Attributes:
        missing_value: what a missing number becomes, in the feature's own unit.
        boundaries: rising inner limits; a value equal to one belongs to the bucket above it.
    """

    missing_value: float
    boundaries: tuple[float, ...] = ()


def number_graph() -> FeatureGraph:
    """Return what puts scaled numbers and buckets into the graph, those of all features together."""
    from slipway.features.number_graph import NUMBERS

    return NUMBERS


def clip_range(counted: CountedNumbers, fraction: float) -> tuple[float, float]:
    """Return the quantiles at ``fraction`` from both ends; the extremes where those would leave a single value.

    A column that is 0 in nearly every row would otherwise lose the few rows that tell something.
    """
    low, high = counted.quantiles([fraction, 1 - fraction])
    if low == high:
        low, high = counted.values[0], counted.values[-1]
    return float(low), float(high)


def fit_standardized(counted: CountedNumbers, settings: ScaleSettings, *, logarithm: bool) -> ScaledFit:
    """Return mean and standard deviation after clipping, of the values or of log(1 + value)."""
    import numpy as np

    from slipway.features.counted import weighted_moments

    low, high = clip_range(counted, settings.clip_fraction)
    clipped = np.clip(counted.values, low, high)
    scaled = np.log1p(np.maximum(clipped, 0)) if logarithm else clipped
    mean, deviation = weighted_moments(scaled, counted.counts)
    if settings.missing_value == "median":
        missing = median(counted, low, high)
    else:
        missing = float(np.expm1(mean)) if logarithm else mean
    return ScaledFit(
        low=low,
        high=high,
        center=mean,
        scale=deviation if deviation > 0 else 1.0,
        missing_value=missing,
        logarithm=logarithm,
        boundaries=bucket_limits(counted, settings.scaled_buckets or 0),
    )


def median(counted: CountedNumbers, low: float, high: float) -> float:
    """Return the median of the values after clipping to ``low`` and ``high``."""
    return float(min(max(counted.quantiles([0.5])[0], low), high))


def bucket_limits(counted: CountedNumbers, buckets: int) -> tuple[float, ...]:
    """Return the rising inner limits of quantile buckets; none when there are fewer than two buckets.

    A value with more rows than a bucket has a bucket of its own, and the quantiles are those of the other rows: a
    column that is 0 in nine rows of ten still tells its large values apart.
    """
    import numpy as np

    if buckets < 2:
        return ()
    heavy = counted.counts * buckets > counted.present
    cuts = [counted.values[heavy], counted.values[1:][heavy[:-1]]]
    if not heavy.all():
        cuts.append(counted.only(~heavy).quantiles(np.arange(1, buckets) / buckets))
    limits = np.unique(np.concatenate(cuts))
    return tuple(float(limit) for limit in limits if limit > counted.values[0])


def describe_buckets(boundaries: tuple[float, ...]) -> str:
    """Return how many buckets there are and from where to where, or nothing."""
    return f"{len(boundaries) + 1} buckets from {boundaries[0]:g} to {boundaries[-1]:g}" if boundaries else ""


def describe_standardized(fit: ScaledFit) -> str:
    """Return mean, deviation, clipping and buckets in a line."""
    of = " of the logarithm" if fit.logarithm else ""
    scale = f"mean {fit.center:.4g}, deviation {fit.scale:.4g}{of}"
    clipped = f"clipped to {fit.low:g} .. {fit.high:g}"
    return ", ".join(filter(None, (scale, clipped, describe_buckets(fit.boundaries))))


def rounding_notice(counted: CountedNumbers) -> str:
    """Return a warning where float32, which a serving request holds, rounds away what tells the values apart.

    Numbers with a large offset and a small spread lose digits before the graph sees them.
    """
    from slipway.features.counted import weighted_moments

    if counted.present == 0 or counted.rounding == 0:
        return ""
    _, deviation = weighted_moments(counted.values, counted.counts)
    if counted.rounding <= _NOTICED_ROUNDING * deviation:
        return ""
    return (
        f"float32 rounds its values by up to {counted.rounding:.3g}, and their standard deviation is "
        f"{deviation:.3g}: subtract an offset before ingest"
    )
