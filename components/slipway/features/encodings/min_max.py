"""The range of the training values, after clipping, becomes 0 to 1, or -1 to 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from slipway.contracts.examples import FeatureKind
from slipway.features.encoding import FeatureGraph, Preference
from slipway.features.number_encoding import ScaledFit, clip_range, median, number_graph

if TYPE_CHECKING:
    from slipway.features.counted import CountedNumbers


@dataclass(frozen=True, slots=True, kw_only=True)
class MinMaxSettings:
    """Settings of min_max.

    Attributes:
        clip_fraction: share of training values at each end that lie beyond the range, in [0, 0.1]; values to come are
            clipped to the range too.
        missing_value: of the training values, what a missing number becomes.
        centered: whether the range becomes -1 to 1, and not 0 to 1.
    """

    clip_fraction: float = 0.001
    missing_value: Literal["mean", "median"] = "mean"
    centered: bool = False


class MinMax:
    """Scale numbers to a fixed range, for those whose limits mean something: shares, grades, hours."""

    kind = FeatureKind.NUMERIC
    Settings = MinMaxSettings
    Fit = ScaledFit

    def preference(self, counted: CountedNumbers, settings: MinMaxSettings) -> Preference | None:
        """Return None: it is taken by name alone."""
        return None

    def fit(self, counted: CountedNumbers, settings: MinMaxSettings) -> ScaledFit:
        """Return the range as center and scale."""
        import numpy as np

        from slipway.features.counted import weighted_moments

        low, high = clip_range(counted, settings.clip_fraction)
        mean, _ = weighted_moments(np.clip(counted.values, low, high), counted.counts)
        width = high - low if high > low else 1.0
        return ScaledFit(
            low=low,
            high=high,
            center=low + width / 2 if settings.centered else low,
            scale=width / 2 if settings.centered else width,
            missing_value=median(counted, low, high) if settings.missing_value == "median" else mean,
        )

    def describe(self, fit: ScaledFit) -> str:
        """Return the range in a line."""
        return f"{fit.low:g} .. {fit.high:g} becomes {(fit.low - fit.center) / fit.scale:g} .. 1"

    def graph(self) -> FeatureGraph:
        """Return the graph of all numbers."""
        return number_graph()


ENTRY = MinMax()
