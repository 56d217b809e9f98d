"""What is drawn of predictions: corners of the ROC curve, confusion and calibration."""

import numpy as np
import pytest

from slipway.contracts.evaluations import CalibrationPoint
from slipway.contracts.examples import Label, Problem
from slipway.metrics.curves import calibration_points, confusion_matrix, roc_points


def test_the_curve_keeps_corners_and_ends():
    points = roc_points(np.array([1, 1, 0, 1, 0]), np.array([0.9, 0.8, 0.7, 0.6, 0.1]))
    found = [(point.false_positive_rate, point.true_positive_rate) for point in points]
    assert found == [(0, 0), (0, pytest.approx(2 / 3)), (0.5, pytest.approx(2 / 3)), (0.5, 1), (1, 1)]
    assert [point.threshold for point in points] == [1.0, 0.8, 0.7, 0.6, 0.1]


def test_a_long_curve_has_at_most_two_hundred_points():
    random = np.random.default_rng(0)
    points = roc_points((random.random(5000) < 0.5).astype(np.int32), random.random(5000))
    assert len(points) == 200
    assert (points[-1].false_positive_rate, points[-1].true_positive_rate) == (1.0, 1.0)


def test_a_single_class_has_no_curve():
    assert roc_points(np.zeros(3, np.int32), np.array([0.1, 0.2, 0.3])) == ()


def test_rows_of_the_confusion_matrix_are_true_and_columns_predicted_classes():
    label = Label(name="y", problem=Problem.MULTICLASS, classes=("a", "b", "c"))
    predictions = np.eye(3)[[0, 1, 1, 2]]
    assert confusion_matrix(label, np.array([0, 0, 1, 0]), predictions) == ((1, 1, 1), (0, 1, 0), (0, 0, 0))


def test_a_probability_of_one_half_is_predicted_negative():
    label = Label(name="y", problem=Problem.BINARY, classes=("no", "yes"))
    assert confusion_matrix(label, np.array([1, 1]), np.array([[0.5, 0.5], [0.25, 0.75]])) == ((0, 0), (1, 1))


def test_calibration_compares_means_of_equal_parts_by_rising_prediction():
    label = Label(name="y", problem=Problem.REGRESSION)
    predicted = np.array([20.0, 10.0])
    assert calibration_points(label, np.array([21.0, 12.0]), predicted) == (
        CalibrationPoint(examples=1, mean_prediction=10.0, mean_label=12.0),
        CalibrationPoint(examples=1, mean_prediction=20.0, mean_label=21.0),
    )
