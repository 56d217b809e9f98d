"""The training of a trial, with real networks."""

from dataclasses import replace

import numpy as np
import pytest

from slipway.contracts.documents import write_document
from slipway.contracts.errors import InputError
from slipway.contracts.examples import ExamplesFolder, ExampleSpec, FeatureKind, Label, Problem, RawFeature
from slipway.contracts.models import Hyperparameters
from slipway.search.network_trainer import NetworkTrainer
from slipway.training.examples import Examples, write_examples

SPEC = ExampleSpec(
    features=(RawFeature(name="a", kind=FeatureKind.NUMERIC), RawFeature(name="b", kind=FeatureKind.NUMERIC)),
    label=Label(name="y", problem=Problem.BINARY, classes=("no", "yes")),
    dense=("a", "b"),
)
SMALL = Hyperparameters(layers=1, units=8, batch_size=32, learning_rate=0.01)


def write(root, rows: dict[str, int]) -> ExamplesFolder:
    folder, random = ExamplesFolder(root), np.random.default_rng(0)
    for split, count in rows.items():
        dense = random.normal(size=(count, 2)).astype(np.float32)
        label = (dense[:, 0] * dense[:, 1] > 0).astype(np.int32)
        write_examples(folder.file(split), SPEC, {"dense": dense}, label)
    write_document(SPEC, folder.spec_path)
    return folder


@pytest.fixture(scope="module")
def trainer(tmp_path_factory) -> NetworkTrainer:
    folder = write(tmp_path_factory.mktemp("examples"), {"train": 600, "eval": 200})
    return NetworkTrainer(examples=folder.root, epochs=3, max_examples=1000, seed=42)


def test_every_epoch_is_reported_and_the_lowest_loss_is_the_value(trainer):
    reports: list[tuple[int, float]] = []
    value = trainer.train(SMALL, lambda epoch, loss: not reports.append((epoch, loss)))
    losses = [loss for _, loss in reports]
    assert [epoch for epoch, _ in reports] == [1, 2, 3]
    assert value == min(losses)
    assert losses[-1] < losses[0]
    assert trainer.train(SMALL, lambda epoch, loss: True) == value
    assert replace(trainer, seed=1).train(SMALL, lambda epoch, loss: True) != value


def test_a_training_that_is_told_to_stop_has_no_value(trainer):
    reports: list[int] = []
    assert trainer.train(SMALL, lambda epoch, loss: bool(reports.append(epoch))) is None
    assert reports == [1]


def test_a_loss_that_is_no_number_fails(trainer):
    with pytest.raises(InputError, match="^the eval loss is nan after epoch 1$"):
        trainer.train(replace(SMALL, learning_rate=1e38), lambda epoch, loss: True)


@pytest.mark.parametrize("rows", [{"train": 0, "eval": 5}, {"train": 5, "eval": 0}])
def test_both_splits_are_needed(rows, tmp_path):
    empty = NetworkTrainer(examples=write(tmp_path, rows).root, epochs=1, max_examples=10, seed=1)
    with pytest.raises(InputError, match="a split has no example; the search needs train and eval"):
        empty.train(SMALL, lambda epoch, loss: True)


def test_a_large_split_is_sampled_without_replacement_in_its_order(trainer):
    rows = np.arange(100)
    examples = Examples({"dense": rows[:, None].astype(np.float32)}, rows)
    small = replace(trainer, max_examples=10)
    drawn = small.sample(examples)
    assert len(set(drawn.labels)) == 10
    assert drawn.labels.tolist() == sorted(drawn.labels) == drawn.inputs["dense"][:, 0].tolist()
    assert drawn.labels.tolist() == small.sample(examples).labels.tolist()
    assert drawn.labels.tolist() != replace(small, seed=1).sample(examples).labels.tolist()
    assert replace(trainer, max_examples=100).sample(examples) is examples
