"""Tree-structured Parzen estimator (Bergstra et al., 2011), after some random trials."""

import optuna

from slipway.search.options import Sampler, SearchOptions


def _create(options: SearchOptions) -> optuna.samplers.BaseSampler:
    return optuna.samplers.TPESampler(seed=options.seed, n_startup_trials=min(10, max(3, options.trials // 2)))


ENTRY = Sampler(name="tpe", create=_create)
