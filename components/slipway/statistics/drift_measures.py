"""How far two samples are apart, and how far chance alone puts two samples of one distribution."""

import math

import numpy as np

_SHARE_DEVIATIONS = 5.0
_DIVERGENCE_DEVIATIONS = 6.0


def share_noise(rows: float, other_rows: float) -> float:
    """Return what the share of a category hardly ever differs by in two samples of one distribution, in [0, 1].

    Five standard deviations: that of a share p in n rows is sqrt(p (1 - p) / n), largest at p = 1/2.
    """
    return min(1.0, _SHARE_DEVIATIONS * 0.5 * math.sqrt(1 / rows + 1 / other_rows))


def divergence_noise(buckets: int, rows: float, other_rows: float) -> float:
    """Return what the Jensen-Shannon divergence of two samples of one distribution hardly ever exceeds, in bits.

    8 ln 2 / (1/n + 1/m) times the divergence tends to chi-square with ``buckets`` - 1 degrees of freedom d (second
    order expansion of the divergence); d + 6 sqrt(2 d) is far in its tail.
    """
    freedom = max(1, buckets - 1)
    tail = freedom + _DIVERGENCE_DEVIATIONS * math.sqrt(2 * freedom)
    return min(1.0, tail * (1 / rows + 1 / other_rows) / (8 * math.log(2)))


def share_effects(shares: np.ndarray, other_shares: np.ndarray) -> np.ndarray:
    """Return Cohen's h between the shares of two samples: 2 asin(sqrt(q)) - 2 asin(sqrt(p)), in [-pi, pi].

    Unlike the difference of two shares it is as sensitive to a rare category as to a common one (Cohen, Statistical
    Power Analysis for the Behavioral Sciences, 1988, chapter 6, which calls 0.2 small, 0.5 medium and 0.8 large).

    Args:
        shares: of each category in one sample, shape (categories,), in [0, 1].
        other_shares: of the same categories in the other sample.
    """
    return np.asarray(2 * (np.arcsin(np.sqrt(other_shares)) - np.arcsin(np.sqrt(shares))))


def effect_noise(rows: float, other_rows: float) -> float:
    """Return what Cohen's h hardly ever exceeds in two samples of one distribution.

    The arc sine of the root of a share has the standard deviation 1 / (2 sqrt(n)) whatever the share; five of h.
    """
    return min(math.pi, _SHARE_DEVIATIONS * math.sqrt(1 / rows + 1 / other_rows))
