"""Fitting a network under a strategy, from the last finished epoch on."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import tensorflow as tf
import tf_keras

from slipway.contracts.errors import InputError
from slipway.contracts.examples import ExamplesFolder, ExampleSpec, Problem
from slipway.contracts.tables import EVAL, TRAIN
from slipway.training.examples import Examples, read_examples
from slipway.training.input import training_stacks
from slipway.training.jobs import TrainingJob, TrainingOptions
from slipway.training.loop import LoopInputs, TrainingLoop, create_loop
from slipway.training.network import build_network
from slipway.training.state import TrainingState, read_state, write_state
from slipway.training.strategy import STRATEGIES

logger = logging.getLogger(__name__)


def fit(job: TrainingJob) -> TrainingState:
    """Train until the epochs are done, patience or time is over.

    Returns:
        The last state; ``best_weights`` are those to keep.

    Raises:
        InputError: a split has no example, the loss is no number from the first epoch on, or an option cannot be met.
    """
    folder, options = ExamplesFolder(job.examples), job.options
    tf.random.set_seed(options.seed)
    tf.config.experimental.enable_op_determinism()
    entry = STRATEGIES.get(job.placement.strategy)
    strategy = entry.create(job.placement)
    train, held_out = (_some(folder, split) for split in (TRAIN, EVAL))
    # Only a state that is kept needs an identity, which takes reading all examples.
    state = read_state(job.state_path, job.key) if job.state_path else TrainingState(key="")
    batch_size = min(job.hyperparameters.batch_size, train.rows)
    if batch_size < strategy.num_replicas_in_sync:
        raise InputError(f"a batch of {batch_size} is too small for {strategy.num_replicas_in_sync} replicas")
    with strategy.scope(), _precision(options.loop.mixed_precision):
        network, loop = _network_and_loop(job, folder.spec(), train, batch_size)
        _restore(network, loop, state)
        progress = Progress(job, state, strategy)
        shard = entry.shard(strategy, job.placement)
    while not progress.state.finished:
        epoch = progress.state.epochs
        trained = loop.train_epoch(
            training_stacks(
                train, batch_size, seed=options.seed, shuffle=True, epoch=epoch, drop_remainder=True, shard=shard
            )
        )
        values = trained.values | {f"eval_{name}": value for name, value in loop.evaluate(held_out).items()}
        progress.after_epoch(values, trained.input_seconds, network, loop)
    return _trained(progress.state, job)


def _network_and_loop(
    job: TrainingJob, spec: ExampleSpec, train: Examples, batch_size: int
) -> tuple[tf_keras.Model, TrainingLoop]:
    network = build_network(spec, job.hyperparameters, job.options.seed)
    inputs = LoopInputs(
        network=network,
        spec=spec,
        learning_rate=job.hyperparameters.learning_rate,
        batch_size=batch_size,
        class_weights=_class_weights(spec, train) if job.options.balance_classes else None,
        steps_per_epoch=train.rows // batch_size,
        epochs=job.options.epochs,
    )
    return network, create_loop(inputs, job.options.loop)


@contextmanager
def _precision(name: str) -> Iterator[None]:
    """Let networks that are built in the block compute in mixed precision, if one is named."""
    before = tf_keras.mixed_precision.global_policy()
    if name:
        tf_keras.mixed_precision.set_global_policy(f"mixed_{name}")
    try:
        yield
    finally:
        tf_keras.mixed_precision.set_global_policy(before)


class Progress:
    """Keeps the state after each epoch and says when training is over; every worker comes to the same decision."""

    def __init__(self, job: TrainingJob, state: TrainingState, strategy: tf.distribute.Strategy) -> None:
        self.state = state
        self._job, self._strategy = job, strategy
        self._started = self._epoch_started = time.monotonic()

    def after_epoch(
        self, values: dict[str, float], input_seconds: float, network: tf_keras.Model, loop: TrainingLoop
    ) -> None:
        """Keep what an epoch gave."""
        now = time.monotonic()
        options = self._job.options
        seconds, self._epoch_started = now - self._epoch_started, now
        state = self.state.after_epoch(values, seconds, input_seconds, network.get_weights(), options.min_delta)
        late = options.max_seconds is not None and now - self._started > options.max_seconds
        self.state = replace(state, finished=_finish(state, options, self._agreed(late)))
        if self._job.placement.chief and self._job.state_path:
            write_state(replace(self.state, optimizer=loop.state), self._job.state_path)
        logger.info("epoch %d: %s, %.2f s", state.epochs, values, seconds)

    def _agreed(self, wish: bool) -> bool:
        """Return whether any worker has the wish; clocks differ, and one that stops alone leaves the others waiting."""
        if self._job.placement.workers == 1 or self._job.options.max_seconds is None:
            return wish
        votes = self._strategy.run(tf.function(lambda: tf.constant(float(wish))))
        return float(self._strategy.reduce(tf.distribute.ReduceOp.SUM, votes, axis=None)) > 0


def _finish(state: TrainingState, options: TrainingOptions, late: bool) -> str:
    if not np.isfinite(state.history["loss"][-1]) or not np.isfinite(state.history["eval_loss"][-1]):
        return "diverged"
    if state.epochs >= options.epochs:
        return "epochs"
    if state.epochs - state.best_epoch >= options.patience:
        return "patience"
    return "time" if late else ""


def _trained(state: TrainingState, job: TrainingJob) -> TrainingState:
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
    """Return rows / (classes * rows of the class), shape (classes,), so that the mean weight of an example is 1."""
    if spec.label.problem is Problem.REGRESSION:
        raise InputError("balance_classes needs classes, but the label is a number")
    counts = np.bincount(train.labels, minlength=len(spec.label.classes))
    return (train.rows / (np.maximum(counts, 1) * np.count_nonzero(counts))).astype(np.float32)
