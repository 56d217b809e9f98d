"""Whether every split is there and has enough rows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from slipway.checks.check import Check, Evidence, Scope
from slipway.contracts.tables import SPLITS, TRAIN
from slipway.contracts.validations import Finding
from slipway.engines.engine import Fold


@dataclass(frozen=True, slots=True, kw_only=True)
class RowCounts:
    """The fewest rows of each split.

    Attributes:
        min_rows: of the training split.
        min_eval_rows: of the eval and of the test split.
    """

    min_rows: int = 50
    min_eval_rows: int = 5
    position: ClassVar[int] = 10

    def folds(self, scope: Scope) -> Mapping[str, Fold]:
        """Return nothing: the statistics that every table gets are enough."""
        return {}

    def findings(self, evidence: Evidence, name: str) -> Iterator[Finding]:
        """Yield the splits that are too small or not there."""
        for split in SPLITS:
            found, least = evidence.rows.get(split, 0), self.min_rows if split == TRAIN else self.min_eval_rows
            if found < least:
                message = f"split {split} has {found} rows; at least {least} are required"
                yield Finding(check=name, message=message, refuses=True, value=found, bound=least)


ENTRY = RowCounts

if TYPE_CHECKING:
    _: Check = RowCounts()
