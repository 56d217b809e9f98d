"""What a metric is, and the registry of those there are; nothing here needs NumPy, so that every role can ask."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Literal

from slipway.contracts.errors import InputError
from slipway.contracts.examples import Label, Problem
from slipway.contracts.plug_points import PLUG_POINTS
from slipway.contracts.registry import Registry

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from slipway.metrics.constant_answers import Constant

    Values = NDArray[np.float64]
    Sums = Mapping[str, NDArray[np.float64]]

BINARY, MULTICLASS, REGRESSION = Problem.BINARY, Problem.MULTICLASS, Problem.REGRESSION
CLASSIFICATION = (Problem.BINARY, Problem.MULTICLASS)
EVERY_PROBLEM = tuple(Problem)


class Direction(IntEnum):
    """Whether more of a metric is better; NONE where neither is."""

    LOWER_IS_BETTER = -1
    NONE = 0
    HIGHER_IS_BETTER = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What an evaluation requires of a metric for which nothing is configured.

    Attributes:
        least: smallest good value; None for no bound.
        against_baseline: how a tolerance against an earlier model is meant: in the metric's own unit, or as a share of
            the earlier value; None for no comparison.
        constant: returns what an answer that is always the same gets on labels of shape (n,), with these classes; the
            model must be better. None for no comparison.
        beyond_chance: whether not being better than the constant answer counts only when chance does not explain it.
    """

    least: float | None = None
    against_baseline: Literal["absolute", "relative"] | None = None
    constant: Callable[[NDArray[Any], tuple[str, ...]], Constant] | None = None
    beyond_chance: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A metric of predictions.

    Attributes:
        name: as users and reports call it; the name of its module.
        problems: those it is defined for.
        direction: whether more of it is better.
        needs: names of the sums that ``derive`` reads; ``slipway.metrics.sums`` lists those of each problem.
        derive: returns the metric from the sums it needs; all are arrays of shape (weightings, groups), those of
            classes (weightings, groups, classes). What is divided by zero or not finite is undefined.
        statistics: sums that only this metric needs, by name. Each is a function of float64 labels and predictions as
            the model gives them, and returns one number an example, shape (n,); the numbers are added up.
        low: smallest value there is; minus infinity for none.
        high: largest value there is; infinity for none.
        tfma: the class of ``tensorflow_model_analysis.metrics`` with the same definition for a binary problem or a
            regression; empty for none.
        order: its place in reports; equal ones by name.
        default: whether it decides where no metric is named; one of each problem.
        headline: whether a reader looks at it first.
        by_slice: whether reports show it for every slice.
        fairness: whether its gap between groups of people is looked at.
        interval: whether resampling says something about it.
        spread: the power of the label's unit that the metric's unit is; 0 for a metric without a unit.
        requirement: what an evaluation requires of it when nothing is configured.
    """

    name: str
    problems: tuple[Problem, ...]
    direction: Direction
    needs: tuple[str, ...]
    derive: Callable[[Sums], Values]
    statistics: Mapping[str, Callable[[Values, Values], Values]] = field(default_factory=dict)
    low: float = -math.inf
    high: float = math.inf
    tfma: str = ""
    order: int = 100
    default: bool = False
    headline: bool = False
    by_slice: bool = False
    fairness: bool = False
    interval: bool = True
    spread: int = 0
    requirement: Requirement = field(default_factory=Requirement)

    @property
    def is_ranked(self) -> bool:
        """Whether one value can be better than another."""
        return self.direction is not Direction.NONE

    def worsening(self, before: float, after: float) -> float:
        """Return how much worse ``after`` is than ``before``; negative when it is better."""
        return (before - after) * self.direction


METRICS: Registry[Metric] = Registry("metrics", PLUG_POINTS["metrics"].folder)
"""Every metric, by name."""


def metrics_of(problem: Problem) -> dict[str, Metric]:
    """Return the metrics of a problem by name, in the order of reports."""
    found = [metric for _, metric in METRICS.items() if problem in metric.problems]
    return {metric.name: metric for metric in sorted(found, key=lambda item: (item.order, item.name))}


def ranked_metric(name: str, problem: Problem, setting: str) -> Metric:
    """Return a metric of which one value can be better than another.

    Raises:
        InputError: the problem has no such metric; naming the setting and those there are.
    """
    comparable = {metric.name: metric for metric in metrics_of(problem).values() if metric.is_ranked}
    if name not in comparable:
        raise InputError(f"{setting} should be one of {', '.join(comparable)} for a {problem} label, got {name!r}")
    return comparable[name]


def default_metric(problem: Problem) -> Metric:
    """Return the metric that decides where none is named; of several the first in reports."""
    return next(metric for metric in metrics_of(problem).values() if metric.default)


def headline_metrics(problem: Problem) -> tuple[str, ...]:
    """Return the names of the metrics that a reader looks at first."""
    return tuple(name for name, metric in metrics_of(problem).items() if metric.headline)


def is_better(name: str) -> Callable[[float, float], bool]:
    """Return a function that says whether its first value of a metric is better than its second.

    Raises:
        InputError: there is no such metric.
    """
    direction = METRICS.get(name).direction
    return lambda value, other: (value - other) * direction > 0


def label_unit(metric: Metric, label: Label) -> float:
    """Return one unit of the label's spread as the metric measures it: 1 for a metric without a unit."""
    return float(label.standard_deviation**metric.spread) if metric.spread else 1.0
