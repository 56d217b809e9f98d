"""What a user may write in the configuration of an evaluation."""

import pytest

from slipway.contracts.documents import parse
from slipway.contracts.errors import InputError
from slipway.contracts.examples import Problem
from slipway.steps.evaluate_slices.config import ChangeThreshold, EvaluateSlicesConfig, ValueThreshold
from slipway.steps.evaluate_slices.verdict import check_metric_names


def test_a_configuration_as_kubeflow_pipelines_sends_it():
    config = parse(
        EvaluateSlicesConfig,
        {
            "slices": ["sex", ["sex", "race"]],
            "min_slice_examples": 50.0,
            "thresholds": {"accuracy": {"lower_bound": 0.7}},
            "change_thresholds": {"loss": {"relative": 0.05}},
            "confidence": {"method": "jackknife", "samples": 10.0},
        },
    )
    assert config.slices == ("sex", ("sex", "race"))
    assert config.min_slice_examples == 50
    assert config.thresholds == {"accuracy": ValueThreshold(lower_bound=0.7)}
    assert config.change_thresholds == {"loss": ChangeThreshold(relative=0.05)}
    assert (config.confidence.method, config.confidence.samples) == ("jackknife", 10)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"split": "holdout"}, "split should be one of train, eval, test, got 'holdout'"),
        ({"slices": [[]]}, "slices holds an empty entry"),
        ({"max_slice_values": 1}, "max_slice_values must be at least 2, got 1"),
        ({"numeric_buckets": 101}, r"numeric_buckets must lie in \[2, 100\], got 101"),
        ({"min_slice_examples": 0}, "min_slice_examples must be at least 1, got 0"),
        ({"baseline_tolerance": -0.1}, "baseline_tolerance must be at least 0, got -0.1"),
        ({"max_slice_gap": -1}, "max_slice_gap must be at least 0"),
        ({"max_fairness_gap": 1.5}, r"max_fairness_gap must lie in \[0, 1\], got 1.5"),
        ({"thresholds": {"auc": {}}}, "a threshold needs lower_bound, upper_bound or both"),
        ({"thresholds": {"auc": {"lower_bound": 0.9, "upper_bound": 0.8}}}, "0.9 is above upper_bound 0.8"),
        ({"thresholds": {"auc": {"lower": 0.9}}}, "has no 'lower'"),
        ({"change_thresholds": {"auc": {}}}, "a change threshold needs absolute, relative or both"),
        ({"confidence": {"samples": 1}}, r"confidence.samples must lie in \[2, 1000\], got 1"),
        ({"confidence": {"level": 1.0}}, r"confidence.level must lie in \(0.5, 1\), got 1.0"),
        ({"confidence": {"seed": -1}}, "confidence.seed must be at least 0"),
        ({"confidence": {"method": "delong"}}, "should be one of 'poisson_bootstrap', 'jackknife', 'none'"),
    ],
)
def test_nonsense_is_refused_with_what_would_be_right(values, message):
    with pytest.raises(InputError, match=message):
        parse(EvaluateSlicesConfig, values)


@pytest.mark.parametrize("field", ["thresholds", "slice_thresholds"])
def test_a_threshold_on_an_unknown_metric_names_those_that_exist(field):
    config = parse(EvaluateSlicesConfig, {field: {"gini": {"lower_bound": 0.5}}})
    with pytest.raises(InputError, match=f"{field} names 'gini'; metrics of a binary problem are example_count, loss,"):
        check_metric_names(config, Problem.BINARY)


def test_a_metric_of_another_problem_is_unknown():
    config = parse(EvaluateSlicesConfig, {"thresholds": {"auc": {"lower_bound": 0.5}}})
    with pytest.raises(InputError, match="metrics of a regression problem are example_count, mse, rmse, mae, r2"):
        check_metric_names(config, Problem.REGRESSION)


def test_a_slice_metric_must_have_a_better_and_a_worse():
    config = EvaluateSlicesConfig(slice_metric="positive_rate")
    with pytest.raises(InputError, match="slice_metric should be one of loss, accuracy, auc"):
        check_metric_names(config, Problem.BINARY)


def test_a_change_of_a_metric_without_direction_needs_one():
    config = parse(EvaluateSlicesConfig, {"change_thresholds": {"calibration": {"absolute": 0.1}}})
    with pytest.raises(InputError, match="calibration needs a direction"):
        check_metric_names(config, Problem.BINARY)
