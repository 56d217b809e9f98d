"""No trial is stopped early."""

import optuna

from slipway.search.options import Pruner

ENTRY = Pruner(name="none", create=lambda _: optuna.pruners.NopPruner())
