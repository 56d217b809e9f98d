"""Independent uniform draws, each parameter on its own scale."""

import optuna

from slipway.search.options import Sampler

ENTRY = Sampler(name="random", create=lambda options: optuna.samplers.RandomSampler(seed=options.seed))
