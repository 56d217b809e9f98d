"""Intervals lie around the value, within the range of their metric and no other."""

import math

import numpy as np
import pytest

from slipway.contracts.evaluations import Confidence, Interval
from slipway.metrics.intervals import intervals, sample_weights, standard_errors, t_quantile


@pytest.mark.parametrize(
    ("probability", "degrees", "quantile"),
    [(0.975, 1, 12.706205), (0.975, 2, 4.302653), (0.975, 19, 2.093024), (0.95, 5, 2.015048), (0.9995, 19, 3.883406)],
)
def test_the_t_quantile_is_that_of_the_tables(probability, degrees, quantile):
    assert t_quantile(probability, degrees) == pytest.approx(quantile, abs=1e-6)


def interval(name: str, value: float, error: float) -> Interval:
    """The interval of a metric whose resamples have this standard error, at 95 % with 20 samples."""
    return intervals({name: np.array([[value]])}, 0, {name: np.array([error])}, Confidence())[name]


def test_an_interval_is_students_t_around_the_value():
    found = interval("accuracy", 0.5, 0.01)
    assert (found.low, found.high) == pytest.approx((0.5 - 0.0209302, 0.5 + 0.0209302), abs=1e-6)


@pytest.mark.parametrize(
    ("name", "value", "low", "high"),
    [
        ("accuracy", 0.99, None, 1.0),
        ("accuracy", 0.01, 0.0, None),
        ("loss", 0.05, 0.0, 0.05 + 0.2093024),
        ("loss", 7.0, 7.0 - 0.2093024, 7.0 + 0.2093024),
        ("rmse", 250.0, 250 - 0.2093024, 250 + 0.2093024),
        ("mse", 0.1, 0.0, 0.1 + 0.2093024),
        ("r2", 0.95, 0.95 - 0.2093024, 1.0),
        ("r2", -3.0, -3 - 0.2093024, -3 + 0.2093024),
        ("mean_prediction", -40.0, -40 - 0.2093024, -40 + 0.2093024),
        ("calibration", 1.5, 1.5 - 0.2093024, 1.5 + 0.2093024),
    ],
)
def test_an_interval_ends_where_its_metric_ends(name, value, low, high):
    """WHY: an RMSE of 250 clipped to 1, or an R2 clipped to 0, would be a wrong statement about every model."""
    found = interval(name, value, 0.1)
    assert found.low <= value <= found.high
    for end, expected in ((found.low, low), (found.high, high)):
        if expected is not None:
            assert end == pytest.approx(expected, abs=1e-6)


def test_a_count_of_examples_has_no_interval():
    values, errors = {"example_count": np.array([[100.0]])}, {"example_count": np.array([3.0])}
    assert intervals(values, 0, errors, Confidence()) == {}


def test_a_metric_without_a_finite_error_has_no_interval():
    values, errors = {"auc": np.array([[0.7]])}, {"auc": np.array([math.nan])}
    assert intervals(values, 0, errors, Confidence()) == {}


def test_the_standard_error_of_the_jackknife_grows_with_the_parts():
    values = np.array([[1.0], [1.0], [2.0], [3.0], [4.0]])
    spread = np.std([1.0, 2.0, 3.0, 4.0], ddof=1)
    jackknife = standard_errors(values, Confidence(method="jackknife", samples=4))
    assert jackknife[0] == pytest.approx(spread * 3 / 2)
    assert standard_errors(values, Confidence(samples=4))[0] == pytest.approx(spread)


def test_the_parts_of_a_jackknife_leave_each_example_out_once():
    weights = sample_weights(101, Confidence(method="jackknife", samples=10))
    assert weights.shape == (11, 101)
    assert (weights[0] == 1).all()
    assert (weights[1:].sum(axis=0) == 9).all()
