"""Every combination of some values of each parameter, in an order drawn by the seed."""

import math

import numpy as np
import optuna

from slipway.contracts.search_spaces import SearchSpace
from slipway.search.options import Sampler, SearchOptions

_MOST_VALUES = 16


def grid_of(space: SearchSpace, trials: int) -> dict[str, list[int] | list[float]]:
    """Return the values of each parameter, so many that there are at least ``trials`` combinations where there can be.

    A range has evenly spaced values, on a logarithmic scale for ``units`` and ``learning_rate``.
    """
    for values in range(2, _MOST_VALUES + 1):
        grid: dict[str, list[int] | list[float]] = {
            "layers": _whole(np.linspace(space.layers.low, space.layers.high, values)),
            "units": _whole(np.geomspace(space.units.low, space.units.high, values)),
            "dropout_fraction": _distinct(np.linspace(space.dropout_fraction.low, space.dropout_fraction.high, values)),
            "learning_rate": _distinct(np.geomspace(space.learning_rate.low, space.learning_rate.high, values)),
            "batch_size": list(space.batch_sizes),
        }
        if math.prod(len(choices) for choices in grid.values()) >= trials:
            break
    return grid


def _whole(values: np.ndarray) -> list[int]:
    return sorted({int(value) for value in np.rint(values)})


def _distinct(values: np.ndarray) -> list[float]:
    return sorted({float(value) for value in np.round(values, 12)})


def _create(options: SearchOptions) -> optuna.samplers.BaseSampler:
    return optuna.samplers.GridSampler(grid_of(options.space, options.trials), seed=options.seed)


ENTRY = Sampler(name="grid", create=_create)
