"""The training of a trial: a few epochs on a sample of the examples, compared by the eval loss."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf
import tf_keras

from slipway.contracts.errors import InputError
from slipway.contracts.examples import ExamplesFolder
from slipway.contracts.models import Hyperparameters
from slipway.contracts.tables import EVAL, TRAIN
from slipway.search.trials import Report
from slipway.training.examples import Examples, read_examples
from slipway.training.input import training_stacks
from slipway.training.loop import LoopInputs, create_loop
from slipway.training.network import build_network


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkTrainer:
    """Trains the network of train-distributed.

    Attributes:
        examples: root of an ExamplesFolder; trials learn from train and are compared on eval.
        epochs: passes over the training examples, at least 1.
        max_examples: examples of a split that a trial sees at most, at least 1.
        seed: of the samples, the initial weights and the order of the examples.
    """

    examples: Path
    epochs: int
    max_examples: int
    seed: int

    def train(self, hyperparameters: Hyperparameters, report: Report) -> float | None:
        """Return the lowest eval loss of all epochs; None when ``report`` said to stop.

        Raises:
            InputError: a split has no example, or an eval loss is not finite.
        """
        tf.config.experimental.enable_op_determinism()
        folder = ExamplesFolder(self.examples)
        spec = folder.spec()
        train, held_out = (self.sample(read_examples(folder, split)) for split in (TRAIN, EVAL))
        tf_keras.backend.clear_session()
        tf.random.set_seed(self.seed)
        batch_size = min(hyperparameters.batch_size, train.rows)
        network = build_network(spec, hyperparameters, self.seed)
        loop = create_loop(
            LoopInputs(network=network, spec=spec, learning_rate=hyperparameters.learning_rate, batch_size=batch_size)
        )
        losses: list[float] = []
        for epoch in range(self.epochs):
            loop.train_epoch(
                training_stacks(train, batch_size, seed=self.seed, shuffle=True, epoch=epoch, drop_remainder=True)
            )
            losses.append(loop.evaluate(held_out)["loss"])
            if not np.isfinite(losses[-1]):
                raise InputError(f"the eval loss is {losses[-1]} after epoch {epoch + 1}")
            if not report(epoch + 1, losses[-1]):
                return None
        return min(losses)

    def sample(self, examples: Examples) -> Examples:
        """Return at most ``max_examples`` of the examples, drawn without replacement by the seed, in their order."""
        if examples.rows == 0:
            raise InputError("a split has no example; the search needs train and eval")
        if examples.rows <= self.max_examples:
            return examples
        chosen = np.random.default_rng(self.seed).choice(examples.rows, self.max_examples, replace=False)
        chosen.sort()
        return examples.take(chosen)
