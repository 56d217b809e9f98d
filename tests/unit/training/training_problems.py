"""Problems that a network learns in a moment, one of each kind."""

import numpy as np

from slipway.contracts.examples import ExampleSpec, IdColumn, Label, Problem
from slipway.contracts.models import Hyperparameters
from slipway.training.examples import Examples

LABELS = {
    Problem.BINARY: Label(name="y", problem=Problem.BINARY, classes=("no", "yes")),
    Problem.MULTICLASS: Label(name="y", problem=Problem.MULTICLASS, classes=("a", "b", "c")),
    Problem.REGRESSION: Label(name="y", problem=Problem.REGRESSION),
}
HYPERPARAMETERS = Hyperparameters(units=16, layers=1, learning_rate=0.01, dropout_fraction=0.0)
ROWS, BATCH = 512, 64


def make_spec(problem: Problem) -> ExampleSpec:
    return ExampleSpec(features=(), label=LABELS[problem], dense=("a", "b"), ids=(IdColumn(name="c", size=100),))


def make_examples(problem: Problem) -> Examples:
    random = np.random.default_rng(0)
    dense = random.normal(size=(ROWS, 2)).astype(np.float32)
    ids = random.integers(0, 100, (ROWS, 1), dtype=np.int32)
    score = dense[:, 0] + np.where(ids[:, 0] > 50, 1.0, -1.0)
    label = {
        Problem.BINARY: (score > 0).astype(np.int32),
        Problem.MULTICLASS: np.digitize(score, [-1, 1]).astype(np.int32),
        Problem.REGRESSION: score.astype(np.float32),
    }[problem]
    return Examples({"dense": dense, "ids": ids}, label)
