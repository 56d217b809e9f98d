"""Fitting the network under a strategy, from the last finished epoch on."""

import hashlib
import json
import logging
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras

from slipway.contracts.documents import to_plain
from slipway.contracts.errors import InputError
from slipway.contracts.features import ExamplesFolder, ExampleSpec, Problem
from slipway.contracts.models import Hyperparameters
from slipway.contracts.tables import EVAL, TRAIN
from slipway.modeling.network import build_network, compile_network
from slipway.modeling.transformed_examples import Examples, read_examples, training_dataset
from slipway.train_distributed.config import TrainDistributedConfig
from slipway.train_distributed.state import TrainingState, read_state, write_state
from slipway.train_distributed.strategies import Placement, create_strategy

logger = logging.getLogger(__name__)

_STEPS_IN_A_CALL = 500
_EVAL_BATCH_SIZE = 4096
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
        """Digest of everything that decides the weights but where they are computed."""
        folder = ExamplesFolder(self.examples)
        facts = {
            "spec": to_plain(folder.spec()),
            "sizes": [file.stat().st_size for file in sorted(folder.root.glob("*.*")) if file.stem in (TRAIN, EVAL)],
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
    state = read_state(job.state_path, job.key) if job.state_path else TrainingState(key=job.key)
    batch_size = min(job.hyperparameters.batch_size, train.rows)
    if batch_size < strategy.num_replicas_in_sync:
        raise InputError(f"a batch of {batch_size} is too small for {strategy.num_replicas_in_sync} replicas")
    steps = train.rows // batch_size
    with strategy.scope():
        network = build_network(spec, job.hyperparameters, job.config.seed)
        compile_network(network, spec, job.hyperparameters, min(steps, _STEPS_IN_A_CALL))
        network.optimizer.build(network.trainable_variables)
        _restore(network, state)
    if state.finished:
        return _trained(state, job)
    training, validation = _datasets(job, spec, train, held_out, first_step=state.epochs * steps)
    progress = Progress(job, state)
    network.fit(
        training,
        initial_epoch=state.epochs,
        epochs=job.config.epochs,
        steps_per_epoch=steps,
        validation_data=validation,
        callbacks=[progress],
        verbose=0,
    )
    return _trained(progress.state, job)


class Progress(tf_keras.callbacks.Callback):
    """Keeps the state after each epoch and ends training in time; every worker comes to the same decision."""

    def __init__(self, job: Fit, state: TrainingState) -> None:
        super().__init__()
        self.state = state
        self._job = job
        self._started = time.monotonic()
        self._epoch_started = self._started

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Start the epoch's clock."""
        self._epoch_started = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Keep what this epoch gave."""
        now = time.monotonic()
        values = {name.replace("val_", "eval_"): float(value) for name, value in (logs or {}).items()}
        config = self._job.config
        seconds = now - self._epoch_started
        state = self.state.after_epoch(values, seconds, self.model.get_weights(), config.min_delta)
        late = config.max_seconds is not None and now - self._started > config.max_seconds
        self.state = replace(state, finished=_finish(state, config, self._agreed(late)))
        self.model.stop_training = bool(self.state.finished)
        if self._job.placement.chief and self._job.state_path:
            optimizer = tuple(variable.numpy() for variable in self.model.optimizer.variables)
            write_state(replace(self.state, optimizer=optimizer), self._job.state_path)
        logger.info("epoch %d: %s, %.2f s", epoch + 1, values, seconds)

    def _agreed(self, wish: bool) -> bool:
        """Whether any worker has the wish; clocks differ, and a worker that stops alone leaves the others waiting."""
        if self._job.placement.workers == 1 or self._job.config.max_seconds is None:
            return wish
        strategy = self.model.distribute_strategy
        votes = strategy.run(tf.function(lambda: tf.constant(float(wish))))
        return float(strategy.reduce(tf.distribute.ReduceOp.SUM, votes, axis=None)) > 0


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


def _restore(network: tf_keras.Model, state: TrainingState) -> None:
    if state.epochs == 0:
        return
    network.set_weights(state.weights)
    for variable, value in zip(network.optimizer.variables, state.optimizer, strict=True):
        variable.assign(value)
    logger.info("going on after epoch %d", state.epochs)


def _some(folder: ExamplesFolder, split: str) -> Examples:
    examples = read_examples(folder, split)
    if examples.rows == 0:
        raise InputError(f"the {split} split of {folder.root} has no example; training needs train and eval")
    return examples


def _datasets(
    job: Fit, spec: ExampleSpec, train: Examples, held_out: Examples, first_step: int
) -> tuple[tf.data.Dataset, tf.data.Dataset]:
    """Batches to learn from without end, from ``first_step`` on, and the whole eval split."""
    seed, batch_size = job.config.seed, min(job.hyperparameters.batch_size, train.rows)
    training = training_dataset(train, batch_size, seed=seed, shuffle=True, repeat=True, drop_remainder=True)
    validation = training_dataset(held_out, _EVAL_BATCH_SIZE, seed=seed, shuffle=False)
    weights = _class_weights(spec, train) if job.config.balance_classes else None
    return _weighted(training.skip(first_step), weights), _weighted(validation, weights)


def _class_weights(spec: ExampleSpec, train: Examples) -> np.ndarray | None:
    """Rows / (classes * rows of the class), shape (classes,), so that the mean weight of an example is 1."""
    if spec.label.problem is Problem.REGRESSION:
        raise InputError("balance_classes needs classes, but the label is a number")
    counts = np.bincount(train.label, minlength=len(spec.label.classes))
    return (train.rows / (np.maximum(counts, 1) * np.count_nonzero(counts))).astype(np.float32)


def _weighted(dataset: tf.data.Dataset, weights: np.ndarray | None) -> tf.data.Dataset:
    if weights is None:
        return dataset
    table = tf.constant(weights)

    def weigh(features: Any, label: tf.Tensor) -> tuple[Any, tf.Tensor, tf.Tensor]:
        return features, label, tf.gather(table, label)

    return dataset.map(weigh)
