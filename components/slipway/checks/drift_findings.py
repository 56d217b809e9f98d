"""Distances above their threshold in a sentence each."""

from collections.abc import Iterable, Iterator

from slipway.contracts.tables import TRAIN
from slipway.contracts.validations import Drift, Finding

_MEASURES = {"l_infinity": "the largest difference of a share", "jensen_shannon": "the Jensen-Shannon divergence"}


def exceeded(drift: Iterable[Drift], compared_with: str, title: str, check: str) -> Iterator[Finding]:
    """Yield a finding for each distance above its threshold.

    Args:
        drift: distances.
        compared_with: those with this are looked at.
        title: what ``compared_with`` is called in a sentence.
        check: the name of the check.
    """
    for item in drift:
        if item.compared_with == compared_with and item.distance > item.threshold:
            yield Finding(
                check=check,
                message=f"{item.feature}: {_MEASURES[item.measure]} between {TRAIN} and {title} is "
                f"{item.distance:.3f}; at most {item.threshold:.3f} is accepted",
                refuses=True,
                columns=(item.feature,),
                value=item.distance,
                bound=item.threshold,
            )
