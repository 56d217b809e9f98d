"""Training loops: what every one does, and which one trains."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import tf_keras

from slipway.contracts.errors import InputError
from slipway.contracts.examples import ExampleSpec
from slipway.training.examples import Examples
from slipway.training.input import Stack
from slipway.training.jobs import FAST, PLAIN, LoopOptions


@dataclass(frozen=True, slots=True)
class EpochValues:
    """What a pass over training examples gave.

    Attributes:
        values: ``loss`` and the metric, means over the pass while the weights moved.
        input_seconds: how long the loop waited for stacks.
    """

    values: dict[str, float]
    input_seconds: float


class TrainingLoop(Protocol):
    """Changes the weights of a network; it is made under the scope of the strategy that the network was built under."""

    def train_epoch(self, stacks: Iterable[Stack]) -> EpochValues:
        """Train on every batch of ``stacks``."""

    def evaluate(self, examples: Examples) -> dict[str, float]:
        """Return loss and metric of the network as it is, over all ``examples``."""

    @property
    def state(self) -> tuple[np.ndarray, ...]:
        """What the optimizer knows, to go on from later."""

    def restore(self, state: tuple[np.ndarray, ...]) -> None:
        """Go on from an earlier ``state``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopInputs:
    """What every loop is made of.

    Attributes:
        network: from ``build_network``.
        spec: the one it was built for.
        learning_rate: of the optimizer; where a schedule begins.
        batch_size: examples in a step over all replicas.
        class_weights: how much an example of each class counts in the loss, shape (classes,); None counts each once.
        steps_per_epoch: batches of an epoch.
        epochs: of the whole training, over which a schedule runs.
    """

    network: tf_keras.Model
    spec: ExampleSpec
    learning_rate: float
    batch_size: int
    class_weights: np.ndarray | None = None
    steps_per_epoch: int = 1
    epochs: int = 1


def create_loop(inputs: LoopInputs, options: LoopOptions = PLAIN) -> TrainingLoop:
    """Return the loop that ``options`` ask for.

    Raises:
        InputError: the fast loop is asked for what only the other can do, or tf_keras refuses the optimizer.
    """
    if options.chosen == FAST:
        if not options.is_plain:
            raise InputError("loop 'fast' is plain Adam in float32 at one learning rate; 'auto' or 'fit' can do more")
        from slipway.training.fast_loop import FastLoop

        return FastLoop(inputs)
    from slipway.training.fit_loop import FitLoop

    return FitLoop(inputs, options)
