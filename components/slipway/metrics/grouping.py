"""Sums over many groups of examples and many weightings of them at once; NumPy only."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_BLOCK_ELEMENTS = 1 << 21
"""Elements of a temporary array of shape (weightings, examples): 16 MiB in float64, about what a cache level holds."""


@dataclass(frozen=True, slots=True)
class Groups:
    """Examples that belong together; none, some or all groups may contain an example.

    Attributes:
        rows: indices of the examples, group after group, shape (m,).
        starts: where each group begins in ``rows``, ascending, shape (groups,); no group is empty.
    """

    rows: NDArray[np.int64]
    starts: NDArray[np.int64]

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Examples of each group."""
        return np.diff(self.starts, append=len(self.rows))

    @property
    def ids(self) -> NDArray[np.int64]:
        """The group that each entry of ``rows`` belongs to."""
        return np.repeat(np.arange(len(self.starts)), self.sizes)


def one_group(examples: int) -> Groups:
    """Return all examples as one group."""
    return Groups(np.arange(examples), np.zeros(1, np.int64))


def groups_of_codes(codes: NDArray[Any], count: int) -> tuple[NDArray[np.int64], Groups]:
    """Return the groups of equal codes.

    Args:
        codes: group of each example in [0, count); a negative one belongs to no group.
        count: number of codes.

    Returns:
        The codes that occur, ascending, and their groups in the same order; rows keep their order within a group.
    """
    order = np.argsort(codes, kind="stable").astype(np.int64)
    order = order[np.searchsorted(codes[order], 0) :]
    sizes = np.bincount(codes[order], minlength=count)
    present = np.flatnonzero(sizes)
    return present, Groups(order, (np.cumsum(sizes) - sizes)[present])


def blocks(weightings: int, examples: int) -> Iterator[slice]:
    """Yield slices over the weightings, so that (block, examples) arrays stay small."""
    step = max(1, _BLOCK_ELEMENTS // max(1, examples))
    for start in range(0, weightings, step):
        yield slice(start, start + step)


def group_sums(statistics: NDArray[np.float64], groups: Groups, weights: NDArray[Any]) -> NDArray[np.float64]:
    """Return weighted sums of per-example statistics.

    Args:
        statistics: shape (n, k).
        groups: which examples belong together.
        weights: how often each example counts, shape (weightings, n).

    Returns:
        Sums of shape (weightings, groups, k).
    """
    sums = np.empty((len(weights), len(groups.starts), statistics.shape[1]))
    ends = groups.starts + groups.sizes
    for index, (start, end) in enumerate(zip(groups.starts, ends, strict=True)):
        rows = groups.rows[start:end]
        sums[:, index] = weights[:, rows].astype(np.float64) @ statistics[rows]
    return sums


def class_sums(classes: NDArray[Any], count: int, groups: Groups, weights: NDArray[Any]) -> NDArray[np.float64]:
    """Return the weighted number of examples of each class, shape (weightings, groups, count).

    Args:
        classes: class of each example in [0, count), shape (n,).
        count: number of classes.
        groups: which examples belong together.
        weights: how often each example counts, shape (weightings, n).
    """
    key = groups.ids * count + classes[groups.rows]
    length = len(groups.starts) * count
    counts = [np.bincount(key, weights=row[groups.rows], minlength=length) for row in weights]
    return np.stack(counts).astype(np.float64).reshape(len(weights), len(groups.starts), count)
