"""A small problem on disk that a network learns in a second."""

import numpy as np
import pytest
from training_problems import make_examples, make_spec

from slipway.contracts.documents import write_document
from slipway.contracts.examples import ExamplesFolder, Problem
from slipway.contracts.models import Hyperparameters


@pytest.fixture(scope="session")
def small_examples(tmp_path_factory) -> ExamplesFolder:
    from slipway.training.examples import write_examples

    folder, spec = ExamplesFolder(tmp_path_factory.mktemp("small_examples")), make_spec(Problem.BINARY)
    examples = make_examples(Problem.BINARY)
    for split, rows in {"train": slice(0, 450), "eval": slice(450, 512)}.items():
        part = examples.take(np.arange(512)[rows])
        write_examples(folder.file(split), spec, part.inputs, part.labels)
    write_document(spec, folder.spec_path)
    return folder


@pytest.fixture(scope="session")
def small_hyperparameters() -> Hyperparameters:
    """No dropout: its masks depend on how many replicas draw them."""
    return Hyperparameters(layers=1, units=8, dropout_fraction=0.0, learning_rate=0.01, batch_size=64)
