"""What a network is trained for: loss and metric of each example, and both over a whole split."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras

from slipway.contracts.examples import ExampleSpec, Problem
from slipway.training.examples import Examples, labels_dtype

_EVAL_BATCH_SIZE = 4096
_RMSE = "rmse"

METRIC = {Problem.BINARY: "accuracy", Problem.MULTICLASS: "accuracy", Problem.REGRESSION: _RMSE}
"""What is measured beside the loss; ``rmse`` is that of the standardized label."""


class Objective:
    """Loss and metric of a network's outputs.

    Args:
        spec: its label decides both.
        class_weights: how much an example of each class counts in the loss, shape (classes,); None counts each once.
    """

    def __init__(self, spec: ExampleSpec, class_weights: np.ndarray | None) -> None:
        self._problem, self._class_weights = spec.label.problem, class_weights
        self.labels_dtype = labels_dtype(spec)

    def of_examples(self, labels: tf.Tensor, output: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return loss and metric of each example, shape (batch,) each; of a regression the metric is the square."""
        losses, metrics = _OBJECTIVES[self._problem](labels, output)
        if self._class_weights is not None:
            losses *= tf.gather(tf.constant(self._class_weights), labels)
        return losses, metrics

    def means(self, sums: np.ndarray, examples: int) -> dict[str, float]:
        """Return ``loss`` and the metric by name, from their sums, shape (2,), over so many examples."""
        loss, metric = (float(value) / examples for value in sums)
        name = METRIC[self._problem]
        return {"loss": loss, name: float(np.sqrt(metric)) if name == _RMSE else metric}


class Evaluation:
    """Evaluates a network on whole splits, which the replicas of its strategy share.

    Args:
        network: from ``build_network``; made under the current strategy.
        spec: the one it was built for.
        objective: what is measured.
    """

    def __init__(self, network: tf_keras.Model, spec: ExampleSpec, objective: Objective) -> None:
        self._network, self._objective = network, objective
        self._strategy = tf.distribute.get_strategy()
        signature = stack_signature(spec, [None])
        self._sums = tf.function(self._sums_of_all, autograph=False, input_signature=signature)

    def evaluate(self, examples: Examples) -> dict[str, float]:
        """Return loss and metric over all ``examples``."""
        return self._objective.means(self._sums(dict(examples.inputs), examples.labels).numpy(), examples.rows)

    def _sums_of_all(self, features: dict[str, tf.Tensor], labels: tf.Tensor) -> tf.Tensor:
        """Return the sums of losses and metrics over all examples, shape (2,)."""
        gained = self._strategy.run(self._sums_of_share, (features, labels))
        return self._strategy.reduce(tf.distribute.ReduceOp.SUM, gained, axis=None)

    def _sums_of_share(self, features: dict[str, tf.Tensor], labels: tf.Tensor) -> tf.Tensor:
        replicas = self._strategy.num_replicas_in_sync
        replica = tf.distribute.get_replica_context().replica_id_in_sync_group
        features, labels = share_of(features, labels, (replica, replicas))

        def add_batch(start: tf.Tensor, sums: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            end = start + _EVAL_BATCH_SIZE
            batch = {name: values[start:end] for name, values in features.items()}
            output = tf.cast(self._network(batch, training=False), tf.float32)
            losses, metrics = self._objective.of_examples(labels[start:end], output)
            return end, sums + tf.stack([tf.reduce_sum(losses), tf.reduce_sum(metrics)])

        rows = tf.shape(labels)[0]
        start = (tf.constant(0), tf.zeros(2))
        return tf.while_loop(lambda index, _: index < rows, add_batch, start, parallel_iterations=1)[1]


def stack_signature(spec: ExampleSpec, rows: list[int | None]) -> tuple[dict[str, tf.TensorSpec], tf.TensorSpec]:
    """Return the form of features by name, shape (*rows, width), and of labels, shape rows."""
    features = {each.name: tf.TensorSpec([*rows, each.width], each.dtype) for each in spec.inputs}
    return features, tf.TensorSpec(rows, labels_dtype(spec))


def share_of(
    features: Mapping[str, tf.Tensor], labels: tf.Tensor, share: tuple[Any, int]
) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
    """Return every count-th row, from row index on; ``share`` is (index, count)."""
    index, count = share
    if count == 1:
        return dict(features), labels
    return {name: values[index::count] for name, values in features.items()}, labels[index::count]


def _binary(labels: tf.Tensor, output: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    truth = tf.cast(labels, tf.float32)[:, tf.newaxis]
    right = tf.equal(output[:, 0] > 0.5, labels > 0)
    return tf_keras.losses.binary_crossentropy(truth, output), tf.cast(right, tf.float32)


def _multiclass(labels: tf.Tensor, output: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    right = tf.equal(tf.argmax(output, axis=1, output_type=tf.int32), labels)
    return tf_keras.losses.sparse_categorical_crossentropy(labels, output), tf.cast(right, tf.float32)


def _regression(labels: tf.Tensor, output: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    squares = tf.square(output[:, 0] - labels)
    return squares, squares


_OBJECTIVES = {Problem.BINARY: _binary, Problem.MULTICLASS: _multiclass, Problem.REGRESSION: _regression}
