"""Successive halving with several budgets (Li et al., 2018), by epochs."""

import optuna

from slipway.search.options import Pruner, SearchOptions


def _create(options: SearchOptions) -> optuna.pruners.BasePruner:
    return optuna.pruners.HyperbandPruner(min_resource=1, max_resource=options.epochs)


ENTRY = Pruner(name="hyperband", create=_create)
