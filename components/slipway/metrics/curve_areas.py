"""Areas under the ROC and precision-recall curves of many groups and many weightings at once; NumPy only.

The operating points are TensorFlow Model Analysis' own: a histogram of 10,000 buckets over [0, 1], rebinned to 10,000
thresholds. A bucket without examples adds nothing to either area, so only occupied ones are computed, which gives
the same numbers at a fraction of the work.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from slipway.metrics.grouping import Groups, blocks

_HISTOGRAM_BUCKETS = 10_000
_THRESHOLDS = 10_000
_EPSILON = 1e-7


def threshold_buckets(probabilities: NDArray[Any]) -> NDArray[np.int64]:
    """The index, in [0, 10000), of the last threshold that each probability reaches, as TFMA counts it."""
    histogram = np.clip(
        (probabilities.astype(np.float64) * _HISTOGRAM_BUCKETS + 1).astype(np.int64), 0, _HISTOGRAM_BUCKETS + 1
    )
    return _rebinned()[histogram]


def curve_areas(
    positive: NDArray[np.bool_], probabilities: NDArray[Any], groups: Groups, weights: NDArray[Any]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Areas under the ROC and the precision-recall curve, each of shape (weightings, groups).

    ROC is interpolated linearly, precision-recall as in Davis and Goadrich, The Relationship Between Precision-Recall
    and ROC Curves (2006), like ``tfma.metrics.AUC`` and ``AUCPrecisionRecall``. NaN where a class has no weight (TFMA
    gives 0 there).

    Args:
        positive: whether each example is of the positive class, shape (n,).
        probabilities: of the positive class, in [0, 1], shape (n,).
        groups: which examples belong together.
        weights: how often each example counts, shape (weightings, n).
    """
    key = groups.ids * _THRESHOLDS + (_THRESHOLDS - 1 - threshold_buckets(probabilities)[groups.rows])
    order = np.argsort(key, kind="stable")
    key = key[order]
    rows = groups.rows[order]
    cells = np.flatnonzero(np.diff(key, prepend=-1))
    group_of_cell = key[cells] // _THRESHOLDS
    first_cells = np.flatnonzero(np.diff(group_of_cell, prepend=-1))
    parts = [
        _areas(weights[block][:, rows], positive[rows], cells, group_of_cell, first_cells)
        for block in blocks(len(weights), len(rows))
    ]
    return np.concatenate([roc for roc, _ in parts]), np.concatenate([pr for _, pr in parts])


def _areas(
    weights: NDArray[Any],
    positive: NDArray[np.bool_],
    cells: NDArray[np.int64],
    group_of_cell: NDArray[np.int64],
    first_cells: NDArray[np.int64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Areas from examples sorted by group and falling probability; ``cells`` are the firsts of each equal bucket."""
    weights = weights.astype(np.float64)
    gained = np.add.reduceat(weights, cells, axis=1)
    gained_true = np.add.reduceat(weights * positive, cells, axis=1)
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
    """Running sums within each group, shape of ``gained``, and the sum of each group."""
    running = np.cumsum(gained, axis=1)
    before = running[:, first_cells] - gained[:, first_cells]
    last_cells = np.append(first_cells[1:], gained.shape[1]) - 1
    return running - before[:, group_of_cell], running[:, last_cells] - before


def _rebinned() -> NDArray[np.int64]:
    """Threshold index of each histogram bucket; the first and last bucket lie outside [0, 1)."""
    thresholds = np.arange(1, _THRESHOLDS - 1) / (_THRESHOLDS - 1) + _EPSILON
    edges = np.concatenate([[-np.inf], np.arange(_HISTOGRAM_BUCKETS) / _HISTOGRAM_BUCKETS, [np.inf]])
    return np.searchsorted(np.append(thresholds, 1 + 2 * _EPSILON), edges, side="right").astype(np.int64)
