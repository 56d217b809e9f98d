"""A column of labels as a model learns them: ids of classes, or numbers."""

from __future__ import annotations

import numpy as np

from slipway.contracts.examples import Label, Problem
from slipway.features.values import Column, categories, numbers, refusal_as_data_error


def label_ids(column: Column, label: Label) -> np.ndarray:
    """Return labels as a model learns them, shape (rows,).

    Returns:
        int32 class ids, -1 for a missing or unknown class; for regression float32 values in the label's own unit, NaN
        when missing.

    Raises:
        DataError: a regression label cannot be read as a number, or a class is no category.
    """
    what = "a number" if label.problem is Problem.REGRESSION else "a class"
    with refusal_as_data_error(f"label {label.name!r} of type {column.type} cannot be read as {what}"):
        if label.problem is Problem.REGRESSION:
            return numbers(column)
        found = categories(column)
    ids = {name: index for index, name in enumerate(label.classes)}
    # The last id, at -1, is that of a row without a value.
    return np.array([*(ids.get(name, -1) for name in found.names.to_pylist()), -1], dtype=np.int32)[found.codes]
