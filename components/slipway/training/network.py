"""Networks by name: what an architecture is, and how one is built."""

from typing import TYPE_CHECKING, Protocol

from slipway.contracts.examples import ExampleSpec
from slipway.contracts.models import Hyperparameters
from slipway.contracts.plug_points import registry
from slipway.contracts.registry import Registry

if TYPE_CHECKING:
    import tf_keras


class Network(Protocol):
    """An architecture that learns from transformed examples."""

    def build(self, spec: ExampleSpec, hyperparameters: Hyperparameters, seed: int) -> "tf_keras.Model":
        """Return an uncompiled functional model.

        Args:
            spec: its inputs are the model's, by name; its label says what comes out.
            hyperparameters: depth, width and dropout.
            seed: of the initial weights and of dropout; equal seeds give equal weights.

        Returns:
            A model on ``{name: (batch, width)}`` for every input of ``spec``. The output is a probability (batch, 1)
            for a binary problem, probabilities (batch, classes) for a multiclass one and a standardized value
            (batch, 1) for regression. Only layers that tf_keras, every tf.distribute strategy and the LiteRT
            converter know may be used, so that the saved network loads without custom objects.
        """


NETWORKS: Registry[Network] = registry("networks")


def build_network(spec: ExampleSpec, hyperparameters: Hyperparameters, seed: int) -> "tf_keras.Model":
    """Return an uncompiled network of the architecture that ``hyperparameters`` name; see ``Network.build``."""
    return NETWORKS.get(hyperparameters.network).build(spec, hyperparameters, seed)
