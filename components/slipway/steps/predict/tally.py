"""What is counted while predictions pass by."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slipway.contracts.examples import Label, Problem
from slipway.steps.predict.columns import finite_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Figures over all predictions.

    Attributes:
        rows: predicted rows.
        without_prediction: rows for which the model gave no finite number; left out of everything below.
        classes: predictions of each class; empty for regression.
        mean: of the positive class's probability, of the predicted class's probability in a multiclass problem, or of
            the values; None when there is nothing to take it of.
        smallest: likewise.
        largest: likewise.
    """

    rows: int
    without_prediction: int
    classes: dict[str, int]
    mean: float | None
    smallest: float | None
    largest: float | None


class Tally:
    """Adds up batches of predictions in memory that does not depend on their number."""

    def __init__(self, label: Label) -> None:
        self._label = label
        self._rows = self._finite = 0
        self._sum, self._smallest, self._largest = 0.0, np.inf, -np.inf
        self._classes = np.zeros(len(label.classes), np.int64)

    def add(self, predictions: NDArray[Any]) -> None:
        """Take in probabilities (n, classes), or values (n,)."""
        self._rows += len(predictions)
        predictions = predictions[finite_rows(predictions)]
        if not len(predictions):
            return
        self._finite += len(predictions)
        if self._label.problem is not Problem.REGRESSION:
            self._classes += np.bincount(predictions.argmax(axis=1), minlength=len(self._classes))
        scores = _scores(predictions, self._label.problem)
        self._sum += float(scores.sum(dtype=np.float64))
        self._smallest = min(self._smallest, float(scores.min()))
        self._largest = max(self._largest, float(scores.max()))

    def counts(self) -> Counts:
        """What was found so far."""
        known = self._finite > 0
        return Counts(
            rows=self._rows,
            without_prediction=self._rows - self._finite,
            classes=dict(zip(self._label.classes, self._classes.tolist(), strict=True)),
            mean=self._sum / self._finite if known else None,
            smallest=self._smallest if known else None,
            largest=self._largest if known else None,
        )


def _scores(predictions: NDArray[Any], problem: Problem) -> NDArray[Any]:
    """One number a row, shape (n,)."""
    if problem is Problem.REGRESSION:
        return predictions
    return predictions[:, 1] if problem is Problem.BINARY else predictions.max(axis=1)
