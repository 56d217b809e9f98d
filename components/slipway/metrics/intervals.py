"""Resampled metrics and what they say about chance, with TFMA's two methods.

Poisson bootstrap: Chamandy, Muralidharan, Najmi and Naidu, Estimating Uncertainty for Massive Data Streams (2012).
Jackknife: the delete-d jackknife over random parts of equal size, as in ``tfma.evaluators.jackknife``. Both give a
standard error, and the interval is Student's t around the value of all examples, within the range of the metric.
"""

import math

import numpy as np
from numpy.typing import NDArray

from slipway.contracts.evaluations import Confidence, Interval
from slipway.metrics.computing import Values
from slipway.metrics.metric import METRICS


def sample_weights(examples: int, confidence: Confidence) -> NDArray[np.uint8]:
    """Return how often each example counts, shape (1 + samples, examples); in the first row each counts once."""
    ones = np.ones((1, examples), np.uint8)
    if confidence.method == "none":
        return ones
    random = np.random.default_rng(confidence.seed)
    if confidence.method == "jackknife":
        part = random.permutation(examples) % confidence.samples
        return np.concatenate([ones, part != np.arange(confidence.samples)[:, None]])
    return np.concatenate([ones, random.poisson(1, (confidence.samples, examples)).astype(np.uint8)])


def standard_errors(values: NDArray[np.float64], confidence: Confidence) -> NDArray[np.float64]:
    """Return the standard error of each group; NaN where a sample is undefined.

    Args:
        values: a metric, shape (1 + samples, groups); the first row is that of all examples.
        confidence: the method that made the samples.
    """
    if len(values) == 1:
        return np.full(values.shape[1:], np.nan)
    spread = values[1:].std(axis=0, ddof=1)
    if confidence.method == "jackknife":
        # A pseudo-value is value * samples - sample * (samples - 1), so its spread is that of the samples times this.
        return np.asarray(spread * (confidence.samples - 1) / math.sqrt(confidence.samples))
    return np.asarray(spread)


def intervals(values: Values, group: int, errors: Values, confidence: Confidence) -> dict[str, Interval]:
    """Return the interval of each metric of a group; absent where the metric or a resample of it is undefined.

    Args:
        values: metrics by name, shape (1 + samples, groups) each.
        group: which group.
        errors: standard errors by name, shape (groups,) each.
        confidence: how intervals are made.
    """
    width = t_quantile(0.5 + confidence.level / 2, confidence.samples - 1)
    found = {}
    for name, value in values.items():
        metric, centre, error = METRICS.get(name), float(value[0, group]), float(errors[name][group])
        if metric.interval and math.isfinite(centre) and math.isfinite(error):
            low, high = centre - width * error, centre + width * error
            found[name] = Interval(low=max(low, metric.low), high=min(high, metric.high))
    return found


def t_quantile(probability: float, degrees: int) -> float:
    """Return the quantile of Student's t distribution with so many degrees of freedom."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, probability))
