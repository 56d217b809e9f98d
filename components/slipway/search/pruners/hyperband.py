"""Successive halving with several budgets (Li et al., 2018), by epochs."""

import optuna

from slipway.search.options import Pruner

ENTRY = Pruner(
    name="hyperband",
    create=lambda epochs: optuna.pruners.HyperbandPruner(min_resource=1, max_resource=epochs),
)
