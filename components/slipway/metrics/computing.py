"""Metrics of predictions, overall and of groups, with the names and definitions of TensorFlow Model Analysis.

A metric that is undefined for the examples at hand (precision without a predicted positive, AUC of a single class) is
absent from a result, because JSON has no NaN.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from slipway.contracts.errors import InputError
from slipway.contracts.examples import Label, Problem
from slipway.metrics.grouping import Groups, one_group
from slipway.metrics.metric import Metric, metrics_of
from slipway.metrics.sums import Batch, PredictionSums

Values = dict[str, NDArray[np.float64]]


def evaluate_predictions(label: Label, truth: NDArray[Any], predictions: NDArray[Any]) -> dict[str, float]:
    """Return the metrics over all examples whose label is known, by name; undefined ones are absent.

    Args:
        label: what is predicted.
        truth: int32 class ids, -1 for an unknown class, or float values, NaN when missing; shape (n,).
        predictions: probabilities of shape (n, classes), or values of shape (n,).

    Returns:
        The metrics; ``example_count`` alone when a prediction is NaN or infinite.

    Raises:
        InputError: shapes disagree, or no example has a known label.
    """
    known = known_rows(label, truth)
    if len(predictions) != len(truth):
        raise InputError(f"there are {len(truth)} labels and {len(predictions)} predictions; they should be as many")
    if not known.any():
        raise InputError(f"no example has a known value of label {label.name!r}")
    count = int(known.sum())
    if not np.isfinite(predictions[known]).all():
        return {"example_count": float(count)}
    values = metrics_of_groups(label, truth[known], predictions[known], one_group(count))
    return defined(values, 0, 0)


def known_rows(label: Label, truth: NDArray[Any]) -> NDArray[np.bool_]:
    """Return whether each example has a label that can be compared with a prediction, shape (n,)."""
    if label.problem is Problem.REGRESSION:
        known: NDArray[np.bool_] = np.isfinite(truth)
    else:
        known = (truth >= 0) & (truth < len(label.classes))
    return known


def defined(values: Values, weighting: int, group: int) -> dict[str, float]:
    """Return the metrics of one weighting and group, without undefined ones."""
    return {
        name: float(value[weighting, group]) for name, value in values.items() if np.isfinite(value[weighting, group])
    }


def metrics_of_groups(
    label: Label,
    truth: NDArray[Any],
    predictions: NDArray[Any],
    groups: Groups,
    weights: NDArray[Any] | None = None,
) -> Values:
    """Return every metric of each group under each weighting, by name.

    Args:
        label: what is predicted.
        truth: known class ids or values, shape (n,).
        predictions: probabilities of shape (n, classes), or values of shape (n,).
        groups: which examples belong together.
        weights: how often each example counts, shape (weightings, n); None counts each once.

    Returns:
        Arrays of shape (weightings, groups), NaN where the metric is undefined.

    Raises:
        InputError: ``predictions`` has another shape than the problem asks for.
    """
    shape = (len(truth),) if label.problem is Problem.REGRESSION else (len(truth), len(label.classes))
    if predictions.shape != shape:
        raise InputError(f"predictions of {label.name!r} should have shape {shape}, got {predictions.shape}")
    weights = np.ones((1, len(truth)), np.uint8) if weights is None else weights
    count = len(groups.starts)
    if count == 0:
        return {name: np.empty((len(weights), 0)) for name in metrics_of(label.problem)}
    sums = PredictionSums(label.problem, count, len(weights), len(label.classes))
    state = sums.add(sums.create(), Batch(truth, predictions, groups, np.arange(count), weights))
    return derive_metrics(label.problem, sums.extract(state))


def derive_metrics(problem: Problem, sums: Values) -> Values:
    """Return every metric of a problem from its sums, in the order of reports; NaN where one is undefined.

    Raises:
        InputError: a metric needs a sum that is not there.
    """
    return {name: _derived(metric, sums) for name, metric in metrics_of(problem).items()}


def _derived(metric: Metric, sums: Values) -> NDArray[np.float64]:
    missing = [name for name in metric.needs if name not in sums]
    if missing:
        raise InputError(f"metric {metric.name!r} needs the sum {missing[0]!r}; there are {', '.join(sorted(sums))}")
    with np.errstate(divide="ignore", invalid="ignore"):
        values = metric.derive({name: sums[name] for name in metric.needs})
    return np.where(np.isfinite(values), values, np.nan)
