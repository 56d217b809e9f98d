"""The training loop of every network: many steps in one call of a graph, under any tf.distribute strategy.

tf_keras' ``fit`` does the same, but it converts and traces its loops with AutoGraph, several times each, which costs
more than a short training. Here one function trains and one judges, each traced once.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras

from slipway.contracts.examples import ExampleSpec, Problem
from slipway.training.examples import Examples
from slipway.training.input import Stack

_EVAL_BATCH_SIZE = 4096
_MOMENTUM, _SQUARES, _EPSILON = 0.9, 0.999, 1e-7
"""Adam's constants, as tf_keras sets them."""

METRIC = {Problem.BINARY: "accuracy", Problem.MULTICLASS: "accuracy", Problem.REGRESSION: "rmse"}
"""What is measured beside the loss; ``rmse`` is that of the standardized label."""


@dataclass(frozen=True, slots=True)
class Passed:
    """A pass over training examples.

    Attributes:
        values: ``loss`` and the metric.
        input_seconds: how long the loop waited for stacks.
    """

    values: dict[str, float]
    input_seconds: float


class TrainingLoop:
    """Trains a network with Adam; make it under the scope of the strategy that the network was built under.

    Args:
        network: from ``build_network``.
        spec: the one it was built for.
        learning_rate: Adam's.
        batch_size: examples in a step over all replicas.
        class_weights: how much an example of each class counts in the loss, shape (classes,); None counts each once.
    """

    def __init__(
        self,
        network: tf_keras.Model,
        spec: ExampleSpec,
        learning_rate: float,
        batch_size: int,
        class_weights: np.ndarray | None = None,
    ) -> None:
        self._network, self._problem = network, spec.label.problem
        self._learning_rate, self._batch_size, self._class_weights = learning_rate, batch_size, class_weights
        self._strategy = tf.distribute.get_strategy()
        self._variables = network.trainable_variables
        self._moments, self._second_moments = (
            [tf.Variable(tf.zeros(variable.shape), trainable=False) for variable in self._variables] for _ in range(2)
        )
        self._steps = 0
        columns = {"dense": (len(spec.dense), tf.float32), "ids": (len(spec.ids), tf.int32)}
        self._columns = {name: (width, dtype) for name, (width, dtype) in columns.items() if width}
        self._label = tf.float32 if self._problem is Problem.REGRESSION else tf.int32
        self._trains: dict[int, Any] = {}
        self._judge = tf.function(self._judge_all, autograph=False, input_signature=self._signature([None]))

    def learn(self, stacks: Iterable[Stack]) -> Passed:
        """Train on every batch of ``stacks``; the values are means over them while the weights moved."""
        sums, examples, waited = np.zeros(2), 0, 0.0
        clock = time.monotonic()
        for features, label in stacks:
            waited += time.monotonic() - clock
            sums += self._train(label.shape[1])(features, label, float(self._steps)).numpy()
            self._steps += label.shape[0]
            examples += label.shape[0] * self._batch_size
            clock = time.monotonic()
        waited += time.monotonic() - clock
        return Passed(self._values(sums, examples), waited)

    def judge(self, examples: Examples) -> dict[str, float]:
        """Loss and metric of the network as it is, over all ``examples``."""
        matrices = {"dense": examples.dense, "ids": examples.ids}
        features = {name: values for name, values in matrices.items() if values.shape[1]}
        return self._values(self._judge(features, examples.label).numpy(), examples.rows)

    @property
    def state(self) -> tuple[np.ndarray, ...]:
        """What Adam knows: the number of steps, and two moments of every trainable variable."""
        moments = (variable.numpy() for variable in (*self._moments, *self._second_moments))
        return np.array(self._steps), *moments

    def restore(self, state: tuple[np.ndarray, ...]) -> None:
        """Go on from an earlier ``state``."""
        self._steps = int(state[0])
        for variable, value in zip((*self._moments, *self._second_moments), state[1:], strict=True):
            variable.assign(value)

    def _values(self, sums: np.ndarray, examples: int) -> dict[str, float]:
        loss, metric = (float(value) / examples for value in sums)
        name = METRIC[self._problem]
        return {"loss": loss, name: float(np.sqrt(metric)) if name == "rmse" else metric}

    def _train(self, batch: int) -> Any:
        """The function that learns from stacks of batches of one size.

        With a size that is known when it is traced, gradients need no operations to find out what was broadcast.
        """
        if batch not in self._trains:
            signature = [*self._signature([None, batch]), tf.TensorSpec([], tf.float32)]
            self._trains[batch] = tf.function(self._train_stack, autograph=False, input_signature=signature)
        return self._trains[batch]

    def _signature(self, rows: list[int | None]) -> tuple[dict[str, tf.TensorSpec], tf.TensorSpec]:
        features = {name: tf.TensorSpec([*rows, width], dtype) for name, (width, dtype) in self._columns.items()}
        return features, tf.TensorSpec(rows, self._label)

    def _train_stack(self, features: dict[str, tf.Tensor], label: tf.Tensor, done: tf.Tensor) -> tf.Tensor:
        """Sums of losses and metrics over the batches of a stack, shape (2,); ``done`` steps came before it."""

        def step(index: tf.Tensor, sums: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            batch = {name: values[index] for name, values in features.items()}
            number = done + tf.cast(index + 1, tf.float32)
            gained = self._strategy.run(self._step, (batch, label[index], number))
            return index + 1, sums + self._strategy.experimental_local_results(gained)[0]

        steps = tf.shape(label)[0]
        start = (tf.constant(0), tf.zeros(2))
        return tf.while_loop(lambda index, _: index < steps, step, start, parallel_iterations=1)[1]

    def _step(self, features: dict[str, tf.Tensor], label: tf.Tensor, number: tf.Tensor) -> tf.Tensor:
        """One step of a replica; the sums that it returns are over all replicas."""
        features, label = self._share(features, label, self._local_replica())
        with tf.GradientTape() as tape:
            losses, metrics = self._outcome(features, label, training=True)
            loss = tf.reduce_sum(losses) / self._batch_size
        gradients = [tf.convert_to_tensor(each) for each in tape.gradient(loss, self._variables)]
        sums = tf.stack([tf.reduce_sum(losses), tf.reduce_sum(metrics)])
        *gradients, sums = self._over_replicas([*gradients, sums])
        momentum, squares = tf.pow(_MOMENTUM, number), tf.pow(_SQUARES, number)
        moments = zip(self._variables, self._moments, self._second_moments, gradients, strict=True)
        for variable, first, second, gradient in moments:
            tf.raw_ops.ResourceApplyAdam(
                var=variable.handle,
                m=first.handle,
                v=second.handle,
                beta1_power=momentum,
                beta2_power=squares,
                lr=self._learning_rate,
                beta1=_MOMENTUM,
                beta2=_SQUARES,
                epsilon=_EPSILON,
                grad=gradient,
            )
        return sums

    def _over_replicas(self, tensors: list[tf.Tensor]) -> list[tf.Tensor]:
        """Sums over all replicas, in one exchange."""
        if self._strategy.num_replicas_in_sync == 1:
            return tensors
        flat = tf.concat([tf.reshape(tensor, [-1]) for tensor in tensors], axis=0)
        flat = tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, flat)
        parts = tf.split(flat, [tensor.shape.num_elements() for tensor in tensors])
        return [tf.reshape(part, tensor.shape) for part, tensor in zip(parts, tensors, strict=True)]

    def _judge_all(self, features: dict[str, tf.Tensor], label: tf.Tensor) -> tf.Tensor:
        """Sums of losses and metrics over all examples, which the replicas share, shape (2,)."""
        gained = self._strategy.run(self._judge_share, (features, label))
        return self._strategy.reduce(tf.distribute.ReduceOp.SUM, gained, axis=None)

    def _judge_share(self, features: dict[str, tf.Tensor], label: tf.Tensor) -> tf.Tensor:
        replicas = self._strategy.num_replicas_in_sync
        replica = tf.distribute.get_replica_context().replica_id_in_sync_group
        features, label = self._share(features, label, (replica, replicas))

        def judge(start: tf.Tensor, sums: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            end = start + _EVAL_BATCH_SIZE
            batch = {name: values[start:end] for name, values in features.items()}
            losses, metrics = self._outcome(batch, label[start:end], training=False)
            return end, sums + tf.stack([tf.reduce_sum(losses), tf.reduce_sum(metrics)])

        rows = tf.shape(label)[0]
        start = (tf.constant(0), tf.zeros(2))
        return tf.while_loop(lambda index, _: index < rows, judge, start, parallel_iterations=1)[1]

    def _share(
        self, features: dict[str, tf.Tensor], label: tf.Tensor, share: tuple[Any, int]
    ) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
        index, count = share
        if count == 1:
            return features, label
        return {name: values[index::count] for name, values in features.items()}, label[index::count]

    def _local_replica(self) -> tuple[Any, int]:
        """Which replica of this process's it is, and how many this process has."""
        if self._strategy.num_replicas_in_sync == 1:
            return 0, 1
        local = len(self._strategy.extended.worker_devices)
        return tf.distribute.get_replica_context().replica_id_in_sync_group % local, local

    def _outcome(self, features: dict[str, tf.Tensor], label: tf.Tensor, training: bool) -> tuple[tf.Tensor, tf.Tensor]:
        """Loss and metric of each example, shape (batch,)."""
        output = self._network(features, training=training)
        losses, metrics = _OUTCOMES[self._problem](label, output)
        if self._class_weights is not None:
            losses *= tf.gather(tf.constant(self._class_weights), label)
        return losses, metrics


def _binary(label: tf.Tensor, output: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    truth = tf.cast(label, tf.float32)[:, tf.newaxis]
    right = tf.equal(output[:, 0] > 0.5, label > 0)
    return tf_keras.losses.binary_crossentropy(truth, output), tf.cast(right, tf.float32)


def _multiclass(label: tf.Tensor, output: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    right = tf.equal(tf.argmax(output, axis=1, output_type=tf.int32), label)
    return tf_keras.losses.sparse_categorical_crossentropy(label, output), tf.cast(right, tf.float32)


def _regression(label: tf.Tensor, output: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    squares = tf.square(output[:, 0] - label)
    return squares, squares


_OUTCOMES = {Problem.BINARY: _binary, Problem.MULTICLASS: _multiclass, Problem.REGRESSION: _regression}
