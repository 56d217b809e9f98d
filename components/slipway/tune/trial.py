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
from slipway.contracts.features import ExamplesFolder, ExampleSpec
from slipway.contracts.models import Hyperparameters
from slipway.contracts.tables import EVAL, TRAIN
from slipway.modeling.network import build_network, compile_network
from slipway.modeling.processes import settle_in
from slipway.modeling.transformed_examples import Examples, read_examples, training_dataset
from slipway.tune.config import TuneConfig

logger = logging.getLogger(__name__)

_EVAL_BATCH_SIZE = 4096
_STEPS_IN_A_CALL = 500


@dataclass(frozen=True, slots=True)
class Attempt:
    """What the search asks for."""

    number: int
    hyperparameters: Hyperparameters


@dataclass(frozen=True, slots=True)
class Reached:
    """The eval loss after an epoch, counted from 1; the search answers whether to go on."""

    epoch: int
    value: float


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of an attempt.

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


def serve_trials(connection: Connection, examples: Path, config: TuneConfig, log: Path) -> None:
    """Train one Attempt after the other until None comes; the body of a process of the search."""
    settle_in(intra_op_threads=1, log=log)
    tf.config.experimental.enable_op_determinism()
    folder = ExamplesFolder(examples)
    while (attempt := connection.recv()) is not None:
        started = time.monotonic()
        try:
            callback = _Conversation(connection)
            value = _train(attempt.hyperparameters, folder, config, callback)
            state = "pruned" if callback.pruned else "complete"
            end = Ended(state, None if callback.pruned else value, time.monotonic() - started)
        except Exception as error:
            logger.warning("trial %d failed", attempt.number, exc_info=True)
            end = Ended("failed", None, time.monotonic() - started, f"{type(error).__name__}: {error}")
        connection.send(end)


class _Conversation(tf_keras.callbacks.Callback):
    """Tells the search each epoch's eval loss and stops when it says so."""

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self.pruned = False
        self._connection = connection

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        """Report, and wait for the answer."""
        if not np.isfinite(logs["val_loss"]):
            raise InputError(f"the eval loss is {logs['val_loss']} after epoch {epoch + 1}")
        self._connection.send(Reached(epoch + 1, float(logs["val_loss"])))
        self.pruned = not self._connection.recv()
        self.model.stop_training = self.pruned


def _train(
    hyperparameters: Hyperparameters, folder: ExamplesFolder, config: TuneConfig, callback: tf_keras.callbacks.Callback
) -> float:
    """The lowest eval loss of a training."""
    spec: ExampleSpec = folder.spec()
    train, held_out = (sample(read_examples(folder, split), config) for split in (TRAIN, EVAL))
    tf_keras.backend.clear_session()
    tf.random.set_seed(config.seed)
    batch_size = min(hyperparameters.batch_size, train.rows)
    steps = train.rows // batch_size
    network = build_network(spec, hyperparameters, config.seed)
    compile_network(network, spec, hyperparameters, min(steps, _STEPS_IN_A_CALL))
    history = network.fit(
        training_dataset(train, batch_size, seed=config.seed, shuffle=True, repeat=True, drop_remainder=True),
        epochs=config.epochs,
        steps_per_epoch=steps,
        validation_data=training_dataset(held_out, _EVAL_BATCH_SIZE, seed=config.seed, shuffle=False),
        callbacks=[callback],
        verbose=0,
    ).history
    return float(min(history["val_loss"]))


def sample(examples: Examples, config: TuneConfig) -> Examples:
    """At most ``max_examples`` of the examples, drawn without replacement by the seed, in their order."""
    if examples.rows == 0:
        raise InputError("a split has no example; the search needs train and eval")
    if examples.rows <= config.max_examples:
        return examples
    chosen = np.random.default_rng(config.seed).choice(examples.rows, config.max_examples, replace=False)
    chosen.sort()
    return Examples(examples.dense[chosen], examples.ids[chosen], examples.label[chosen])
