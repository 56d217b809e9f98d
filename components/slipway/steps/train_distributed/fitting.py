"""Fitting the network under a strategy, from the last finished epoch on."""

import hashlib
import json
import logging
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import tensorflow as tf
import tf_keras

from slipway.contracts.documents import to_plain
from slipway.contracts.errors import InputError
from slipway.contracts.examples import ExamplesFolder, ExampleSpec, Problem
from slipway.contracts.models import Hyperparameters
from slipway.contracts.tables import EVAL, TRAIN
from slipway.steps.train_distributed.config import TrainDistributedConfig
from slipway.steps.train_distributed.state import TrainingState, read_state, write_state
from slipway.steps.train_distributed.strategies import Placement, create_strategy, shard_of
from slipway.storage.folders import file_digest
from slipway.training.examples import Examples, read_examples
from slipway.training.input import training_stacks
from slipway.training.loop import TrainingLoop
from slipway.training.networks.tower import build_network

logger = logging.getLogger(__name__)

_LOOP = "stacks, Adam of modeling.training_loop"
"""What trains; a state that another loop left behind cannot be gone on from."""
# Settings that change the weights; a state made under others is of no use.
_DECISIVE = ("epochs", "seed", "patience", "min_delta", "balance_classes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A training to be done.

    Attributes:
        examples: root of an ExamplesFolder.
        hyperparameters: of network and optimizer.
        config: how to train.
        placement: where this process trains.
        state_path: where the state after each epoch is kept; None keeps none.
    """

    examples: Path
    hyperparameters: Hyperparameters
    config: TrainDistributedConfig
    placement: Placement
    state_path: Path | None = None

    @property
    def key(self) -> str:
        """Digest of everything that decides the weights but where they are computed; the examples by their content."""
        folder = ExamplesFolder(self.examples)
        files = (file for file in sorted(folder.root.glob("*.*")) if file.stem in (TRAIN, EVAL))
        facts = {
            "loop": _LOOP,
            "spec": to_plain(folder.spec()),
            "examples": {file.name: file_digest(file) for file in files},
            "hyperparameters": to_plain(self.hyperparameters),
            "config": {name: getattr(self.config, name) for name in _DECISIVE},
        }
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def fit(job: Fit) -> TrainingState:
    """Train until the epochs are done, patience or time is over.

    Returns:
        The last state; ``best_weights`` are those to keep.

    Raises:
        InputError: a split has no example, or the loss is no number from the first epoch on.
    """
    folder = ExamplesFolder(job.examples)
    spec = folder.spec()
    tf.random.set_seed(job.config.seed)
    tf.config.experimental.enable_op_determinism()
    strategy = create_strategy(job.placement)
    train, held_out = (_some(folder, split) for split in (TRAIN, EVAL))
    # Only a state that is kept needs an identity, which takes reading all examples.
    state = read_state(job.state_path, job.key) if job.state_path else TrainingState(key="")
    batch_size = min(job.hyperparameters.batch_size, train.rows)
    if batch_size < strategy.num_replicas_in_sync:
        raise InputError(f"a batch of {batch_size} is too small for {strategy.num_replicas_in_sync} replicas")
    weights = _class_weights(spec, train) if job.config.balance_classes else None
    with strategy.scope():
        network = build_network(spec, job.hyperparameters, job.config.seed)
        loop = TrainingLoop(network, spec, job.hyperparameters.learning_rate, batch_size, weights)
        _restore(network, loop, state)
    progress = Progress(job, state, strategy)
    shard = shard_of(strategy, job.placement)
    while not progress.state.finished:
        epoch = progress.state.epochs
        passed = loop.learn(
            training_stacks(
                train, batch_size, seed=job.config.seed, shuffle=True, epoch=epoch, drop_remainder=True, shard=shard
            )
        )
        values = passed.values | {f"eval_{name}": value for name, value in loop.judge(held_out).items()}
        progress.after_epoch(values, passed.input_seconds, network, loop)
    return _trained(progress.state, job)


class Progress:
    """Keeps the state after each epoch and says when training is over; every worker comes to the same decision."""

    def __init__(self, job: Fit, state: TrainingState, strategy: tf.distribute.Strategy) -> None:
        self.state = state
        self._job, self._strategy = job, strategy
        self._started = self._epoch_started = time.monotonic()

    def after_epoch(
        self, values: dict[str, float], input_seconds: float, network: tf_keras.Model, loop: TrainingLoop
    ) -> None:
        """Keep what an epoch gave."""
        now = time.monotonic()
        config = self._job.config
        seconds, self._epoch_started = now - self._epoch_started, now
        state = self.state.after_epoch(values, seconds, input_seconds, network.get_weights(), config.min_delta)
        late = config.max_seconds is not None and now - self._started > config.max_seconds
        self.state = replace(state, finished=_finish(state, config, self._agreed(late)))
        if self._job.placement.chief and self._job.state_path:
            write_state(replace(self.state, optimizer=loop.state), self._job.state_path)
        logger.info("epoch %d: %s, %.2f s", state.epochs, values, seconds)

    def _agreed(self, wish: bool) -> bool:
        """Whether any worker has the wish; clocks differ, and a worker that stops alone leaves the others waiting."""
        if self._job.placement.workers == 1 or self._job.config.max_seconds is None:
            return wish
        votes = self._strategy.run(tf.function(lambda: tf.constant(float(wish))))
        return float(self._strategy.reduce(tf.distribute.ReduceOp.SUM, votes, axis=None)) > 0


def _finish(state: TrainingState, config: TrainDistributedConfig, late: bool) -> str:
    if not np.isfinite(state.history["loss"][-1]) or not np.isfinite(state.history["eval_loss"][-1]):
        return "diverged"
    if state.epochs >= config.epochs:
        return "epochs"
    if state.epochs - state.best_epoch >= config.patience:
        return "patience"
    return "time" if late else ""


def _trained(state: TrainingState, job: Fit) -> TrainingState:
    if state.best_epoch == 0:
        raise InputError(
            f"the eval loss is {state.history['eval_loss'][-1]} from the first epoch on; a learning_rate below "
            f"{job.hyperparameters.learning_rate} may train"
        )
    return state


def _restore(network: tf_keras.Model, loop: TrainingLoop, state: TrainingState) -> None:
    if state.epochs == 0:
        return
    network.set_weights(state.weights)
    loop.restore(state.optimizer)
    logger.info("going on after epoch %d", state.epochs)


def _some(folder: ExamplesFolder, split: str) -> Examples:
    examples = read_examples(folder, split)
    if examples.rows == 0:
        raise InputError(f"the {split} split of {folder.root} has no example; training needs train and eval")
    return examples


def _class_weights(spec: ExampleSpec, train: Examples) -> np.ndarray:
    """Rows / (classes * rows of the class), shape (classes,), so that the mean weight of an example is 1."""
    if spec.label.problem is Problem.REGRESSION:
        raise InputError("balance_classes needs classes, but the label is a number")
    counts = np.bincount(train.label, minlength=len(spec.label.classes))
    return (train.rows / (np.maximum(counts, 1) * np.count_nonzero(counts))).astype(np.float32)
