"""Table columns as the tensors that a serving request sends.

Training, evaluation and serving read raw values through ``values``, so a column means the same thing in all three.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import tensorflow as tf

from slipway.contracts.errors import DataError
from slipway.contracts.examples import FeatureKind, RawFeature
from slipway.features.values import categories, epoch_seconds, numbers, refusal_as_data_error

DTYPES = {
    FeatureKind.NUMERIC: tf.float32,
    FeatureKind.CATEGORICAL: tf.string,
    FeatureKind.TIMESTAMP: tf.int64,
}
"""What a serving request holds of a feature, by its kind."""

RawTensors: TypeAlias = "dict[str, np.ndarray | tf.Tensor]"


def raw_tensors(table: pa.Table, features: Sequence[RawFeature]) -> RawTensors:
    """Return what a serving request would send for the rows of ``table``.

    Returns:
        For each feature shape (rows,): NUMERIC a float32 array, NaN when missing; CATEGORICAL a string tensor, empty
        when missing; TIMESTAMP an int64 array of seconds since 1970 UTC, MISSING_TIMESTAMP when missing.

    Raises:
        DataError: ``table`` lacks a feature, or its values cannot be read as that kind.
    """
    return {feature.name: _read(table, feature) for feature in features}


def string_tensor(column: pa.ChunkedArray) -> tf.Tensor:
    """Return the category of each row, empty when missing, shape (rows,)."""
    found = categories(column)
    # Each distinct value becomes a TensorFlow string once and the rows gather them: nine times faster than a string
    # per row. The last one, at -1, is that of a row without a value.
    names = [*found.names.to_pylist(), ""]
    return tf.gather(tf.constant(names, dtype=tf.string), np.where(found.codes < 0, len(names) - 1, found.codes))


def _read(table: pa.Table, feature: RawFeature) -> Any:
    if feature.name not in table.column_names:
        raise DataError(f"there is no column {feature.name!r}; there are {', '.join(table.column_names)}")
    column = table.column(feature.name)
    with refusal_as_data_error(f"column {feature.name!r} of type {column.type} cannot be read as {feature.kind}"):
        return _READERS[feature.kind](column)


_READERS: dict[FeatureKind, Callable[[pa.ChunkedArray], Any]] = {
    FeatureKind.NUMERIC: numbers,
    FeatureKind.CATEGORICAL: string_tensor,
    FeatureKind.TIMESTAMP: epoch_seconds,
}
