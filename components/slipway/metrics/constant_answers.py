"""What answers that are always the same get: the least that a model has to be better than."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Constant:
    """The best answer that is always the same, chosen with the labels it is measured on.

    Attributes:
        value: the metric of that answer.
        answer: what is answered, for people.
    """

    value: float
    answer: str


def majority_class(truth: NDArray[Any], classes: tuple[str, ...]) -> Constant:
    """Return the accuracy of always predicting the most frequent class; ``truth`` holds class ids, shape (n,)."""
    shares = class_shares(truth, classes)
    return Constant(float(shares.max()), f"always predicting {classes[int(shares.argmax())]!r}")


def share_of_each_class(truth: NDArray[Any], classes: tuple[str, ...]) -> Constant:
    """Return the cross entropy of always predicting the class shares, their entropy; ``truth`` as above."""
    entropy = -sum(share * math.log(share) for share in class_shares(truth, classes) if share > 0)
    return Constant(float(entropy), "always predicting the share of each class")


def mean_value(truth: NDArray[Any], classes: tuple[str, ...]) -> Constant:
    """Return the RMSE of always predicting the mean: the standard deviation of ``truth``, values of shape (n,)."""
    import numpy as np

    del classes  # a number has none
    return Constant(float(truth.astype(np.float64).std()), "always predicting the mean")


def class_shares(truth: NDArray[Any], classes: tuple[str, ...]) -> NDArray[np.float64]:
    """Return the share of each class among class ids of shape (n,)."""
    import numpy as np

    return np.bincount(truth.astype(np.int64), minlength=len(classes)) / len(truth)
