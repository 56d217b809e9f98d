"""log(1 + value), then (value - mean) / standard deviation; for non-negative numbers with a long right tail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slipway.contracts.examples import FeatureKind
from slipway.features.encoding import FeatureGraph, Preference
from slipway.features.number_encoding import (
    ScaledFit,
    ScaleSettings,
    describe_standardized,
    fit_standardized,
    number_graph,
)

if TYPE_CHECKING:
    from slipway.features.counted import CountedNumbers


class Log1p:
    """Standardize the logarithms of numbers; those below 0 count as 0."""

    kind = FeatureKind.NUMERIC
    Settings = ScaleSettings
    Fit = ScaledFit

    def preference(self, counted: CountedNumbers, settings: ScaleSettings) -> Preference | None:
        """Return a higher rank than z_score's for non-negative, skewed numbers."""
        from slipway.features.counted import weighted_skewness

        values, limit = counted.values, settings.log_skewness
        if limit is None or values[0] < 0 or values[0] == values[-1]:
            return None
        skewness = weighted_skewness(values, counted.counts)
        return None if skewness < limit else Preference(rank=2, why=f"non-negative with skewness {skewness:.3g}")

    def fit(self, counted: CountedNumbers, settings: ScaleSettings) -> ScaledFit:
        """Return mean and standard deviation of the logarithms after clipping."""
        return fit_standardized(counted, settings, logarithm=True)

    def describe(self, fit: ScaledFit) -> str:
        """Return mean, deviation, clipping and buckets in a line."""
        return describe_standardized(fit)

    def graph(self) -> FeatureGraph:
        """Return the graph of all numbers."""
        return number_graph()


ENTRY = Log1p()
