"""What a process of the search does: train with the hyperparameters it is sent, and say how it goes."""

import logging
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import tensorflow as tf
import tf_keras

from slipway.contracts.errors import InputError
from slipway.contracts.examples import ExamplesFolder, ExampleSpec
from slipway.contracts.models import Hyperparameters
from slipway.contracts.tables import EVAL, TRAIN
from slipway.search.options import SearchOptions
from slipway.training.examples import Examples, read_examples
from slipway.training.input import training_stacks
from slipway.training.loop import TrainingLoop
from slipway.training.networks.tower import build_network
from slipway.training.processes import prepare_worker_process

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TrialRequest:
    """A trial to run."""

    number: int
    hyperparameters: Hyperparameters


@dataclass(frozen=True, slots=True)
class EpochResult:
    """The eval loss after an epoch, counted from 1; the search answers whether to go on."""

    epoch: int
    value: float


@dataclass(frozen=True, slots=True)
class TrialResult:
    """The result of a trial.

    Attributes:
        state: ``complete``, ``pruned`` or ``failed``.
        value: the lowest eval loss; None unless complete.
        seconds: how long it took.
        reason: of a failure.
    """

    state: str
    value: float | None
    seconds: float
    reason: str = ""


def serve_trials(connection: Connection, examples: Path, config: SearchOptions, log: Path) -> None:
    """Train one TrialRequest after the other until None comes; the body of a process of the search."""
    prepare_worker_process(intra_op_threads=1, log=log)
    tf.config.experimental.enable_op_determinism()
    folder = ExamplesFolder(examples)
    while (request := connection.recv()) is not None:
        started = time.monotonic()
        try:
            value = _train(request.hyperparameters, folder, config, connection)
            result = TrialResult("pruned" if value is None else "complete", value, time.monotonic() - started)
        except Exception as error:
            logger.warning("trial %d failed", request.number, exc_info=True)
            result = TrialResult("failed", None, time.monotonic() - started, f"{type(error).__name__}: {error}")
        connection.send(result)


def _train(
    hyperparameters: Hyperparameters, folder: ExamplesFolder, config: SearchOptions, connection: Connection
) -> float | None:
    """Return the lowest eval loss of a training; None when the search, told each epoch's, said to stop."""
    spec: ExampleSpec = folder.spec()
    train, held_out = (sample(read_examples(folder, split), config) for split in (TRAIN, EVAL))
    tf_keras.backend.clear_session()
    tf.random.set_seed(config.seed)
    batch_size = min(hyperparameters.batch_size, train.rows)
    network = build_network(spec, hyperparameters, config.seed)
    loop = TrainingLoop(network, spec, hyperparameters.learning_rate, batch_size)
    losses: list[float] = []
    for epoch in range(config.epochs):
        loop.learn(training_stacks(train, batch_size, seed=config.seed, shuffle=True, epoch=epoch, drop_remainder=True))
        losses.append(loop.judge(held_out)["loss"])
        if not np.isfinite(losses[-1]):
            raise InputError(f"the eval loss is {losses[-1]} after epoch {epoch + 1}")
        connection.send(EpochResult(epoch + 1, losses[-1]))
        if not connection.recv():
            return None
    return min(losses)


def sample(examples: Examples, config: SearchOptions) -> Examples:
    """Return at most ``max_examples`` of the examples, drawn without replacement by the seed, in their order."""
    if examples.rows == 0:
        raise InputError("a split has no example; the search needs train and eval")
    if examples.rows <= config.max_examples:
        return examples
    chosen = np.random.default_rng(config.seed).choice(examples.rows, config.max_examples, replace=False)
    chosen.sort()
    return Examples(examples.dense[chosen], examples.ids[chosen], examples.label[chosen])
