"""Columns whose distribution in eval or test is far from that of the training split."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from slipway.checks.check import Check, Evidence, Scope
from slipway.checks.drift_findings import exceeded
from slipway.contracts.tables import SPLITS
from slipway.contracts.validations import Finding
from slipway.engines.engine import Fold


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitDrift:
    """Distances above their threshold between splits of one run."""

    position: ClassVar[int] = 80

    def folds(self, scope: Scope) -> Mapping[str, Fold]:
        """Return nothing: the statistics that every table gets are enough."""
        return {}

    def findings(self, evidence: Evidence, name: str) -> Iterator[Finding]:
        """Yield the distances above their threshold."""
        for split in SPLITS:
            yield from exceeded(evidence.drift, split, split, name)


ENTRY = SplitDrift

if TYPE_CHECKING:
    _: Check = SplitDrift()
