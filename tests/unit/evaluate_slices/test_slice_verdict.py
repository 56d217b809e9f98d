"""What makes an evaluation refuse, what makes it warn, and how sure it is."""

import numpy as np
import pytest

from slipway.contracts.documents import parse
from slipway.contracts.evaluations import FairnessGap
from slipway.contracts.examples import Label, Problem
from slipway.contracts.verdicts import Verdict
from slipway.metrics.grouping import groups_of_codes
from slipway.metrics.slices import Slicing
from slipway.steps.evaluate_slices.config import EvaluateSlicesConfig
from slipway.steps.evaluate_slices.core import evaluate
from slipway.steps.evaluate_slices.predictions import Predicted
from slipway.steps.evaluate_slices.verdict import fairness_warnings

BINARY = Label(name="y", problem=Problem.BINARY, classes=("no", "yes"))
PRICE = Label(name="y", problem=Problem.REGRESSION)
ROWS = 1_000
SEX = np.random.default_rng(11).integers(0, 2, ROWS)
TRUTH = (np.random.default_rng(12).random(ROWS) < 0.4).astype(np.int32)


def probabilities(quality: float, wrong: np.ndarray | None = None) -> np.ndarray:
    """Predictions that are right with probability ``quality``; where ``wrong`` is true they are random."""
    random = np.random.default_rng(13)
    right = random.random(ROWS) < quality
    if wrong is not None:
        right = np.where(wrong, random.random(ROWS) < 0.5, right)
    said = np.where(right, TRUTH, 1 - TRUTH)
    positive = np.where(said == 1, 0.8, 0.2) + random.uniform(-0.15, 0.15, ROWS)
    return np.stack([1 - positive, positive], axis=1).astype(np.float32)


def evaluation(predictions=None, *, label=BINARY, truth=TRUTH, baseline=None, found=None, **settings):
    _, groups = groups_of_codes(SEX[: len(truth)], 2)
    slicing = Slicing("sex", ("sex",), ("f", "m"), groups, {"sex=x": 2})
    predictions = probabilities(0.85) if predictions is None else predictions
    config = parse(EvaluateSlicesConfig, settings)
    return evaluate(Predicted(label, truth, predictions, [slicing], baseline, found or Verdict()), config)


def test_a_good_model_passes_with_nothing_configured():
    found = evaluation()
    assert found.verdict == Verdict()
    assert found.metrics["example_count"] == ROWS
    assert [part.name for part in found.slices] == ["sex=f", "sex=m"]
    assert found.omitted_slices == {"sex=x": 2}


def test_a_model_that_guesses_is_refused():
    reasons = evaluation(probabilities(0.5)).verdict.reasons
    assert len(reasons) == 3
    assert reasons[0].startswith("accuracy is ")
    assert "of always predicting 'no'" in reasons[0]
    assert "of always predicting the share of each class" in reasons[1]
    assert reasons[2].startswith("auc is ")
    assert reasons[2].endswith("; it should be at least 0.6")


def test_default_thresholds_can_be_turned_off():
    assert evaluation(probabilities(0.5), default_thresholds=False).verdict.passed


def test_a_threshold_of_ones_own_takes_the_place_of_the_default_of_that_metric():
    thresholds = {"accuracy": {"lower_bound": 0.1}, "auc": {"lower_bound": 0.1}, "loss": {"upper_bound": 9}}
    assert evaluation(probabilities(0.5), thresholds=thresholds).verdict.passed


def test_a_model_of_a_rare_class_may_be_less_accurate_than_the_majority_by_chance():
    """3 % of these examples are positive; a useful ranking must not be refused for its accuracy."""
    random = np.random.default_rng(5)
    truth = (random.random(ROWS) < 0.03).astype(np.int32)
    positive = 0.01 + 0.4 * truth * random.random(ROWS) + 0.02 * random.random(ROWS)
    positive[np.flatnonzero(truth == 0)[:3]] = 0.55
    found = evaluation(np.stack([1 - positive, positive], axis=1).astype(np.float32), truth=truth)
    assert found.metrics["accuracy"] == pytest.approx(1 - truth.mean() - 0.003)
    assert found.verdict.passed, found.verdict


def test_labels_of_one_class_show_nothing():
    truth = np.zeros(ROWS, np.int32)
    found = evaluation(truth=truth)
    assert found.verdict.reasons == (
        "every label is 'no'; such examples cannot show whether the model is better than that answer",
    )
    assert found.roc == ()


@pytest.mark.parametrize(
    ("thresholds", "reasons"),
    [
        ({"accuracy": {"lower_bound": 0.5, "upper_bound": 1}}, 0),
        ({"accuracy": {"lower_bound": 0.99}}, 1),
        ({"example_count": {"upper_bound": 10}}, 1),
        ({"accuracy": {"lower_bound": 0.99}, "brier": {"upper_bound": 0.001}}, 2),
    ],
)
def test_bounds_over_all_examples(thresholds, reasons):
    assert len(evaluation(thresholds=thresholds).verdict.reasons) == reasons


def test_an_undefined_metric_breaks_its_threshold_as_in_tfma():
    positive = np.full(ROWS, 0.1)
    thresholds = {"precision": {"lower_bound": 0.5}}
    predictions = np.stack([1 - positive, positive], axis=1).astype(np.float32)
    found = evaluation(predictions, thresholds=thresholds, default_thresholds=False)
    assert found.verdict.reasons == ("precision is undefined for these examples; it should be at least 0.5",)


def test_bounds_of_every_slice():
    found = evaluation(slice_thresholds={"accuracy": {"lower_bound": 0.99}})
    assert [reason.split(" is ")[0] for reason in found.verdict.reasons] == [
        f"accuracy of sex=f ({(SEX == 0).sum()} examples)",
        f"accuracy of sex=m ({(SEX == 1).sum()} examples)",
    ]


def test_a_model_as_good_as_the_baseline_passes_and_a_worse_one_does_not():
    assert evaluation(baseline=probabilities(0.85)).verdict.passed
    found = evaluation(baseline=probabilities(0.95))
    assert [reason.split(" is ")[0] for reason in found.verdict.reasons] == ["accuracy", "auc"]
    assert "a change of -0." in found.verdict.reasons[0]
    assert found.verdict.reasons[0].endswith("it should be at least -0.01")
    assert found.baseline_metrics["accuracy"] > found.metrics["accuracy"]
    assert found.slices[0].baseline_metrics["accuracy"] > found.slices[0].metrics["accuracy"]


def test_the_tolerance_against_the_baseline_can_be_widened():
    assert evaluation(baseline=probabilities(0.95), baseline_tolerance=0.3).verdict.passed


@pytest.mark.parametrize(
    ("change", "passes"),
    [
        ({"loss": {"absolute": 1.0}}, True),
        ({"loss": {"absolute": 0.0}}, False),
        ({"loss": {"relative": 0.0}}, False),
        ({"accuracy": {"relative": -0.5}}, True),
        ({"accuracy": {"relative": -0.01}}, False),
        ({"positive_rate": {"absolute": -1.0, "direction": "higher_is_better"}}, True),
        ({"positive_rate": {"absolute": -1.0, "direction": "lower_is_better"}}, False),
    ],
)
def test_change_thresholds_follow_the_direction_of_the_metric(change, passes):
    found = evaluation(baseline=probabilities(0.95), baseline_tolerance=1, change_thresholds=change)
    assert found.verdict.passed == passes, found.verdict


def test_a_change_in_a_slice_can_refuse():
    changes = {"accuracy": {"absolute": -0.01}}
    found = evaluation(baseline=probabilities(0.95), baseline_tolerance=1, slice_change_thresholds=changes)
    assert [reason.split(" (")[0] for reason in found.verdict.reasons] == ["accuracy of sex=f", "accuracy of sex=m"]


def test_a_slice_that_is_worse_than_chance_explains_is_a_warning_and_refuses_when_asked_to():
    predictions = probabilities(0.95, wrong=SEX == 0)
    found = evaluation(predictions)
    assert found.verdict.reasons == ()
    assert {part.value: part.worse for part in found.slices} == {"f": True, "m": False}
    assert found.verdict.warnings[0].startswith("accuracy is significantly worse than the overall 0.")
    assert " in 1 slice: sex=f 0." in found.verdict.warnings[0]
    refused = evaluation(predictions, max_slice_gap=0.1)
    assert len(refused.verdict.reasons) == 1
    assert "accuracy of sex=f" in refused.verdict.reasons[0]
    assert "worse than overall; at most 0.1 is allowed" in refused.verdict.reasons[0]
    assert evaluation(predictions, max_slice_gap=0.5).verdict.passed


def test_slices_that_differ_by_chance_are_no_warning():
    """Random groups of one good model over 40 seeds: a warning in more than a few would be noise."""
    warned = 0
    for seed in range(40):
        codes = np.random.default_rng(seed).integers(0, 10, ROWS)
        present, groups = groups_of_codes(codes, 10)
        slicing = Slicing("group", ("group",), tuple(map(str, present)), groups, {})
        rows = Predicted(BINARY, TRUTH, probabilities(0.85), [slicing], None, Verdict())
        warned += any(part.worse for part in evaluate(rows, EvaluateSlicesConfig()).slices)
    assert warned <= 5


def test_selection_rates_far_apart_are_a_fairness_warning():
    positive = np.where(SEX == 1, 0.9, 0.1)
    predictions = np.stack([1 - positive, positive], axis=1).astype(np.float32)
    found = evaluation(predictions, default_thresholds=False)
    rates = next(gap for gap in found.fairness if gap.measure == "positive_rate")
    expected = FairnessGap(feature="sex", measure="positive_rate", gap=1.0, highest="m", lowest="f", significant=True)
    assert rates == expected
    assert "positive_rate differs by more than 0.2 between the slices of sex 1 (m above f)" in found.verdict.warnings


def test_only_the_named_features_are_checked_for_fairness():
    assert evaluation(fairness_features=["race"]).fairness == ()


def test_a_gap_that_chance_explains_is_no_warning():
    gap = FairnessGap(feature="a", measure="recall", gap=0.5, highest="x", lowest="y", significant=False)
    assert list(fairness_warnings([gap], EvaluateSlicesConfig())) == []


def test_regression_is_judged_against_the_mean():
    truth = np.random.default_rng(2).normal(50, 10, ROWS).astype(np.float32)
    good = evaluation(truth + 1, label=PRICE, truth=truth)
    assert good.verdict.passed
    assert (good.confusion, good.roc, good.fairness) == ((), (), ())
    assert good.metrics["rmse"] == pytest.approx(1, rel=1e-5)
    bad = evaluation(np.zeros(ROWS, np.float32), label=PRICE, truth=truth)
    assert len(bad.verdict.reasons) == 1
    assert bad.verdict.reasons[0].endswith("of always predicting the mean")


def test_regression_is_compared_with_the_baseline_by_relative_rmse():
    truth = np.random.default_rng(2).normal(50, 10, ROWS).astype(np.float32)
    worse = evaluation(truth + 1.1, label=PRICE, truth=truth, baseline=truth + 1)
    assert [reason.split(" is ")[0] for reason in worse.verdict.reasons] == ["rmse"]
    assert worse.verdict.reasons[0].endswith("+10 %; it should be at most +1 %")


def test_what_the_rows_say_stays_in_the_verdict():
    found = evaluation(found=Verdict(reasons=("a reason",), warnings=("a warning",)))
    assert found.verdict == Verdict(reasons=("a reason",), warnings=("a warning",))


def test_no_finite_prediction_leaves_the_reason_alone():
    nothing = Predicted(BINARY, TRUTH[:0], np.zeros((0, 2), np.float32), [], None, Verdict(reasons=("NaN",)))
    found = evaluate(nothing, EvaluateSlicesConfig())
    assert (found.verdict.reasons, found.metrics) == (("NaN",), {})


@pytest.mark.parametrize("method", ["poisson_bootstrap", "jackknife"])
def test_an_interval_of_accuracy_is_about_as_wide_as_the_binomial_one(method):
    found = evaluation(confidence={"method": method, "samples": 200})
    accuracy, interval = found.metrics["accuracy"], found.intervals["accuracy"]
    expected = 2 * 1.96 * np.sqrt(accuracy * (1 - accuracy) / ROWS)
    assert interval.high - interval.low == pytest.approx(expected, rel=0.25)
    assert interval.low < accuracy < interval.high


def test_the_seed_decides_the_intervals():
    assert evaluation(confidence={"seed": 1}).intervals == evaluation(confidence={"seed": 1}).intervals
    assert evaluation(confidence={"seed": 1}).intervals != evaluation(confidence={"seed": 2}).intervals


def test_without_intervals_nothing_is_significant():
    found = evaluation(probabilities(0.95, wrong=SEX == 0), confidence={"method": "none"})
    assert found.intervals == {}
    assert not any(part.worse for part in found.slices)
    assert found.verdict == Verdict()
