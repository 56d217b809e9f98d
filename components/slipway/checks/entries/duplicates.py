"""Rows of the eval and test splits that the training split holds too: metrics on them say nothing of new rows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from slipway.checks.check import Check, Evidence, Scope
from slipway.contracts.examples import ColumnKind
from slipway.contracts.tables import TRAIN
from slipway.contracts.validations import Finding
from slipway.engines.engine import Fold
from slipway.statistics.shared_rows import HashedRows, RowLookup, RowSample

_ROWS = "rows"


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedRows:
    """The share of rows that stand in the training split as well, found by 64-bit hashes.

    Attributes:
        max_duplicate_fraction: of the eval or test rows, in [0, 1]; above it there is a warning.
    """

    max_duplicate_fraction: float = 0.05
    position: ClassVar[int] = 50

    def folds(self, scope: Scope) -> Mapping[str, Fold]:
        """Return a sample of the rows of eval and test; of the training split, which is read last, a lookup of those.

        Identifiers do not count: a row that is stored twice has two of them.
        """
        columns = frozenset(name for name, item in scope.kinds.items() if item.kind is not ColumnKind.IDENTIFIER)
        if scope.split == TRAIN:
            samples = [results[_ROWS] for results in scope.earlier.values()]
            return {_ROWS: Fold(RowLookup.of(columns, samples), frozenset(scope.kinds))}
        return {_ROWS: Fold(RowSample(columns), frozenset(scope.kinds))}

    def findings(self, evidence: Evidence, name: str) -> Iterator[Finding]:
        """Yield the splits that share too many rows with the training split."""
        found = evidence.splits[TRAIN].results[_ROWS]
        for split, item in evidence.splits.items():
            if split == TRAIN:
                continue
            rows: HashedRows = item.results[_ROWS]
            share = rows.shared_fraction(found)
            if share > self.max_duplicate_fraction:
                yield Finding(
                    check=name,
                    message=f"{share:.1%} of the rows of split {split} also stand in split {TRAIN}",
                    refuses=False,
                    value=share,
                    bound=self.max_duplicate_fraction,
                )


ENTRY = SharedRows

if TYPE_CHECKING:
    _: Check = SharedRows()
