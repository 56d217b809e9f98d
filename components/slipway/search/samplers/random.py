"""Independent uniform draws, each parameter on its own scale."""

import optuna

from slipway.search.options import Sampler

ENTRY = Sampler(
    name="random",
    create=lambda space, seed, trials: optuna.samplers.RandomSampler(seed=seed),
    learns=False,
)
