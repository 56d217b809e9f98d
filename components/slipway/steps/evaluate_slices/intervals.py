"""Resampled metrics and what they say about chance, with TFMA's two methods.

Poisson bootstrap: Chamandy, Muralidharan, Najmi and Naidu, Estimating Uncertainty for Massive Data Streams (2012).
Jackknife: the delete-d jackknife over random parts of equal size, as in ``tfma.evaluators.jackknife``. Both give a
standard error, and the interval is Student's t around the value of all examples.
"""

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from slipway.contracts.evaluations import Interval
from slipway.metrics.computing import Values
from slipway.steps.evaluate_slices.config import Confidence

_BOUNDED = frozenset({"r2", "loss", "mse", "rmse", "mae", "calibration", "mean_label", "mean_prediction"})
"""Metrics that do not lie in [0, 1]; all others do, and so do the ends of their intervals."""


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
        low, high = centre - width * error, centre + width * error
        if name not in _BOUNDED:
            low, high = max(low, 0.0), min(high, 1.0)
        found[name] = Interval(low=low, high=high)
    return found


def t_quantile(probability: float, degrees: int) -> float:
    """The quantile of Student's t distribution, for ``probability`` in [0.5, 1).

    Exact for 1 and 2 degrees of freedom, else the expansion 26.7.5 of Abramowitz and Stegun, Handbook of Mathematical
    Functions (1964), good to about 0.5 % from 5 degrees on. It saves importing SciPy, which takes a second.
    """
    if degrees == 1:
        return math.tan(math.pi * (probability - 0.5))
    if degrees == 2:
        centred = 2 * probability - 1
        return centred * math.sqrt(2 / (1 - centred**2))
    z = NormalDist().inv_cdf(probability)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / degrees ** (power + 1) for power, term in enumerate(terms))
