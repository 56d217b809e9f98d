"""Transformed examples on disk: written once, read by every training loop.

Arrow IPC files hold one record batch, so that a reader maps the file and sees its matrices without a copy. TFRecord
files hold the same features as tf.train.Example records for tools that expect them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import tensorflow as tf

from slipway.contracts.errors import InputError
from slipway.contracts.examples import ExamplesFolder, ExampleSpec, Problem

_RECORDS_PER_STEP = 4096
_EXTENSIONS = ("arrow", "tfrecord")
_LABELS = "label"


@dataclass(frozen=True, slots=True)
class Examples:
    """Examples in memory, or mapped from a file.

    Attributes:
        inputs: float32 or int32, shape (rows, width), by the name of the input.
        labels: int32 class ids, or float32 standardized values for regression; shape (rows,).
    """

    inputs: Mapping[str, np.ndarray]
    labels: np.ndarray

    @property
    def rows(self) -> int:
        """How many examples there are."""
        return len(self.labels)

    @property
    def row_bytes(self) -> int:
        """Bytes of one example."""
        values = (*self.inputs.values(), self.labels)
        return sum(array.itemsize * int(np.prod(array.shape[1:])) for array in values)

    def take(self, rows: np.ndarray | slice) -> Examples:
        """Return some of the rows: views for a slice, copies for positions, shape (n,)."""
        return Examples({name: values[rows] for name, values in self.inputs.items()}, self.labels[rows])

    def copied(self) -> Examples:
        """Return the same examples in memory of their own."""
        return Examples({name: np.array(values) for name, values in self.inputs.items()}, np.array(self.labels))


def labels_dtype(spec: ExampleSpec) -> type[np.generic]:
    """Return what labels are stored as."""
    return np.float32 if spec.label.problem is Problem.REGRESSION else np.int32


def write_examples(path: Path, spec: ExampleSpec, inputs: Mapping[str, np.ndarray], labels: np.ndarray) -> None:
    """Store the examples of a split.

    Args:
        path: the file; its extension, ``.arrow`` or ``.tfrecord``, decides the format.
        spec: the form they must have.
        inputs: every input of ``spec`` by name, shape (rows, width).
        labels: shape (rows,).

    Raises:
        InputError: another extension, or an input or shape that ``spec`` does not allow.
    """
    expected = {each.name: (len(labels), each.width) for each in spec.inputs}
    if set(inputs) != set(expected):
        raise InputError(f"examples should have the inputs {', '.join(expected)}, got {', '.join(inputs)}")
    for name, shape in expected.items():
        if inputs[name].shape != shape:
            raise InputError(f"{name} should have shape {shape}, got {inputs[name].shape}")
    examples = Examples(
        {each.name: np.ascontiguousarray(inputs[each.name], each.dtype) for each in spec.inputs},
        np.ascontiguousarray(labels, labels_dtype(spec)),
    )
    if path.suffix == ".arrow":
        _write_arrow(path, examples)
    elif path.suffix == ".tfrecord":
        _write_records(path, examples)
    else:
        raise InputError(f"examples are stored as .arrow or .tfrecord, not as {path.name!r}")


def read_examples(folder: ExamplesFolder, split: str) -> Examples:
    """Return the examples of a split: Arrow is mapped, read-only and without a copy; TFRecord is read into memory.

    Raises:
        InputError: there is no file of this split.
    """
    for extension in _EXTENSIONS:
        path = folder.file(split, extension)
        if path.is_file():
            return _read_arrow(path) if extension == "arrow" else _read_records(path, folder.spec())
    raise InputError(f"{folder.root} has no examples of split {split!r}; it should hold {split}.arrow or .tfrecord")


def _write_arrow(path: Path, examples: Examples) -> None:
    arrays = {name: _matrix(values) for name, values in examples.inputs.items()}
    arrays[_LABELS] = pa.array(examples.labels)
    batch = pa.RecordBatch.from_pydict(arrays)
    with pa.ipc.new_file(path, batch.schema) as writer:
        writer.write_batch(batch)


def _matrix(values: np.ndarray) -> pa.FixedSizeListArray:
    return pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), values.shape[1])


def _read_arrow(path: Path) -> Examples:
    reader = pa.ipc.open_file(pa.memory_map(str(path)))
    table = reader.read_all().combine_chunks()
    names = [name for name in table.column_names if name != _LABELS]
    return Examples({name: _read_matrix(table, name) for name in names}, table.column(_LABELS).to_numpy())


def _read_matrix(table: pa.Table, name: str) -> np.ndarray:
    kind = table.schema.field(name).type
    if not table.num_rows:
        return np.empty((0, kind.list_size), kind.value_type.to_pandas_dtype())
    column = table.column(name).chunk(0)
    values: np.ndarray = column.flatten().to_numpy()
    return values.reshape(len(column), kind.list_size)


def _write_records(path: Path, examples: Examples) -> None:
    with tf.io.TFRecordWriter(str(path)) as writer:
        for start in range(0, examples.rows, _RECORDS_PER_STEP):
            for record in encode_records(examples.take(slice(start, start + _RECORDS_PER_STEP))).numpy():
                writer.write(record)


def encode_records(examples: Examples) -> tf.Tensor:
    """Return serialized tf.train.Example protos, shape (rows,), encoded in bulk from the inside outwards."""
    values = {**examples.inputs, _LABELS: examples.labels[:, None]}
    entries = tf.stack([_entry(name, array) for name, array in values.items()], axis=1)
    return _message("Example", {"features": _message("Features", {"feature": entries})[:, None]})


def _entry(name: str, values: np.ndarray) -> tf.Tensor:
    kind, list_type, dtype = (
        ("float_list", "FloatList", tf.float32) if values.dtype == np.float32 else ("int64_list", "Int64List", tf.int64)
    )
    value = _message(list_type, {"value": tf.cast(values, dtype)})
    feature = _message("Feature", {kind: value[:, None]})
    return _message("Features.FeatureEntry", {"key": tf.fill([len(values), 1], name), "value": feature[:, None]})


def _message(message_type: str, fields: dict[str, tf.Tensor]) -> tf.Tensor:
    """Return serialized ``tensorflow.<message_type>`` protos, shape (rows,), of fields of shape (rows, repetitions)."""
    rows = next(iter(fields.values())).shape[0]
    sizes = np.tile([[value.shape[1] for value in fields.values()]], (rows, 1))
    return tf.io.encode_proto(
        sizes=tf.constant(sizes, tf.int32),
        values=list(fields.values()),
        field_names=list(fields),
        message_type=f"tensorflow.{message_type}",
    )


def _read_records(path: Path, spec: ExampleSpec) -> Examples:
    dtypes = {each.name: np.dtype(each.dtype) for each in spec.inputs} | {_LABELS: np.dtype(labels_dtype(spec))}
    shapes = {each.name: [each.width] for each in spec.inputs} | {_LABELS: []}
    stored = {name: tf.float32 if dtype == np.float32 else tf.int64 for name, dtype in dtypes.items()}
    layout = {name: tf.io.FixedLenFeature(shapes[name], stored[name]) for name in dtypes}
    records = tf.data.TFRecordDataset(str(path), buffer_size=1 << 22).batch(_RECORDS_PER_STEP)
    parse = records.map(lambda batch: tf.io.parse_example(batch, layout), num_parallel_calls=tf.data.AUTOTUNE)
    parts = list(parse.prefetch(tf.data.AUTOTUNE).as_numpy_iterator())
    whole = {
        name: np.concatenate([np.empty((0, *shapes[name]), dtype), *(part[name].astype(dtype) for part in parts)])
        for name, dtype in dtypes.items()
    }
    labels = whole.pop(_LABELS)
    return Examples(whole, labels)
