"""The columns that predictions are stored in, and what is read and kept of the table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from slipway.contracts.errors import DataError, InputError
from slipway.contracts.examples import ExampleSpec, Label, Problem
from slipway.contracts.hints import closest_hint
from slipway.contracts.tables import Column
from slipway.metrics.prediction_counts import finite_rows
from slipway.steps.predict.config import PredictConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What is read of the table, and what the result holds.

    Attributes:
        read: columns of the table that the model or the result needs, in the order of the table.
        kept: columns of the table in the result.
        predicted: the column of the class, or for regression of the value.
        probabilities: the column of each class's probability, by class; for a binary problem of the positive class
            alone; empty for regression.
    """

    read: tuple[str, ...]
    kept: tuple[Column, ...]
    predicted: str
    probabilities: dict[str, str]

    @property
    def columns(self) -> tuple[Column, ...]:
        """Every column of the result, in order."""
        kind = "string" if self.probabilities else "float"
        numbers = (Column(name=name, type="float") for name in self.probabilities.values())
        return (*self.kept, Column(name=self.predicted, type=kind), *numbers)


def plan_layout(columns: Sequence[Column], spec: ExampleSpec, config: PredictConfig) -> Layout:
    """Decide what is read and written.

    Raises:
        InputError: ``keep_columns`` names no column, or a kept column has the name of a prediction's.
        DataError: the table lacks a column that the model reads.
    """
    present = {column.name: column for column in columns}
    missing = [feature.name for feature in spec.features if feature.name not in present]
    if missing:
        named = ", ".join(map(repr, missing))
        raise DataError(f"the model reads {named}, which the table does not have; it has {', '.join(present)}")
    kept = tuple(present) if config.keep_columns is None else config.keep_columns
    for name in kept:
        if name not in present:
            raise InputError(f"keep_columns names {name!r}, which is no column{closest_hint(name, tuple(present))}")
    layout = Layout(
        read=tuple(name for name in present if name in {*kept, *(feature.name for feature in spec.features)}),
        kept=tuple(present[name] for name in kept),
        predicted=f"predicted_{spec.label.name}",
        probabilities={name: f"probability_{name}" for name in _scored(spec.label)},
    )
    for name in (layout.predicted, *layout.probabilities.values()):
        if name in kept:
            raise InputError(f"the table has a column {name!r}, as the predictions have; leave it out of keep_columns")
    return layout


def with_predictions(rows: pa.RecordBatch, predictions: NDArray[Any], layout: Layout, label: Label) -> pa.RecordBatch:
    """Return the kept columns of ``rows`` and the predictions beside them.

    Args:
        rows: n rows of the table.
        predictions: probabilities (n, classes), or values (n,), as the model gives them; where they are no finite
            numbers, every column of the prediction is null.
        layout: which columns.
        label: names the classes.
    """
    unknown = ~finite_rows(predictions)
    columns = [rows.column(column.name) for column in layout.kept]
    if label.problem is Problem.REGRESSION:
        columns.append(pa.array(predictions, pa.float32(), mask=unknown))
    else:
        best = pa.array(predictions.argmax(axis=1).astype(np.int32), mask=unknown)
        columns.append(pa.array(label.classes, pa.string()).take(best))
        columns += [
            pa.array(predictions[:, label.classes.index(name)], pa.float32(), mask=unknown)
            for name in layout.probabilities
        ]
    return pa.RecordBatch.from_arrays(columns, [column.name for column in layout.columns])


def _scored(label: Label) -> tuple[str, ...]:
    return label.classes[1:] if label.problem is Problem.BINARY else label.classes
