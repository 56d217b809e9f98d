"""A scrambled Sobol' sequence, which fills the space more evenly than random draws."""

import warnings

import optuna

from slipway.search.options import Sampler, SearchOptions


def _create(options: SearchOptions) -> optuna.samplers.BaseSampler:
    # A category has no place in a sequence of numbers: it is drawn at random, which Optuna would warn of.
    independent = optuna.samplers.RandomSampler(seed=options.seed)
    with warnings.catch_warnings():
        # Optuna calls its interface experimental, in every release since 3.0.
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return optuna.samplers.QMCSampler(
            qmc_type="sobol",
            scramble=True,
            seed=options.seed,
            independent_sampler=independent,
            warn_independent_sampling=False,
            warn_asynchronous_seeding=False,
        )


ENTRY = Sampler(name="quasi_random", create=_create)
