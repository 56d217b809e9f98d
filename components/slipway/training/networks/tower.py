"""Embeddings and dense features into a tower of layers, each half as wide as the one before."""

from collections.abc import Iterator

import tensorflow as tf
import tf_keras

from slipway.contracts.examples import ExampleSpec, Problem, TensorInput
from slipway.contracts.models import Hyperparameters
from slipway.training.network import Network

_WIDEST_EMBEDDING = 32
_NARROWEST_LAYER = 4


class Tower:
    """Embeddings of ids beside numbers, hidden layers of halving width, and one output layer."""

    def build(self, spec: ExampleSpec, hyperparameters: Hyperparameters, seed: int) -> tf_keras.Model:
        """Return an uncompiled network for examples of the form ``spec``."""
        seeds = iter(range(seed * 1000, seed * 1000 + 1000))
        inputs: dict[str, tf_keras.KerasTensor] = {}
        parts = []
        for each in spec.inputs:
            inputs[each.name] = tf_keras.Input((each.width,), dtype=each.dtype, name=each.name)
            parts.extend(_embeddings(each, inputs[each.name], seeds) if each.holds_ids else [inputs[each.name]])
        flow = tf_keras.layers.Concatenate(name="features")(parts) if len(parts) > 1 else parts[0]
        flow = _hidden(flow, hyperparameters, seeds)
        return tf_keras.Model(inputs, _output(spec, flow, next(seeds)), name="network")


def embedding_width(size: int) -> int:
    """Return the width of the embedding of ``size`` ids: 1.6 * size ** 0.56, fastai's rule of thumb, at most 32."""
    return int(min(_WIDEST_EMBEDDING, max(1, round(1.6 * size**0.56))))


def _hidden(flow: tf.Tensor, hyperparameters: Hyperparameters, seeds: Iterator[int]) -> tf.Tensor:
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
    return flow


def _embeddings(given: TensorInput, ids: tf.Tensor, seeds: Iterator[int]) -> list[tf.Tensor]:
    embedded = []
    for index, size in enumerate(given.sizes):
        table = tf_keras.layers.Embedding(
            size,
            embedding_width(size),
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
        dtype="float32",  # under mixed precision too: probabilities need it
        name="prediction",
    )(flow)


ENTRY: Network = Tower()
