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
    "One pass over the train split in shuffled batches of 256, then one more for the warm figure. The limit gathers "
    "each batch from matrices in memory with NumPy, without tf.data. TFX's reader is "
    "`make_batched_features_dataset` over TFRecord, with its shuffle buffer of 10,000. Compared: rows and sum of "
    "labels."
)
_FEW_REPEATS, _REPEATS = 1, 4


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
                )
                for name, function, repeats in contenders
            ),
            rounds=place.rounds(1),
            goals=(
                Goal(against="TFRecord reader", measure="warm", at_least=1.0),
                Goal(against="make_csv_dataset", measure="work", at_least=1.0),
            ),
            note=_NOTE,
        )
    ]


def slipway(scratch: Path, folder: str) -> Contest:
    """What train-distributed reads."""
    from slipway.contracts.features import ExamplesFolder
    from slipway.modeling.transformed_examples import read_examples, training_dataset

    examples = read_examples(ExamplesFolder(Path(folder) / "transformed"), "train")
    dataset = training_dataset(examples, _BATCH, seed=1, shuffle=True)
    return _pass_over(lambda: (label for _, label in dataset))


def limit(scratch: Path, folder: str) -> Contest:
    """Gathering alone."""
    import numpy as np

    from slipway.contracts.features import ExamplesFolder
    from slipway.modeling.transformed_examples import read_examples

    examples = read_examples(ExamplesFolder(Path(folder) / "transformed"), "train")
    dense, ids, labels = np.array(examples.dense), np.array(examples.ids), np.array(examples.label)
    random = np.random.default_rng(1)

    def batches() -> Iterable[Any]:
        order = random.permutation(len(labels))
        for start in range(0, len(order), _BATCH):
            chosen = order[start : start + _BATCH]
            yield (dense[chosen], ids[chosen], labels[chosen])[2]

    return _pass_over(batches)


def records(scratch: Path, folder: str) -> Contest:
    """What TFX's data accessor makes of TFRecord files."""
    import tensorflow as tf

    from slipway.contracts.features import ExamplesFolder

    source = ExamplesFolder(Path(folder) / "records")
    spec = source.spec()
    features = {"dense": tf.io.FixedLenFeature([len(spec.dense)], tf.float32)}
    features["label"] = tf.io.FixedLenFeature([], tf.int64)
    if spec.ids:
        features["ids"] = tf.io.FixedLenFeature([len(spec.ids)], tf.int64)
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
