"""Resampled metrics and what they say about chance, with TFMA's two methods.

Poisson bootstrap: Chamandy, Muralidharan, Najmi and Naidu, Estimating Uncertainty for Massive Data Streams (2012).
Jackknife: the delete-d jackknife over random parts of equal size, as in ``tfma.evaluators.jackknife``. Both give a
standard error, and the interval is Student's t around the value of all examples, within the range of the metric.
"""

import math

import numpy as np
from numpy.typing import NDArray

from slipway.contracts.evaluations import Confidence, Interval
from slipway.metrics.computing import Values, metric_bounds


def sample_weights(examples: int, confidence: Confidence) -> NDArray[np.uint8]:
    """How often each example counts, shape (1 + samples, examples); in the first row each counts once."""
    ones = np.ones((1, examples), np.uint8)
    if confidence.method == "none":
        return ones
    random = np.random.default_rng(confidence.seed)
    if confidence.method == "jackknife":
        part = random.permutation(examples) % confidence.samples
        return np.concatenate([ones, part != np.arange(confidence.samples)[:, None]])
    return np.concatenate([ones, random.poisson(1, (confidence.samples, examples)).astype(np.uint8)])


def standard_errors(values: NDArray[np.float64], confidence: Confidence) -> NDArray[np.float64]:
    """Standard error of each group from ``values`` of shape (1 + samples, groups); NaN where a sample is undefined."""
    if len(values) == 1:
        return np.full(values.shape[1:], np.nan)
    spread = values[1:].std(axis=0, ddof=1)
    if confidence.method == "jackknife":
        # A pseudo-value is value * samples - sample * (samples - 1), so its spread is that of the samples times this.
        return np.asarray(spread * (confidence.samples - 1) / math.sqrt(confidence.samples))
    return np.asarray(spread)


def intervals(values: Values, group: int, errors: Values, confidence: Confidence) -> dict[str, Interval]:
    """The interval of each metric of a group; absent where the metric or a resample of it is undefined."""
    width = t_quantile(0.5 + confidence.level / 2, confidence.samples - 1)
    found = {}
    for name, value in values.items():
        centre, error = float(value[0, group]), float(errors[name][group])
        if name == "example_count" or not math.isfinite(centre) or not math.isfinite(error):
            continue
        least, most = metric_bounds(name)
        found[name] = Interval(low=max(centre - width * error, least), high=min(centre + width * error, most))
    return found


def t_quantile(probability: float, degrees: int) -> float:
    """Return the quantile of Student's t distribution with so many degrees of freedom."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, probability))
