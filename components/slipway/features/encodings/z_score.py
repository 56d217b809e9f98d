"""(value - mean) / standard deviation, after clipping."""

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


class ZScore:
    """Standardize numbers; any number can be."""

    kind = FeatureKind.NUMERIC
    Settings = ScaleSettings
    Fit = ScaledFit

    def preference(self, counted: CountedNumbers, settings: ScaleSettings) -> Preference | None:
        """Return the lowest rank: it always works."""
        return Preference(rank=1)

    def fit(self, counted: CountedNumbers, settings: ScaleSettings) -> ScaledFit:
        """Return mean and standard deviation after clipping."""
        return fit_standardized(counted, settings, logarithm=False)

    def describe(self, fit: ScaledFit) -> str:
        """Return mean, deviation, clipping and buckets in a line."""
        return describe_standardized(fit)

    def graph(self) -> FeatureGraph:
        """Return the graph of all numbers."""
        return number_graph()


ENTRY = ZScore()
