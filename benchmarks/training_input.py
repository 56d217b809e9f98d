"""Batches for training: Slipway's examples beside the in-memory limit and beside what TensorFlow's readers give."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from benchmarks.comparisons import Comparison, Contender, Goal
from benchmarks.contender import Contest, Result
from benchmarks.workplace import Workplace

_BATCH = 256
_SHUFFLED = 10_000
_NOTE = (
    "One pass over the train split in shuffled batches of 256, then more for the warm figure. The limit gathers each "
    "batch from matrices in memory with NumPy (`np.take`) and gives it to nobody; Slipway gathers from the mapped file "
    "into tensors, the batches of many steps at once. `slipway doctor --run` says the same of a run. TFX's reader is "
    "`make_batched_features_dataset` over TFRecord, with its shuffle buffer of 10,000. Compared: rows and sum of "
    "labels."
)
_FEW_REPEATS, _REPEATS = 1, 8


def comparisons(place: Workplace) -> list[Comparison]:
    """Four ways to the same batches."""
    arguments = {"folder": str(place.table(place.rows, "schema", "transformed"))}
    contenders = [
        ("Slipway", "slipway", _REPEATS),
        ("in-memory limit", "limit", _REPEATS),
        ("TFRecord reader", "records", _FEW_REPEATS),
        ("make_csv_dataset", "csv", _FEW_REPEATS if place.full else 0),
    ]
    return [
        Comparison(
            name="training input",
            title="Training input, one epoch",
            rows=place.rows,
            contenders=tuple(
                Contender(
                    name=name,
                    environment="tensorflow",
                    function=f"benchmarks.training_input:{function}",
                    arguments=arguments,
                    repeats=repeats,
                    once=place.hurried and name == "make_csv_dataset",
                )
                for name, function, repeats in contenders
            ),
            rounds=place.rounds(3),
            goals=(
                Goal(against="in-memory limit", measure="warm", at_least=0.5),
                Goal(against="TFRecord reader", measure="warm", at_least=1.0),
                Goal(against="make_csv_dataset", measure="work", at_least=1.0),
            ),
            note=_NOTE,
        )
    ]


def slipway(scratch: Path, folder: str) -> Contest:
    """What train-distributed reads."""
    from slipway.contracts.examples import ExamplesFolder
    from slipway.training.examples import read_examples
    from slipway.training.input import training_stacks

    examples = read_examples(ExamplesFolder(Path(folder) / "transformed"), "train")
    return _pass_over(
        lambda: (
            batch for _, label in training_stacks(examples, _BATCH, seed=1, shuffle=True) for batch in label.numpy()
        )
    )


def limit(scratch: Path, folder: str) -> Contest:
    """Gathering alone."""
    from slipway.contracts.examples import ExamplesFolder
    from slipway.training.examples import read_examples
    from slipway.training.input_probe import bare_batches

    examples = read_examples(ExamplesFolder(Path(folder) / "transformed"), "train").copied()
    return _pass_over(lambda: (batch[-1] for batch in bare_batches(examples, _BATCH)))


def records(scratch: Path, folder: str) -> Contest:
    """What TFX's data accessor makes of TFRecord files."""
    import tensorflow as tf

    from slipway.contracts.examples import ExamplesFolder

    source = ExamplesFolder(Path(folder) / "records")
    spec = source.spec()
    stored = {"float32": tf.float32, "int32": tf.int64}
    features = {each.name: tf.io.FixedLenFeature([each.width], stored[each.dtype]) for each in spec.inputs}
    features["label"] = tf.io.FixedLenFeature([], tf.int64)
    dataset = tf.data.experimental.make_batched_features_dataset(
        str(source.file("train", "tfrecord")),
        _BATCH,
        features,
        num_epochs=1,
        shuffle=True,
        shuffle_buffer_size=_SHUFFLED,
        label_key="label",
    )
    return _pass_over(lambda: (label for _, label in dataset))


def csv(scratch: Path, folder: str) -> Contest:
    """``make_csv_dataset`` on the transformed examples."""
    import tensorflow as tf

    dataset = tf.data.experimental.make_csv_dataset(
        f"{folder}/transformed.csv", _BATCH, label_name="label", num_epochs=1, shuffle_buffer_size=_SHUFFLED
    )
    return _pass_over(lambda: (label for _, label in dataset))


def _pass_over(batches: Callable[[], Iterable[Any]]) -> Contest:
    """Ask for every batch of an epoch; the labels are added up so that batches cannot be skipped."""
    import numpy as np

    def work() -> Result:
        labels = [np.asarray(label) for label in batches()]
        return {"rows": float(sum(map(len, labels))), "sum of labels": float(sum(each.sum() for each in labels))}

    return work, lambda found: found
