"""The general training loop: tf_keras' ``fit``, with any of its optimizers, schedules, callbacks and precisions.

Every replica gets the rows that the fast loop would give it, and losses are summed over replicas and divided by the
size of the whole batch, so both loops learn the same from the same batches.
"""

import time
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import tensorflow as tf
import tf_keras

from slipway.training.examples import Examples
from slipway.training.input import Stack
from slipway.training.jobs import LoopOptions
from slipway.training.loop import EpochValues, LoopInputs
from slipway.training.objective import Evaluation, Objective, stack_signature
from slipway.training.optimizers import create_optimizer

_LOSS, _METRIC = "mean_loss", "mean_metric"


class FitLoop:
    """Trains a network with ``fit``.

    Args:
        inputs: what it is made of.
        options: optimizer, schedule and precision.
        callbacks: called by ``fit``, which is called once an epoch.

    Raises:
        InputError: tf_keras refuses the optimizer or the schedule.
    """

    def __init__(
        self, inputs: LoopInputs, options: LoopOptions, callbacks: Sequence[tf_keras.callbacks.Callback] = ()
    ) -> None:
        self._network, self._spec = inputs.network, inputs.spec
        self._objective = Objective(inputs.spec, inputs.class_weights)
        self._evaluation = Evaluation(inputs.network, inputs.spec, self._objective)
        self._strategy = tf.distribute.get_strategy()
        self._callbacks = list(callbacks)
        self._epochs = 0
        # A step that finds no batch any more would still count as one for the optimizer, so fit must know the number.
        self._steps = inputs.steps_per_epoch
        self._network.compile(
            create_optimizer(options, inputs.learning_rate, inputs.steps_per_epoch * inputs.epochs),
            _BatchLoss(self._objective, inputs.batch_size),
            metrics=[_mean(self._objective, part, name) for part, name in enumerate((_LOSS, _METRIC))],
        )
        self._network.optimizer.build(inputs.network.trainable_variables)

    def train_epoch(self, stacks: Iterable[Stack]) -> EpochValues:
        """Train on every batch of ``stacks``."""
        waited = [0.0]
        shares = self._strategy.distribute_datasets_from_function(
            lambda _: tf.data.Dataset.from_generator(
                lambda: self._shares(stacks, waited), output_signature=stack_signature(self._spec, [None])
            )
        )
        history = self._network.fit(
            shares,
            initial_epoch=self._epochs,
            epochs=self._epochs + 1,
            steps_per_epoch=self._steps,
            callbacks=self._callbacks,
            verbose=0,
        ).history
        self._epochs += 1
        sums = np.array([history[_LOSS][-1], history[_METRIC][-1]])
        return EpochValues(self._objective.means(sums, 1), waited[0])

    def evaluate(self, examples: Examples) -> dict[str, float]:
        """Return loss and metric of the network as it is, over all ``examples``."""
        return self._evaluation.evaluate(examples)

    @property
    def state(self) -> tuple[np.ndarray, ...]:
        """The number of epochs, and the optimizer's variables; the scale of float16 losses finds itself again."""
        return np.array(self._epochs), *(variable.numpy() for variable in self._network.optimizer.variables)

    def restore(self, state: tuple[np.ndarray, ...]) -> None:
        """Go on from an earlier ``state``."""
        self._epochs = int(state[0])
        for variable, value in zip(self._network.optimizer.variables, state[1:], strict=True):
            variable.assign(value)

    def _shares(self, stacks: Iterable[Stack], waited: list[float]) -> Iterator[Stack]:
        """Yield the batch of each replica of this process, step by step, and add up the time spent waiting."""
        replicas = len(self._strategy.extended.worker_devices) if self._strategy.num_replicas_in_sync > 1 else 1
        clock, stacks, left = time.monotonic(), iter(stacks), self._steps
        for features, labels in stacks:
            waited[0] += time.monotonic() - clock
            left -= labels.shape[0]
            if left <= 0:
                # fit takes its number of steps and never asks for the end, which ends the thread that gathers.
                next(stacks, None)
            for step in range(labels.shape[0]):
                for replica in range(replicas):
                    rows = (step, slice(replica, None, replicas))
                    yield {name: values[rows] for name, values in features.items()}, labels[rows]
            clock = time.monotonic()


class _BatchLoss(tf_keras.losses.Loss):
    """The sum of a replica's losses, divided by the size of the batch over all replicas."""

    def __init__(self, objective: Objective, batch_size: int) -> None:
        super().__init__(reduction=tf_keras.losses.Reduction.SUM, name="loss")
        self._objective, self._batch_size = objective, batch_size

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        """Return the part of each example, shape (batch,)."""
        return _of_examples(self._objective, y_true, y_pred)[0] / self._batch_size


def _mean(objective: Objective, part: int, name: str) -> tf_keras.metrics.Metric:
    """Return the mean over examples of the losses (part 0) or metrics (part 1)."""
    return tf_keras.metrics.MeanMetricWrapper(lambda truth, output: _of_examples(objective, truth, output)[part], name)


def _of_examples(objective: Objective, truth: tf.Tensor, output: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Return loss and metric of each example; tf_keras gives the labels another dtype, and may give a second axis."""
    labels = tf.cast(tf.reshape(truth, [-1]), objective.labels_dtype)
    return objective.of_examples(labels, tf.cast(output, tf.float32))
