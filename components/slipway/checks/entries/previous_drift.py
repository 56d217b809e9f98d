"""Columns that changed since an earlier run: their distribution, their type, how often they are missing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from slipway.checks.check import PREVIOUS, Check, Evidence, Scope
from slipway.checks.drift_findings import exceeded
from slipway.contracts.validations import Finding
from slipway.engines.engine import Fold
from slipway.statistics.drift_measures import share_noise
from slipway.statistics.tfdv_messages import Feature, common_statistics, missing_fraction, row_count


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviousDrift:
    """Distances above their threshold between this training split and an earlier one, and columns that came or went.

    Attributes:
        max_categorical_drift: largest change of the share of missing values, in [0, 1]; also the threshold of
            categories.
    """

    max_categorical_drift: float = 0.1
    position: ClassVar[int] = 90

    def folds(self, scope: Scope) -> Mapping[str, Fold]:
        """Return nothing: the statistics that every table gets are enough."""
        return {}

    def findings(self, evidence: Evidence, name: str) -> Iterator[Finding]:
        """Yield what changed; nothing without an earlier run."""
        if evidence.previous is None:
            return
        yield from exceeded(evidence.drift, PREVIOUS, "the previous run", name)
        now, before = evidence.train, evidence.previous
        for column in sorted(set(before) - set(now)):
            message = f"column {column} of the previous run is gone"
            yield Finding(check=name, message=message, refuses=True, columns=(column,))
        for column in sorted(set(now) - set(before)):
            message = f"column {column} was not in the previous run"
            yield Finding(check=name, message=message, refuses=False, columns=(column,))
        for column in (column for column in now if column in before):
            yield from self._changes(column, now[column], before[column], name)

    def _changes(self, column: str, now: Feature, before: Feature, name: str) -> Iterator[Finding]:
        present = common_statistics(now).num_non_missing and common_statistics(before).num_non_missing
        if present and now.WhichOneof("stats") != before.WhichOneof("stats"):
            earlier, later = (Feature.Type.Name(item.type) for item in (before, now))
            message = f"column {column} was {earlier} in the previous run and is {later} now; they are not compared"
            yield Finding(check=name, message=message, refuses=False, columns=(column,))
        change = abs(missing_fraction(now) - missing_fraction(before))
        limit = max(self.max_categorical_drift, share_noise(max(1, row_count(now)), max(1, row_count(before))))
        if change > limit:
            shares = f"{missing_fraction(before):.1%} to {missing_fraction(now):.1%}"
            message = f"missing values of column {column} went from {shares} since the previous run"
            yield Finding(check=name, message=message, refuses=True, columns=(column,), value=change, bound=limit)


ENTRY = PreviousDrift

if TYPE_CHECKING:
    _: Check = PreviousDrift()
