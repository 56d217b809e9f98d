"""A small problem that a network learns in a second."""

from pathlib import Path

import numpy as np
import pytest

from slipway.contracts.documents import write_document
from slipway.contracts.examples import (
    ExamplesFolder,
    ExampleSpec,
    FeatureKind,
    IdColumn,
    Label,
    Problem,
    RawFeature,
    TransformFolder,
)
from slipway.contracts.models import Hyperparameters, TuningFolder, TuningResult

SPEC = ExampleSpec(
    features=(RawFeature(name="a", kind=FeatureKind.NUMERIC), RawFeature(name="b", kind=FeatureKind.NUMERIC)),
    label=Label(name="y", problem=Problem.BINARY, classes=("no", "yes")),
    dense=("a", "b"),
    ids=(IdColumn(name="c", size=5),),
)


def write_split(root: Path, split: str, rows: int, seed: int) -> None:
    from slipway.training.examples import write_examples

    rng = np.random.default_rng(seed)
    dense = rng.normal(size=(rows, 2)).astype(np.float32)
    ids = rng.integers(0, 5, (rows, 1)).astype(np.int32)
    score = 2 * dense[:, 0] - dense[:, 1] + np.array([-1, -1, 0, 1, 2])[ids[:, 0]] - 1
    label = (score + rng.logistic(size=rows) > 0).astype(np.int32)
    write_examples(root / f"{split}.arrow", SPEC, {"dense": dense, "ids": ids}, label)


@pytest.fixture(scope="session")
def small_examples(tmp_path_factory) -> ExamplesFolder:
    folder = ExamplesFolder(tmp_path_factory.mktemp("small_examples"))
    for seed, (split, rows) in enumerate({"train": 1000, "eval": 301, "test": 100}.items()):
        write_split(folder.root, split, rows, seed)
    write_document(SPEC, folder.spec_path)
    return folder


@pytest.fixture(scope="session")
def small_transform(tmp_path_factory) -> TransformFolder:
    """Takes a and b as they are; c is the sign of a."""
    import tensorflow as tf

    folder = TransformFolder(tmp_path_factory.mktemp("small_transform"))

    def transform(features):
        dense = tf.stack([features["a"], features["b"]], axis=1)
        return {"dense": dense, "ids": tf.cast(features["a"][:, tf.newaxis] > 0, tf.int32)}

    module = tf.Module()
    module.transform = tf.function(transform, input_signature=[{n: tf.TensorSpec([None], tf.float32) for n in "ab"}])
    tf.saved_model.save(module, str(folder.saved_model), signatures={})
    write_document(SPEC, folder.spec_path)
    return folder


@pytest.fixture(scope="session")
def small_tuning(tmp_path_factory) -> TuningFolder:
    folder = TuningFolder(tmp_path_factory.mktemp("small_tuning"))
    write_document(TuningResult(best=SMALL), folder.result_path)
    return folder


# No dropout: its masks depend on how many replicas draw them.
SMALL = Hyperparameters(layers=1, units=8, dropout_fraction=0.0, learning_rate=0.01, batch_size=64)


@pytest.fixture(scope="session")
def small_hyperparameters() -> Hyperparameters:
    return SMALL
