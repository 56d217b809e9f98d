"""Tree-structured Parzen estimator (Bergstra et al., 2011), after some random trials."""

import optuna

from slipway.contracts.search_spaces import SearchSpace
from slipway.search.options import Sampler


def _create(space: SearchSpace, seed: int, trials: int) -> optuna.samplers.BaseSampler:
    del space  # is named in every question
    return optuna.samplers.TPESampler(seed=seed, n_startup_trials=min(10, max(3, trials // 2)))


ENTRY = Sampler(name="tpe", create=_create, learns=True)
