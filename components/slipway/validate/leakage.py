"""Features that predict the label so well alone that they probably hold it."""

from collections.abc import Iterable

import numpy as np
import pyarrow as pa

from slipway.validate.columns import is_text
from slipway.validate.distributions import equal_parts

_BUCKETS = 50
_MOST_CLASSES = 20
_FEWEST_ROWS = 100
_FEWEST_OF_A_CLASS = 5


def scores(sample: pa.Table, label: str, features: Iterable[str], *, categorical_label: bool) -> dict[str, float]:
    """How well each feature alone predicts the label of rows it was not fitted on.

    Numbers are cut into 50 quantile buckets, categories stand for themselves, a missing value is one more. On every
    second row the mean label of each bucket is learned, on the others it is judged: a column with a value of its own in
    every row gains nothing.

    Args:
        sample: plain columns of the training split.
        label: rows without it do not count.
        features: columns to try.
        categorical_label: area under the ROC curve, mean over the classes (one against the rest), at most the 20 most
            frequent; otherwise R² of the label's rank. 1 is perfect; 0.5 and 0 are chance.

    Returns:
        Score by feature; empty when there are fewer than 100 rows or nothing to tell apart.
    """
    rows = sample.filter(sample.column(label).is_valid())
    if rows.num_rows < _FEWEST_ROWS:
        return {}
    targets = _indicators(rows.column(label)) if categorical_label else _ranks(rows.column(label))
    if targets.shape[1] == 0:
        return {}
    result = {}
    for name in features:
        codes = _codes(rows.column(name))
        means = _learned(codes[::2], targets[::2], codes.max(initial=0) + 1)
        predicted = means[codes[1::2]]
        result[name] = _area(predicted, targets[1::2]) if categorical_label else _r_squared(predicted, targets[1::2])
    return result


def _indicators(label: pa.ChunkedArray) -> np.ndarray:
    """One column of zeros and ones per class; one for two classes."""
    codes = label.combine_chunks().dictionary_encode().indices.to_numpy()
    counts = np.bincount(codes)
    classes = np.argsort(-counts, kind="stable")[:_MOST_CLASSES]
    classes = classes[counts[classes] >= _FEWEST_OF_A_CLASS]
    if len(counts) < 2:
        return np.zeros((len(codes), 0))
    return (codes[:, None] == (classes[:1] if len(counts) == 2 else classes)).astype(np.float64)


def _ranks(label: pa.ChunkedArray) -> np.ndarray:
    """Mean rank of each value, shape (rows, 1)."""
    values, positions, counts = np.unique(label.to_numpy(), return_inverse=True, return_counts=True)
    if len(values) < 2:
        return np.zeros((len(label), 0))
    middle = np.cumsum(counts) - (counts - 1) / 2
    return middle[positions][:, None].astype(np.float64)


def _codes(column: pa.ChunkedArray) -> np.ndarray:
    """A small number for each value or bucket, shape (rows,)."""
    if is_text(column.type):
        encoded = column.combine_chunks().dictionary_encode()
        return encoded.indices.fill_null(len(encoded.dictionary)).to_numpy()
    values = column.to_numpy().astype(np.float64)
    present = values[np.isfinite(values)]
    if len(present) == 0:
        return np.zeros(len(values), np.int64)
    distinct = np.unique(present)
    # Few values stand for themselves.
    edges = distinct if len(distinct) <= _BUCKETS else equal_parts(present, _BUCKETS)
    return np.where(np.isnan(values), len(edges) + 1, np.searchsorted(edges, values, side="right"))


def _learned(codes: np.ndarray, targets: np.ndarray, size: int) -> np.ndarray:
    """Mean target of each code, drawn to the overall mean by one row, shape (size, targets)."""
    counts = np.bincount(codes, minlength=size)[:, None]
    sums = np.stack([np.bincount(codes, column, minlength=size) for column in targets.T], axis=1)
    return (sums + targets.mean(axis=0)) / (counts + 1)


def _area(predicted: np.ndarray, indicators: np.ndarray) -> float:
    """Mean area under the ROC curve (Mann-Whitney with mean ranks of ties); 0.5 without two classes."""
    areas = []
    for score, positive in zip(predicted.T, indicators.T, strict=True):
        positives = positive.sum()
        negatives = len(positive) - positives
        if positives == 0 or negatives == 0:
            continue
        _, positions, counts = np.unique(score, return_inverse=True, return_counts=True)
        ranks = (np.cumsum(counts) - (counts - 1) / 2)[positions]
        areas.append((ranks @ positive - positives * (positives + 1) / 2) / (positives * negatives))
    return float(np.mean(areas)) if areas else 0.5


def _r_squared(predicted: np.ndarray, ranks: np.ndarray) -> float:
    total = ((ranks - ranks.mean()) ** 2).sum()
    return float(1 - ((ranks - predicted) ** 2).sum() / total) if total > 0 else 0.0
