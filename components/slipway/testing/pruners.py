"""What every pruner keeps: see ``slipway.search.options``. Runs where Optuna is."""

from collections.abc import Sequence

import optuna

from slipway.search.options import Pruner

EPOCHS = 9
VALUES = (0.5, 0.3, 0.9, 0.4, 0.8, 0.2, 0.7, 0.6, 0.1)


def stops(pruner: Pruner, values: Sequence[float] = VALUES, *, epochs: int = EPOCHS) -> list[int | None]:
    """Return the epoch at which each trial is stopped, None for one that is finished.

    Args:
        pruner: decides.
        values: of each trial, one after the other; a trial reports its value in every epoch.
        epochs: of a trial.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.RandomSampler(seed=0)
    study = optuna.create_study(study_name="pruner", sampler=sampler, pruner=pruner.create(epochs))
    return [_stop(study, value, epochs) for value in values]


def _stop(study: optuna.Study, value: float, epochs: int) -> int | None:
    trial = study.ask()
    for epoch in range(1, epochs + 1):
        trial.report(value, epoch)
        if trial.should_prune():
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
            return epoch
    study.tell(trial, value)
    return None


def check_never_stops_the_only_trial(name: str, pruner: Pruner) -> None:
    """There is nothing that it could be worse than."""
    for epochs in (1, 2, EPOCHS):
        assert stops(pruner, [1.0], epochs=epochs) == [None], f"{name} stops the only trial"


def check_never_stops_the_best_trial(name: str, pruner: Pruner) -> None:
    """Lower values are better, at every epoch."""
    assert stops(pruner, [1.0 - 0.05 * number for number in range(12)]) == [None] * 12, (
        f"{name} stops a trial that is better than every other one"
    )


def check_decides_by_what_was_reported(name: str, pruner: Pruner) -> None:
    """What it decides follows from what was reported alone."""
    assert stops(pruner) == stops(pruner), f"{name} decides differently for the same reports"
