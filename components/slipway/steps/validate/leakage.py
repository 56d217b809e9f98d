"""Features that predict the label so well alone that they probably hold it."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from slipway.steps.validate.buffers import Coded, Numbers, coded, missing_in, values_of
from slipway.steps.validate.distributions import equal_parts

_BUCKETS = 50
_MOST_CLASSES = 20
_FEWEST_ROWS = 100
_FEWEST_OF_A_CLASS = 5


@dataclass(frozen=True, slots=True)
class Target:
    """What features are asked to predict.

    Attributes:
        rows: those with a label, increasing; None for all.
        values: one column of zeros and ones per class, or the rank of the label, shape (rows, targets).
        categorical: whether these are classes.
    """

    rows: np.ndarray | None
    values: np.ndarray
    categorical: bool


def target(label: pa.Array, *, categorical: bool) -> Target | None:
    """The classes of a categorical label, at most the 20 most frequent, otherwise its rank.

    Args:
        label: plain column of the training split; rows without it do not count.
        categorical: whether it has classes.

    Returns:
        None when there are fewer than 100 rows or nothing to tell apart.
    """
    present = pc.drop_null(label) if label.null_count else label
    if len(present) < _FEWEST_ROWS:
        return None
    values = _indicators(present) if categorical else _ranks(present)
    if values.shape[1] == 0:
        return None
    return Target(np.flatnonzero(~missing_in(label)) if label.null_count else None, values, categorical)


def score(feature: Coded | Numbers, of: Target) -> float:
    """How well a feature alone predicts the label of rows it was not fitted on.

    Numbers are cut into 50 quantile buckets, categories stand for themselves, a missing value is one more. On every
    second row the mean label of each bucket is learned, on the others it is judged: a column with a value of its own in
    every row gains nothing.

    Args:
        feature: a column of the same rows as the label.
        of: the label.

    Returns:
        Area under the ROC curve, mean over the classes (one against the rest), or R² of the label's rank. 1 is
        perfect; 0.5 and 0 are chance.
    """
    codes, size = _codes(feature) if isinstance(feature, Numbers) else (feature.codes, len(feature.values) + 1)
    if of.rows is not None:
        codes = codes[of.rows]
    means = _learned(codes[::2], of.values[::2], size)
    if of.categorical:
        return _area(means, codes[1::2], of.values[1::2])
    return _r_squared(means[codes[1::2]], of.values[1::2])


def _indicators(label: pa.Array) -> np.ndarray:
    """One column of zeros and ones per class; one for two classes."""
    codes = coded(label).codes
    counts = np.bincount(codes)
    classes = np.argsort(-counts, kind="stable")[:_MOST_CLASSES]
    classes = classes[counts[classes] >= _FEWEST_OF_A_CLASS]
    if len(counts) < 2:
        return np.zeros((len(codes), 0))
    return (codes[:, None] == (classes[:1] if len(counts) == 2 else classes)).astype(np.float64)


def _ranks(label: pa.Array) -> np.ndarray:
    """Mean rank of each value, shape (rows, 1)."""
    values, positions, counts = np.unique(values_of(label), return_inverse=True, return_counts=True)
    if len(values) < 2:
        return np.zeros((len(label), 0))
    middle = np.cumsum(counts) - (counts - 1) / 2
    return middle[positions][:, None].astype(np.float64)


def _codes(numbers: Numbers) -> tuple[np.ndarray, int]:
    """A small number for each value or bucket, shape (rows,), and one more than the largest there may be."""
    ordered = numbers.ordered
    if len(ordered) == 0:
        return np.zeros(len(numbers.values), np.int64), 1
    # Few values stand for themselves.
    distinct = ordered[np.append(True, ordered[1:] != ordered[:-1])]
    edges = distinct if len(distinct) <= _BUCKETS else equal_parts(ordered, _BUCKETS)
    codes = np.searchsorted(edges, numbers.values, side="right")
    if numbers.missing is not None:
        codes[numbers.missing] = len(edges) + 1
    return codes, len(edges) + 2


def _learned(codes: np.ndarray, targets: np.ndarray, size: int) -> np.ndarray:
    """Mean target of each code, drawn to the overall mean by one row, shape (size, targets)."""
    counts = np.bincount(codes, minlength=size)[:, None]
    sums = np.stack([np.bincount(codes, column, minlength=size) for column in targets.T], axis=1)
    return (sums + targets.mean(axis=0)) / (counts + 1)


def _area(means: np.ndarray, codes: np.ndarray, indicators: np.ndarray) -> float:
    """Mean area under the ROC curve (Mann-Whitney with mean ranks of ties); 0.5 without two classes.

    Args:
        means: score of each code, shape (codes, classes).
        codes: of each row, shape (rows,).
        indicators: whether a row is of a class, shape (rows, classes).
    """
    areas = []
    rows = np.bincount(codes, minlength=len(means))
    for scores, positive in zip(means.T, indicators.T, strict=True):
        positives = positive.sum()
        negatives = len(positive) - positives
        if positives == 0 or negatives == 0:
            continue
        _, places = np.unique(scores, return_inverse=True)
        counts = np.bincount(places, rows)
        ranks = np.cumsum(counts) - (counts - 1) / 2
        of_class = np.bincount(places, np.bincount(codes, positive, minlength=len(means)))
        areas.append((ranks @ of_class - positives * (positives + 1) / 2) / (positives * negatives))
    return float(np.mean(areas)) if areas else 0.5


def _r_squared(predicted: np.ndarray, ranks: np.ndarray) -> float:
    total = ((ranks - ranks.mean()) ** 2).sum()
    return float(1 - ((ranks - predicted) ** 2).sum() / total) if total > 0 else 0.0
