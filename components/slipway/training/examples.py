"""Transformed examples on disk: written once, read by every training loop.

Arrow IPC files hold one record batch, so that a reader maps the file and sees its matrices without a copy. TFRecord
files hold the same features as tf.train.Example records for tools that expect them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import tensorflow as tf

from slipway.contracts.errors import InputError
from slipway.contracts.examples import ExamplesFolder, ExampleSpec, Problem

_RECORDS_PER_STEP = 4096
_EXTENSIONS = ("arrow", "tfrecord")


@dataclass(frozen=True, slots=True)
class Examples:
    """Examples in memory, or mapped from a file.

    Attributes:
        dense: float32, shape (rows, d).
        ids: int32, shape (rows, k); k may be 0.
        label: int32 class ids, or float32 standardized values for regression; shape (rows,).
    """

    dense: np.ndarray
    ids: np.ndarray
    label: np.ndarray

    @property
    def rows(self) -> int:
        """How many examples there are."""
        return len(self.label)


def label_dtype(spec: ExampleSpec) -> type[np.generic]:
    """What a label is stored as."""
    return np.float32 if spec.label.problem is Problem.REGRESSION else np.int32


def write_examples(path: Path, spec: ExampleSpec, dense: np.ndarray, ids: np.ndarray, label: np.ndarray) -> None:
    """Store the examples of a split.

    Args:
        path: the file; its extension, ``.arrow`` or ``.tfrecord``, decides the format.
        spec: the form they must have.
        dense: float32, shape (rows, d).
        ids: int32, shape (rows, k).
        label: shape (rows,).

    Raises:
        InputError: another extension, or a shape that ``spec`` does not allow.
    """
    expected = {"dense": (len(label), len(spec.dense)), "ids": (len(label), len(spec.ids))}
    for name, matrix in (("dense", dense), ("ids", ids)):
        if matrix.shape != expected[name]:
            raise InputError(f"{name} should have shape {expected[name]}, got {matrix.shape}")
    examples = Examples(
        np.ascontiguousarray(dense, np.float32),
        np.ascontiguousarray(ids, np.int32),
        np.ascontiguousarray(label, label_dtype(spec)),
    )
    if path.suffix == ".arrow":
        _write_arrow(path, examples)
    elif path.suffix == ".tfrecord":
        _write_records(path, examples)
    else:
        raise InputError(f"examples are stored as .arrow or .tfrecord, not as {path.name!r}")


def read_examples(folder: ExamplesFolder, split: str) -> Examples:
    """The examples of a split: an Arrow file is mapped, read-only and without a copy; TFRecord is read into memory.

    Raises:
        InputError: there is no file of this split.
    """
    for extension in _EXTENSIONS:
        path = folder.file(split, extension)
        if path.is_file():
            return _read_arrow(path) if extension == "arrow" else _read_records(path, folder.spec())
    raise InputError(f"{folder.root} has no examples of split {split!r}; it should hold {split}.arrow or .tfrecord")


def _write_arrow(path: Path, examples: Examples) -> None:
    # Arrow has no lists of fixed size 0.
    matrices = {"dense": examples.dense, "ids": examples.ids}
    arrays = {name: _matrix(values) for name, values in matrices.items() if values.shape[1]}
    arrays["label"] = pa.array(examples.label)
    batch = pa.RecordBatch.from_pydict(arrays)
    with pa.ipc.new_file(path, batch.schema) as writer:
        writer.write_batch(batch)


def _matrix(values: np.ndarray) -> pa.FixedSizeListArray:
    return pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), values.shape[1])


def _read_arrow(path: Path) -> Examples:
    reader = pa.ipc.open_file(pa.memory_map(str(path)))
    table = reader.read_all().combine_chunks()

    def matrix(name: str, dtype: type[np.generic]) -> np.ndarray:
        if name not in table.column_names or not table.num_rows:
            width = table.schema.field(name).type.list_size if name in table.column_names else 0
            return np.empty((table.num_rows, width), dtype)
        column = table.column(name).chunk(0)
        values: np.ndarray = column.flatten().to_numpy()
        return values.reshape(len(column), column.type.list_size)

    return Examples(matrix("dense", np.float32), matrix("ids", np.int32), table.column("label").to_numpy())


def _write_records(path: Path, examples: Examples) -> None:
    with tf.io.TFRecordWriter(str(path)) as writer:
        for start in range(0, examples.rows, _RECORDS_PER_STEP):
            rows = slice(start, start + _RECORDS_PER_STEP)
            for record in encode_records(examples.dense[rows], examples.ids[rows], examples.label[rows]).numpy():
                writer.write(record)


def encode_records(dense: np.ndarray, ids: np.ndarray, label: np.ndarray) -> tf.Tensor:
    """Serialized tf.train.Example protos, shape (rows,), encoded in bulk from the inside of the message outwards."""
    features = [_entry("dense", dense, "float_list"), _entry("ids", ids, "int64_list")]
    features.append(_entry("label", label[:, None], "float_list" if label.dtype == np.float32 else "int64_list"))
    entries = tf.stack([entry for entry in features if entry is not None], axis=1)
    return _message("Example", {"features": _message("Features", {"feature": entries})[:, None]})


def _entry(name: str, values: np.ndarray, kind: str) -> tf.Tensor | None:
    if values.shape[1] == 0:
        return None
    list_type, dtype = {"float_list": ("FloatList", tf.float32), "int64_list": ("Int64List", tf.int64)}[kind]
    value = _message(list_type, {"value": tf.cast(values, dtype)})
    feature = _message("Feature", {kind: value[:, None]})
    return _message("Features.FeatureEntry", {"key": tf.fill([len(values), 1], name), "value": feature[:, None]})


def _message(message_type: str, fields: dict[str, tf.Tensor]) -> tf.Tensor:
    """Serialized ``tensorflow.<message_type>`` protos, shape (rows,), of fields of shape (rows, repetitions)."""
    rows = next(iter(fields.values())).shape[0]
    sizes = np.tile([[value.shape[1] for value in fields.values()]], (rows, 1))
    return tf.io.encode_proto(
        sizes=tf.constant(sizes, tf.int32),
        values=list(fields.values()),
        field_names=list(fields),
        message_type=f"tensorflow.{message_type}",
    )


def _read_records(path: Path, spec: ExampleSpec) -> Examples:
    regression = spec.label.problem is Problem.REGRESSION
    layout = {"label": tf.io.FixedLenFeature([], tf.float32 if regression else tf.int64)}
    for name, width, dtype in (("dense", len(spec.dense), tf.float32), ("ids", len(spec.ids), tf.int64)):
        if width:
            layout[name] = tf.io.FixedLenFeature([width], dtype)
    records = tf.data.TFRecordDataset(str(path), buffer_size=1 << 22).batch(_RECORDS_PER_STEP)
    parse = records.map(lambda batch: tf.io.parse_example(batch, layout), num_parallel_calls=tf.data.AUTOTUNE)
    parts = list(parse.prefetch(tf.data.AUTOTUNE).as_numpy_iterator())

    def whole(name: str, dtype: type[np.generic], shape: tuple[int, ...]) -> np.ndarray:
        values = [part[name] for part in parts if name in part]
        return np.concatenate(values).astype(dtype) if values else np.empty(shape, dtype)

    rows = sum(len(part["label"]) for part in parts)
    return Examples(
        whole("dense", np.float32, (rows, len(spec.dense))),
        whole("ids", np.int32, (rows, len(spec.ids))),
        whole("label", label_dtype(spec), (0,)),
    )
