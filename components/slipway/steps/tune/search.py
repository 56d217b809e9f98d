"""The search: Optuna proposes, processes train, weak trials are pruned on the way."""

import logging
import os
import time
from collections.abc import Sequence
from contextlib import ExitStack
from multiprocessing.connection import wait
from pathlib import Path

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from slipway.contracts.errors import InputError
from slipway.contracts.models import Hyperparameters, Trial
from slipway.steps.tune.config import SearchSpace, TuneConfig
from slipway.steps.tune.seats import Seat
from slipway.steps.tune.trial import Attempt, Ended, Reached
from slipway.training.processes import process_context

logger = logging.getLogger(__name__)

_MOST_PARALLEL_BY_DEFAULT = 4
_WARMUP_EPOCHS = 2
_STATES = {
    "complete": optuna.trial.TrialState.COMPLETE,
    "pruned": optuna.trial.TrialState.PRUNED,
    "failed": optuna.trial.TrialState.FAIL,
}


def search(examples: Path, config: TuneConfig, folder: Path) -> tuple[Trial, ...]:
    """Run the trials.

    No TensorFlow operation runs in this process, so that it can fork.

    Args:
        examples: root of an ExamplesFolder.
        config: how to search; ``trials`` above 0.
        folder: takes the log of each process.

    Returns:
        The trials by number; the first one has the default hyperparameters (within the search space), is never pruned,
        and at least one is complete.

    Raises:
        InputError: every trial failed.
    """
    study = create_study(config)
    run = _Search(config, study)
    context = process_context()
    parallel = min(config.parallel or min(os.cpu_count() or 1, _MOST_PARALLEL_BY_DEFAULT), config.trials)
    with ExitStack() as stack:
        seats = [Seat(context, examples, config, folder / f"process-{index}.log") for index in range(parallel)]
        for seat in seats:
            stack.callback(seat.close)
            seat.open()
        _converse(run, seats)
    if not any(trial.state == "complete" for trial in run.ended):
        raise InputError(f"all {len(run.ended)} trials failed; the last one: {run.reasons[-1]}")
    return tuple(sorted(run.ended, key=lambda trial: trial.number))


def _converse(run: "_Search", seats: Sequence[Seat]) -> None:
    """Keep every process busy until there is no further trial."""
    trials: dict[Seat, optuna.Trial] = {}
    idle = list(seats)
    while True:
        while idle and (trial := run.next_trial()) is not None:
            seat = idle.pop(0)
            trials[seat] = trial
            seat.give(Attempt(trial.number, Hyperparameters(**trial.params)))
        if not trials:
            return
        ready = wait([seat.connection for seat in trials])
        for seat in [seat for seat in trials if seat.connection in ready]:
            message = seat.hear()
            if isinstance(message, Reached):
                seat.answer(run.goes_on(trials[seat], message))
            else:
                run.conclude(trials.pop(seat), message)
                idle.append(seat)


def create_study(config: TuneConfig) -> optuna.Study:
    """A study in memory that minimizes, with the defaults as its first trial."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.TPESampler(seed=config.seed, n_startup_trials=min(10, max(3, config.trials // 2)))
    pruners: dict[str, optuna.pruners.BasePruner] = {
        "median": optuna.pruners.MedianPruner(n_startup_trials=2, n_warmup_steps=_WARMUP_EPOCHS),
        "hyperband": optuna.pruners.HyperbandPruner(min_resource=1, max_resource=config.epochs),
        "none": optuna.pruners.NopPruner(),
    }
    study = optuna.create_study(direction="minimize", sampler=sampler, pruner=pruners[config.pruner])
    study.enqueue_trial(first_parameters(config.space))
    return study


def distributions(space: SearchSpace) -> dict[str, BaseDistribution]:
    """The search space in Optuna's words."""
    return {
        "layers": IntDistribution(space.layers.low, space.layers.high),
        "units": IntDistribution(space.units.low, space.units.high, log=True),
        "dropout_fraction": FloatDistribution(space.dropout_fraction.low, space.dropout_fraction.high),
        "learning_rate": FloatDistribution(space.learning_rate.low, space.learning_rate.high, log=True),
        "batch_size": CategoricalDistribution(space.batch_sizes),
    }


def first_parameters(space: SearchSpace) -> dict[str, float]:
    """The default hyperparameters, each moved to the nearest value that ``space`` holds."""
    default = Hyperparameters()
    first: dict[str, float] = {}
    for name in ("layers", "units", "dropout_fraction", "learning_rate"):
        bounds = getattr(space, name)
        first[name] = min(max(getattr(default, name), bounds.low), bounds.high)
    first["batch_size"] = min(space.batch_sizes, key=lambda size: abs(size - default.batch_size))
    return first


class _Search:
    """The study, and what its trials came to."""

    def __init__(self, config: TuneConfig, study: optuna.Study) -> None:
        self.ended: list[Trial] = []
        self.reasons: list[str] = []
        self._config, self._study = config, study
        self._distributions = distributions(config.space)
        self._asked = 0
        self._started = time.monotonic()

    def next_trial(self) -> optuna.Trial | None:
        """The next trial, or None when there are enough or time is over."""
        if self._asked == self._config.trials or (self._late() and self._asked > 0):
            return None
        self._asked += 1
        return self._study.ask(self._distributions)

    def goes_on(self, trial: optuna.Trial, reached: Reached) -> bool:
        """Take an intermediate value; whether the trial is worth another epoch."""
        trial.report(reached.value, reached.epoch)
        if trial.number == 0:
            return True
        something_complete = any(ended.state == "complete" for ended in self.ended)
        return not (trial.should_prune() or (self._late() and something_complete))

    def conclude(self, trial: optuna.Trial, ended: Ended) -> None:
        """Take the end of a trial."""
        self._study.tell(trial, ended.value, state=_STATES[ended.state])
        self.ended.append(
            Trial(
                number=trial.number,
                state=ended.state,
                value=ended.value,
                hyperparameters=Hyperparameters(**trial.params),
                seconds=round(ended.seconds, 3),
            )
        )
        if ended.reason:
            self.reasons.append(ended.reason)
        logger.info("trial %d %s: %s %s %s", trial.number, ended.state, ended.value, trial.params, ended.reason)

    def _late(self) -> bool:
        limit = self._config.timeout_seconds
        return limit is not None and time.monotonic() - self._started > limit
