"""What every metric keeps: see ``slipway.metrics.metric``."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from slipway.contracts.examples import Problem
from slipway.metrics.grouping import one_group
from slipway.metrics.metric import Direction, Metric
from slipway.metrics.sums import Batch, PredictionSums

_CLASSES = {Problem.BINARY: 2, Problem.MULTICLASS: 4, Problem.REGRESSION: 0}
_ROWS = 200
Examples = tuple[NDArray[Any], NDArray[Any]]


def check_needs_sums_that_there_are(name: str, metric: Metric) -> None:
    """Look whether ``needs`` names what ``derive`` reads, no more and no less."""
    for problem in metric.problems:
        sums = _sums(problem, _noisy(problem))
        read = _Reads(sums)
        metric.derive(read)
        assert read.names <= set(metric.needs), f"{name} reads {sorted(read.names)} and needs {sorted(metric.needs)}"
        assert set(metric.needs) <= set(sums), f"{name} needs {sorted(metric.needs)}; there are {sorted(sums)}"


def check_keeps_the_shape_of_the_sums(name: str, metric: Metric) -> None:
    """Look at several weightings at once: each has its own value, that of its examples alone."""
    for problem in metric.problems:
        truth, predictions = _noisy(problem)
        weights = np.stack([np.ones(_ROWS, np.uint8), (np.arange(_ROWS) % 3).astype(np.uint8)])
        values = _values(metric, problem, (truth, predictions), weights)
        assert values.shape == (2, 1), f"{name}: {values.shape}"
        for row, single in enumerate(weights):
            alone = _values(metric, problem, (truth, predictions), single[None])
            np.testing.assert_allclose(values[row : row + 1], alone, rtol=1e-12, err_msg=name)


def check_lies_between_its_ends(name: str, metric: Metric) -> None:
    """Look at good, bad and noisy predictions."""
    for problem in metric.problems:
        for examples in (_noisy(problem), _perfect(problem), _worst(problem)):
            value = float(_values(metric, problem, examples)[0, 0])
            assert not np.isfinite(value) or metric.low <= value <= metric.high, f"{name} of {problem}: {value}"


def check_prefers_perfect_predictions(name: str, metric: Metric) -> None:
    """Look whether the direction is right: perfect is better than noisy, and noisy better than the opposite."""
    if metric.direction is Direction.NONE:
        return
    for problem in metric.problems:
        ways = (_perfect(problem), _noisy(problem), _worst(problem))
        best, noisy, worst = (float(_values(metric, problem, examples)[0, 0]) for examples in ways)
        assert metric.worsening(best, noisy) > 0, f"{name} of {problem}: {best}, and with noise {noisy}"
        assert not metric.worsening(noisy, worst) < 0, f"{name} of {problem}: {noisy}, and of opposites {worst}"


def check_does_not_depend_on_the_order(name: str, metric: Metric) -> None:
    """Look at the same examples in another order."""
    for problem in metric.problems:
        truth, predictions = _noisy(problem)
        order = np.random.default_rng(5).permutation(_ROWS)
        first = _values(metric, problem, (truth, predictions))
        np.testing.assert_allclose(_values(metric, problem, (truth[order], predictions[order])), first, rtol=1e-12)


def check_is_the_same_of_doubled_examples(name: str, metric: Metric) -> None:
    """Look at every example twice."""
    for problem in metric.problems:
        truth, predictions = _noisy(problem)
        first = _values(metric, problem, (truth, predictions))
        doubled = _values(metric, problem, (np.tile(truth, 2), np.concatenate([predictions, predictions])))
        np.testing.assert_allclose(doubled, first, rtol=1e-9, err_msg=name)


def check_weights_count_like_repetitions(name: str, metric: Metric) -> None:
    """Look at examples with a weight of 0, 1 or 2, and at the same ones left out or repeated."""
    for problem in metric.problems:
        truth, predictions = _noisy(problem)
        times = np.arange(_ROWS) % 3
        rows = np.repeat(np.arange(_ROWS), times)
        weighted = _values(metric, problem, (truth, predictions), times.astype(np.uint8)[None])
        np.testing.assert_allclose(
            weighted, _values(metric, problem, (truth[rows], predictions[rows])), rtol=1e-9, err_msg=name
        )


class _Reads(dict[str, NDArray[np.float64]]):
    """Sums that remember which of them were read."""

    def __init__(self, sums: dict[str, NDArray[np.float64]]) -> None:
        super().__init__(sums)
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        self.names.add(name)
        return super().__getitem__(name)


def _values(metric: Metric, problem: Problem, examples: Examples, weights: Any = None) -> NDArray[np.float64]:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(metric.derive(_sums(problem, examples, weights)), np.float64)


def _sums(problem: Problem, examples: Examples, weights: Any = None) -> dict[str, NDArray[np.float64]]:
    truth, predictions = examples
    weights = np.ones((1, len(truth)), np.uint8) if weights is None else weights
    sums = PredictionSums(problem, 1, len(weights), _CLASSES[problem])
    batch = Batch(truth, predictions, one_group(len(truth)), np.arange(1), weights)
    return sums.extract(sums.add(sums.create(), batch))


def _truth(problem: Problem) -> NDArray[Any]:
    random = np.random.default_rng(1)
    if problem is Problem.REGRESSION:
        return random.normal(5, 3, _ROWS)
    # Some classes are rarer than others, as they are in tables.
    return np.sort(random.integers(0, _CLASSES[problem] * 3, _ROWS)) % _CLASSES[problem]


def _perfect(problem: Problem) -> Examples:
    truth = _truth(problem)
    return truth, truth.copy() if problem is Problem.REGRESSION else np.eye(_CLASSES[problem])[truth]


def _worst(problem: Problem) -> Examples:
    """Every prediction on the wrong side."""
    truth = _truth(problem)
    if problem is Problem.REGRESSION:
        return truth, 10 * (truth.mean() - truth) + truth.mean()
    others = 1 - np.eye(_CLASSES[problem])[truth] + np.eye(_CLASSES[problem])[(truth + 1) % _CLASSES[problem]]
    return truth, others / others.sum(axis=1, keepdims=True)


def _noisy(problem: Problem) -> Examples:
    """Predictions that are right more often than not."""
    random = np.random.default_rng(2)
    truth = _truth(problem)
    if problem is Problem.REGRESSION:
        return truth, truth + random.normal(0, 1, _ROWS)
    shares = random.dirichlet(np.ones(_CLASSES[problem]), _ROWS)
    return truth, 0.8 * shares + 0.2 * np.eye(_CLASSES[problem])[truth]
