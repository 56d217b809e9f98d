"""Logs for TensorBoard: the history of a training, as event files with equal bytes for equal trainings."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import tensorflow as tf

_EVAL = "eval_"
_FILE = "events.out.tfevents.0000000000.slipway"
_VERSION = "brain.Event:2"


def write_logs(history: Mapping[str, Sequence[float]], root: Path) -> None:
    """Write scalars ``epoch_<name>``, one a finished epoch, into ``train/`` and ``validation/`` as tf_keras names them.

    Args:
        history: values of each epoch by name; those of the eval split begin with ``eval_``.
        root: the folder that TensorBoard is given. An epoch's number stands for its time, which would differ between
            equal trainings.
    """
    runs = {
        "train": {name: values for name, values in history.items() if not name.startswith(_EVAL)},
        "validation": {name.removeprefix(_EVAL): values for name, values in history.items() if name.startswith(_EVAL)},
    }
    for run, series in runs.items():
        (root / run).mkdir(parents=True)
        with tf.io.TFRecordWriter(str(root / run / _FILE)) as writer:
            writer.write(tf.compat.v1.Event(wall_time=0.0, file_version=_VERSION).SerializeToString())
            for epoch, values in enumerate(zip(*series.values(), strict=True)):
                summary = tf.compat.v1.Summary(
                    value=[
                        tf.compat.v1.Summary.Value(tag=f"epoch_{name}", simple_value=value)
                        for name, value in zip(series, values, strict=True)
                    ]
                )
                event = tf.compat.v1.Event(wall_time=float(epoch), step=epoch, summary=summary)
                writer.write(event.SerializeToString(deterministic=True))
