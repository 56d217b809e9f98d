"""Columns with too few values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from slipway.checks.check import Check, Evidence, Scope
from slipway.contracts.tables import TRAIN
from slipway.contracts.validations import Finding
from slipway.engines.engine import Fold
from slipway.statistics.tfdv_messages import missing_fraction

_MOSTLY_MISSING = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingValues:
    """The largest share of rows without a value.

    Attributes:
        max_missing_fraction: in any column of any split, in [0, 1].
        max_missing_fractions: the same for single columns, by name.
    """

    max_missing_fraction: float = 1.0
    max_missing_fractions: dict[str, float] = field(default_factory=dict)
    position: ClassVar[int] = 30

    def folds(self, scope: Scope) -> Mapping[str, Fold]:
        """Return nothing: the statistics that every table gets are enough."""
        return {}

    def findings(self, evidence: Evidence, name: str) -> Iterator[Finding]:
        """Yield columns that are missing more often than accepted, and those that mostly are."""
        for split, item in evidence.splits.items():
            for column, feature in item.features.items():
                share = missing_fraction(feature)
                limit = self.max_missing_fractions.get(column, self.max_missing_fraction)
                message = f"column {column} is missing in {share:.1%} of split {split}"
                if share > limit:
                    message, refuses, bound = f"{message}; at most {limit:.1%} are accepted", True, limit
                elif share > _MOSTLY_MISSING and split == TRAIN:
                    refuses, bound = False, _MOSTLY_MISSING
                else:
                    continue
                yield Finding(check=name, message=message, refuses=refuses, columns=(column,), value=share, bound=bound)


ENTRY = MissingValues

if TYPE_CHECKING:
    _: Check = MissingValues()
