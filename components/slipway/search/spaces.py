"""A search space as Optuna takes it, and where in it a search begins."""

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from slipway.contracts.models import Hyperparameters
from slipway.contracts.search_spaces import SearchSpace


def distributions(space: SearchSpace) -> dict[str, BaseDistribution]:
    """Return the search space as Optuna takes it, by hyperparameter."""
    return {
        "layers": IntDistribution(space.layers.low, space.layers.high),
        "units": IntDistribution(space.units.low, space.units.high, log=True),
        "dropout_fraction": FloatDistribution(space.dropout_fraction.low, space.dropout_fraction.high),
        "learning_rate": FloatDistribution(space.learning_rate.low, space.learning_rate.high, log=True),
        "batch_size": CategoricalDistribution(space.batch_sizes),
    }


def first_parameters(space: SearchSpace) -> dict[str, float]:
    """Return the default hyperparameters, each moved to the nearest value that ``space`` holds."""
    default = Hyperparameters()
    first: dict[str, float] = {}
    for name in ("layers", "units", "dropout_fraction", "learning_rate"):
        bounds = getattr(space, name)
        first[name] = min(max(getattr(default, name), bounds.low), bounds.high)
    first["batch_size"] = min(space.batch_sizes, key=lambda size: abs(size - default.batch_size))
    return first
