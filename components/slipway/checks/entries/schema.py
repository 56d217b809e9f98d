"""What the schema does not allow, as TFDV finds it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from slipway.checks.check import Check, Evidence, Scope
from slipway.contracts.validations import Finding
from slipway.engines.engine import Fold


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaAnomalies:
    """TFDV's anomalies in a sentence each; those of severity ERROR refuse."""

    position: ClassVar[int] = 70

    def folds(self, scope: Scope) -> Mapping[str, Fold]:
        """Return nothing: the statistics that every table gets are enough."""
        return {}

    def findings(self, evidence: Evidence, name: str) -> Iterator[Finding]:
        """Yield every departure from the schema."""
        for anomaly in evidence.anomalies:
            yield Finding(
                check=name,
                message=f"{anomaly.feature or 'the data'} ({anomaly.split}): {anomaly.description}",
                refuses=anomaly.severity == "ERROR",
                columns=(anomaly.feature,) if anomaly.feature else (),
            )


ENTRY = SchemaAnomalies

if TYPE_CHECKING:
    _: Check = SchemaAnomalies()
