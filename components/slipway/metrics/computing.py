"""Metrics of predictions, with the names and definitions of TensorFlow Model Analysis; NumPy only.

A metric that is undefined for the examples at hand (precision without a predicted positive, AUC of a single class) is
absent from a result, because JSON has no NaN.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slipway.contracts.errors import InputError
from slipway.contracts.examples import Label, Problem
from slipway.metrics.curve_areas import curve_areas
from slipway.metrics.grouping import Groups, class_sums, group_sums, one_group

_CLIP = 1e-7
"""Keras keeps probabilities this far from 0 and 1 in a cross entropy, so that it stays finite."""

DECISION_THRESHOLD = 0.5
"""A binary example is predicted positive above this probability, as in TFMA and Keras."""

TOP_K = 3
"""``top_k_accuracy``: whether the true class is among the most probable three (two, of three classes)."""


class Direction(IntEnum):
    """Whether more of a metric is better; NONE where neither is."""

    LOWER_IS_BETTER = -1
    NONE = 0
    HIGHER_IS_BETTER = 1


_UP, _DOWN, _FLAT = Direction.HIGHER_IS_BETTER, Direction.LOWER_IS_BETTER, Direction.NONE

METRICS: Mapping[Problem, Mapping[str, Direction]] = {
    Problem.BINARY: {
        "example_count": _FLAT,
        "loss": _DOWN,
        "accuracy": _UP,
        "auc": _UP,
        "auc_precision_recall": _UP,
        "precision": _UP,
        "recall": _UP,
        "f1": _UP,
        "false_positive_rate": _DOWN,
        "false_negative_rate": _DOWN,
        "positive_rate": _FLAT,
        "mean_label": _FLAT,
        "mean_prediction": _FLAT,
        "calibration": _FLAT,
        "brier": _DOWN,
    },
    Problem.MULTICLASS: {
        "example_count": _FLAT,
        "loss": _DOWN,
        "accuracy": _UP,
        "top_k_accuracy": _UP,
        "macro_precision": _UP,
        "macro_recall": _UP,
        "macro_f1": _UP,
        "weighted_precision": _UP,
        "weighted_recall": _UP,
        "weighted_f1": _UP,
    },
    Problem.REGRESSION: {
        "example_count": _FLAT,
        "mse": _DOWN,
        "rmse": _DOWN,
        "mae": _DOWN,
        "r2": _UP,
        "mean_label": _FLAT,
        "mean_prediction": _FLAT,
    },
}
"""Every metric of a problem, in the order of reports."""

Values = dict[str, NDArray[np.float64]]


def evaluate_predictions(label: Label, truth: NDArray[Any], predictions: NDArray[Any]) -> dict[str, float]:
    """Metrics over all examples whose label is known, by name; undefined ones are absent.

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
    """Whether each example has a label that can be compared with a prediction, shape (n,)."""
    if label.problem is Problem.REGRESSION:
        known: NDArray[np.bool_] = np.isfinite(truth)
    else:
        known = (truth >= 0) & (truth < len(label.classes))
    return known


def defined(values: Values, weighting: int, group: int) -> dict[str, float]:
    """The metrics of one weighting and group, without undefined ones."""
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
    """Every metric of each group under each weighting, by name; arrays of shape (weightings, groups), NaN if undefined.

    Args:
        label: what is predicted.
        truth: known class ids or values, shape (n,).
        predictions: probabilities of shape (n, classes), or values of shape (n,).
        groups: which examples belong together.
        weights: how often each example counts, shape (weightings, n); None counts each once.

    Raises:
        InputError: ``predictions`` has another shape than the problem asks for.
    """
    shape = (len(truth),) if label.problem is Problem.REGRESSION else (len(truth), len(label.classes))
    if predictions.shape != shape:
        raise InputError(f"predictions of {label.name!r} should have shape {shape}, got {predictions.shape}")
    weights = np.ones((1, len(truth)), np.uint8) if weights is None else weights
    compute = {Problem.BINARY: _binary, Problem.MULTICLASS: _multiclass, Problem.REGRESSION: _regression}
    with np.errstate(divide="ignore", invalid="ignore"):
        values = compute[label.problem](truth, predictions, groups, weights)
    return {name: np.where(np.isfinite(value), value, np.nan) for name, value in values.items()}


def _binary(truth: NDArray[Any], predictions: NDArray[Any], groups: Groups, weights: NDArray[Any]) -> Values:
    positive = truth == 1
    probability = predictions[:, 1].astype(np.float64)
    label, predicted = positive.astype(np.float64), (probability > DECISION_THRESHOLD).astype(np.float64)
    clipped = np.clip(probability, _CLIP, 1 - _CLIP)
    losses = -np.where(positive, np.log(clipped), np.log1p(-clipped))
    ones = np.ones_like(label)
    statistics = [ones, label, predicted, label * predicted, losses, probability, (probability - label) ** 2]
    sums = group_sums(np.stack(statistics, axis=1), groups, weights)
    count, positives, chosen, hits, loss, total, squares = np.moveaxis(sums, 2, 0)
    false_alarms, misses, negatives = chosen - hits, positives - hits, count - positives
    roc, precision_recall = curve_areas(positive, probability, groups, weights)
    return {
        "example_count": count,
        "loss": loss / count,
        "accuracy": (count - false_alarms - misses) / count,
        "auc": roc,
        "auc_precision_recall": precision_recall,
        "precision": hits / chosen,
        "recall": hits / positives,
        "f1": 2 * hits / (chosen + positives),
        "false_positive_rate": false_alarms / negatives,
        "false_negative_rate": misses / positives,
        "positive_rate": chosen / count,
        "mean_label": positives / count,
        "mean_prediction": total / count,
        "calibration": total / positives,
        "brier": squares / count,
    }


def _multiclass(truth: NDArray[Any], predictions: NDArray[Any], groups: Groups, weights: NDArray[Any]) -> Values:
    classes = predictions.shape[1]
    ids = truth.astype(np.int64)
    probabilities = predictions.astype(np.float64)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    own = probabilities[np.arange(len(ids)), ids]
    chosen = probabilities.argmax(axis=1)
    better = (probabilities > own[:, None]).sum(axis=1)
    hit = chosen == ids
    top = better < min(TOP_K, classes - 1)
    losses = -np.log(np.clip(own, _CLIP, 1 - _CLIP))
    sums = group_sums(np.stack([np.ones_like(own), losses, hit, top], axis=1), groups, weights)
    count, loss, hits, tops = np.moveaxis(sums, 2, 0)
    occurring = class_sums(ids, classes, groups, weights)
    predicted = class_sums(chosen, classes, groups, weights)
    agreed = class_sums(np.where(hit, ids, classes), classes + 1, groups, weights)[:, :, :classes]
    values = {"example_count": count, "loss": loss / count, "accuracy": hits / count, "top_k_accuracy": tops / count}
    return values | _class_averages(occurring, predicted, agreed)


def _class_averages(
    occurring: NDArray[np.float64], predicted: NDArray[np.float64], agreed: NDArray[np.float64]
) -> Values:
    """Averages over classes as scikit-learn takes them with ``zero_division=0``; inputs (weightings, groups, classes).

    A class that neither occurs nor is predicted does not count.
    """
    of_class = {
        "precision": np.nan_to_num(agreed / predicted),
        "recall": np.nan_to_num(agreed / occurring),
        "f1": np.nan_to_num(2 * agreed / (predicted + occurring)),
    }
    seen = (occurring + predicted) > 0
    macro = {f"macro_{name}": (value * seen).sum(axis=2) / seen.sum(axis=2) for name, value in of_class.items()}
    totals = occurring.sum(axis=2)
    weighted = {f"weighted_{name}": (value * occurring).sum(axis=2) / totals for name, value in of_class.items()}
    return macro | weighted


def _regression(truth: NDArray[Any], predictions: NDArray[Any], groups: Groups, weights: NDArray[Any]) -> Values:
    label, value = truth.astype(np.float64), predictions.astype(np.float64)
    error = value - label
    centre = label.mean()  # keeps the sum of squares free of cancellation
    statistics = [np.ones_like(label), error**2, np.abs(error), label - centre, (label - centre) ** 2, value]
    sums = group_sums(np.stack(statistics, axis=1), groups, weights)
    count, squares, absolutes, labels, label_squares, total = np.moveaxis(sums, 2, 0)
    spread = label_squares - labels**2 / count
    spread = np.where(spread > 1e-12 * label_squares, spread, np.nan)  # a constant label has no r2
    return {
        "example_count": count,
        "mse": squares / count,
        "rmse": np.sqrt(squares / count),
        "mae": absolutes / count,
        "r2": 1 - squares / spread,
        "mean_label": labels / count + centre,
        "mean_prediction": total / count,
    }
