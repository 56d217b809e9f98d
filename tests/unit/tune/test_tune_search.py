"""The search for hyperparameters, with real trainings in real processes."""

from dataclasses import replace

import numpy as np
import pytest

from slipway.contracts.documents import parse, write_document
from slipway.contracts.errors import InputError
from slipway.contracts.examples import ExamplesFolder, ExampleSpec, FeatureKind, Label, Problem, RawFeature
from slipway.contracts.models import Hyperparameters, Trial, TuningFolder
from slipway.contracts.search_spaces import SearchSpace, WholeRange
from slipway.steps.tune.config import TuneConfig
from slipway.steps.tune.core import Inputs, Outputs, choose, run, write
from slipway.training.examples import write_examples

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
        write_examples(folder.file(split), SPEC, {"dense": dense}, label)
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
    again = tune(examples, tmp_path, config).tuning.trials
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


def test_of_equal_trials_the_earliest_is_chosen_and_pruned_ones_never():
    def trial(number, value, layers):
        state = "pruned" if value is None else "complete"
        return Trial(
            number=number, state=state, value=value, hyperparameters=Hyperparameters(layers=layers), seconds=1.0
        )

    trials = (trial(0, 0.5, 1), trial(1, None, 2), trial(2, 0.3, 3), trial(3, 0.3, 4))
    assert choose(trials).layers == 3
    assert choose(trials[::-1]).layers == 3
    assert choose(trials[1:2]) == choose(()) == Hyperparameters()


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
