"""The sums behind metrics, as accumulators: over many groups of examples and many weightings of them at once.

Every metric is a quotient, a root or an area of finished sums, so the sums of parts of the data merge to those of the
whole. A state holds arrays of shape (weightings, groups) by name. ``extract`` gives

- for every problem ``count``, for classes also ``loss`` and ``correct``;
- for a binary problem ``labels`` and ``positives`` (the same), ``predictions``, ``predicted_positives``,
  ``true_positives``, ``squared_errors``, and the finished areas ``roc_area`` and ``precision_recall_area``;
- for a multiclass problem ``correct_in_top``, and with a last axis of classes ``class_labels``, ``class_predictions``
  and ``class_hits``;
- for a regression ``labels``, ``predictions``, ``squared_errors``, ``absolute_errors`` and ``label_deviations``, the
  squared deviations of the label from its mean;
- the ``statistics`` of the problem's metrics.
"""

import io
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slipway.contracts.errors import InputError
from slipway.contracts.examples import Problem
from slipway.metrics.curve_areas import Cells, areas_of_cells, cells_of, merged_cells
from slipway.metrics.grouping import Groups, class_sums, group_sums
from slipway.metrics.metric import metrics_of

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
        gained = compute[self.problem](batch, _statistics_of_metrics(self.problem, batch))
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
        state = state or self._zeros()
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
            InputError: the bytes are no such archive, or one of another problem, or of other numbers of groups,
                weightings or classes.
        """
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as stored:
                state = {name: stored[name] for name in stored.files}
        except (ValueError, OSError, EOFError, TypeError, zipfile.BadZipFile) as error:
            raise InputError(f"these {len(content)} bytes are no sums of predictions: {error}") from error
        expected = {name: values.shape for name, values in self._zeros().items()} if state else {}
        found = {name: values.shape for name, values in state.items()}
        if state and set(found) >= set(_CELLS):
            expected |= {name: expected[name][:-1] + found[_CELLS[0]] for name in _CELLS if name in expected}
        if found != expected:
            raise InputError(f"these sums have the shapes {found}, not {expected} of a {self.problem} problem")
        return state

    def _zeros(self) -> State:
        """Return the state of an empty batch, which names every sum."""
        shape = (0,) if self.problem is Problem.REGRESSION else (0, self.classes)
        nothing = np.zeros(0, np.int64)
        weights = np.ones((self.weightings, 0), np.uint8)
        return self.add({}, Batch(nothing, np.zeros(shape), Groups(nothing, nothing), nothing, weights))

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


def _statistics_of_metrics(problem: Problem, batch: Batch) -> State:
    """Return what the problem's metrics themselves say is to be summed, one number an example, by name."""
    found: State = {}
    for metric in metrics_of(problem).values():
        for name, function in metric.statistics.items():
            if name in found:
                raise InputError(f"metric {metric.name!r} sums {name!r}, as another metric does; call it otherwise")
            with np.errstate(divide="ignore", invalid="ignore"):
                found[name] = function(batch.truth.astype(np.float64), batch.predictions)
    return found


def _sums(statistics: Mapping[str, NDArray[Any]], of_metrics: State, batch: Batch) -> State:
    """Return the weighted sums of one number an example, by name."""
    taken = statistics.keys() & of_metrics.keys()
    if taken:
        raise InputError(f"a metric sums {min(taken)!r}, which every metric can read already; leave it to needs")
    columns = np.stack([*statistics.values(), *of_metrics.values()], axis=1)
    with np.errstate(invalid="ignore"):  # an infinite statistic that counts zero times is undefined, and no error
        sums = group_sums(columns, batch.groups, batch.weights)
    return dict(zip((*statistics, *of_metrics), np.moveaxis(sums, 2, 0), strict=True))


def _binary(batch: Batch, of_metrics: State) -> State:
    positive = batch.truth == 1
    probability = batch.predictions[:, 1].astype(np.float64)
    truth, predicted = positive.astype(np.float64), (probability > DECISION_THRESHOLD).astype(np.float64)
    clipped = np.clip(probability, _CLIP, 1 - _CLIP)
    statistics = {
        "count": np.ones_like(truth),
        "positives": truth,
        "predicted_positives": predicted,
        "true_positives": truth * predicted,
        "loss": -np.where(positive, np.log(clipped), np.log1p(-clipped)),
        "predictions": probability,
        "squared_errors": (probability - truth) ** 2,
    }
    sums = _sums(statistics, of_metrics, batch)
    hits = sums["true_positives"]
    sums["correct"] = sums["count"] - (sums["predicted_positives"] - hits) - (sums["positives"] - hits)
    sums["labels"] = sums["positives"]
    cells = cells_of(positive, probability, batch.groups, batch.weights)
    return sums | dict(zip(_CELLS, (cells.keys, cells.weights, cells.positives), strict=True))


def _multiclass(batch: Batch, of_metrics: State) -> State:
    classes = batch.predictions.shape[1]
    ids = batch.truth.astype(np.int64)
    probabilities = batch.predictions.astype(np.float64)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    own = probabilities[np.arange(len(ids)), ids]
    chosen = probabilities.argmax(axis=1)
    better = (probabilities > own[:, None]).sum(axis=1)
    hit = chosen == ids
    statistics = {
        "count": np.ones_like(own),
        "loss": -np.log(np.clip(own, _CLIP, 1 - _CLIP)),
        "correct": hit,
        "correct_in_top": better < min(TOP_K, classes - 1),
    }
    hits = class_sums(np.where(hit, ids, classes), classes + 1, batch.groups, batch.weights)
    return _sums(statistics, of_metrics, batch) | {
        "class_labels": class_sums(ids, classes, batch.groups, batch.weights),
        "class_predictions": class_sums(chosen, classes, batch.groups, batch.weights),
        "class_hits": hits[:, :, :classes],
    }


def _regression(batch: Batch, of_metrics: State) -> State:
    truth, value = batch.truth.astype(np.float64), batch.predictions.astype(np.float64)
    error = value - truth
    centre = truth.mean() if len(truth) else 0.0  # keeps the sum of squares free of cancellation
    statistics = {
        "count": np.ones_like(truth),
        "squared_errors": error**2,
        "absolute_errors": np.abs(error),
        "label_offsets": truth - centre,
        "label_squares": (truth - centre) ** 2,
        "predictions": value,
    }
    sums = _sums(statistics, of_metrics, batch)
    count, offsets = sums["count"], sums.pop("label_offsets")
    with np.errstate(divide="ignore", invalid="ignore"):
        sums["label_mean"] = np.where(count > 0, offsets / count + centre, 0.0)
        sums["label_spread"] = np.where(count > 0, sums["label_squares"] - offsets**2 / count, 0.0)
    return sums


def _merged_regression(first: State, other: State) -> State:
    """Merge moments of the label as Chan, Golub and LeVeque (1983) do, and add the other sums."""
    merged = {name: first[name] + other[name] for name in first if name not in ("label_mean", "label_spread")}
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
