"""A model's metrics over all examples and every slice, with resamples."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slipway.contracts.evaluations import Confidence, FairnessGap, Interval, SliceMetrics
from slipway.contracts.examples import Label
from slipway.metrics.computing import Values, defined, metrics_of_groups
from slipway.metrics.grouping import one_group
from slipway.metrics.intervals import intervals, standard_errors, t_quantile
from slipway.metrics.metric import METRICS
from slipway.metrics.slices import MISSING, Slicing

_CHANCE = 0.05
"""How often a run without any true difference may call one significant (Bonferroni over what is compared)."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Metrics of one model; arrays of shape (1 + samples, groups), the first row over the examples as they are.

    Attributes:
        overall: one group of all examples.
        slices: the groups of each slicing, in the same order.
    """

    overall: Values
    slices: tuple[Values, ...]

    def metrics(self) -> dict[str, float]:
        """Return the metrics over all examples."""
        return defined(self.overall, 0, 0)


def score(
    label: Label,
    truth: NDArray[np.generic],
    predictions: NDArray[np.generic],
    slicings: Sequence[Slicing],
    weights: NDArray[np.uint8],
) -> Scores:
    """Return the metrics of ``predictions`` overall and by slice under each weighting.

    Args:
        label: what is predicted.
        truth: known class ids or values, shape (n,).
        predictions: probabilities (n, classes) or values (n,).
        slicings: which examples belong to which slice.
        weights: as ``sample_weights`` makes them, shape (1 + samples, n).
    """
    overall = metrics_of_groups(label, truth, predictions, one_group(len(truth)), weights)
    parts = [metrics_of_groups(label, truth, predictions, slicing.groups, weights) for slicing in slicings]
    return Scores(overall, tuple(parts))


def overall_intervals(scores: Scores, confidence: Confidence) -> dict[str, Interval]:
    """Return the intervals of the metrics over all examples."""
    errors = {name: standard_errors(value, confidence) for name, value in scores.overall.items()}
    return intervals(scores.overall, 0, errors, confidence)


def slice_metrics(
    scores: Scores,
    baseline: Scores | None,
    slicings: Sequence[Slicing],
    compared: str,
    confidence: Confidence,
) -> tuple[SliceMetrics, ...]:
    """Return what is found in every slice, largest first.

    Args:
        scores: of the model.
        baseline: of the previously pushed model on the same examples and slices; None when there is none.
        slicings: whose groups the scores are of.
        compared: the metric by which a slice may be worse than all examples.
        confidence: how intervals are made.
    """
    direction = METRICS.get(compared).direction
    count = sum(len(slicing.values) for slicing in slicings)
    found = []
    for index, slicing in enumerate(slicings):
        values = scores.slices[index]
        errors = {name: standard_errors(value, confidence) for name, value in values.items()}
        change = direction * (values[compared] - scores.overall[compared])
        worse = -_certainty(change, confidence) > _needed(count, confidence)
        for group, value in enumerate(slicing.values):
            found.append(
                SliceMetrics(
                    feature=slicing.feature,
                    value=value,
                    examples=int(slicing.groups.sizes[group]),
                    metrics=defined(values, 0, group),
                    intervals=intervals(values, group, errors, confidence),
                    baseline_metrics=defined(baseline.slices[index], 0, group) if baseline else {},
                    worse=bool(worse[group]),
                )
            )
    once = {item.name: item for item in reversed(found)}  # ``sex=Male`` beside ``sex`` makes the same slice again
    return tuple(sorted(once.values(), key=lambda item: (-item.examples, item.name)))


def fairness_gaps(
    scores: Scores, slicings: Sequence[Slicing], features: Sequence[str], confidence: Confidence
) -> tuple[FairnessGap, ...]:
    """Return the widest gap of each fairness measure between the slices of each single column, widest first.

    Examples without a value are no group of people and are left out.

    Args:
        scores: of the model.
        slicings: whose groups the scores are of.
        features: the columns that are looked at; empty for every one.
        confidence: how much a gap may be by chance.
    """
    measures = [name for name in scores.overall if METRICS.get(name).fairness]
    found = []
    for values, slicing in zip(scores.slices, slicings, strict=True):
        if len(slicing.columns) > 1 or (features and slicing.feature not in features):
            continue
        for measure in measures:
            gap = _fairness_gap(values[measure], slicing, measure, confidence)
            found += [gap] if gap else []
    return tuple(sorted(found, key=lambda gap: (-gap.gap, gap.feature, gap.measure)))


def _fairness_gap(
    values: NDArray[np.float64], slicing: Slicing, measure: str, confidence: Confidence
) -> FairnessGap | None:
    groups = [group for group, name in enumerate(slicing.values) if name != MISSING and math.isfinite(values[0, group])]
    if len(groups) < 2:
        return None
    high = max(groups, key=lambda group: values[0, group])
    low = min(groups, key=lambda group: values[0, group])
    difference = values[:, [high]] - values[:, [low]]
    pairs = len(groups) * (len(groups) - 1) // 2
    return FairnessGap(
        feature=slicing.feature,
        measure=measure,
        gap=float(difference[0, 0]),
        highest=slicing.values[high],
        lowest=slicing.values[low],
        significant=bool(_certainty(difference, confidence)[0] > _needed(pairs, confidence)),
    )


def _certainty(change: NDArray[np.float64], confidence: Confidence) -> NDArray[np.float64]:
    """Return ``change`` of shape (1 + samples, groups) in standard errors, shape (groups,); 0 where that is unknown."""
    errors = standard_errors(change, confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(np.isfinite(errors) & (change[0] != 0), change[0] / errors, 0.0))


def _needed(comparisons: int, confidence: Confidence) -> float:
    """Return how many standard errors a change must be away from 0 when the widest of several is looked at."""
    return t_quantile(1 - _CHANCE / (2 * max(1, comparisons)), confidence.samples - 1)
