"""Metrics of small sets worked out by hand; agreement with TFMA is tested against TFMA itself."""

import numpy as np
import pytest

from slipway.contracts.errors import InputError
from slipway.contracts.examples import Label, Problem
from slipway.metrics.computing import evaluate_predictions, metrics_of_groups
from slipway.metrics.grouping import Groups, groups_of_codes
from slipway.metrics.metric import metrics_of

BINARY = Label(name="y", problem=Problem.BINARY, classes=("no", "yes"))
COLOURS = Label(name="y", problem=Problem.MULTICLASS, classes=("red", "green", "blue", "grey"))
PRICE = Label(name="y", problem=Problem.REGRESSION)


def both(probability):
    positive = np.asarray(probability, np.float32)
    return np.stack([1 - positive, positive], axis=1)


def test_binary_metrics_of_five_examples():
    truth = np.array([1, 1, 0, 0, 0], np.int32)
    found = evaluate_predictions(BINARY, truth, both([0.75, 0.25, 0.5, 0.625, 0.125]))
    assert found == pytest.approx(
        {
            "example_count": 5,
            "loss": -np.log([0.75, 0.25, 0.5, 0.375, 0.875]).mean(),
            "accuracy": 3 / 5,
            "auc": 4 / 6,
            "auc_precision_recall": found["auc_precision_recall"],
            "precision": 1 / 2,
            "recall": 1 / 2,
            "f1": 1 / 2,
            "balanced_accuracy": (1 / 2 + 2 / 3) / 2,
            "false_positive_rate": 1 / 3,
            "false_negative_rate": 1 / 2,
            "positive_rate": 2 / 5,
            "mean_label": 2 / 5,
            "mean_prediction": 0.45,
            "calibration": 0.45 / 0.4,
            "brier": (0.25**2 + 0.75**2 + 0.5**2 + 0.625**2 + 0.125**2) / 5,
        }
    )
    assert list(found) == list(metrics_of(Problem.BINARY))


@pytest.mark.parametrize(("probability", "area"), [([0.9, 0.8, 0.1], 1.0), ([0.1, 0.2, 0.9], 0.0), ([0.5] * 3, 0.5)])
def test_auc_of_perfect_reversed_and_constant_predictions(probability, area):
    assert evaluate_predictions(BINARY, np.array([1, 1, 0], np.int32), both(probability))["auc"] == pytest.approx(area)


def test_precision_recall_area_of_a_perfect_ranking_is_one():
    truth = np.array([1, 1, 0, 0], np.int32)
    found = evaluate_predictions(BINARY, truth, both([0.9, 0.8, 0.2, 0.1]))
    assert found["auc_precision_recall"] == pytest.approx(1.0)


def test_a_metric_that_is_undefined_is_absent():
    found = evaluate_predictions(BINARY, np.zeros(3, np.int32), both([0.1, 0.2, 0.3]))
    undefined = {"auc", "auc_precision_recall", "precision", "recall", "f1", "balanced_accuracy"}
    undefined |= {"false_negative_rate", "calibration"}
    assert set(metrics_of(Problem.BINARY)) - set(found) == undefined


def test_certain_and_wrong_predictions_have_a_finite_loss():
    found = evaluate_predictions(BINARY, np.array([1, 0], np.int32), both([0.0, 1.0]))
    assert found["loss"] == pytest.approx(-np.log(1e-7), rel=1e-6)


def test_rows_without_a_known_label_do_not_count():
    truth = np.array([1, -1, 0], np.int32)
    assert evaluate_predictions(BINARY, truth, both([0.9, 0.1, 0.2])) == evaluate_predictions(
        BINARY, truth[[0, 2]], both([0.9, 0.2])
    )


def test_a_prediction_that_is_no_number_leaves_the_count_alone():
    assert evaluate_predictions(BINARY, np.array([1, 0], np.int32), both([0.9, np.nan])) == {"example_count": 2.0}


def test_no_known_label_is_refused():
    with pytest.raises(InputError, match="no example has a known value of label 'y'"):
        evaluate_predictions(BINARY, np.array([-1, -1], np.int32), both([0.1, 0.2]))


def test_predictions_of_another_shape_are_refused():
    with pytest.raises(InputError, match=r"should have shape \(2, 4\), got \(2, 2\)"):
        evaluate_predictions(COLOURS, np.array([1, 0], np.int32), both([0.9, 0.1]))
    with pytest.raises(InputError, match="3 labels and 2 predictions"):
        evaluate_predictions(BINARY, np.array([1, 0, 1], np.int32), both([0.9, 0.1]))


def test_multiclass_averages_count_only_classes_that_occur_or_are_predicted():
    truth = np.array([0, 0, 1, 1], np.int32)
    predictions = np.array(
        [[0.7, 0.1, 0.1, 0.1], [0.1, 0.6, 0.2, 0.1], [0.1, 0.8, 0.05, 0.05], [0.5, 0.1, 0.2, 0.2]], np.float32
    )
    found = evaluate_predictions(COLOURS, truth, predictions)
    assert found["accuracy"] == 0.5
    assert found["top_k_accuracy"] == 0.75  # in the last row three classes are more probable than the true one
    assert found["macro_precision"] == found["macro_recall"] == found["macro_f1"] == 0.5
    assert found["loss"] == pytest.approx(-np.log([0.7, 0.1, 0.8, 0.1]).mean(), rel=1e-6)


def test_regression_metrics_of_three_examples():
    found = evaluate_predictions(PRICE, np.array([1, 2, 6], np.float32), np.array([2, 2, 4], np.float32))
    expected = {"example_count": 3, "mse": 5 / 3, "rmse": (5 / 3) ** 0.5, "mae": 1, "r2": 1 - 5 / 14}
    assert found == pytest.approx(expected | {"mean_label": 3, "mean_prediction": 8 / 3, "mape": 400 / 9})


def test_a_percentage_of_a_label_of_zero_is_undefined_and_leaves_the_others_alone():
    found = evaluate_predictions(PRICE, np.array([0, 2], np.float32), np.array([1, 2], np.float32))
    assert "mape" not in found
    assert found["mae"] == 0.5


def test_a_constant_label_has_no_r2():
    assert "r2" not in evaluate_predictions(PRICE, np.full(3, 7.1, np.float32), np.array([1, 2, 3], np.float32))


@pytest.mark.parametrize("label", [BINARY, COLOURS, PRICE], ids=lambda label: label.problem.value)
def test_groups_and_weights_give_what_each_group_gives_alone(label):
    """Slices and resamples share one computation; each must equal the plain metrics of its repeated rows."""
    random = np.random.default_rng(3)
    classes = len(label.classes)
    if classes:
        truth = random.integers(0, classes, 200).astype(np.int32)
        predictions = random.dirichlet(np.ones(classes), 200).astype(np.float32).round(2)
    else:
        truth, predictions = random.normal(size=200).astype(np.float32), random.normal(size=200).astype(np.float32)
    codes = random.integers(-1, 3, 200)
    _, groups = groups_of_codes(codes, 3)
    weights = random.integers(0, 3, (4, 200)).astype(np.uint8)
    found = metrics_of_groups(label, truth, predictions, groups, weights)
    for group in range(3):
        for weighting in range(4):
            rows = np.repeat(np.flatnonzero(codes == group), weights[weighting][codes == group])
            alone = evaluate_predictions(label, truth[rows], predictions[rows])
            together = {name: value[weighting, group] for name, value in found.items()}
            assert together == pytest.approx(alone, rel=1e-9)


def test_groups_of_codes_leave_out_negative_codes_and_codes_that_do_not_occur():
    present, groups = groups_of_codes(np.array([2, -1, 0, 2]), 4)
    assert present.tolist() == [0, 2]
    assert groups.rows.tolist() == [2, 0, 3]
    assert groups.sizes.tolist() == [1, 2]
    assert Groups(groups.rows, groups.starts).ids.tolist() == [0, 1, 1]


@pytest.mark.parametrize("label", [BINARY, COLOURS, PRICE], ids=lambda label: label.problem.value)
def test_every_ranked_metric_calls_perfect_predictions_better_than_wrong_ones(label):
    """WHY: a direction the wrong way round would publish the worse model."""
    truth = np.array([1, 2, 3, 4] * 5) % (len(label.classes) or 9)
    perfect = np.eye(len(label.classes))[truth] if label.classes else truth.astype(np.float64)
    wrong = (1 - perfect) / (len(label.classes) - 1) if label.classes else 2 * perfect
    best, worst = (evaluate_predictions(label, truth, predictions) for predictions in (perfect, wrong))
    for name, metric in metrics_of(label.problem).items():
        assert not metric.is_ranked or metric.worsening(best[name], worst[name]) > 0, name
