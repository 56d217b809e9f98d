"""Columns that do not become features, and tables without any."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from slipway.checks.check import Check, Evidence, Scope
from slipway.contracts.examples import ColumnKind
from slipway.contracts.validations import Finding
from slipway.engines.engine import Fold
from slipway.features.kinds import FEATURE_KINDS


@dataclass(frozen=True, slots=True, kw_only=True)
class UselessColumns:
    """Columns that a model cannot learn from."""

    position: ClassVar[int] = 60

    def folds(self, scope: Scope) -> Mapping[str, Fold]:
        """Return nothing: the statistics that every table gets are enough."""
        return {}

    def findings(self, evidence: Evidence, name: str) -> Iterator[Finding]:
        """Yield the columns that are left out, by kind, and whether any is left."""
        others = {column: item for column, item in evidence.kinds.items() if column != evidence.label}
        for kind in (ColumnKind.CONSTANT, ColumnKind.IDENTIFIER, ColumnKind.FREE_TEXT):
            left_out = {column: item.why for column, item in others.items() if item.kind is kind}
            if left_out:
                named = ", ".join(f"{column} ({why})" for column, why in left_out.items())
                message = f"{kind.value.replace('_', ' ')} columns do not become features: {named}"
                yield Finding(check=name, message=message, refuses=False, columns=tuple(left_out))
        if not any(item.kind in FEATURE_KINDS for item in others.values()):
            message = "no column becomes a feature; name the kind of some in kinds"
            yield Finding(check=name, message=message, refuses=True)


ENTRY = UselessColumns

if TYPE_CHECKING:
    _: Check = UselessColumns()
