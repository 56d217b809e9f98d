"""What the doctor measures of a training's input; no test looks at a time."""

import json
import subprocess
import sys

import numpy as np
import pytest

from slipway.contracts.documents import write_document
from slipway.contracts.errors import InputError
from slipway.contracts.examples import ExamplesFolder, ExampleSpec, Label, Problem
from slipway.training.examples import Examples, write_examples
from slipway.training.input_probe import bare_batches, measure_input


def make_examples(rows: int) -> Examples:
    dense = np.arange(rows * 2, dtype=np.float32).reshape(rows, 2)
    return Examples({"dense": dense}, np.arange(rows, dtype=np.int32))


def test_the_bare_gather_gives_every_row_once_in_batches():
    batches = list(bare_batches(make_examples(25), 10))
    assert [len(label) for *_, label in batches] == [10, 10, 5]
    order = np.concatenate([label for *_, label in batches])
    assert sorted(order) == list(range(25))
    assert order.tolist() != list(range(25))
    np.testing.assert_array_equal(np.concatenate([dense for dense, *_ in batches])[:, 0], 2 * order)


def test_a_share_is_one_speed_in_the_other():
    speed = measure_input(make_examples(1000), 64)
    assert speed.examples == 1000
    assert speed.share == speed.training / speed.limit > 0


def test_a_split_without_examples_cannot_be_measured():
    with pytest.raises(InputError, match="no example to train on"):
        measure_input(make_examples(0), 64)


def test_the_program_prints_what_it_found_as_json(tmp_path):
    spec = ExampleSpec(
        features=(), label=Label(name="y", problem=Problem.BINARY, classes=("no", "yes")), dense=("a", "b")
    )
    examples = make_examples(100)
    folder = ExamplesFolder(tmp_path)
    write_examples(folder.file("train"), spec, examples.inputs, examples.labels)
    write_document(spec, folder.spec_path)
    command = [sys.executable, "-m", "slipway.training.input_probe", str(tmp_path), "16"]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert found["examples"] == 100
    assert found["share"] == found["training"] / found["limit"]
