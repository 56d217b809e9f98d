"""A trial is stopped whose best value is worse than the median of the others at that epoch, from the second one on."""

import optuna

from slipway.search.options import Pruner

_FINISHED_TRIALS = 2
_FIRST_EPOCHS = 2


ENTRY = Pruner(
    name="median",
    create=lambda epochs: optuna.pruners.MedianPruner(n_startup_trials=_FINISHED_TRIALS, n_warmup_steps=_FIRST_EPOCHS),
)
