"""The search: Optuna proposes, processes train, weak trials are pruned on the way."""

import logging
import os
import time
from collections.abc import Sequence
from contextlib import ExitStack
from multiprocessing.connection import wait
from pathlib import Path

import optuna

from slipway.contracts.errors import InputError
from slipway.contracts.models import Hyperparameters, Trial
from slipway.search.options import PRUNERS, SAMPLERS, SearchOptions
from slipway.search.spaces import distributions, first_parameters
from slipway.search.trials import EpochResult, Trainer, TrialRequest, TrialResult
from slipway.search.workers import TrialWorker
from slipway.training.processes import process_context

logger = logging.getLogger(__name__)

_MOST_PARALLEL_BY_DEFAULT = 4
_STATES = {
    "complete": optuna.trial.TrialState.COMPLETE,
    "pruned": optuna.trial.TrialState.PRUNED,
    "failed": optuna.trial.TrialState.FAIL,
}


def search(trainer: Trainer, options: SearchOptions, logs: Path) -> tuple[Trial, ...]:
    """Run the trials, each in one of some processes.

    No TensorFlow operation runs in this process, so that it can fork.

    Args:
        trainer: trains with the hyperparameters of a trial; lower values are better.
        options: how to search.
        logs: an existing folder; takes the log of each process.

    Returns:
        The trials by number; the first one has the default hyperparameters (within the search space), is never pruned,
        and at least one is complete.

    Raises:
        InputError: every trial failed.
    """
    run = _Search(options)
    context = process_context()
    with ExitStack() as stack:
        workers = [
            TrialWorker(context, trainer, logs / f"process-{index}.log") for index in range(processes_of(options))
        ]
        for worker in workers:
            stack.callback(worker.close)
            worker.open()
        _run_trials(run, workers)
    if not any(trial.state == "complete" for trial in run.finished):
        raise InputError(f"all {len(run.finished)} trials failed; the last one: {run.reasons[-1]}")
    return tuple(sorted(run.finished, key=lambda trial: trial.number))


def processes_of(options: SearchOptions) -> int:
    """Return how many processes train at the same time, at least 1."""
    return min(options.parallel or min(os.cpu_count() or 1, _MOST_PARALLEL_BY_DEFAULT), options.trials)


def trials_of(options: SearchOptions) -> int:
    """Return how many trials there are at most: those wanted, or fewer where the sampler would repeat itself."""
    count = SAMPLERS.get(options.sampler).count(options.space, options.trials)
    return options.trials if count is None else min(options.trials, 1 + count)


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


def create_study(options: SearchOptions) -> optuna.Study:
    """Return an Optuna study in memory that minimizes, with the defaults as its first trial."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        study_name="search",  # Hyperband takes a trial's budget from it; Optuna would draw another name each time
        direction="minimize",
        sampler=SAMPLERS.get(options.sampler).create(options.space, options.seed, options.trials),
        pruner=PRUNERS.get(options.pruner).create(options.epochs),
    )
    study.enqueue_trial(first_parameters(options.space))
    return study


class _Search:
    """A search that runs: what is proposed next, and what the trials came to."""

    def __init__(self, options: SearchOptions) -> None:
        self.finished: list[Trial] = []
        self.reasons: list[str] = []
        self._study = create_study(options)
        self._distributions = distributions(options.space)
        self._trials, self._timeout_seconds = trials_of(options), options.timeout_seconds
        self._started = time.monotonic()
        self._proposed = 0

    def next_trial(self) -> optuna.Trial | None:
        """Return the next trial, or None when there are enough or time is over."""
        if self._proposed == self._trials or (self._is_late() and self._proposed > 0):
            return None
        self._proposed += 1
        return self._study.ask(self._distributions)

    def should_continue(self, trial: optuna.Trial, result: EpochResult) -> bool:
        """Take an intermediate value, and return whether the trial is worth another epoch."""
        trial.report(result.value, result.epoch)
        if trial.number == 0:
            return True
        something_complete = any(trial.state == "complete" for trial in self.finished)
        return not (trial.should_prune() or (self._is_late() and something_complete))

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

    def _is_late(self) -> bool:
        return self._timeout_seconds is not None and time.monotonic() - self._started > self._timeout_seconds
