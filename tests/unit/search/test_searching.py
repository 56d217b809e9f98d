"""The search: who trains what, who is stopped, what becomes of trials that fail; with trainers that only compute."""

import math
import multiprocessing
import os
import signal
import time
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from slipway.contracts.errors import InputError
from slipway.contracts.models import Hyperparameters
from slipway.contracts.search_spaces import SearchSpace, WholeRange
from slipway.search.options import SearchOptions
from slipway.search.searching import create_study, processes_of, search, trials_of
from slipway.search.spaces import distributions, first_parameters
from slipway.search.trials import Report
from slipway.testing.samplers import NARROW

DEFAULT_RATE = Hyperparameters().learning_rate


def options(**values: object) -> SearchOptions:
    given = {
        "trials": 6,
        "parallel": 1,
        "epochs": 4,
        "timeout_seconds": None,
        "seed": 42,
        "sampler": "random",
        "pruner": "none",
        "space": SearchSpace(),
    }
    return SearchOptions(**{**given, **values})


@dataclass(frozen=True)
class Distance:
    """The value of every epoch is the distance of the learning rate from 0.01, in decades."""

    epochs: int = 4

    def train(self, hyperparameters: Hyperparameters, report: Report) -> float | None:
        value = abs(math.log10(hyperparameters.learning_rate) + 2)
        going_on = all(report(epoch, value) for epoch in range(1, self.epochs + 1))
        return value if going_on else None


def test_trials_are_numbered_and_the_first_has_the_defaults(tmp_path):
    trials = search(Distance(), options(), tmp_path)
    assert [(trial.number, trial.state) for trial in trials] == [(number, "complete") for number in range(6)]
    assert trials[0].hyperparameters == Hyperparameters()
    assert [trial.value for trial in trials] == [
        abs(math.log10(trial.hyperparameters.learning_rate) + 2) for trial in trials
    ]
    assert len({trial.hyperparameters for trial in trials}) == 6


@pytest.mark.parametrize("sampler", ["random", "grid", "quasi_random"])
def test_without_learning_and_pruning_a_search_in_several_processes_is_reproducible(sampler, tmp_path):
    alone, together = (search(Distance(), options(sampler=sampler, parallel=parallel), tmp_path) for parallel in (1, 3))
    assert [replace(trial, seconds=0.0) for trial in together] == [replace(trial, seconds=0.0) for trial in alone]
    assert len(list(tmp_path.glob("process-*.log"))) == 3


@pytest.mark.parametrize("parallel", [1, 3])
def test_a_search_ends_when_every_combination_of_a_grid_was_tried_once(parallel, tmp_path):
    trials = search(Distance(), options(sampler="grid", trials=50, parallel=parallel, space=NARROW), tmp_path)
    tried = [(trial.hyperparameters.layers, trial.hyperparameters.batch_size) for trial in trials[1:]]
    assert sorted(tried) == [(1, 32), (1, 64), (2, 32), (2, 64)]


def test_there_are_as_many_trials_as_wanted_and_no_process_without_one():
    assert trials_of(options(trials=7, sampler="grid")) == 7
    assert trials_of(options(trials=50, sampler="grid", space=NARROW)) == 5
    assert trials_of(options(trials=50, sampler="tpe", space=NARROW)) == 50
    assert processes_of(options(trials=2, parallel=8)) == 2
    assert processes_of(options(trials=64, parallel=8)) == 8
    assert processes_of(options(trials=64, parallel=0)) == min(os.cpu_count() or 1, 4)


def test_a_trial_worse_than_half_of_the_others_is_pruned(tmp_path):
    trials = search(Distance(), options(pruner="median", trials=12), tmp_path)
    distances = [abs(math.log10(trial.hyperparameters.learning_rate) + 2) for trial in trials]
    complete: list[float] = []
    for trial, distance in zip(trials, distances, strict=True):
        known = sorted(complete)
        middle = (known[(len(known) - 1) // 2] + known[len(known) // 2]) / 2 if known else math.inf
        weak = len(complete) >= 2 and distance > middle
        assert (trial.state, trial.value) == (("pruned", None) if weak else ("complete", distance))
        if not weak:
            complete.append(distance)
    assert {trial.state for trial in trials} == {"complete", "pruned"}


@dataclass(frozen=True)
class WaitsForOthers:
    """The defaults are the worst of all, and their second epoch comes when three other trials have ended."""

    folder: Path

    def train(self, hyperparameters: Hyperparameters, report: Report) -> float | None:
        if hyperparameters != Hyperparameters():
            assert all(report(epoch, 1.0) for epoch in (1, 2, 3))
            (self.folder / f"{hyperparameters.learning_rate}.done").touch()
            return 1.0
        for epoch in (1, 2, 3):
            while epoch > 1 and len(list(self.folder.glob("*.done"))) < 3:
                time.sleep(0.01)
            if not report(epoch, 9.0):
                return None
        return 9.0


def test_the_defaults_are_never_pruned_so_that_they_can_be_compared_with(tmp_path):
    found = search(WaitsForOthers(tmp_path), options(pruner="median", trials=4, parallel=2), tmp_path)
    assert [(trial.state, trial.value) for trial in found] == [("complete", 9.0), *[("complete", 1.0)] * 3]


@dataclass(frozen=True)
class Dies:
    """The process of the first trial is killed, as the kernel does when memory runs out."""

    def train(self, hyperparameters: Hyperparameters, report: Report) -> float | None:
        if hyperparameters == Hyperparameters():
            os.write(1, b"the last words\n")
            os.kill(os.getpid(), signal.SIGKILL)
        return 1.0 if report(1, 1.0) else None


def test_a_process_that_dies_fails_its_trial_and_the_search_goes_on(tmp_path, caplog):
    caplog.set_level("INFO", "slipway")
    trials = search(Dies(), options(trials=3), tmp_path)
    assert [(trial.state, trial.value) for trial in trials] == [
        ("failed", None),
        ("complete", 1.0),
        ("complete", 1.0),
    ]
    assert "its process ended with exit code -9" in caplog.text
    assert "the last words" in caplog.text
    assert not [p for p in multiprocessing.active_children() if p.name.startswith("slipway-process")]


@dataclass(frozen=True)
class Fails:
    """No training works."""

    def train(self, hyperparameters: Hyperparameters, report: Report) -> float | None:
        raise ValueError(f"no network has {hyperparameters.layers} layers")


def test_when_every_trial_fails_the_last_reason_is_given(tmp_path):
    space = SearchSpace(layers=WholeRange(low=3, high=3))
    with pytest.raises(InputError, match="^all 2 trials failed; the last one: ValueError: no network has 3 layers$"):
        search(Fails(), options(trials=2, space=space), tmp_path)


def test_when_time_is_over_no_trial_starts_and_the_first_one_is_finished(tmp_path):
    trials = search(Distance(), options(trials=50, timeout_seconds=1e-9), tmp_path)
    assert [(trial.number, trial.state) for trial in trials] == [(0, "complete")]


def test_the_defaults_are_moved_into_a_space_without_them():
    space = SearchSpace(layers=WholeRange(low=3, high=4), units=WholeRange(low=8, high=64), batch_sizes=(16, 100))
    first = first_parameters(space)
    assert (first["layers"], first["units"], first["batch_size"]) == (3, 64, 100)
    assert first["learning_rate"] == DEFAULT_RATE
    assert create_study(options(space=space)).ask(distributions(space)).params == first
