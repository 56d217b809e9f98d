"""The search for hyperparameters, with real trainings in real processes."""

import multiprocessing
import os
import signal
import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from slipway.contracts.documents import parse, write_document
from slipway.contracts.errors import InputError
from slipway.contracts.examples import ExamplesFolder, ExampleSpec, FeatureKind, Label, Problem, RawFeature
from slipway.contracts.models import Hyperparameters, Trial, TuningFolder
from slipway.contracts.search_spaces import RealRange, SearchSpace, WholeRange
from slipway.search.searching import create_study, distributions, first_parameters, search
from slipway.search.trials import sample
from slipway.steps.tune.config import TuneConfig
from slipway.steps.tune.core import Inputs, Outputs, choose, run, write
from slipway.training.examples import Examples, write_examples

SPEC = ExampleSpec(
    features=(RawFeature(name="a", kind=FeatureKind.NUMERIC), RawFeature(name="b", kind=FeatureKind.NUMERIC)),
    label=Label(name="y", problem=Problem.BINARY, classes=("no", "yes")),
    dense=("a", "b"),
)
SMALL_SPACE = SearchSpace(units=WholeRange(low=4, high=16), batch_sizes=(32, 64))


@pytest.fixture(scope="module")
def examples(tmp_path_factory) -> ExamplesFolder:
    folder = ExamplesFolder(tmp_path_factory.mktemp("examples"))
    rng = np.random.default_rng(0)
    for split, rows in {"train": 600, "eval": 200}.items():
        dense = rng.normal(size=(rows, 2)).astype(np.float32)
        label = (dense[:, 0] * dense[:, 1] > 0).astype(np.int32)
        write_examples(folder.file(split), SPEC, dense, np.empty((rows, 0), np.int32), label)
    write_document(SPEC, folder.spec_path)
    return folder


def tune(examples, root, config):
    """Search, write, and give what was found."""
    result = run(Inputs(transformed_examples=examples.root), config)
    write(result, Outputs(best_hyperparameters=root / "best", report=root / "report.html"))
    return result


@pytest.fixture(scope="module")
def tuned(examples, tmp_path_factory):
    root = tmp_path_factory.mktemp("tuned")
    config = TuneConfig(trials=4, parallel=1, epochs=3, space=SMALL_SPACE, pruner="none")
    return root, config, tune(examples, root, config)


def test_the_best_trial_is_the_result(tuned):
    root, _, tuning = tuned
    result = TuningFolder(root / "best").result()
    assert result == tuning.tuning
    assert [trial.number for trial in result.trials] == [0, 1, 2, 3]
    assert [trial.state for trial in result.trials] == ["complete"] * 4
    best = min(result.trials, key=lambda trial: trial.value)
    assert result.best == best.hyperparameters
    expected = {
        "trials": 4,
        "pruned": 0,
        "failed": 0,
        "best_value": best.value,
        "default_value": result.trials[0].value,
    }
    assert tuning.metrics == expected


def test_every_trial_stays_within_the_space_and_the_first_has_the_defaults(tuned):
    trials = tuned[2].tuning.trials
    default = Hyperparameters()
    assert trials[0].hyperparameters == replace(default, units=16, batch_size=64)
    for trial in trials:
        assert 4 <= trial.hyperparameters.units <= 16
        assert trial.hyperparameters.batch_size in (32, 64)
        assert 3e-4 <= trial.hyperparameters.learning_rate <= 1e-2
    assert len({trial.hyperparameters for trial in trials}) == 4


def test_a_search_with_one_process_is_reproducible(tuned, examples, tmp_path):
    _, config, tuning = tuned
    again = search(examples.root, config, tmp_path)
    assert [replace(trial, seconds=0.0) for trial in again] == [replace(t, seconds=0.0) for t in tuning.tuning.trials]


def test_the_report_has_a_row_for_every_trial_and_a_chart(tuned):
    text = (tuned[0] / "report.html").read_text()
    assert text.count("<svg") == 1
    assert text.count("complete") == 4
    assert "lower than that of the defaults" in text


def test_no_trials_take_the_defaults(examples, tmp_path):
    tuning = tune(examples, tmp_path, TuneConfig(trials=0))
    assert TuningFolder(tmp_path / "best").result().best == Hyperparameters()
    assert tuning.metrics == {"trials": 0, "pruned": 0, "failed": 0}
    assert "these are the defaults" in (tmp_path / "report.html").read_text()


def test_a_process_that_is_killed_fails_its_trial_and_the_search_goes_on(examples, tmp_path):
    killed = []

    def kill_one():
        while not killed:
            for process in multiprocessing.active_children():
                if process.name == "slipway-process-0":
                    os.kill(process.pid, signal.SIGKILL)
                    killed.append(process.pid)
            time.sleep(0.01)

    threading.Thread(target=kill_one, daemon=True).start()
    trials = search(examples.root, TuneConfig(trials=3, parallel=1, epochs=1, space=SMALL_SPACE), tmp_path)
    assert killed
    assert [trial.state for trial in trials] == ["failed", "complete", "complete"]
    assert trials[0].value is None
    assert not [p for p in multiprocessing.active_children() if p.name.startswith("slipway-process")]


def test_weak_trials_are_pruned_and_two_processes_share_the_work(examples, tmp_path):
    """Over four decades of learning rates, some trials must look weak from the third epoch on."""
    space = replace(SMALL_SPACE, learning_rate=RealRange(low=1e-5, high=0.1))
    trials = search(examples.root, TuneConfig(trials=8, parallel=2, epochs=5, space=space), tmp_path)
    states = [trial.state for trial in trials]
    assert states[0] == "complete"
    assert "pruned" in states
    assert all((trial.value is None) == (trial.state == "pruned") for trial in trials)
    assert len(list(tmp_path.glob("process-*.log"))) == 2


def test_when_time_is_over_no_trial_starts_and_the_first_one_is_finished(examples, tmp_path):
    config = TuneConfig(trials=50, parallel=1, epochs=2, space=SMALL_SPACE, timeout_seconds=1e-9)
    trials = search(examples.root, config, tmp_path)
    assert [(trial.number, trial.state) for trial in trials] == [(0, "complete")]


def test_when_every_trial_fails_the_reason_is_given(examples, tmp_path):
    space = replace(SMALL_SPACE, learning_rate=RealRange(low=1e37, high=1e38))
    with pytest.raises(InputError, match=r"all 2 trials failed; the last one: InputError: the eval loss is nan"):
        search(examples.root, TuneConfig(trials=2, parallel=1, epochs=2, space=space), tmp_path)


def test_a_large_split_is_sampled_without_replacement_in_its_order():
    rows = np.arange(100)
    examples = Examples(rows[:, None].astype(np.float32), np.empty((100, 0), np.int32), rows)
    drawn = sample(examples, TuneConfig(max_examples=10))
    assert len(set(drawn.label)) == 10
    assert drawn.label.tolist() == sorted(drawn.label) == drawn.dense[:, 0].tolist()
    assert drawn.label.tolist() == sample(examples, TuneConfig(max_examples=10)).label.tolist()
    assert drawn.label.tolist() != sample(examples, TuneConfig(max_examples=10, seed=1)).label.tolist()
    assert sample(examples, TuneConfig(max_examples=100)) is examples


def test_the_defaults_are_moved_into_a_space_without_them():
    space = SearchSpace(layers=WholeRange(low=3, high=4), units=WholeRange(low=8, high=64), batch_sizes=(16, 100))
    first = first_parameters(space)
    assert (first["layers"], first["units"], first["batch_size"]) == (3, 64, 100)
    assert create_study(TuneConfig(space=space)).ask(distributions(space)).params == first


def test_of_equal_trials_the_earliest_is_chosen_and_pruned_ones_never():
    def trial(number, value, layers):
        state = "pruned" if value is None else "complete"
        return Trial(
            number=number, state=state, value=value, hyperparameters=Hyperparameters(layers=layers), seconds=1.0
        )

    trials = (trial(0, 0.5, 1), trial(1, None, 2), trial(2, 0.3, 3), trial(3, 0.3, 4))
    assert choose(trials).layers == 3


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"trials": -1}, r"trials must lie in \[0, 10000\], got -1"),
        ({"parallel": 65}, r"parallel must lie in \[0, 64\], got 65"),
        ({"epochs": 0}, r"epochs must lie in \[1, 1000\]"),
        ({"max_examples": 0}, "max_examples must be at least 1"),
        ({"timeout_seconds": 0}, "timeout_seconds must be above 0"),
        ({"pruner": "random"}, "pruner should be one of hyperband, median, none, got 'random'"),
        ({"sampler": "gridd"}, "sampler should be one of grid, quasi_random, random, tpe, got 'gridd'"),
        ({"space": {"layers": {"low": 3, "high": 2}}}, "layers.low must not exceed layers.high, got 3 and 2"),
        ({"space": {"units": {"low": 0, "high": 2}}}, r"units must lie in \[1, 4096\], got 0"),
        ({"space": {"dropout_fraction": {"low": 0, "high": 1}}}, r"dropout_fraction must lie in \[0, 0.9\], got 1"),
        ({"space": {"learning_rate": {"low": 0, "high": 1}}}, "learning_rate must be above 0"),
        ({"space": {"batch_sizes": []}}, "batch_sizes must name at least one"),
        ({"space": {"batch_sizes": [0]}}, "batch_size must be at least 1"),
    ],
)
def test_a_search_that_cannot_be_is_refused(values, message):
    with pytest.raises(InputError, match=message):
        parse(TuneConfig, values)
