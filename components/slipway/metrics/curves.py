"""What is drawn: the receiver operating characteristic, the confusion matrix and calibration; NumPy only."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from slipway.contracts.evaluations import CalibrationPoint, RocPoint
from slipway.contracts.examples import Label, Problem
from slipway.metrics.sums import DECISION_THRESHOLD

ROC_POINTS = 200
"""Points of a curve at most; the Kubeflow Pipelines UI keeps them in the artifact's metadata."""

_CALIBRATION_PARTS = 10


def roc_points(truth: NDArray[Any], probability: NDArray[Any]) -> tuple[RocPoint, ...]:
    """Return the curve of a binary problem from (0, 0) to (1, 1), by falling threshold; empty with a single class.

    Corners are kept where there are at most 200 of them, else the thresholds lie at equal steps of the corners.

    Args:
        truth: class ids 0 and 1, shape (n,).
        probability: of class 1, shape (n,).
    """
    positives = int((truth == 1).sum())
    negatives = len(truth) - positives
    if not positives or not negatives:
        return ()
    order = np.argsort(-probability, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(probability[order]) != 0, True))  # the last example at each threshold
    true = np.cumsum(truth[order] == 1)[ends]
    kept = _corners(true, ends + 1 - true)
    if len(kept) > ROC_POINTS - 1:
        kept = kept[np.unique(np.linspace(0, len(kept) - 1, ROC_POINTS - 1).round().astype(int))]
    points = [RocPoint(threshold=1.0, false_positive_rate=0.0, true_positive_rate=0.0)]
    for index in kept:
        false_positive_rate = (ends[index] + 1 - true[index]) / negatives
        points.append(
            RocPoint(
                threshold=float(probability[order[ends[index]]]),
                false_positive_rate=float(false_positive_rate),
                true_positive_rate=float(true[index] / positives),
            )
        )
    return tuple(points)


def confusion_matrix(label: Label, truth: NDArray[Any], predictions: NDArray[Any]) -> tuple[tuple[int, ...], ...]:
    """Return the number of examples by true class (row) and predicted class (column); empty for regression."""
    if label.problem is Problem.REGRESSION:
        return ()
    classes = len(label.classes)
    binary = label.problem is Problem.BINARY
    chosen = predictions[:, 1] > DECISION_THRESHOLD if binary else predictions.argmax(axis=1)
    counts = np.bincount(truth.astype(np.int64) * classes + chosen, minlength=classes**2)
    return tuple(tuple(int(count) for count in row) for row in counts.reshape(classes, classes))


def calibration_points(label: Label, truth: NDArray[Any], predictions: NDArray[Any]) -> tuple[CalibrationPoint, ...]:
    """Return ten parts of equal size by rising prediction; empty for a multiclass problem."""
    if label.problem is Problem.MULTICLASS:
        return ()
    predicted = predictions[:, 1] if label.problem is Problem.BINARY else predictions
    order = np.argsort(predicted, kind="stable")
    return tuple(
        CalibrationPoint(
            examples=len(part),
            mean_prediction=float(predicted[part].mean(dtype=np.float64)),
            mean_label=float(truth[part].mean(dtype=np.float64)),
        )
        for part in np.array_split(order, min(_CALIBRATION_PARTS, len(order)))
    )


def _corners(up: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the indices of the corners of the curve and of its last point; points on straight lines add nothing."""
    before_up, before_right = np.diff(up, prepend=0), np.diff(right, prepend=0)
    turn = before_up[:-1] * before_right[1:] != before_right[:-1] * before_up[1:]
    return np.flatnonzero(np.append(turn, True))
