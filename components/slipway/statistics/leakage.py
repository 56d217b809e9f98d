"""Features that predict the label so well alone that they probably hold it."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from slipway.features.arrow_buffers import missing_in, values_of
from slipway.statistics.bucket_counts import equal_parts
from slipway.statistics.column_batches import Dictionary, encode_dictionary, present_numbers

_BUCKETS = 50
_MOST_CLASSES = 20
_FEWEST_ROWS = 100
_FEWEST_OF_A_CLASS = 5


@dataclass(frozen=True, slots=True)
class Numbers:
    """A numeric column.

    Attributes:
        values: float64, shape (rows,); what stands where one is missing means nothing.
        missing: bool, shape (rows,); None when none is missing.
        ordered: the finite ones, increasing.
    """

    values: np.ndarray
    missing: np.ndarray | None
    ordered: np.ndarray


def read_numbers(column: pa.Array) -> Numbers:
    """Return ``column``, int64 or double, as numbers."""
    present = present_numbers(column)
    ordered = np.sort(present if np.isfinite(present).all() else present[np.isfinite(present)])
    if not column.null_count:
        return Numbers(present, None, ordered)
    with np.errstate(invalid="ignore"):
        return Numbers(values_of(column).astype(np.float64), missing_in(column), ordered)


@dataclass(frozen=True, slots=True)
class Target:
    """What a feature is to predict.

    Attributes:
        rows: those with a label, increasing; None for all.
        values: one column of zeros and ones per class, or the rank of the label, shape (rows, targets).
        categorical: whether these are classes.
    """

    rows: np.ndarray | None
    values: np.ndarray
    categorical: bool


def make_target(labels: pa.Array, *, categorical: bool) -> Target | None:
    """Return the classes of categorical labels, at most the 20 most frequent, otherwise their ranks.

    Args:
        labels: of the training split, in canonical form; rows without one do not count.
        categorical: whether it has classes.

    Returns:
        None when there are fewer than 100 rows or nothing to tell apart.
    """
    present = pc.drop_null(labels) if labels.null_count else labels
    if len(present) < _FEWEST_ROWS:
        return None
    values = _indicators(present) if categorical else _ranks(present)
    if values.shape[1] == 0:
        return None
    return Target(np.flatnonzero(~missing_in(labels)) if labels.null_count else None, values, categorical)


def leakage_score(feature: Dictionary | Numbers, target: Target) -> float:
    """Return how well a feature alone predicts the label of rows it was not fitted on.

    Numbers are cut into 50 quantile buckets, categories stand for themselves, a missing value is one more. Every second
    row fits the mean label of each bucket, the others score it: a column with a value of its own in every row gains
    nothing.

    Args:
        feature: a column of the same rows as the labels.
        target: made of the labels.

    Returns:
        Area under the ROC curve, mean over the classes (one against the rest), or R² of the label's rank. 1 is
        perfect; 0.5 and 0 are chance.
    """
    codes, size = _codes(feature) if isinstance(feature, Numbers) else (feature.codes, len(feature.values) + 1)
    if target.rows is not None:
        codes = codes[target.rows]
    means = _fit_means(codes[::2], target.values[::2], size)
    if target.categorical:
        return _mean_area(means, codes[1::2], target.values[1::2])
    return _r_squared(means[codes[1::2]], target.values[1::2])


def _indicators(labels: pa.Array) -> np.ndarray:
    """Return one column of zeros and ones per class; one for two classes."""
    codes = encode_dictionary(labels).codes
    counts = np.bincount(codes)
    classes = np.argsort(-counts, kind="stable")[:_MOST_CLASSES]
    classes = classes[counts[classes] >= _FEWEST_OF_A_CLASS]
    if len(counts) < 2:
        return np.zeros((len(codes), 0))
    return (codes[:, None] == (classes[:1] if len(counts) == 2 else classes)).astype(np.float64)


def _ranks(labels: pa.Array) -> np.ndarray:
    """Return the mean rank of each value, shape (rows, 1)."""
    values, positions, counts = np.unique(values_of(labels), return_inverse=True, return_counts=True)
    if len(values) < 2:
        return np.zeros((len(labels), 0))
    middle = np.cumsum(counts) - (counts - 1) / 2
    return middle[positions][:, None].astype(np.float64)


def _codes(numbers: Numbers) -> tuple[np.ndarray, int]:
    """Return a small number for each value or bucket, shape (rows,), and one more than the largest there may be."""
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


def _fit_means(codes: np.ndarray, targets: np.ndarray, size: int) -> np.ndarray:
    """Return the mean target of each code, drawn to the overall mean by one row, shape (size, targets)."""
    counts = np.bincount(codes, minlength=size)[:, None]
    sums = np.stack([np.bincount(codes, column, minlength=size) for column in targets.T], axis=1)
    return (sums + targets.mean(axis=0)) / (counts + 1)


def _mean_area(means: np.ndarray, codes: np.ndarray, indicators: np.ndarray) -> float:
    """Return the mean area under the ROC curve (Mann-Whitney with mean ranks of ties); 0.5 without two classes.

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
