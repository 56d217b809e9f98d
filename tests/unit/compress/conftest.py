"""Small trained networks, one of each problem, with the examples they were trained with."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import tf_keras

from slipway.contracts.documents import write_document
from slipway.contracts.examples import ExamplesFolder, ExampleSpec, FeatureKind, IdColumn, Label, Problem, RawFeature
from slipway.contracts.models import Hyperparameters, ModelCard, ModelFolder
from slipway.training.examples import Examples, write_examples
from slipway.training.input import training_stacks
from slipway.training.loop import LoopInputs, create_loop
from slipway.training.network import build_network

LABELS = {
    Problem.BINARY: Label(name="income", problem=Problem.BINARY, classes=("low", "high")),
    Problem.MULTICLASS: Label(name="kind", problem=Problem.MULTICLASS, classes=("a", "b", "c")),
    Problem.REGRESSION: Label(name="price", problem=Problem.REGRESSION, mean=200.0, standard_deviation=40.0),
}
ROWS = {"train": 1500, "eval": 100, "test": 700}
SIZES = (7, 300)


@dataclass(frozen=True)
class Trained:
    """A model and its examples on disk."""

    examples: ExamplesFolder
    model: ModelFolder
    spec: ExampleSpec


def spec_of(problem: Problem, ids: tuple[int, ...] = SIZES) -> ExampleSpec:
    return ExampleSpec(
        features=tuple(RawFeature(name=f"x{i}", kind=FeatureKind.NUMERIC) for i in range(8)),
        label=LABELS[problem],
        dense=tuple(f"x{i}" for i in range(8)),
        ids=tuple(IdColumn(name=f"category_{size}", size=size) for size in ids),
    )


def make(root: Path, problem: Problem, ids: tuple[int, ...]) -> Trained:
    """Rows whose label follows from dense columns and the first id, learned in a few epochs."""
    spec, random = spec_of(problem, ids), np.random.default_rng(7)
    trained = Trained(ExamplesFolder(root / "examples"), ModelFolder(root / "model"), spec)
    for folder in (trained.examples.root, trained.model.root):
        folder.mkdir(parents=True)
    parts = {}
    for split, rows in ROWS.items():
        dense = random.normal(size=(rows, 8)).astype(np.float32)
        numbers = np.stack([random.integers(0, size, rows) for size in ids], axis=1) if ids else np.empty((rows, 0))
        score = dense[:, 0] * 1.5 - dense[:, 1] + (numbers[:, 0] - 3 if ids else 0) + random.normal(size=rows) * 0.3
        cuts = {Problem.BINARY: [0], Problem.MULTICLASS: [-1, 1]}.get(problem)
        label = np.digitize(score, cuts).astype(np.int32) if cuts else (score / 2.5).astype(np.float32)
        inputs = {"dense": dense, "ids": numbers.astype(np.int32)}
        parts[split] = ({each.name: inputs[each.name] for each in spec.inputs}, label)
        write_examples(trained.examples.file(split), spec, *parts[split])
    write_document(spec, trained.examples.spec_path)
    hyperparameters = Hyperparameters(units=32, layers=2, learning_rate=0.01)
    network = build_network(spec, hyperparameters, seed=1)
    tf_keras.utils.set_random_seed(1)
    loop = create_loop(
        LoopInputs(network=network, spec=spec, learning_rate=hyperparameters.learning_rate, batch_size=32)
    )
    for epoch in range(5):
        loop.train_epoch(
            training_stacks(Examples(*parts["train"]), 32, seed=1, shuffle=True, epoch=epoch, drop_remainder=True)
        )
    network.save(trained.model.network)
    trained.model.saved_model.mkdir()
    (trained.model.saved_model / "saved_model.pb").write_bytes(b"graph")
    card = ModelCard(spec=spec, hyperparameters=hyperparameters, strategy="one_device", workers=1, best_epoch=5)
    write_document(card, trained.model.card_path)
    return trained


@pytest.fixture(scope="session", params=list(Problem))
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A model of each problem, with two id columns."""
    return make(tmp_path_factory.mktemp("trained"), request.param, SIZES)


@pytest.fixture(scope="session")
def binary(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A binary model without id columns."""
    return make(tmp_path_factory.mktemp("binary"), Problem.BINARY, ())
