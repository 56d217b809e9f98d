"""Every combination of some values of each parameter, once, in an order drawn by the seed."""

import math

import numpy as np
import optuna

from slipway.contracts.search_spaces import SearchSpace
from slipway.search.options import Sampler

_MOST_VALUES = 16


class _Grid(optuna.samplers.GridSampler):
    """Optuna's grid, whose end the search knows beforehand."""

    def after_trial(self, *arguments: object, **more: object) -> None:
        """Leave the study running: Optuna's own refuses where trials are asked for one by one, as they are here."""


def grid_of(space: SearchSpace, trials: int) -> dict[str, list[int] | list[float]]:
    """Return the values of each parameter: as few as give ``trials`` combinations, at most 16 of a range.

    A range has evenly spaced values with both its ends, on a logarithmic scale for ``units`` and ``learning_rate``.
    """
    for values in range(2, _MOST_VALUES + 1):
        grid: dict[str, list[int] | list[float]] = {
            "layers": _whole(np.linspace(space.layers.low, space.layers.high, values)),
            "units": _whole(np.geomspace(space.units.low, space.units.high, values)),
            "dropout_fraction": _real(np.linspace(space.dropout_fraction.low, space.dropout_fraction.high, values)),
            "learning_rate": _real(np.geomspace(space.learning_rate.low, space.learning_rate.high, values)),
            "batch_size": sorted(set(space.batch_sizes)),
        }
        if _combinations(grid) >= trials:
            break
    return grid


def _combinations(grid: dict[str, list[int] | list[float]]) -> int:
    return math.prod(len(values) for values in grid.values())


def _whole(values: np.ndarray) -> list[int]:
    return sorted({int(value) for value in np.rint(values)})


def _real(values: np.ndarray) -> list[float]:
    # NumPy's spaces end exactly at their ends; what lies between must not leave them by a rounding error.
    return sorted({float(value) for value in np.clip(values, values[0], values[-1])})


def _create(space: SearchSpace, seed: int, trials: int) -> optuna.samplers.BaseSampler:
    return _Grid(grid_of(space, trials), seed=seed)


def _count(space: SearchSpace, trials: int) -> int:
    return _combinations(grid_of(space, trials))


ENTRY = Sampler(name="grid", create=_create, learns=False, count=_count)
