"""One-hot of the quantile bucket that a number lies in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from slipway.contracts.examples import FeatureKind
from slipway.features.encoding import FeatureGraph, Preference
from slipway.features.number_encoding import (
    BucketFit,
    ScaleSettings,
    bucket_limits,
    describe_buckets,
    fit_standardized,
    number_graph,
)

if TYPE_CHECKING:
    from slipway.features.counted import CountedNumbers


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketSettings:
    """Settings of quantile_buckets.

    Attributes:
        buckets: how many, in [2, 1000]; fewer where many rows have one value.
        clip_fraction: share of training values at each end that the mean leaves out, in [0, 0.1].
        missing_value: of the training values, what a missing number becomes.
    """

    buckets: int = 10
    clip_fraction: float = 0.001
    missing_value: Literal["mean", "median"] = "mean"


class QuantileBuckets:
    """Give each of some equally full ranges an element of its own."""

    kind = FeatureKind.NUMERIC
    Settings = BucketSettings
    Fit = BucketFit

    def preference(self, counted: CountedNumbers, settings: BucketSettings) -> Preference | None:
        """Return None: it is taken by name alone."""
        return None

    def fit(self, counted: CountedNumbers, settings: BucketSettings) -> BucketFit:
        """Return the limits between the buckets."""
        scaling = ScaleSettings(clip_fraction=settings.clip_fraction, missing_value=settings.missing_value)
        return BucketFit(
            missing_value=fit_standardized(counted, scaling, logarithm=False).missing_value,
            boundaries=bucket_limits(counted, settings.buckets),
        )

    def describe(self, fit: BucketFit) -> str:
        """Return how many buckets there are and from where to where."""
        return describe_buckets(fit.boundaries) or "one bucket"

    def graph(self) -> FeatureGraph:
        """Return the graph of all numbers."""
        return number_graph()


ENTRY = QuantileBuckets()
