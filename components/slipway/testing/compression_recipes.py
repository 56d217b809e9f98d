"""What every compression recipe keeps: see ``slipway.compression.recipe``. Runs where TensorFlow is."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import tf_keras

from slipway.compression.conversion import Conversion, features_of
from slipway.compression.litert import LiteRtModel
from slipway.compression.recipe import RECIPES, UNCOMPRESSED, CompressionRecipe
from slipway.training.examples import Examples

_TOLERANCE = 0.1
"""Of a probability: what a network of a few units may change by in the coarsest form, 8-bit integers."""


def check_predicts_what_the_network_predicts(name: str, recipe: CompressionRecipe) -> None:
    """Look at the probabilities of a small network."""
    with _conversion() as (conversion, examples):
        features = features_of(examples, slice(None))
        found = LiteRtModel(recipe.convert(conversion)).predict(features)
        difference = np.abs(found - conversion.predict(features)).max()
    assert difference <= _TOLERANCE, f"{name} moves a probability by {difference}"


def check_equal_networks_give_equal_bytes(name: str, recipe: CompressionRecipe) -> None:
    """Look at two conversions, the second after another recipe's."""
    with _conversion() as (conversion, _):
        first = recipe.convert(conversion)
        RECIPES.get(UNCOMPRESSED).convert(conversion)
        assert recipe.convert(conversion) == first, name


def check_leaves_the_network_as_it_is(name: str, recipe: CompressionRecipe) -> None:
    """Look at the network's predictions before and after."""
    with _conversion() as (conversion, examples):
        features = features_of(examples, slice(None))
        before = conversion.predict(features)
        recipe.convert(conversion)
        np.testing.assert_array_equal(conversion.predict(features), before)


@contextmanager
def _conversion() -> Iterator[tuple[Conversion, Examples]]:
    random = np.random.default_rng(1)
    tf_keras.utils.set_random_seed(1)
    inputs = {"dense": tf_keras.Input((6,), name="dense")}
    hidden = tf_keras.layers.Dense(16, activation="relu", name="hidden")(inputs["dense"])
    network = tf_keras.Model(inputs, tf_keras.layers.Dense(1, activation="sigmoid", name="output")(hidden))
    dense = random.normal(size=(64, 6)).astype(np.float32)
    examples = Examples({"dense": dense}, np.zeros(64, np.float32))
    with Conversion(network, examples) as conversion:
        yield conversion, examples
