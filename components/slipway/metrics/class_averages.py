"""Precision, recall and F1 of single classes, and their averages: scikit-learn's with ``zero_division=0``."""

from collections.abc import Mapping
from typing import Any

Sums = Mapping[str, Any]


def class_precision(sums: Sums) -> Any:
    """Return the precision of each class, shape (weightings, groups, classes); 0 for one that is never predicted."""
    return _or_zero(sums["class_hits"], sums["class_predictions"])


def class_recall(sums: Sums) -> Any:
    """Return the recall of each class, shape (weightings, groups, classes); 0 for one that does not occur."""
    return _or_zero(sums["class_hits"], sums["class_labels"])


def class_f1(sums: Sums) -> Any:
    """Return the F1 of each class, shape (weightings, groups, classes)."""
    return _or_zero(2 * sums["class_hits"], sums["class_predictions"] + sums["class_labels"])


def macro_average(values: Any, sums: Sums) -> Any:
    """Return the mean over the classes that occur or are predicted, shape (weightings, groups)."""
    seen = (sums["class_labels"] + sums["class_predictions"]) > 0
    return (values * seen).sum(axis=2) / seen.sum(axis=2)


def weighted_average(values: Any, sums: Sums) -> Any:
    """Return the mean over the classes by their examples, shape (weightings, groups)."""
    return (values * sums["class_labels"]).sum(axis=2) / sums["class_labels"].sum(axis=2)


def _or_zero(part: Any, whole: Any) -> Any:
    import numpy as np

    with np.errstate(divide="ignore", invalid="ignore"):
        return np.nan_to_num(part / whole)
