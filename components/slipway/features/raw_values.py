"""Table columns as the tensors that a serving request sends, and labels as class ids.

Training, evaluation and serving read raw values through the same rules, so a column means the same thing in all three.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import tensorflow as tf

from slipway.contracts.errors import DataError
from slipway.contracts.examples import MISSING_TIMESTAMP, FeatureKind, Label, Problem, RawFeature

_UNITS_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_SECONDS_PER_DAY = 86_400
_EXACT_INTEGERS = 2.0**53
_READ_BYTES = 1 << 18
"""Read of each column at once."""

RawTensors = dict[str, "np.ndarray | tf.Tensor"]


def read_columns(files: Sequence[Path], columns: Sequence[str]) -> pa.Table:
    """Only ``columns`` of some Parquet files of one table, in this order; memory-mapped where the encoding allows.

    Raises:
        DataError: there is no file, or a file lacks a column.
    """
    if not files:
        raise DataError("there is no Parquet file to read; the split is empty")
    tables = []
    for file in files:
        with _open(file, columns, memory_map=True) as parquet:
            tables.append(parquet.read(columns=list(columns)).select(list(columns)))
    return pa.concat_tables(tables, promote_options="permissive")


def read_batches(files: Sequence[Path], columns: Sequence[str], rows: int) -> Iterator[pa.Table]:
    """The same columns in tables of at most ``rows`` rows, so that a split may be larger than memory.

    Files are not mapped: what was read of a mapped file counts as memory of the process.

    Raises:
        DataError: a file lacks a column.
    """
    for file in files:
        with _open(file, columns, memory_map=False, buffer_size=_READ_BYTES) as parquet:
            for batch in parquet.iter_batches(batch_size=rows, columns=list(columns)):
                yield pa.Table.from_batches([batch]).select(list(columns))


def raw_tensors(table: pa.Table, features: Sequence[RawFeature]) -> RawTensors:
    """What a serving request would send for the rows of ``table``.

    Returns:
        For each feature shape (rows,): NUMERIC a float32 array, NaN when missing; CATEGORICAL a string tensor, empty
        when missing; TIMESTAMP an int64 array of seconds since 1970 UTC, MISSING_TIMESTAMP when missing.

    Raises:
        DataError: ``table`` lacks a feature, or its values cannot be read as that kind.
    """
    readers = {
        FeatureKind.NUMERIC: numeric_values,
        FeatureKind.CATEGORICAL: _string_tensor,
        FeatureKind.TIMESTAMP: timestamp_values,
    }
    return {feature.name: _read(table, feature, readers[feature.kind]) for feature in features}


def numeric_values(column: pa.ChunkedArray) -> np.ndarray:
    """float32 values, NaN for a missing one, shape (rows,)."""
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.uint8())
    if column.type != pa.float32():
        # Integers above 2**24 lose their last digits here as they do in a float32 request.
        column = column.cast(pa.float64()).cast(pa.float32(), safe=False)
    return np.asarray(column.fill_null(np.float32("nan")).to_numpy(), dtype=np.float32)


def timestamp_values(column: pa.ChunkedArray) -> np.ndarray:
    """int64 seconds since 1970 UTC, rounded down; MISSING_TIMESTAMP for a missing one, shape (rows,).

    Timestamps without a zone count as UTC, dates as their midnight, integers as seconds; strings are read as ISO 8601.
    """
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        column = column.cast(pa.timestamp("us", tz="UTC") if _has_zone(column) else pa.timestamp("us"))
    if pa.types.is_date(column.type):
        column, per_second, factor = column.cast(pa.date32()).cast(pa.int32()).cast(pa.int64()), 1, _SECONDS_PER_DAY
    elif pa.types.is_timestamp(column.type):
        column, per_second, factor = column.cast(pa.int64()), _UNITS_PER_SECOND[column.type.unit], 1
    else:
        column, per_second, factor = column.cast(pa.int64()), 1, 1
    present = column.is_valid().to_numpy()
    values = column.fill_null(0).to_numpy() // per_second * factor
    return np.where(present, values, MISSING_TIMESTAMP)


def spelled(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Values as categorical strings, dictionary-encoded; null when missing, and an empty string stays one.

    Integers, and floating-point numbers without a fraction, are written in decimal; booleans as ``true`` and
    ``false``; dates and timestamps as ISO 8601.
    """
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_null(column.type):
        column = column.cast(pa.string())
    # A NaN is a missing value, and its spelling would look like a category.
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), None, column)
    encoded = column.dictionary_encode().unify_dictionaries()
    chunks = [
        pa.DictionaryArray.from_arrays(chunk.indices.cast(pa.int32()), _spell(chunk.dictionary))
        for chunk in encoded.chunks
    ]
    return pa.chunked_array(chunks, pa.dictionary(pa.int32(), pa.string()))


def class_names(column: pa.ChunkedArray) -> np.ndarray:
    """How each label is spelled as a class name; object array of str, empty when missing, shape (rows,)."""
    names, positions = _names_and_positions(column)
    return np.asarray(np.array([*names, ""], dtype=object)[positions])


def label_ids(column: pa.ChunkedArray, label: Label) -> np.ndarray:
    """Labels as a model learns them, shape (rows,).

    Returns:
        int32 class ids, -1 for a missing or unknown class; for regression float32 values in the label's own unit, NaN
        when missing.

    Raises:
        DataError: a regression label cannot be read as a number.
    """
    if label.problem is Problem.REGRESSION:
        try:
            return numeric_values(column)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise DataError(
                f"label {label.name!r} of type {column.type} cannot be read as a number: {error}"
            ) from error
    names, positions = _names_and_positions(column)
    ids = {name: index for index, name in enumerate(label.classes)}
    return np.asarray(np.array([*(ids.get(name, -1) for name in names), -1], dtype=np.int32)[positions])


def _open(file: Path, columns: Sequence[str], **reading: Any) -> pq.ParquetFile:
    parquet = pq.ParquetFile(file, **reading)
    present = parquet.schema_arrow.names
    for column in columns:
        if column not in present:
            raise DataError(f"{file.name} has no column {column!r}; it has {', '.join(present)}")
    return parquet


def _read(table: pa.Table, feature: RawFeature, reader: Callable[[pa.ChunkedArray], Any]) -> Any:
    if feature.name not in table.column_names:
        raise DataError(f"there is no column {feature.name!r}; there are {', '.join(table.column_names)}")
    column = table.column(feature.name)
    try:
        return reader(column)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise DataError(
            f"column {feature.name!r} of type {column.type} cannot be read as {feature.kind}: {error}"
        ) from error


def _spell(values: pa.Array) -> pa.Array:
    if not pa.types.is_floating(values.type):
        return values.cast(pa.string())
    values = values.cast(pa.float64())
    whole = pc.and_(pc.equal(pc.floor(values), values), pc.less(pc.abs(values), _EXACT_INTEGERS))
    integers = pc.if_else(whole, values, 0.0).cast(pa.int64())
    return pc.if_else(whole, integers.cast(pa.string()), values.cast(pa.string()))


def _names_and_positions(column: pa.ChunkedArray) -> tuple[list[str], np.ndarray]:
    """The distinct spellings, and for each row its index in them; -1, the last element, when missing or empty."""
    encoded = spelled(column).combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.chunk(0) if encoded.num_chunks else pa.array([], encoded.type)
    positions = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return encoded.dictionary.to_pylist(), positions


def _string_tensor(column: pa.ChunkedArray) -> tf.Tensor:
    # Each distinct value becomes a TensorFlow string once and the rows gather them: nine times faster than a string
    # per row.
    names, positions = _names_and_positions(column)
    return tf.gather(tf.constant([*names, ""], dtype=tf.string), np.where(positions < 0, len(names), positions))


def _has_zone(column: pa.ChunkedArray) -> bool:
    """Whether ISO 8601 strings end in an offset or Z; Arrow reads either all with or all without."""
    return bool(pc.any(pc.match_substring_regex(column, r"(Z|[+-]\d{2}:?\d{2})$")).as_py())
