"""What every pruner must hold to; call each of ``CHECKS`` with yours.

@pytest.mark.parametrize("check", CHECKS)
def test_my_pruner(check):
check(my_module.ENTRY)
"""

from collections.abc import Callable, Sequence

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


def check_the_only_trial_is_finished(pruner: Pruner) -> None:
    """There is nothing that it could be worse than."""
    for epochs in (1, 2, EPOCHS):
        assert stops(pruner, [1.0], epochs=epochs) == [None], f"{pruner.name} stops the only trial"


def check_a_trial_better_than_all_others_is_finished(pruner: Pruner) -> None:
    """Lower values are better, at every epoch."""
    assert stops(pruner, [1.0 - 0.05 * number for number in range(12)]) == [None] * 12, (
        f"{pruner.name} stops a trial that is better than every other one"
    )


def check_equal_reports_give_equal_answers(pruner: Pruner) -> None:
    """What it decides follows from what was reported alone."""
    assert stops(pruner) == stops(pruner), f"{pruner.name} decides differently for the same reports"


CHECKS: tuple[Callable[[Pruner], None], ...] = (
    check_the_only_trial_is_finished,
    check_a_trial_better_than_all_others_is_finished,
    check_equal_reports_give_equal_answers,
)
"""Every check of a pruner."""
