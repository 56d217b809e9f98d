"""Areas under the ROC and precision-recall curves of many groups and many weightings at once; NumPy only.

The operating points are TensorFlow Model Analysis' own: a histogram of 10,000 buckets over [0, 1], rebinned to 10,000
thresholds. A bucket without examples adds nothing to either area, so only occupied ones are computed, which gives
the same numbers at a fraction of the work.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slipway.metrics.grouping import Groups, blocks

_HISTOGRAM_BUCKETS = 10_000
_THRESHOLDS = 10_000
_EPSILON = 1e-7


def threshold_buckets(probabilities: NDArray[Any]) -> NDArray[np.int64]:
    """Return the index, in [0, 10000), of the last threshold that each probability reaches, as TFMA counts it."""
    histogram = np.clip(
        (probabilities.astype(np.float64) * _HISTOGRAM_BUCKETS + 1).astype(np.int64), 0, _HISTOGRAM_BUCKETS + 1
    )
    return _rebinned()[histogram]


@dataclass(frozen=True, slots=True)
class Cells:
    """Weights of the examples of each group between neighbouring thresholds; cells without an example are not there.

    Attributes:
        keys: group * 10000 + rank of the cell by falling probability, ascending, shape (cells,).
        weights: of all examples, shape (weightings, cells).
        positives: of those of the positive class, shape (weightings, cells).
    """

    keys: NDArray[np.int64]
    weights: NDArray[np.float64]
    positives: NDArray[np.float64]

    @staticmethod
    def of_all_groups(keys: NDArray[np.int64], present: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the keys of cells whose groups are the ``present`` ones among all groups."""
        return np.asarray(present[keys // _THRESHOLDS] * _THRESHOLDS + keys % _THRESHOLDS)


def cells_of(positive: NDArray[np.bool_], probabilities: NDArray[Any], groups: Groups, weights: NDArray[Any]) -> Cells:
    """Return the occupied cells of examples.

    Args:
        positive: whether each example is of the positive class, shape (n,).
        probabilities: of the positive class, in [0, 1], shape (n,).
        groups: which examples belong together.
        weights: how often each example counts, shape (weightings, n).
    """
    key = groups.ids * _THRESHOLDS + (_THRESHOLDS - 1 - threshold_buckets(probabilities)[groups.rows])
    order = np.argsort(key, kind="stable")
    key, rows = key[order], groups.rows[order]
    starts = np.flatnonzero(np.diff(key, prepend=-1))
    gained, gained_true = (np.empty((len(weights), len(starts))) for _ in range(2))
    for block in blocks(len(weights), len(rows)) if len(starts) else ():
        of_rows = weights[block][:, rows].astype(np.float64)
        gained[block] = np.add.reduceat(of_rows, starts, axis=1)
        gained_true[block] = np.add.reduceat(of_rows * positive[rows], starts, axis=1)
    return Cells(key[starts], gained, gained_true)


def merged_cells(parts: Sequence[Cells]) -> Cells:
    """Return the cells of all examples together."""
    keys, places = np.unique(np.concatenate([part.keys for part in parts]), return_inverse=True)
    weights, positives = (
        _summed(np.concatenate([getattr(part, name) for part in parts], axis=1), places, len(keys))
        for name in ("weights", "positives")
    )
    return Cells(keys, weights, positives)


def areas_of_cells(cells: Cells, groups: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the areas under the ROC and the precision-recall curve, each of shape (weightings, groups).

    ROC is interpolated linearly, precision-recall as in Davis and Goadrich, The Relationship Between Precision-Recall
    and ROC Curves (2006), like ``tfma.metrics.AUC`` and ``AUCPrecisionRecall``. NaN where a class has no weight (TFMA
    gives 0 there), and for a group without an example.
    """
    roc = np.full((len(cells.weights), groups), np.nan)
    precision_recall = roc.copy()
    if len(cells.keys):
        group_of_cell = cells.keys // _THRESHOLDS
        first_cells = np.flatnonzero(np.diff(group_of_cell, prepend=-1))
        present = group_of_cell[first_cells]
        compact = np.repeat(np.arange(len(present)), np.diff(first_cells, append=len(cells.keys)))
        found = _areas(cells.weights, cells.positives, compact, first_cells)
        roc[:, present], precision_recall[:, present] = found
    return roc, precision_recall


def _summed(values: NDArray[np.float64], places: NDArray[np.int64], size: int) -> NDArray[np.float64]:
    summed = np.zeros((len(values), size))
    for row, target in zip(values, summed, strict=True):
        target += np.bincount(places, row, size)
    return summed


def _areas(
    gained: NDArray[np.float64],
    gained_true: NDArray[np.float64],
    group_of_cell: NDArray[np.int64],
    first_cells: NDArray[np.int64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return both areas from cells sorted by group and falling probability, shape (weightings, groups with cells)."""
    gained_false = gained - gained_true
    true_after, total_true = _running(gained_true, group_of_cell, first_cells)
    all_after, total = _running(gained, group_of_cell, first_cells)
    true_before, all_before = true_after - gained_true, all_after - gained
    with np.errstate(divide="ignore", invalid="ignore"):
        roc = np.add.reduceat(gained_false * (true_before + true_after) / 2, first_cells, axis=1)
        roc /= total_true * (total - total_true)
        slope = np.where(gained > 0, gained_true / gained, 0.0)
        growth = np.where(all_before > 0, all_after / all_before, 1.0)
        steps = slope * (gained_true + (true_before - slope * all_before) * np.log(growth))
        precision_recall = np.add.reduceat(steps, first_cells, axis=1) / total_true
    single = (total_true <= 0) | (total_true >= total)
    return np.where(single, np.nan, roc), np.where(single, np.nan, precision_recall)


def _running(
    gained: NDArray[np.float64], group_of_cell: NDArray[np.int64], first_cells: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return running sums within each group, shape of ``gained``, and the sum of each group."""
    running = np.cumsum(gained, axis=1)
    before = running[:, first_cells] - gained[:, first_cells]
    last_cells = np.append(first_cells[1:], gained.shape[1]) - 1
    return running - before[:, group_of_cell], running[:, last_cells] - before


def _rebinned() -> NDArray[np.int64]:
    """Return the threshold index of each histogram bucket; the first and last bucket lie outside [0, 1)."""
    thresholds = np.arange(1, _THRESHOLDS - 1) / (_THRESHOLDS - 1) + _EPSILON
    edges = np.concatenate([[-np.inf], np.arange(_HISTOGRAM_BUCKETS) / _HISTOGRAM_BUCKETS, [np.inf]])
    return np.searchsorted(np.append(thresholds, 1 + 2 * _EPSILON), edges, side="right").astype(np.int64)
