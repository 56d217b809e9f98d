"""The fast training loop: many steps of plain Adam in one call of a graph, under any tf.distribute strategy.

tf_keras' ``fit`` does the same, but it converts and traces its loops with AutoGraph, several times each, which costs
more than a short training. Here one function trains and one evaluates, each traced once.
"""

import time
from collections.abc import Iterable
from typing import Any

import numpy as np
import tensorflow as tf

from slipway.training.examples import Examples
from slipway.training.input import Stack
from slipway.training.loop import EpochValues, LoopInputs
from slipway.training.objective import Evaluation, Objective, share_of, stack_signature

_MOMENTUM, _SQUARES, _EPSILON = 0.9, 0.999, 1e-7
"""Adam's constants, as tf_keras sets them."""


class FastLoop:
    """Trains a network with Adam, in float32, at one learning rate."""

    def __init__(self, inputs: LoopInputs) -> None:
        self._network, self._spec = inputs.network, inputs.spec
        self._learning_rate, self._batch_size = inputs.learning_rate, inputs.batch_size
        self._objective = Objective(inputs.spec, inputs.class_weights)
        self._evaluation = Evaluation(inputs.network, inputs.spec, self._objective)
        self._strategy = tf.distribute.get_strategy()
        self._variables = inputs.network.trainable_variables
        self._moments, self._second_moments = (
            [tf.Variable(tf.zeros(variable.shape), trainable=False) for variable in self._variables] for _ in range(2)
        )
        self._steps = 0
        self._trains: dict[int, Any] = {}

    def train_epoch(self, stacks: Iterable[Stack]) -> EpochValues:
        """Train on every batch of ``stacks``."""
        sums, examples, waited = np.zeros(2), 0, 0.0
        clock = time.monotonic()
        for features, labels in stacks:
            waited += time.monotonic() - clock
            sums += self._train(labels.shape[1])(features, labels, float(self._steps)).numpy()
            self._steps += labels.shape[0]
            examples += labels.shape[0] * self._batch_size
            clock = time.monotonic()
        waited += time.monotonic() - clock
        return EpochValues(self._objective.means(sums, examples), waited)

    def evaluate(self, examples: Examples) -> dict[str, float]:
        """Return loss and metric of the network as it is, over all ``examples``."""
        return self._evaluation.evaluate(examples)

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

    def _train(self, batch: int) -> Any:
        """Return the function that learns from stacks of batches of one size.

        With a size that is known when it is traced, gradients need no operations to find out what was broadcast.
        """
        if batch not in self._trains:
            signature = [*stack_signature(self._spec, [None, batch]), tf.TensorSpec([], tf.float32)]
            self._trains[batch] = tf.function(self._train_stack, autograph=False, input_signature=signature)
        return self._trains[batch]

    def _train_stack(self, features: dict[str, tf.Tensor], labels: tf.Tensor, done: tf.Tensor) -> tf.Tensor:
        """Return sums of losses and metrics over the batches of a stack, shape (2,); ``done`` steps came before it."""

        def step(index: tf.Tensor, sums: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            batch = {name: values[index] for name, values in features.items()}
            number = done + tf.cast(index + 1, tf.float32)
            gained = self._strategy.run(self._step, (batch, labels[index], number))
            return index + 1, sums + self._strategy.experimental_local_results(gained)[0]

        steps = tf.shape(labels)[0]
        start = (tf.constant(0), tf.zeros(2))
        return tf.while_loop(lambda index, _: index < steps, step, start, parallel_iterations=1)[1]

    def _step(self, features: dict[str, tf.Tensor], labels: tf.Tensor, number: tf.Tensor) -> tf.Tensor:
        """Do one step of a replica; the sums that it returns are over all replicas."""
        features, labels = share_of(features, labels, self._local_replica())
        with tf.GradientTape() as tape:
            losses, metrics = self._objective.of_examples(labels, self._network(features, training=True))
            loss = tf.reduce_sum(losses) / self._batch_size
        gradients = [tf.convert_to_tensor(each) for each in tape.gradient(loss, self._variables)]
        sums = tf.stack([tf.reduce_sum(losses), tf.reduce_sum(metrics)])
        *gradients, sums = self._over_replicas([*gradients, sums])
        self._apply_adam(gradients, number)
        return sums

    def _apply_adam(self, gradients: list[tf.Tensor], number: tf.Tensor) -> None:
        """Change every variable by its gradient in step ``number``, counted from 1."""
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

    def _over_replicas(self, tensors: list[tf.Tensor]) -> list[tf.Tensor]:
        """Return sums over all replicas, in one exchange."""
        if self._strategy.num_replicas_in_sync == 1:
            return tensors
        flat = tf.concat([tf.reshape(tensor, [-1]) for tensor in tensors], axis=0)
        flat = tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, flat)
        parts = tf.split(flat, [tensor.shape.num_elements() for tensor in tensors])
        return [tf.reshape(part, tensor.shape) for part, tensor in zip(parts, tensors, strict=True)]

    def _local_replica(self) -> tuple[Any, int]:
        """Return which replica of this process's it is, and how many this process has."""
        if self._strategy.num_replicas_in_sync == 1:
            return 0, 1
        local = len(self._strategy.extended.worker_devices)
        return tf.distribute.get_replica_context().replica_id_in_sync_group % local, local
