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
from slipway.contracts.search_spaces import SearchSpace
from slipway.search.options import PRUNERS, SAMPLERS, SearchOptions
from slipway.search.trials import EpochResult, TrialRequest, TrialResult
from slipway.search.workers import TrialWorker
from slipway.training.processes import process_context

logger = logging.getLogger(__name__)

_MOST_PARALLEL_BY_DEFAULT = 4
_STATES = {
    "complete": optuna.trial.TrialState.COMPLETE,
    "pruned": optuna.trial.TrialState.PRUNED,
    "failed": optuna.trial.TrialState.FAIL,
}


def search(examples: Path, config: SearchOptions, folder: Path) -> tuple[Trial, ...]:
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
        workers = [TrialWorker(context, examples, config, folder / f"process-{index}.log") for index in range(parallel)]
        for worker in workers:
            stack.callback(worker.close)
            worker.open()
        _run_trials(run, workers)
    if not any(trial.state == "complete" for trial in run.finished):
        raise InputError(f"all {len(run.finished)} trials failed; the last one: {run.reasons[-1]}")
    return tuple(sorted(run.finished, key=lambda trial: trial.number))


def _run_trials(run: "_Search", workers: Sequence[TrialWorker]) -> None:
    """Keep every process busy until there is no further trial."""
    trials: dict[TrialWorker, optuna.Trial] = {}
    idle = list(workers)
    while True:
        while idle and (trial := run.next_trial()) is not None:
            worker = idle.pop(0)
            trials[worker] = trial
            worker.assign(TrialRequest(trial.number, Hyperparameters(**trial.params)))
        if not trials:
            return
        ready = wait([worker.connection for worker in trials])
        for worker in [worker for worker in trials if worker.connection in ready]:
            message = worker.receive()
            if isinstance(message, EpochResult):
                worker.answer(run.should_continue(trials[worker], message))
            else:
                run.finish(trials.pop(worker), message)
                idle.append(worker)


def create_study(config: SearchOptions) -> optuna.Study:
    """Return a study in memory that minimizes, with the defaults as its first trial."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler, pruner = SAMPLERS.get(config.sampler).create(config), PRUNERS.get(config.pruner).create(config)
    study = optuna.create_study(direction="minimize", sampler=sampler, pruner=pruner)
    study.enqueue_trial(first_parameters(config.space))
    return study


def distributions(space: SearchSpace) -> dict[str, BaseDistribution]:
    """Return the search space in Optuna's words."""
    return {
        "layers": IntDistribution(space.layers.low, space.layers.high),
        "units": IntDistribution(space.units.low, space.units.high, log=True),
        "dropout_fraction": FloatDistribution(space.dropout_fraction.low, space.dropout_fraction.high),
        "learning_rate": FloatDistribution(space.learning_rate.low, space.learning_rate.high, log=True),
        "batch_size": CategoricalDistribution(space.batch_sizes),
    }


def first_parameters(space: SearchSpace) -> dict[str, float]:
    """Return the default hyperparameters, each moved to the nearest value that ``space`` holds."""
    default = Hyperparameters()
    first: dict[str, float] = {}
    for name in ("layers", "units", "dropout_fraction", "learning_rate"):
        bounds = getattr(space, name)
        first[name] = min(max(getattr(default, name), bounds.low), bounds.high)
    first["batch_size"] = min(space.batch_sizes, key=lambda size: abs(size - default.batch_size))
    return first


class _Search:
    """The study, and what its trials came to."""

    def __init__(self, config: SearchOptions, study: optuna.Study) -> None:
        self.finished: list[Trial] = []
        self.reasons: list[str] = []
        self._config, self._study = config, study
        self._distributions = distributions(config.space)
        self._requested = 0
        self._started = time.monotonic()

    def next_trial(self) -> optuna.Trial | None:
        """Return the next trial, or None when there are enough or time is over."""
        if self._requested == self._config.trials or (self._late() and self._requested > 0):
            return None
        if self._requested and self._is_exhausted():
            return None
        self._requested += 1
        return self._study.ask(self._distributions)

    def _is_exhausted(self) -> bool:
        """Whether every combination of a grid has been given to a trial."""
        sampler = self._study.sampler
        return isinstance(sampler, optuna.samplers.GridSampler) and sampler.is_exhausted(self._study)

    def should_continue(self, trial: optuna.Trial, result: EpochResult) -> bool:
        """Take an intermediate value, and return whether the trial is worth another epoch."""
        trial.report(result.value, result.epoch)
        if trial.number == 0:
            return True
        something_complete = any(trial.state == "complete" for trial in self.finished)
        return not (trial.should_prune() or (self._late() and something_complete))

    def finish(self, trial: optuna.Trial, result: TrialResult) -> None:
        """Take the result of a trial."""
        self._study.tell(trial, result.value, state=_STATES[result.state])
        self.finished.append(
            Trial(
                number=trial.number,
                state=result.state,
                value=result.value,
                hyperparameters=Hyperparameters(**trial.params),
                seconds=round(result.seconds, 3),
            )
        )
        if result.reason:
            self.reasons.append(result.reason)
        logger.info("trial %d %s: %s %s %s", trial.number, result.state, result.value, trial.params, result.reason)

    def _late(self) -> bool:
        limit = self._config.timeout_seconds
        return limit is not None and time.monotonic() - self._started > limit
