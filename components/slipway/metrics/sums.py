"""The sums behind metrics, as accumulators: over many groups of examples and many weightings of them at once.

Every metric is a quotient, a root or an area of finished sums, so the sums of parts of the data merge to those of the
whole. A state holds arrays of shape (weightings, groups) by name.
"""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slipway.contracts.errors import InputError
from slipway.contracts.examples import Problem
from slipway.metrics.curve_areas import Cells, areas_of_cells, cells_of, merged_cells
from slipway.metrics.grouping import Groups, class_sums, group_sums

_CLIP = 1e-7
"""Keras keeps probabilities this far from 0 and 1 in a cross entropy, so that it stays finite."""

DECISION_THRESHOLD = 0.5
"""A binary example is predicted positive above this probability, as in TFMA and Keras."""

TOP_K = 3
"""``top_k_accuracy``: whether the true class is among the most probable three (two, of three classes)."""

State = dict[str, NDArray[Any]]
Sums = dict[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Batch:
    """Examples with their predictions.

    Attributes:
        truth: known class ids, or values; shape (n,).
        predictions: probabilities of shape (n, classes), or values of shape (n,).
        groups: which examples belong together; no group is empty.
        present: which of all groups these are, ascending, shape (groups of the batch,).
        weights: how often each example counts, shape (weightings, n).
    """

    truth: NDArray[Any]
    predictions: NDArray[Any]
    groups: Groups
    present: NDArray[np.int64]
    weights: NDArray[Any]


@dataclass(frozen=True, slots=True)
class PredictionSums:
    """The sums of a problem, for all of its metrics; an Accumulator of ``Batch``.

    Attributes:
        problem: what is predicted.
        groups: how many groups there are.
        weightings: how many weightings there are.
        classes: how many classes; 0 for regression.
    """

    problem: Problem
    groups: int
    weightings: int
    classes: int = 0

    def create(self) -> State:
        """Return the state of no example."""
        return {}

    def add(self, state: State, batch: Batch) -> State:
        """Return the state with the examples of a batch."""
        compute = {Problem.BINARY: _binary, Problem.MULTICLASS: _multiclass, Problem.REGRESSION: _regression}
        gained = compute[self.problem](batch)
        if len(batch.present) < self.groups:
            gained = {name: self._spread(values, batch.present, name) for name, values in gained.items()}
        return self.merge([state, gained])

    def merge(self, states: Iterable[State]) -> State:
        """Return the state of all examples together."""
        merged: State = {}
        for state in states:
            if not merged or not state:
                merged = merged or state
            elif self.problem is Problem.REGRESSION:
                merged = _merged_regression(merged, state)
            else:
                merged = _merged_classes(merged, state)
        return merged

    def extract(self, state: State) -> Sums:
        """Return the sums by name, shape (weightings, groups) each, and of classes (weightings, groups, classes)."""
        if not state:
            return {name: np.zeros((self.weightings, self.groups)) for name in ("count",)}
        sums = {name: values for name, values in state.items() if name not in _CELLS}
        if self.problem is Problem.REGRESSION:
            # A label that is constant within rounding has no deviations, and then no r2.
            spread, count = sums["label_spread"], sums["count"]
            rounding = 1e-12 * sums["label_squares"] + count * (1e-13 * sums["label_mean"]) ** 2
            sums["label_deviations"] = np.where(spread > rounding, spread, np.nan)
            sums["labels"] = sums["label_mean"] * sums["count"]
        if self.problem is Problem.BINARY:
            cells = Cells(*(state[name] for name in _CELLS))
            roc, precision_recall = areas_of_cells(cells, self.groups)
            sums |= {"roc_area": roc, "precision_recall_area": precision_recall}
        return sums

    def serialize(self, state: State) -> bytes:
        """Return a state as the bytes of an uncompressed ``.npz`` archive."""
        file = io.BytesIO()
        np.savez(file, allow_pickle=False, **state)
        return file.getvalue()

    def deserialize(self, content: bytes) -> State:
        """Return the state that ``serialize`` wrote.

        Raises:
            InputError: the bytes are no such archive.
        """
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as stored:
                return {name: stored[name] for name in stored.files}
        except (ValueError, OSError) as error:
            raise InputError(f"these {len(content)} bytes are no sums of predictions: {error}") from error

    def _spread(self, values: NDArray[Any], present: NDArray[np.int64], name: str) -> NDArray[Any]:
        """Return sums of the groups of a batch in the places of all groups."""
        if name == _CELLS[0]:
            return Cells.of_all_groups(values, present)
        if name in _CELLS:
            return values
        spread = np.zeros((values.shape[0], self.groups, *values.shape[2:]))
        spread[:, present] = values
        return spread


_CELLS = ("cell_keys", "cell_weights", "cell_positives")


def _binary(batch: Batch) -> State:
    positive = batch.truth == 1
    probability = batch.predictions[:, 1].astype(np.float64)
    truth, predicted = positive.astype(np.float64), (probability > DECISION_THRESHOLD).astype(np.float64)
    clipped = np.clip(probability, _CLIP, 1 - _CLIP)
    losses = -np.where(positive, np.log(clipped), np.log1p(-clipped))
    ones = np.ones_like(truth)
    statistics = [ones, truth, predicted, truth * predicted, losses, probability, (probability - truth) ** 2]
    sums = group_sums(np.stack(statistics, axis=1), batch.groups, batch.weights)
    count, positives, chosen, hits, loss, total, squares = np.moveaxis(sums, 2, 0)
    cells = cells_of(positive, probability, batch.groups, batch.weights)
    return {
        "count": count,
        "loss": loss,
        "correct": count - (chosen - hits) - (positives - hits),
        "labels": positives,
        "predictions": total,
        "positives": positives,
        "predicted_positives": chosen,
        "true_positives": hits,
        "squared_errors": squares,
        **dict(zip(_CELLS, (cells.keys, cells.weights, cells.positives), strict=True)),
    }


def _multiclass(batch: Batch) -> State:
    classes = batch.predictions.shape[1]
    ids = batch.truth.astype(np.int64)
    probabilities = batch.predictions.astype(np.float64)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    own = probabilities[np.arange(len(ids)), ids]
    chosen = probabilities.argmax(axis=1)
    better = (probabilities > own[:, None]).sum(axis=1)
    hit = chosen == ids
    top = better < min(TOP_K, classes - 1)
    losses = -np.log(np.clip(own, _CLIP, 1 - _CLIP))
    sums = group_sums(np.stack([np.ones_like(own), losses, hit, top], axis=1), batch.groups, batch.weights)
    count, loss, hits, tops = np.moveaxis(sums, 2, 0)
    agreed = np.where(hit, ids, classes)
    return {
        "count": count,
        "loss": loss,
        "correct": hits,
        "correct_in_top": tops,
        "class_labels": class_sums(ids, classes, batch.groups, batch.weights),
        "class_predictions": class_sums(chosen, classes, batch.groups, batch.weights),
        "class_hits": class_sums(agreed, classes + 1, batch.groups, batch.weights)[:, :, :classes],
    }


def _regression(batch: Batch) -> State:
    truth, value = batch.truth.astype(np.float64), batch.predictions.astype(np.float64)
    error = value - truth
    centre = truth.mean() if len(truth) else 0.0  # keeps the sum of squares free of cancellation
    statistics = [np.ones_like(truth), error**2, np.abs(error), truth - centre, (truth - centre) ** 2, value]
    sums = group_sums(np.stack(statistics, axis=1), batch.groups, batch.weights)
    count, squares, absolutes, labels, label_squares, total = np.moveaxis(sums, 2, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(count > 0, labels / count + centre, 0.0)
        spread = np.where(count > 0, label_squares - labels**2 / count, 0.0)
    return {
        "count": count,
        "squared_errors": squares,
        "absolute_errors": absolutes,
        "predictions": total,
        "label_mean": mean,
        "label_spread": spread,
        "label_squares": label_squares,
    }


def _merged_regression(first: State, other: State) -> State:
    """Merge moments of the label as Chan, Golub and LeVeque (1983) do, and add the other sums."""
    names = ("count", "squared_errors", "absolute_errors", "predictions", "label_squares")
    merged = {name: first[name] + other[name] for name in names}
    count = np.maximum(merged["count"], 1e-300)
    difference = other["label_mean"] - first["label_mean"]
    merged["label_mean"] = first["label_mean"] + difference * other["count"] / count
    merged["label_spread"] = (
        first["label_spread"] + other["label_spread"] + difference**2 * first["count"] * other["count"] / count
    )
    return merged


def _merged_classes(first: State, other: State) -> State:
    merged = {name: first[name] + other[name] for name in first if name not in _CELLS}
    if _CELLS[0] in first:
        cells = merged_cells([Cells(*(state[name] for name in _CELLS)) for state in (first, other)])
        merged |= dict(zip(_CELLS, (cells.keys, cells.weights, cells.positives), strict=True))
    return merged
