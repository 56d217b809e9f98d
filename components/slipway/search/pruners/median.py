"""A trial that is worse than half of the others at that epoch, from the second one on."""

import optuna

from slipway.search.options import Pruner, SearchOptions

_FINISHED_TRIALS = 2
_FIRST_EPOCHS = 2


def _create(options: SearchOptions) -> optuna.pruners.BasePruner:
    del options  # the same for every search
    return optuna.pruners.MedianPruner(n_startup_trials=_FINISHED_TRIALS, n_warmup_steps=_FIRST_EPOCHS)


ENTRY = Pruner(name="median", create=_create)
