"""The network every model of Slipway is: embeddings and dense features into a tower of halving layers."""

from collections.abc import Iterator

import tensorflow as tf
import tf_keras

from slipway.contracts.examples import ExampleSpec, Problem
from slipway.contracts.models import Hyperparameters

_WIDEST_EMBEDDING = 32
_NARROWEST_LAYER = 4


def build_network(spec: ExampleSpec, hyperparameters: Hyperparameters, seed: int) -> tf_keras.Model:
    """An uncompiled network for examples of the form ``spec``.

    Only layers that tf_keras, every tf.distribute strategy, tfmot and the LiteRT converter know are used, so the
    saved network loads without custom objects.

    Args:
        spec: its ``dense`` and ``ids`` make the inputs, its label the output.
        hyperparameters: depth, width and dropout.
        seed: of the initial weights and of dropout; equal seeds give equal weights.

    Returns:
        A functional model on ``{"dense": float32 (batch, d), "ids": int32 (batch, k)}`` (an input of no column is
        left out). The output is a probability (batch, 1) for a binary problem, probabilities (batch, classes) for a
        multiclass one and a standardized value (batch, 1) for regression.
    """
    seeds = iter(range(seed * 1000, seed * 1000 + 1000))
    inputs: dict[str, tf_keras.KerasTensor] = {}
    parts = []
    if spec.dense:
        inputs["dense"] = tf_keras.Input((len(spec.dense),), dtype="float32", name="dense")
        parts.append(inputs["dense"])
    if spec.ids:
        inputs["ids"] = tf_keras.Input((len(spec.ids),), dtype="int32", name="ids")
        parts.extend(_embeddings(spec, inputs["ids"], seeds))
    flow = tf_keras.layers.Concatenate(name="features")(parts) if len(parts) > 1 else parts[0]
    units = hyperparameters.units
    for layer in range(hyperparameters.layers):
        initializer = tf_keras.initializers.HeNormal(seed=next(seeds))
        hidden = tf_keras.layers.Dense(
            units, activation="relu", kernel_initializer=initializer, name=f"hidden_{layer + 1}"
        )
        flow = hidden(flow)
        if hyperparameters.dropout_fraction > 0:
            dropout = tf_keras.layers.Dropout(
                hyperparameters.dropout_fraction, seed=next(seeds), name=f"dropout_{layer + 1}"
            )
            flow = dropout(flow)
        units = max(units // 2, _NARROWEST_LAYER)
    return tf_keras.Model(inputs, _output(spec, flow, next(seeds)), name="network")


def embedding_width(size: int) -> int:
    """Elements that represent one of ``size`` ids: 1.6 * size ** 0.56, the rule of thumb of fastai, at most 32."""
    return int(min(_WIDEST_EMBEDDING, max(1, round(1.6 * size**0.56))))


def _embeddings(spec: ExampleSpec, ids: tf.Tensor, seeds: Iterator[int]) -> list[tf.Tensor]:
    embedded = []
    for index, column in enumerate(spec.ids):
        table = tf_keras.layers.Embedding(
            column.size,
            embedding_width(column.size),
            embeddings_initializer=tf_keras.initializers.RandomUniform(-0.05, 0.05, seed=next(seeds)),
            name=f"embedding_{index}",
        )
        embedded.append(table(ids[:, index]))
    return embedded


def _output(spec: ExampleSpec, flow: tf.Tensor, seed: int) -> tf.Tensor:
    units = len(spec.label.classes) if spec.label.problem is Problem.MULTICLASS else 1
    activations = {Problem.BINARY: "sigmoid", Problem.MULTICLASS: "softmax", Problem.REGRESSION: "linear"}
    return tf_keras.layers.Dense(
        units,
        activation=activations[spec.label.problem],
        kernel_initializer=tf_keras.initializers.GlorotUniform(seed=seed),
        name="prediction",
    )(flow)
