"""How fast batches come: ``python -m slipway.training.input_probe EXAMPLES_FOLDER BATCH_SIZE`` prints it as JSON."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from slipway.contracts.examples import ExamplesFolder
from slipway.contracts.tables import TRAIN
from slipway.training.examples import Examples, read_examples
from slipway.training.input import training_stacks

_MOST_BYTES = 256 << 20
_PASSES = 5


@dataclass(frozen=True, slots=True)
class InputSpeed:
    """Examples per second, each the best of some passes over the same examples.

    Attributes:
        examples: how many a pass has.
        training: of what a training reads.
        limit: of a bare gather of each batch from memory with NumPy, which no input that shuffles can beat for long.
    """

    examples: int
    training: float
    limit: float

    @property
    def share(self) -> float:
        """How much of the limit the input reaches; measured, so noise may lift it above 1."""
        return self.training / self.limit


def measure_input(examples: Examples, batch_size: int) -> InputSpeed:
    """Time both on at most 256 MiB of ``examples``, in turns; raises InputError when there are none."""
    rows = min(examples.rows, max(batch_size, _MOST_BYTES // examples.row_bytes))
    some = examples.take(slice(rows)).copied()
    seconds: dict[str, list[float]] = {"training": [], "limit": []}
    for _ in range(_PASSES):
        seconds["limit"].append(_seconds(lambda: bare_batches(some, batch_size)))
        seconds["training"].append(_seconds(lambda: training_stacks(some, batch_size, seed=1, shuffle=True)))
    return InputSpeed(rows, rows / min(seconds["training"]), rows / min(seconds["limit"]))


def bare_batches(examples: Examples, batch_size: int, seed: int = 1) -> Iterator[tuple[np.ndarray, ...]]:
    """Yield shuffled batches, every input and the labels last, that NumPy gathers one by one: the in-memory limit."""
    order = np.random.default_rng(seed).permutation(examples.rows)
    matrices = (*examples.inputs.values(), examples.labels)
    for start in range(0, examples.rows, batch_size):
        chosen = order[start : start + batch_size]
        yield tuple(np.take(matrix, chosen, axis=0) for matrix in matrices)


def _seconds(batches: Callable[[], Iterator[object]]) -> float:
    started = time.perf_counter()
    for _ in batches():
        pass
    return time.perf_counter() - started


def main(arguments: list[str]) -> None:
    """Measure the train split of the folder."""
    folder, batch_size = arguments
    speed = measure_input(read_examples(ExamplesFolder(Path(folder)), TRAIN), int(batch_size))
    sys.stdout.write(json.dumps(asdict(speed) | {"share": speed.share}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
