"""What predictions come to, without labels: how many there are, of which class, and how large; an accumulator."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slipway.contracts.errors import InputError
from slipway.contracts.examples import Label, Problem


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


@dataclass(slots=True)
class State:
    """Sums over some predictions; ``classes`` by class id."""

    rows: int
    finite: int
    total: float
    smallest: float
    largest: float
    classes: list[int]


@dataclass(frozen=True, slots=True)
class PredictionCounts:
    """Counts of the predictions for a label, in memory that does not depend on their number; an Accumulator.

    A batch holds probabilities (n, classes), or values (n,).
    """

    label: Label

    def create(self) -> State:
        """Return the state of no prediction."""
        return State(0, 0, 0.0, np.inf, -np.inf, [0] * len(self.label.classes))

    def add(self, state: State, batch: NDArray[Any]) -> State:
        """Return the state with the predictions of a batch."""
        state.rows += len(batch)
        predictions = batch[finite_rows(batch)]
        if not len(predictions):
            return state
        state.finite += len(predictions)
        if self.label.problem is not Problem.REGRESSION:
            counts = np.bincount(predictions.argmax(axis=1), minlength=len(state.classes))
            state.classes = (counts + state.classes).tolist()
        scores = _scores(predictions, self.label.problem)
        state.total += float(scores.sum(dtype=np.float64))
        state.smallest = min(state.smallest, float(scores.min()))
        state.largest = max(state.largest, float(scores.max()))
        return state

    def merge(self, states: Iterable[State]) -> State:
        """Return the state of all predictions together."""
        merged = self.create()
        for state in states:
            merged.rows += state.rows
            merged.finite += state.finite
            merged.total += state.total
            merged.smallest = min(merged.smallest, state.smallest)
            merged.largest = max(merged.largest, state.largest)
            merged.classes = [one + other for one, other in zip(merged.classes, state.classes, strict=True)]
        return merged

    def extract(self, state: State) -> Counts:
        """Return the figures."""
        known = state.finite > 0
        return Counts(
            rows=state.rows,
            without_prediction=state.rows - state.finite,
            classes=dict(zip(self.label.classes, state.classes, strict=True)),
            mean=state.total / state.finite if known else None,
            smallest=state.smallest if known else None,
            largest=state.largest if known else None,
        )

    def serialize(self, state: State) -> bytes:
        """Return a state as JSON."""
        fields = (state.rows, state.finite, state.total, state.smallest, state.largest, state.classes)
        return json.dumps(fields).encode()

    def deserialize(self, content: bytes) -> State:
        """Return the state that ``serialize`` wrote.

        Raises:
            InputError: the bytes are no such state, or one of another label.
        """
        try:
            state = State(*json.loads(content))
        except (ValueError, TypeError) as error:
            raise InputError(f"these {len(content)} bytes are no counts of predictions: {error}") from error
        if len(state.classes) != len(self.label.classes):
            raise InputError(f"these counts are of {len(state.classes)} classes, not of {len(self.label.classes)}")
        return state


def finite_rows(predictions: NDArray[Any]) -> NDArray[np.bool_]:
    """Return whether every number of a row's prediction is finite, shape (n,)."""
    finite = np.isfinite(predictions)
    return np.asarray(finite.all(axis=1) if finite.ndim > 1 else finite)


def _scores(predictions: NDArray[Any], problem: Problem) -> NDArray[Any]:
    """Return one number a row, shape (n,)."""
    if problem is Problem.REGRESSION:
        return predictions
    return predictions[:, 1] if problem is Problem.BINARY else predictions.max(axis=1)
