"""A scrambled Sobol' sequence, which fills the space more evenly than random draws."""

import warnings

import optuna

from slipway.contracts.search_spaces import SearchSpace
from slipway.search.options import Sampler


def _create(space: SearchSpace, seed: int, trials: int) -> optuna.samplers.BaseSampler:
    del space, trials  # Optuna takes the space from the first trial, and the sequence has no end
    with warnings.catch_warnings():
        # Optuna calls its interface experimental, in every release since 3.0.
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return optuna.samplers.QMCSampler(
            qmc_type="sobol",
            scramble=True,
            seed=seed,
            independent_sampler=optuna.samplers.RandomSampler(seed=seed),  # for the first trial, which is given
            warn_independent_sampling=False,
            warn_asynchronous_seeding=False,
        )


ENTRY = Sampler(name="quasi_random", create=_create, learns=False)
